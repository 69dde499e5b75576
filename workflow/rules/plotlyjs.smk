# Requires: nothing.
# Makes: the plotly.js that all pages of a study share.

workflow.localrules(workflow.modifier.modify_rulename("share_plotlyjs"))


rule share_plotlyjs:
    """Write the plotly.js that all pages share."""
    output:
        PLOTLYJS,
    log:
        "<study_logs>/share_plotlyjs.log",
    conda:
        ENVIRONMENT
    params:
        code=code("share_plotlyjs"),
    message:
        "Write the plotly.js that all pages share"
    script:
        "../../scripts/share_plotlyjs.py"

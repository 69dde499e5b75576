# Needs the history or an embedding of a job; makes its animations, as pages and as pictures.


rule share_plotlyjs:
    output:
        script="results/plotly.min.js",
    log:
        "logs/share_plotlyjs.log",
    message:
        "Write the plotly.js that all pages share"
    conda:
        ENVIRONMENT
    script:
        "../../scripts/share_plotlyjs.py"


rule render_html:
    input:
        store=view_store,
        # A page needs the script to be there, but it is not drawn anew when the script is.
        plotlyjs=ancient(shared_plotlyjs()),
        code=lambda wildcards: view_code("html", wildcards),
    output:
        page=page_output(),
    params:
        settings=view_settings("html", "plotlyjs", "frame_rate"),
    log:
        "logs/render_html/{run}/{view}.log",
    benchmark:
        "logs/render_html/{run}/{view}.tsv"
    message:
        "Draw {wildcards.view} of {wildcards.run} as HTML"
    resources:
        mem_mb=1500,
        runtime=30,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/render_html.py"


rule render_png:
    input:
        store=view_store,
        code=lambda wildcards: view_code("png", wildcards),
    output:
        picture=report(
            f"{RUN}/{{view}}.png",
            caption="../report/animation.rst",
            category="Animations",
            subcategory="{view}",
            labels={"run": "{run}"},
        ),
    params:
        settings=view_settings("png", "frame_rate", "scale"),
    log:
        "logs/render_png/{run}/{view}.log",
    benchmark:
        "logs/render_png/{run}/{view}.tsv"
    message:
        "Draw {wildcards.view} of {wildcards.run} as PNG"
    resources:
        mem_mb=3000,
        runtime=60,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/render_png.py"

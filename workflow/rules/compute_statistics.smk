# Requires: the table of the study.
# Makes: tables of means over axes, and of the crossings of levels.


rule compute_statistics:
    """Average over axes, and find where observables cross levels."""
    input:
        summary="<study>/summary.parquet",
    output:
        tables=[f"<study>/{name}" for name in STUDY.tables],
    log:
        "<study_logs>/compute_statistics.log",
    benchmark:
        "<study_logs>/compute_statistics.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("compute_statistics"),
        runtime=minutes("compute_statistics"),
    params:
        code=code("compute_statistics"),
        settings=settings("compute_statistics"),
    message:
        "Compute statistics"
    script:
        "../../scripts/compute_statistics.py"

# Requires: the observables of all jobs.
# Makes: the table of the study, its figure, and the gallery.


rule summarise:
    """Write a row of numbers for each run."""
    input:
        observables=[f"<study>/runs/{job}/observables.zarr" for job in STUDY.jobs],
    output:
        csv="<study>/summary.csv",
        parquet="<study>/summary.parquet",
    log:
        "<study_logs>/summarise.log",
    benchmark:
        "<study_logs>/summarise.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("summarise"),
        runtime=minutes("summarise"),
    params:
        code=code("summarise"),
    message:
        "Summarise the runs"
    script:
        "../../scripts/summarise.py"


rule plot_summary:
    """Plot what the parameters do, as a picture."""
    input:
        summary="<study>/summary.parquet",
    output:
        picture=report("<study>/summary.png", caption="../report/summary.rst", category="Study"),
    log:
        "<study_logs>/plot_summary.log",
    benchmark:
        "<study_logs>/plot_summary.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("plot_summary"),
        runtime=minutes("plot_summary"),
    params:
        code=code("plot_summary"),
        settings=settings("plot_summary"),
    message:
        "Plot the summary"
    script:
        "../../scripts/plot_summary.py"


rule write_gallery:
    """Write the pages that show the whole study: gallery, run, comparison."""
    input:
        summary="<study>/summary.parquet",
        plotlyjs=SHARED_PLOTLYJS,
    output:
        pages=[f"<study>/{name}" for name in STUDY.gallery],
    log:
        "<study_logs>/write_gallery.log",
    benchmark:
        "<study_logs>/write_gallery.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("write_gallery"),
        runtime=minutes("write_gallery"),
    params:
        code=code("write_gallery"),
        settings=settings("write_gallery"),
    message:
        "Write the gallery"
    script:
        "../../scripts/write_gallery.py"

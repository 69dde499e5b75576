# Requires: the observables of all jobs.
# Makes: the table of the study, its figure, and the gallery.


rule summarise:
    """Write a row of numbers for each run."""
    input:
        observables=[f"<results>/runs/{job}/observables.zarr" for job in STUDY.jobs],
    output:
        csv="<results>/summary.csv",
        parquet="<results>/summary.parquet",
    log:
        "<logs>/summarise.log",
    benchmark:
        "<logs>/summarise.tsv"
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
        summary="<results>/summary.parquet",
    output:
        picture=report("<results>/summary.png", caption="../report/summary.rst", category="Study"),
    log:
        "<logs>/plot_summary.log",
    benchmark:
        "<logs>/plot_summary.tsv"
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
    """Write the page that shows the whole study."""
    input:
        summary="<results>/summary.parquet",
        plotlyjs=SHARED_PLOTLYJS["whole"],
    output:
        page="<results>/index.html",
    log:
        "<logs>/write_gallery.log",
    benchmark:
        "<logs>/write_gallery.tsv"
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

# Needs the observables of all jobs; makes the table of the study, its figure, and the gallery.


rule summarise:
    input:
        observables=[f"results/runs/{name}/observables.zarr" for name in JOBS],
    output:
        csv="results/summary.csv",
        parquet=SUMMARY,
    log:
        "logs/summarise.log",
    benchmark:
        "logs/summarise.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=code("summarise"),
    message:
        "Summarise the runs"
    script:
        "../../scripts/summarise.py"


rule plot_summary:
    input:
        summary=SUMMARY,
    output:
        picture=report("results/summary.png", caption="../report/summary.rst", category="Study"),
    log:
        "logs/plot_summary.log",
    benchmark:
        "logs/plot_summary.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        code=code("plot_summary"),
        settings=sorted_dict(config["study"]),
    message:
        "Plot the summary"
    script:
        "../../scripts/plot_summary.py"


rule write_gallery:
    input:
        summary=SUMMARY,
        plotlyjs=shared_plotlyjs("whole"),
    output:
        page="results/index.html",
    log:
        "logs/write_gallery.log",
    benchmark:
        "logs/write_gallery.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=code("write_gallery"),
        settings=gallery_settings(),
    message:
        "Write the gallery"
    script:
        "../../scripts/write_gallery.py"

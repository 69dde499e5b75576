# Requires: the stores of a job.
# Makes: their animations as pages, and previews of the runs.


rule render_html:
    """Draw the views of a job as pages, and previews of its runs."""
    input:
        stores=[f"{JOB}/{store}" for store in STUDY.stores_of(STUDY.views)],
        history=f"{JOB}/history.zarr",
        observables=f"{JOB}/observables.zarr",
        plotlyjs=SHARED_PLOTLYJS,
    output:
        pages=[
            reported(
                f"{JOB}/{view}.html",
                caption=f"../report/{kind_of(view)}.rst",
                category="Pages",
                subcategory=view,
                labels={"run": "{job}"},
            )
            for view in STUDY.views
        ],
        previews=directory(f"{JOB}/preview"),
    log:
        "<study_logs>/render_html/{job}.log",
    benchmark:
        "<study_logs>/render_html/{job}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("render_html"),
        runtime=minutes("render_html"),
    params:
        code=code("render_html", *STUDY.modules_of(STUDY.views)),
        settings=settings("render_html"),
    message:
        "Draw {wildcards.job} as HTML"
    script:
        "../../scripts/render_html.py"

# Requires: the stores of a job.
# Makes: their animations as PNG pictures, and posters.


# One job for all views: to start a browser takes longer than all that it draws.
rule render_png:
    """Draw the views of a job as animated PNG pictures, posters and videos."""
    input:
        stores=[f"{JOB}/{store}" for store in STUDY.stores_of(STUDY.views)],
    output:
        pictures=[
            reported(
                f"{JOB}/{view}.png",
                caption=f"../report/{kind_of(view)}.rst",
                category="Animations",
                subcategory=view,
                labels={"run": "{job}"},
            )
            for view in STUDY.views
        ],
        posters=[
            reported(
                f"{JOB}/{view}-poster.png",
                caption=f"../report/{kind_of(view)}.rst",
                category="Pictures",
                subcategory=view,
                labels={"run": "{job}"},
            )
            for view in STUDY.views
        ],
        also=[f"{JOB}/{view}.{kind}" for view in STUDY.views for kind in STUDY.also],
    log:
        "<study_logs>/render_png/{job}.log",
    benchmark:
        "<study_logs>/render_png/{job}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("render_png"),
        runtime=minutes("render_png"),
    params:
        code=code("render_png", *STUDY.modules_of(STUDY.views)),
        settings=settings("render_png"),
    message:
        "Draw {wildcards.job} as PNG"
    script:
        "../../scripts/render_png.py"

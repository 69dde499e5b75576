# Requires: the stores of a job.
# Makes: their animations, as pages and as PNG pictures.


rule render_html:
    """Draw the views of a job as pages."""
    input:
        stores=[f"{JOB}/{store}" for store in STUDY.stores_of(STUDY.views)],
        plotlyjs=SHARED_PLOTLYJS["cartesian"],
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
    log:
        "<logs>/render_html/{job}.log",
    benchmark:
        "<logs>/render_html/{job}.tsv"
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
        videos=[f"{JOB}/{view}.mp4" for view in STUDY.views if ".mp4" in STUDY.png_endings],
    log:
        "<logs>/render_png/{job}.log",
    benchmark:
        "<logs>/render_png/{job}.tsv"
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

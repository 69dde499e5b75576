# Requires: the samples of a set, embedded.
# Makes: their animations, as pages and as PNG pictures.


rule render_samples_html:
    """Draw the views of a set of samples as pages."""
    input:
        stores=[f"{SET}/{store}" for store in STUDY.stores_of(STUDY.sample_views)],
        plotlyjs=SHARED_PLOTLYJS,
    output:
        pages=[
            reported(
                f"{SET}/{view}.html",
                caption=f"../report/{kind_of(view)}.rst",
                category="Pages",
                subcategory=view,
                labels={"run": "{set}"},
            )
            for view in STUDY.sample_views
        ],
    log:
        "<study_logs>/render_samples_html/{set}.log",
    benchmark:
        "<study_logs>/render_samples_html/{set}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("render_samples_html"),
        runtime=minutes("render_samples_html"),
    params:
        code=code("render_html", *STUDY.modules_of(STUDY.sample_views)),
        settings=settings("render_samples_html"),
    message:
        "Draw the samples of {wildcards.set} as HTML"
    script:
        "../../scripts/render_html.py"


# One job for all views: to start a browser takes longer than all that it draws.
rule render_samples_png:
    """Draw the views of a set of samples as animated PNG pictures, posters and videos."""
    input:
        stores=[f"{SET}/{store}" for store in STUDY.stores_of(STUDY.sample_views)],
    output:
        pictures=[
            reported(
                f"{SET}/{view}.png",
                caption=f"../report/{kind_of(view)}.rst",
                category="Animations",
                subcategory=view,
                labels={"run": "{set}"},
            )
            for view in STUDY.sample_views
        ],
        posters=[
            reported(
                f"{SET}/{view}-poster.png",
                caption=f"../report/{kind_of(view)}.rst",
                category="Pictures",
                subcategory=view,
                labels={"run": "{set}"},
            )
            for view in STUDY.sample_views
        ],
        also=[f"{SET}/{view}.{kind}" for view in STUDY.sample_views for kind in STUDY.also],
    log:
        "<study_logs>/render_samples_png/{set}.log",
    benchmark:
        "<study_logs>/render_samples_png/{set}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("render_samples_png"),
        runtime=minutes("render_samples_png"),
    params:
        code=code("render_png", *STUDY.modules_of(STUDY.sample_views)),
        settings=settings("render_samples_png"),
    message:
        "Draw the samples of {wildcards.set} as PNG"
    script:
        "../../scripts/render_png.py"

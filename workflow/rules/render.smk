# Needs the history or an embedding of a job; makes its animations, as pages and as pictures.


rule share_plotlyjs:
    output:
        script=PLOTLYJS,
    log:
        "logs/share_plotlyjs.log",
    conda:
        ENVIRONMENT
    message:
        "Write the plotly.js that all pages share"
    script:
        "../../scripts/share_plotlyjs.py"


rule render_html:
    input:
        store=view_store,
        plotlyjs=shared_plotlyjs(),
        code=lambda wildcards: view_code("html", wildcards),
    output:
        page=page_output(),
    log:
        "logs/render_html/{run}/{view}.log",
    benchmark:
        "logs/render_html/{run}/{view}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        settings=view_settings("html", "plotlyjs", "frame_rate"),
    message:
        "Draw {wildcards.view} of {wildcards.run} as HTML"
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
    log:
        "logs/render_png/{run}/{view}.log",
    benchmark:
        "logs/render_png/{run}/{view}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=png_megabytes,
        runtime=60,
    params:
        settings=view_settings("png", "frame_rate", "scale"),
    message:
        "Draw {wildcards.view} of {wildcards.run} as PNG"
    script:
        "../../scripts/render_png.py"

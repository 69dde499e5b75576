# Needs the stores of a job or of a set of samples; makes their animations, as pages and as pictures.


rule share_plotlyjs:
    output:
        **PLOTLYJS,
    log:
        "logs/share_plotlyjs.log",
    conda:
        ENVIRONMENT
    params:
        code=code("share_plotlyjs"),
    message:
        "Write the plotly.js that all pages share"
    script:
        "../../scripts/share_plotlyjs.py"


rule render_html:
    input:
        stores=stores_of(views()),
        plotlyjs=shared_plotlyjs(),
    output:
        pages=pictures(views(), ".html"),
    log:
        "logs/render_html/{run}.log",
    benchmark:
        "logs/render_html/{run}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(render_megabytes),
        runtime=growing(30),
    params:
        code=view_code("html", views()),
        settings=view_settings("html", views(), "plotlyjs", "frame_rate"),
    message:
        "Draw {wildcards.run} as HTML"
    script:
        "../../scripts/render_html.py"


# One job for all views of a run: starting the browser takes longer than all that it draws.
rule render_png:
    input:
        stores=stores_of(views()),
    output:
        pictures=pictures(views(), ".png"),
        posters=pictures(views(), "-poster.png"),
        videos=pictures(views(), ".mp4") if config["render"]["png"]["mp4"] else [],
    log:
        "logs/render_png/{run}.log",
    benchmark:
        "logs/render_png/{run}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(png_megabytes),
        runtime=growing(60),
    params:
        code=view_code("png", views()),
        settings=view_settings("png", views(), "frames", "frame_rate", "scale"),
    message:
        "Draw {wildcards.run} as PNG"
    script:
        "../../scripts/render_png.py"


use rule render_html as render_samples_html with:
    input:
        stores=stores_of(sample_views()),
        plotlyjs=shared_plotlyjs(),
    output:
        pages=pictures(sample_views(), ".html", "no-samples"),
    log:
        "logs/render_samples_html/{run}.log",
    benchmark:
        "logs/render_samples_html/{run}.tsv"
    params:
        code=view_code("html", sample_views()),
        settings=view_settings("html", sample_views(), "plotlyjs", "frame_rate"),
    message:
        "Draw the samples of {wildcards.run} as HTML"


use rule render_png as render_samples_png with:
    input:
        stores=stores_of(sample_views()),
    output:
        pictures=pictures(sample_views(), ".png", "no-samples"),
        posters=pictures(sample_views(), "-poster.png", "no-samples"),
        videos=pictures(sample_views(), ".mp4", "no-samples") if config["render"]["png"]["mp4"] else [],
    log:
        "logs/render_samples_png/{run}.log",
    benchmark:
        "logs/render_samples_png/{run}.tsv"
    params:
        code=view_code("png", sample_views()),
        settings=view_settings("png", sample_views(), "frames", "frame_rate", "scale"),
    message:
        "Draw the samples of {wildcards.run} as PNG"

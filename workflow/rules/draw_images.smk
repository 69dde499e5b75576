# Requires: the IDX files that were fetched.
# Makes: the sets of pictures that classifiers and learned fields train on and are tested on.


rule draw_images:
    """Draw a set of pictures: as they are, turned and shifted, or with noise."""
    input:
        fetched=[f"{PICTURES}/{name}" for name in (PROVENANCE, *STUDY.fetched)],
    output:
        images=directory(f"{READOUT}/images/{{images}}.zarr"),
    log:
        "<study_logs>/draw_images/{images}.log",
    benchmark:
        "<study_logs>/draw_images/{images}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("draw_images"),
        runtime=minutes("draw_images"),
    params:
        code=code("draw_images"),
        settings=settings("draw_images"),
    message:
        "Draw the pictures of {wildcards.images}"
    script:
        "../../scripts/draw_images.py"

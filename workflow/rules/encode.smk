# Requires: the IDX files that were fetched; of image files, those that the config names.
# Makes: the input phases of one picture, for one encoding.


rule encode:
    """Encode a picture as input phases."""
    input:
        fetched=[f"{PICTURES}/{name}" for name in (PROVENANCE, *FILES[TRAINING]) if STUDY.fetched],
    output:
        perturbation=directory("<study>/perturbations/{perturbation}.zarr"),
    log:
        "<study_logs>/encode/{perturbation}.log",
    benchmark:
        "<study_logs>/encode/{perturbation}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("encode"),
        runtime=minutes("encode"),
    params:
        code=code("encode"),
        settings=settings("encode"),
    message:
        "Encode {wildcards.perturbation}"
    script:
        "../../scripts/encode.py"

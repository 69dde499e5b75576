# Requires: the IDX files.
# Makes: the input phases of one picture, for one encoding.


rule encode:
    """Encode a picture as input phases."""
    input:
        images=f"{MNIST}/{FILES[0]}",
        labels=f"{MNIST}/{FILES[1]}",
        provenance=f"{MNIST}/{PROVENANCE}",
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

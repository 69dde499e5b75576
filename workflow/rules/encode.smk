# Needs the IDX files; makes the input phases of one digit, for one encoding.


rule encode:
    input:
        images=f"{MNIST}/{FILES[0]}",
        labels=f"{MNIST}/{FILES[1]}",
        provenance=f"{MNIST}/{PROVENANCE}",
        code=code("encode", "encoding", "mnist", "perturbation"),
    output:
        perturbation=directory("results/perturbations/{perturbation}.zarr"),
    params:
        settings=encode_settings,
    log:
        "logs/encode/{perturbation}.log",
    benchmark:
        "logs/encode/{perturbation}.tsv"
    message:
        "Encode {wildcards.perturbation}"
    resources:
        mem_mb=500,
        runtime=5,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/encode.py"

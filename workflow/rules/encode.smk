# Needs the IDX files; makes the input phases of one digit, for one encoding.


rule encode:
    input:
        images=f"{MNIST}/{FILES[0]}",
        labels=f"{MNIST}/{FILES[1]}",
        provenance=f"{MNIST}/{PROVENANCE}",
    output:
        perturbation=directory("results/perturbations/{perturbation}.zarr"),
    log:
        "logs/encode/{perturbation}.log",
    benchmark:
        "logs/encode/{perturbation}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=code("encode"),
        settings=encode_settings,
    message:
        "Encode {wildcards.perturbation}"
    script:
        "../../scripts/encode.py"

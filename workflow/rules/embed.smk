# Needs the history of a job, or those of a set of samples; makes points in a plane over time, one store a method.


rule embed:
    input:
        history=f"{RUN}/history.zarr",
    output:
        embedding=directory(f"{RUN}/embedding-{{method}}.zarr"),
    log:
        "logs/embed/{run}/{method}.log",
    benchmark:
        "logs/embed/{run}/{method}.tsv"
    conda:
        ENVIRONMENT
    threads: embed_threads
    resources:
        mem_mb=growing(embed_megabytes),
        runtime=growing(240),
    params:
        code=code("embed"),
        settings=embed_settings,
    message:
        "Embed {wildcards.run} by {wildcards.method}"
    script:
        "../../scripts/embed.py"


rule embed_samples:
    input:
        histories=sample_histories,
    output:
        embedding=directory(f"{RUN}/samples-{{method}}.zarr"),
    log:
        "logs/embed_samples/{run}/{method}.log",
    benchmark:
        "logs/embed_samples/{run}/{method}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(sample_megabytes),
        runtime=growing(240),
    params:
        code=code("embed_samples"),
        settings=sample_settings,
    message:
        "Embed the samples of {wildcards.run} by {wildcards.method}"
    script:
        "../../scripts/embed_samples.py"

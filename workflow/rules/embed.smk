# Needs the history of a job; makes the positions of its sites in a plane over time, one store a method.


rule embed:
    input:
        history=f"{RUN}/history.zarr",
        code=code("embed", "embedding"),
    output:
        embedding=directory(f"{RUN}/embedding-{{method}}.zarr"),
    params:
        settings=embed_settings,
    log:
        "logs/embed/{run}/{method}.log",
    benchmark:
        "logs/embed/{run}/{method}.tsv"
    message:
        "Embed {wildcards.run} by {wildcards.method}"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/embed.py"

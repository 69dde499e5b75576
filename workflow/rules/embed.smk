# Needs the history of a job; makes the positions of its sites in a plane over time, one store a method.


rule embed:
    input:
        history=f"{RUN}/history.zarr",
        code=code("embed", "embedding.py"),
    output:
        embedding=directory(f"{RUN}/embedding-{{method}}.zarr"),
    log:
        "logs/embed/{run}/{method}.log",
    benchmark:
        "logs/embed/{run}/{method}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        settings=embed_settings,
    message:
        "Embed {wildcards.run} by {wildcards.method}"
    script:
        "../../scripts/embed.py"

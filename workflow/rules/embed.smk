# Requires: the history of a job, or the histories of a set of samples.
# Makes: points in a plane over time, one store a method.


rule embed:
    """Embed the pixels of each run of a job in a plane."""
    input:
        history=f"{JOB}/history.zarr",
    output:
        embedding=directory(f"{JOB}/embedding-{{method}}.zarr"),
    log:
        "<study_logs>/embed/{job}/{method}.log",
    benchmark:
        "<study_logs>/embed/{job}/{method}.tsv"
    conda:
        ENVIRONMENT
    threads: threads("embed")
    resources:
        mem_mb=memory("embed"),
        runtime=minutes("embed"),
    params:
        code=code("embed"),
        settings=settings("embed"),
    message:
        "Embed {wildcards.job} by {wildcards.method}"
    script:
        "../../scripts/embed.py"


rule embed_samples:
    """Embed each run of a set as one point in a plane."""
    input:
        histories=lambda wildcards: [
            f"<study>/runs/{job}/history.zarr" for job in asked(wildcards, lambda set, method: STUDY.jobs_of_set(set))
        ],
    output:
        embedding=directory(f"{SET}/samples-{{method}}.zarr"),
    log:
        "<study_logs>/embed_samples/{set}/{method}.log",
    benchmark:
        "<study_logs>/embed_samples/{set}/{method}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("embed_samples"),
        runtime=minutes("embed_samples"),
    params:
        code=code("embed_samples"),
        settings=settings("embed_samples"),
    message:
        "Embed the samples of {wildcards.set} by {wildcards.method}"
    script:
        "../../scripts/embed_samples.py"

# Requires: the history of a job.
# Makes: its observables over time.


rule measure:
    """Measure the observables of a history."""
    input:
        history=f"{JOB}/history.zarr",
    output:
        observables=directory(f"{JOB}/observables.zarr"),
    log:
        "<study_logs>/measure/{job}.log",
    benchmark:
        "<study_logs>/measure/{job}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("measure"),
        runtime=minutes("measure"),
    params:
        code=code("measure"),
        settings=settings("measure"),
    message:
        "Measure {wildcards.job}"
    script:
        "../../scripts/measure.py"

# Requires: the input phases of the runs of a job.
# Makes: their history.


rule simulate:
    """Simulate the runs of a job and store their history."""
    input:
        perturbations=lambda wildcards: [
            f"<study>/perturbations/{name}.zarr" for name in asked(wildcards, STUDY.inputs_of)
        ],
        learned=lambda wildcards: asked(wildcards, STUDY.weights_of, "<study>"),
    output:
        history=directory(f"{JOB}/history.zarr"),
    log:
        "<study_logs>/simulate/{job}.log",
    benchmark:
        "<study_logs>/simulate/{job}.tsv"
    conda:
        ENVIRONMENT
    threads: threads("simulate")
    resources:
        gpu=lambda wildcards: asked(wildcards, resources.gpus, STUDY),
        mem_mb=memory("simulate"),
        runtime=minutes("simulate"),
    params:
        code=lambda wildcards: code("simulate", *asked(wildcards, STUDY.modules_that_compute)),
        settings=settings("simulate"),
    message:
        "Simulate {wildcards.job}"
    script:
        "../../scripts/simulate.py"

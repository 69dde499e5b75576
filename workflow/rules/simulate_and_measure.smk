# Requires: the input phases of the runs of a job.
# Makes: their observables, measured while they are simulated, and no history.


rule simulate_and_measure:
    """Simulate the runs of a job and measure them on the way."""
    input:
        perturbations=lambda wildcards: [
            f"<study>/perturbations/{name}.zarr" for name in asked(wildcards, STUDY.inputs_of)
        ],
    output:
        observables=directory(f"{JOB}/observables.zarr"),
    log:
        "<study_logs>/simulate_and_measure/{job}.log",
    benchmark:
        "<study_logs>/simulate_and_measure/{job}.tsv"
    conda:
        ENVIRONMENT
    threads: threads("simulate_and_measure")
    resources:
        gpu=lambda wildcards: asked(wildcards, resources.gpus, STUDY),
        mem_mb=memory("simulate_and_measure"),
        runtime=minutes("simulate_and_measure"),
    params:
        code=lambda wildcards: code("simulate_and_measure", *asked(wildcards, STUDY.modules_that_compute)),
        settings=settings("simulate_and_measure"),
    message:
        "Simulate and measure {wildcards.job}"
    script:
        "../../scripts/simulate_and_measure.py"

# Needs the input phases of the runs of a job; makes their history.


rule simulate:
    input:
        perturbations=lambda wildcards: [
            f"results/perturbations/{name}.zarr" for name in perturbations([job_of(wildcards)])
        ],
    output:
        history=directory(f"{RUN}/history.zarr"),
    log:
        "logs/simulate/{run}.log",
    benchmark:
        "logs/simulate/{run}.tsv"
    conda:
        ENVIRONMENT
    threads: simulate_threads
    resources:
        gpu=gpus(),
        mem_mb=growing(simulate_megabytes),
        runtime=growing(60),
    params:
        code=code("simulate", *engine_modules()),
        settings=simulate_settings,
    message:
        "Simulate {wildcards.run}"
    script:
        "../../scripts/simulate.py"

# Needs the input phases of the runs of a job; makes their history.


rule simulate:
    input:
        perturbations=lambda wildcards: [
            f"results/perturbations/{name}.zarr"
            for name in perturbations([job_of(wildcards)])
        ],
        code=code("simulate", "field", "history", "engines.__init__", "engines.torch"),
    output:
        history=directory(f"{RUN}/history.zarr"),
    params:
        settings=simulate_settings,
    log:
        "logs/simulate/{run}.log",
    benchmark:
        "logs/simulate/{run}.tsv"
    message:
        "Simulate {wildcards.run}"
    threads: 1
    resources:
        gpu=gpus(),
        mem_mb=simulate_megabytes,
        runtime=60,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/simulate.py"

# Needs the history of a job; makes its observables over time.


rule measure:
    input:
        history=f"{RUN}/history.zarr",
        code=code("measure", "observables"),
    output:
        observables=directory(f"{RUN}/observables.zarr"),
    log:
        "logs/measure/{run}.log",
    benchmark:
        "logs/measure/{run}.tsv"
    message:
        "Measure {wildcards.run}"
    resources:
        mem_mb=1000,
        runtime=30,
    conda:
        ENVIRONMENT
    script:
        "../../scripts/measure.py"

# Needs the history of a job; makes its observables over time.


rule measure:
    input:
        history=f"{RUN}/history.zarr",
    output:
        observables=directory(f"{RUN}/observables.zarr"),
    log:
        "logs/measure/{run}.log",
    benchmark:
        "logs/measure/{run}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(measure_megabytes),
        runtime=growing(30),
    params:
        code=code("measure"),
        settings=sorted_dict(config["measure"]),
    message:
        "Measure {wildcards.run}"
    script:
        "../../scripts/measure.py"

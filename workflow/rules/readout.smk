# Needs the IDX files; makes pictures for training and tests, the field over them, and what classifiers say of all of it.


rule draw_images:
    input:
        files=expand(f"{MNIST}/{{name}}", name=FILES),
        code=code("draw_images", "mnist.py", "readout/images.py"),
    output:
        images=directory(f"{READOUT}/images/{{set}}.zarr"),
    log:
        "logs/draw_images/{set}.log",
    benchmark:
        "logs/draw_images/{set}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        settings=sorted_dict({key: config["readout"][key] for key in ("seed", "rotation", "translation")}),
    message:
        "Draw the pictures of {wildcards.set}"
    script:
        "../../scripts/draw_images.py"


rule simulate_images:
    input:
        images=f"{READOUT}/images/{{set}}.zarr",
        code=simulate_images_code(),
    output:
        phases=directory(f"{READOUT}/fields/{{field}}/{{set}}/{{shard}}.zarr"),
    log:
        "logs/simulate_images/{field}/{set}/{shard}.log",
    benchmark:
        "logs/simulate_images/{field}/{set}/{shard}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=gpus(),
        mem_mb=growing(shard_megabytes),
        runtime=growing(60),
    params:
        settings=shard_settings,
    message:
        "Simulate {wildcards.field} over {wildcards.set}, shard {wildcards.shard}"
    script:
        "../../scripts/simulate_images.py"


rule fit_logistic_regression:
    input:
        images=expand(f"{READOUT}/images/{{set}}.zarr", set=SETS),
        shards=shards_of_arm,
        code=code("fit_readout", *FITTING, "readout/classifiers.py"),
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/logistic_regression.zarr"),
    log:
        "logs/fit_logistic_regression/{arm}.log",
    benchmark:
        "logs/fit_logistic_regression/{arm}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(fit_megabytes),
        runtime=growing(120),
    params:
        settings=fit_settings("logistic_regression"),
    message:
        "Fit logistic regression to {wildcards.arm}"
    script:
        "../../scripts/fit_readout.py"


use rule fit_logistic_regression as fit_nearest_neighbours with:
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/nearest_neighbours.zarr"),
    log:
        "logs/fit_nearest_neighbours/{arm}.log",
    benchmark:
        "logs/fit_nearest_neighbours/{arm}.tsv"
    params:
        settings=fit_settings("nearest_neighbours"),
    message:
        "Fit nearest neighbours to {wildcards.arm}"


use rule fit_logistic_regression as fit_nearest_centroid with:
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/nearest_centroid.zarr"),
    log:
        "logs/fit_nearest_centroid/{arm}.log",
    benchmark:
        "logs/fit_nearest_centroid/{arm}.tsv"
    params:
        settings=fit_settings("nearest_centroid"),
    message:
        "Fit nearest centroids to {wildcards.arm}"


use rule fit_logistic_regression as train_network with:
    input:
        images=expand(f"{READOUT}/images/{{set}}.zarr", set=SETS),
        shards=shards_of_arm,
        code=code("fit_readout", *FITTING, "readout/network.py"),
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/network.zarr"),
    log:
        "logs/train_network/{arm}.log",
    benchmark:
        "logs/train_network/{arm}.tsv"
    params:
        settings=fit_settings("network"),
    message:
        "Train a network on {wildcards.arm}"


rule compare_readouts:
    input:
        predictions=predictions(),
        plotlyjs=shared_plotlyjs(),
        code=code("compare_readouts", "readout/results.py", "figures/readout.py", "figures/readout.html"),
    output:
        table="results/readout.csv",
        page="results/readout.html",
    log:
        "logs/compare_readouts.log",
    benchmark:
        "logs/compare_readouts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        plotlyjs=config["render"]["html"]["plotlyjs"],
    message:
        "Compare the readouts"
    script:
        "../../scripts/compare_readouts.py"

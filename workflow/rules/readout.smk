# Needs the IDX files; makes pictures for training and tests, the field over them, and what classifiers say of all of it.


rule draw_images:
    input:
        files=expand(f"{MNIST}/{{name}}", name=FILES),
        provenance=f"{MNIST}/{PROVENANCE}",
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
        code=code("draw_images"),
        settings=sorted_dict({key: config["readout"][key] for key in ("seed", "rotation", "translation")}),
    message:
        "Draw the pictures of {wildcards.set}"
    script:
        "../../scripts/draw_images.py"


rule simulate_images:
    input:
        images=f"{READOUT}/images/{{set}}.zarr",
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
        code=code("simulate_images", *engine_modules()),
        settings=shard_settings,
    message:
        "Simulate {wildcards.field} over {wildcards.set}, shard {wildcards.shard}"
    script:
        "../../scripts/simulate_images.py"


rule fit_logistic_regression:
    input:
        images=expand(f"{READOUT}/images/{{set}}.zarr", set=SETS),
        shards=shards_of_arm,
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
        code=code("fit_readout"),
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
        code=code("fit_readout"),
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
        code=code("fit_readout"),
        settings=fit_settings("nearest_centroid"),
    message:
        "Fit nearest centroids to {wildcards.arm}"


use rule fit_logistic_regression as train_network with:
    input:
        images=expand(f"{READOUT}/images/{{set}}.zarr", set=SETS),
        shards=shards_of_arm,
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/network.zarr"),
    log:
        "logs/train_network/{arm}.log",
    benchmark:
        "logs/train_network/{arm}.tsv"
    params:
        code=code("fit_readout", "readout.network"),
        settings=fit_settings("network"),
    message:
        "Train a network on {wildcards.arm}"


rule compare_readouts:
    input:
        predictions=predictions(),
        plotlyjs=shared_plotlyjs(),
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
        code=code("compare_readouts"),
        plotlyjs=config["render"]["html"]["plotlyjs"],
    message:
        "Compare the readouts"
    script:
        "../../scripts/compare_readouts.py"

# Requires: sets of pictures for training and tests.
# Makes: the field over them, and what classifiers say of all of it.


rule simulate_images:
    """Simulate a field over some pictures of a set."""
    input:
        images=f"{READOUT}/images/{{images}}.zarr",
    output:
        phases=directory(f"{READOUT}/fields/{{field}}/{{images}}/{{shard}}.zarr"),
    log:
        "<study_logs>/simulate_images/{field}/{images}/{shard}.log",
    benchmark:
        "<study_logs>/simulate_images/{field}/{images}/{shard}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=lambda wildcards: asked(wildcards, resources.gpus, STUDY),
        mem_mb=memory("simulate_images"),
        runtime=minutes("simulate_images"),
    params:
        code=lambda wildcards: code("simulate_images", *asked(wildcards, STUDY.modules_that_compute)),
        settings=settings("simulate_images"),
    message:
        "Simulate {wildcards.field} over {wildcards.images}, shard {wildcards.shard}"
    script:
        "../../scripts/simulate_images.py"


rule fit_logistic_regression:
    """Fit logistic regression to an arm."""
    input:
        images=[f"{READOUT}/images/{name}.zarr" for name in STUDY.readout.sets],
        shards=lambda wildcards: [f"{READOUT}/{shard}" for shard in asked(wildcards, STUDY.readout.shards_of_arm)],
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/logistic_regression.zarr"),
    log:
        "<study_logs>/fit_logistic_regression/{arm}.log",
    benchmark:
        "<study_logs>/fit_logistic_regression/{arm}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("fit"),
        runtime=minutes("fit"),
    params:
        code=code("fit_readout"),
        settings=settings("fit_logistic_regression"),
    message:
        "Fit logistic regression to {wildcards.arm}"
    script:
        "../../scripts/fit_readout.py"


use rule fit_logistic_regression as fit_nearest_neighbours with:
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/nearest_neighbours.zarr"),
    log:
        "<study_logs>/fit_nearest_neighbours/{arm}.log",
    benchmark:
        "<study_logs>/fit_nearest_neighbours/{arm}.tsv"
    params:
        code=code("fit_readout"),
        settings=settings("fit_nearest_neighbours"),
    message:
        "Fit nearest neighbours to {wildcards.arm}"


use rule fit_logistic_regression as fit_nearest_centroid with:
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/nearest_centroid.zarr"),
    log:
        "<study_logs>/fit_nearest_centroid/{arm}.log",
    benchmark:
        "<study_logs>/fit_nearest_centroid/{arm}.tsv"
    params:
        code=code("fit_readout"),
        settings=settings("fit_nearest_centroid"),
    message:
        "Fit nearest centroids to {wildcards.arm}"


use rule fit_logistic_regression as train_network with:
    output:
        predictions=directory(f"{READOUT}/predictions/{{arm}}/network.zarr"),
    log:
        "<study_logs>/train_network/{arm}.log",
    benchmark:
        "<study_logs>/train_network/{arm}.tsv"
    params:
        code=code("fit_readout", "readout.network"),
        settings=settings("fit_network"),
    message:
        "Train a network on {wildcards.arm}"


rule compare_readouts:
    """Compare all classifiers on all arms, as a table and a page."""
    input:
        predictions=[f"{READOUT}/{store}" for store in STUDY.readout.predictions()],
        plotlyjs=SHARED_PLOTLYJS,
    output:
        table="<study>/readout.csv",
        page="<study>/readout.html",
    log:
        "<study_logs>/compare_readouts.log",
    benchmark:
        "<study_logs>/compare_readouts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("compare_readouts"),
        runtime=minutes("compare_readouts"),
    params:
        code=code("compare_readouts"),
        plotlyjs=STUDY.config["render"]["html"]["plotlyjs"],
    message:
        "Compare the readouts"
    script:
        "../../scripts/compare_readouts.py"

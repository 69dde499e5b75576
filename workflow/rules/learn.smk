# Requires: the sets of pictures that training and tests need.
# Makes: trained fields and their controls, what they say of test pictures, and the page that compares them.


rule train_field:
    """Train a model: a learned field, or a control of it."""
    input:
        images=f"{READOUT}/images/{TRAINING}.zarr",
    output:
        weights=directory(f"{LEARNED}/{{model}}/weights.zarr"),
    log:
        "<study_logs>/train_field/{model}.log",
    benchmark:
        "<study_logs>/train_field/{model}.tsv"
    conda:
        ENVIRONMENT
    # One, whatever there is: with more, the bits of a result would depend on it, and two trainings take two cores.
    threads: 1
    resources:
        gpu=resources.training_gpus(STUDY),
        mem_mb=memory("train_field"),
        runtime=minutes("train_field"),
    params:
        code=code("train_field"),
        settings=settings("train_field"),
    message:
        "Train {wildcards.model}"
    script:
        "../../scripts/train_field.py"


rule evaluate_field:
    """Ask a trained model of test pictures: as they are, with noise, after more steps, under attack."""
    input:
        weights=f"{LEARNED}/{{model}}/weights.zarr",
        images=[f"{READOUT}/images/{name}.zarr" for name in STUDY.learning.tests],
    output:
        evaluation=directory(f"{LEARNED}/{{model}}/evaluation.zarr"),
    log:
        "<study_logs>/evaluate_field/{model}.log",
    benchmark:
        "<study_logs>/evaluate_field/{model}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("evaluate_field"),
        runtime=minutes("evaluate_field"),
    params:
        code=code("evaluate_field"),
        settings=settings("evaluate_field"),
    message:
        "Evaluate {wildcards.model}"
    script:
        "../../scripts/evaluate_field.py"


rule compare_fields:
    """Compare all trained models, as a table and a page."""
    input:
        weights=[f"{LEARNED}/{name}/weights.zarr" for name in STUDY.learning.models],
        evaluations=[f"{LEARNED}/{name}/evaluation.zarr" for name in STUDY.learning.models],
        images=f"{READOUT}/images/{TEST}.zarr",
        plotlyjs=SHARED_PLOTLYJS,
    output:
        table="<study>/learned.csv",
        models="<study>/learned-models.csv",
        page="<study>/learned.html",
    log:
        "<study_logs>/compare_fields.log",
    benchmark:
        "<study_logs>/compare_fields.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("compare_fields"),
        runtime=minutes("compare_fields"),
    params:
        code=code("compare_fields"),
        plotlyjs=STUDY.config["render"]["html"]["plotlyjs"],
    message:
        "Compare the trained fields"
    script:
        "../../scripts/compare_fields.py"

# Makes nothing: tells what a call would do, and what results are no longer asked for.


rule plan:
    log:
        "logs/plan.log",
    conda:
        ENVIRONMENT
    params:
        settings=plan_settings,
    message:
        "Plan"
    script:
        "../../scripts/plan.py"


rule prune:
    log:
        "logs/prune.log",
    conda:
        ENVIRONMENT
    params:
        settings=prune_settings(),
    message:
        "Prune"
    script:
        "../../scripts/prune.py"

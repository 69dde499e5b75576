# Requires: nothing.
# Makes: nothing. Says what a call would do, and which results the config does not ask for.

import shlex


rule plan:
    """Say what would run, and why, how long it takes, and what it needs; runs nothing."""
    log:
        "<study_logs>/plan.log",
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: {
            "bytes_of_shard": resources.bytes_of_shard(STUDY),
            "command": command("all"),
            "config": STUDY.config,
            "cores": workflow.cores or 1,
            "how_to_list": shlex.join(["snakemake", *command("prune", typed=True)]),
            "labels": STUDY.labels,
            "logs": folder("<study_logs>"),
            "megabytes": resources.most_megabytes(STUDY),
            "noun": STUDY.source.noun,
            "orphans": list(
                map(str, STUDY.orphans(folder("<study>"), workflow.storage_settings.default_storage_provider))
            ),
            "pixels": STUDY.most_pixels,
            "rules": {MODIFIER.modify_rulename(rule): rule for rule in resources.TYPICAL_SECONDS},
            "typical": {rule: resources.typical_seconds(STUDY, rule) for rule in resources.TYPICAL_SECONDS},
        },
    message:
        "Plan"
    script:
        "../../scripts/plan.py"


rule prune:
    """List results that the config does not ask for; remove them if `prune` names that list."""
    log:
        "<study_logs>/prune.log",
    conda:
        ENVIRONMENT
    params:
        settings=lambda wildcards: {
            # In a module, what `--config` says does not reach the config.
            "asked": workflow.config_settings.config.get("prune", STUDY.config["prune"]),
            "command": shlex.join(["snakemake", *command("prune", "prune=", typed=True)]),
            "orphans": list(
                map(str, STUDY.orphans(folder("<study>"), workflow.storage_settings.default_storage_provider))
            ),
            "wanted": sorted(map(str, STUDY.wanted_folders(folder("<study>")))),
        },
    message:
        "Prune"
    script:
        "../../scripts/prune.py"

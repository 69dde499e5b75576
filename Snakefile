# From MNIST digits to animations of an oscillator field: reads and checks the config, then asks for every result.

import shutil

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")


configfile: os.path.join(workflow.basedir, "config", "config.yaml")


include: "workflow/rules/common.smk"
include: "workflow/rules/readout_common.smk"


wildcard_constraints:
    perturbation=r"digit=[^/]+",
    run=r"digit=[^/]+",
    method="pca|tsne",
    set=r"(training|test)[^/]*",
    field=r"field[^/]*",
    arm=r"(pixels|input|field)[^/]*",
    shard=r"\d+",


# Where the workflow is called: machines that jobs are sent to may have no network to fetch anything from.
localrules:
    all,
    fetch_mnist,
    plan,
    prune,
    share_plotlyjs,


include: "workflow/rules/mnist.smk"
include: "workflow/rules/encode.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/embed.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/summarise.smk"
include: "workflow/rules/readout.smk"
include: "workflow/rules/plan.smk"


rule all:
    default_target: True
    input:
        targets(),


onstart:
    if workflow.storage_settings.default_storage_provider == "fs" and shutil.which("rsync") is None:
        raise WorkflowError(
            "default-storage-provider: fs copies results by rsync, which is not there (install rsync)"
        )

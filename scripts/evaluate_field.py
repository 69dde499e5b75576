"""evaluate_field: what a model says of the test pictures."""

from pathlib import Path

from oscillator_field.learning.evaluation import evaluate_field
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    evaluate_field(
        snakemake.output.evaluation,
        snakemake.input.weights,
        {Path(path).name.removesuffix(".zarr"): path for path in snakemake.input.images},
        threads=snakemake.threads,
        **snakemake.params.settings,
    )

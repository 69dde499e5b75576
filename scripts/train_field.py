"""train_field: the weights of one model."""

from pathlib import Path

from oscillator_field.learning.arms import Model
from oscillator_field.learning.fitting import train_field
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    device = settings.pop("device")
    weights = Path(snakemake.output.weights)
    train_field(
        weights,
        snakemake.input.images,
        Model(**settings.pop("model")),
        settings,
        # Not an output: it outlives a job that was killed.
        checkpoint=weights.parents[1] / "checkpoints" / f"{weights.parent.name}.pt",
        code=snakemake.params.code,
        threads=snakemake.threads,
        device=device,
    )

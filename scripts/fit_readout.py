"""fit_<classifier>, train_network: what a classifier says of the pictures, having learnt from an arm."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from oscillator_field.logs import log_to
from oscillator_field.readout.arms import Arm
from oscillator_field.readout.predictions import write_predictions

with log_to(snakemake.log[0]), threadpool_limits(snakemake.threads):
    settings = dict(snakemake.params.settings)
    classifier = settings.pop("classifier")
    names = [Path(path).name.removesuffix(".zarr") for path in snakemake.input.images]
    shards = {name: [] for name in names}
    for path in snakemake.input.shards:
        shards[Path(path).parent.name].append(path)
    predictions = Path(snakemake.output.predictions)
    readout = predictions.parents[2]
    write_predictions(
        predictions,
        Arm(**settings.pop("arm")),
        classifier,
        dict(zip(names, snakemake.input.images, strict=True)),
        shards,
        # Not an output: it outlives a job that was killed.
        checkpoints=readout / "checkpoints" / predictions.parent.name / classifier,
        code=snakemake.params.code,
        threads=snakemake.threads,
        **settings,
    )

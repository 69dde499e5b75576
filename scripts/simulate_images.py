"""simulate_images: the field over some pictures of a set."""

from oscillator_field.logs import log_to
from oscillator_field.readout.fields import simulate_shard

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    simulate_shard(
        snakemake.output.phases,
        snakemake.input.images,
        slice(settings.pop("first"), settings.pop("end")),
        threads=snakemake.threads,
        **settings,
    )

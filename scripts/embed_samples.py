"""embed_samples: every run of a parameter set as one point in a plane."""

from oscillator_field.analysis.embedding import embed_samples
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    embed_samples(
        snakemake.input.histories,
        path=snakemake.output.embedding,
        method=snakemake.wildcards.method,
        **snakemake.params.settings,
    )

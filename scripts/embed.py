"""embed: the sites of a history as points in a plane."""

from oscillator_field.analysis.embedding import embed_sites
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    embed_sites(
        snakemake.input.history,
        snakemake.output.embedding,
        method=snakemake.wildcards.method,
        threads=snakemake.threads,
        **snakemake.params.settings,
    )

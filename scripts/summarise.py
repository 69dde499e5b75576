"""summarise: one row a run."""

from oscillator_field.analysis.summary import summarise
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    summarise(snakemake.input.observables, snakemake.output.csv, snakemake.output.parquet)

"""summarise: one row a run."""

from oscillator_field.logs import log_to
from oscillator_field.summary import summarise

with log_to(snakemake.log[0]):
    summarise(snakemake.input.observables, snakemake.output.csv, snakemake.output.parquet)

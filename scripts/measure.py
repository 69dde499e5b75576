"""measure: the observables of a history over time."""

from oscillator_field.logs import log_to
from oscillator_field.observables import measure

with log_to(snakemake.log[0]):
    measure(snakemake.input.history, snakemake.output.observables)

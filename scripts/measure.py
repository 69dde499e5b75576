"""measure: the observables of a history."""

from oscillator_field.logs import log_to
from oscillator_field.measuring import measure

with log_to(snakemake.log[0]):
    measure(snakemake.input.history, snakemake.output.observables, **snakemake.params.settings)

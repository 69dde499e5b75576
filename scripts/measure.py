"""measure: the observables of a history."""

from oscillator_field.analysis.measuring import measure
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    measure(snakemake.input.history, snakemake.output.observables, **snakemake.params.settings)

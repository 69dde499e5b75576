"""simulate_and_measure: the observables of the runs of a job, of which no history is kept."""

from oscillator_field.analysis.measuring import simulate_and_measure
from oscillator_field.logs import log_to
from oscillator_field.runs import Runs

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    simulate_and_measure(
        Runs.from_description(settings.pop("runs")),
        snakemake.input.perturbations,
        snakemake.output.observables,
        threads=snakemake.threads,
        **settings.pop("measure"),
        **settings,
    )

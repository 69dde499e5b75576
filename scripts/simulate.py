"""simulate: the history of the runs of one job."""

from oscillator_field.logs import log_to
from oscillator_field.run import Run
from oscillator_field.simulation import simulate_runs

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    simulate_runs(
        [Run.from_description(run) for run in settings["runs"]],
        snakemake.input.perturbations,
        snakemake.output.history,
        every=settings["every"],
        precision=settings["precision"],
        engine=settings["engine"],
        device=settings["device"],
        threads=snakemake.threads,
    )

"""simulate: the history of the runs of one job."""

import importlib

from oscillator_field.logs import log_to
from oscillator_field.runs import Runs
from oscillator_field.simulation import simulate_runs

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    runs = Runs.from_description(settings["runs"])
    kept = {"every": settings["every"], "precision": settings["precision"], "threads": snakemake.threads}
    inputs, history = snakemake.input.perturbations, snakemake.output.history
    if snakemake.input.learned:
        # Imported by name: jobs of other runs need no torch, and do not depend on this module.
        learned = importlib.import_module("oscillator_field.learning.history")
        learned.simulate_learned_runs(runs, inputs, snakemake.input.learned[0], history, **kept)
    else:
        simulate_runs(runs, inputs, history, engine=settings["engine"], device=settings["device"], **kept)

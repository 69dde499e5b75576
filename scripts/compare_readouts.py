"""compare_readouts: every arm beside the others, as a table and a page."""

import os
from pathlib import Path

from oscillator_field.figures.pages.readout import write_readout_page
from oscillator_field.logs import log_to
from oscillator_field.readout.results import read_results, write_table

with log_to(snakemake.log[0]):
    results = read_results(snakemake.input.predictions)
    write_table(snakemake.output.table, results)
    page = Path(snakemake.output.page)
    write_readout_page(
        page,
        results,
        plotlyjs=snakemake.params.plotlyjs,
        shared=[os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs],
    )

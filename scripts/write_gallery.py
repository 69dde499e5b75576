"""write_gallery: the pages that show a study."""

import os
from pathlib import Path

from oscillator_field.analysis.summary import read_summary_table
from oscillator_field.figures.pages.gallery import write_gallery
from oscillator_field.logs import log_to
from oscillator_field.provenance import time_used, versions
from oscillator_field.run import Run

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    config = settings.pop("config")
    folder = Path(snakemake.output.pages[0]).parent
    table = read_summary_table(snakemake.input.summary)
    inputs = {Run.from_description(run).perturbation for run in table.to_dict("records")}
    write_gallery(
        folder,
        table,
        shared=[os.path.relpath(script, folder) for script in snakemake.input.plotlyjs],
        provenance={
            "versions": versions("snakemake"),
            "config": config,
            "seconds of computing": time_used(
                Path(snakemake.log[0]).parent, {*table["job"], *settings["sets"], *inputs}
            ),
        },
        **settings,
    )

"""write_gallery: the page that shows a study."""

import os
from pathlib import Path

from oscillator_field.analysis.summary import read_summary_table
from oscillator_field.figures.pages.gallery import write_gallery
from oscillator_field.logs import log_to
from oscillator_field.provenance import time_used, versions

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    config = settings.pop("config")
    page = Path(snakemake.output.page)
    write_gallery(
        page,
        read_summary_table(snakemake.input.summary),
        shared=[os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs],
        provenance={
            "versions": versions("snakemake"),
            "config": config,
            "seconds of computing": time_used(Path(snakemake.log[0]).parent),
        },
        **settings,
    )

"""write_gallery: the page that shows a study."""

import os
from pathlib import Path

import pandas as pd

from oscillator_field.figures.gallery import write_gallery
from oscillator_field.logs import log_to
from oscillator_field.provenance import time_used, versions

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    config = settings.pop("config")
    page = Path(snakemake.output.page)
    write_gallery(
        page,
        pd.read_parquet(snakemake.input.summary),
        shared=[os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs],
        provenance={"versions": versions("snakemake"), "config": config, "seconds of computing": time_used("logs")},
        **settings,
    )

"""render_html: the views of a job as pages."""

import os
from pathlib import Path

from oscillator_field.figures.animate import animation
from oscillator_field.figures.painters.html import write_html
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    for page in map(Path, snakemake.output.pages):
        drawn = animation(page.stem, page.parent, settings["views"][page.stem])
        shared = [os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs]
        write_html(page, drawn, views=settings["order"], shared=shared, **settings["painter"])

"""render_html: one view of a job as a page."""

import os

from oscillator_field.figures.html import write_html
from oscillator_field.figures.views import animation
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    page = snakemake.output.page
    settings = snakemake.params.settings
    drawn = animation(snakemake.wildcards.view, snakemake.input.store, settings["view"])
    shared = [os.path.relpath(path, os.path.dirname(page)) for path in snakemake.input.plotlyjs]
    write_html(page, drawn, views=settings["views"], shared=shared, **settings["painter"])

"""render_html: one view of a job as a page."""

import os

from oscillator_field.figures.html import write_html
from oscillator_field.figures.views import animation
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    page = snakemake.output.page
    settings = dict(snakemake.params.settings)
    frame_rate = settings.pop("frame_rate")
    plotlyjs = settings.pop("plotlyjs")
    if plotlyjs == "shared":
        plotlyjs = os.path.relpath(snakemake.input.plotlyjs[0], os.path.dirname(page))
    drawn = animation(snakemake.wildcards.view, snakemake.input.store, settings)
    write_html(page, drawn, frame_rate=frame_rate, plotlyjs=True if plotlyjs == "inline" else plotlyjs)

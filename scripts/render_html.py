"""render_html: the views of a job as pages, and previews of its runs."""

import os
from pathlib import Path

from oscillator_field.figures.animate import animation
from oscillator_field.figures.animation import named_scale
from oscillator_field.figures.pages.preview import write_previews
from oscillator_field.figures.pages.view import write_view
from oscillator_field.logs import log_to
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    for page in map(Path, snakemake.output.pages):
        drawn = animation(page.stem, page.parent, settings["views"][page.stem])
        shared = [os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs]
        write_view(page, drawn, views=dict(settings["words"]), shared=shared, **settings["painter"])
    if snakemake.output.get("previews"):
        write_previews(
            snakemake.output.previews,
            open_history(snakemake.input.history),
            open_store(snakemake.input.observables),
            scale=named_scale(settings["colours"]),
        )

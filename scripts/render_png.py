"""render_png: one view of a job as an animated picture."""

from oscillator_field.figures.png import write_png
from oscillator_field.figures.views import animation
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    drawn = animation(snakemake.wildcards.view, snakemake.input.store, settings["view"])
    write_png(snakemake.output.picture, drawn, **settings["painter"])

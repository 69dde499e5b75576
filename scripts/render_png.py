"""render_png: one view of a job as an animated picture."""

from oscillator_field.figures.png import write_png
from oscillator_field.figures.views import animation
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    frame_rate, scale = settings.pop("frame_rate"), settings.pop("scale")
    drawn = animation(snakemake.wildcards.view, snakemake.input.store, settings)
    write_png(snakemake.output.picture, drawn, frame_rate=frame_rate, scale=scale)

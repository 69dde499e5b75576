"""render_png: the views of a job as animated pictures and posters, and as videos if wanted."""

from pathlib import Path

from oscillator_field.figures.animate import animation
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.painters.png import write_png
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser() as draw:
    settings = snakemake.params.settings
    output = snakemake.output
    videos = output.videos or [None] * len(output.pictures)
    for picture, poster, video in zip(map(Path, output.pictures), output.posters, videos, strict=True):
        drawn = animation(picture.stem, picture.parent, settings["views"][picture.stem])
        write_png(picture, drawn, draw, poster=poster, video=video, **settings["painter"])

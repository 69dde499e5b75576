"""render_png: the views of a job as animated pictures and posters, and as other files if wanted."""

from pathlib import Path

from oscillator_field.figures.animate import animation
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.painters.png import write_png
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser() as browser:
    settings = snakemake.params.settings
    output = snakemake.output
    for picture, poster in zip(map(Path, output.pictures), output.posters, strict=True):
        drawn = animation(picture.stem, picture.parent, settings["views"][picture.stem])
        also = {path.suffix[1:]: path for path in map(Path, output.also) if path.stem == picture.stem}
        write_png(picture, drawn, browser, poster=poster, also=also, **settings["painter"])

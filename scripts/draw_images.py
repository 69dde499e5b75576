"""draw_images: a set of pictures for the readout."""

import os

from oscillator_field.logs import log_to
from oscillator_field.readout.images_writing import write_images

with log_to(snakemake.log[0]):
    write_images(
        snakemake.output.images,
        os.path.dirname(snakemake.input.fetched[0]),
        snakemake.wildcards.images,
        **snakemake.params.settings,
    )

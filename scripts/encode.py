"""encode: the picture of one digit as input phases."""

import json
from pathlib import Path

from oscillator_field.inputs.mnist import picture
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.logs import log_to
from oscillator_field.parameters import EncodingParameters

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    write_perturbation(
        snakemake.output.perturbation,
        picture(Path(snakemake.input.images).parent, settings["digit"], settings["instance"]),
        EncodingParameters(**settings["encoding"]),
        attributes={
            "digit": settings["digit"],
            "instance": settings["instance"],
            "source": json.loads(Path(snakemake.input.provenance).read_text()),
        },
    )

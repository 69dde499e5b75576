"""encode: a picture as input phases."""

from pathlib import Path

from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.inputs.pictures import read_picture
from oscillator_field.logs import log_to
from oscillator_field.nouns import noun_in
from oscillator_field.parameters import EncodingParameters

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    fetched = snakemake.input.fetched
    picture = read_picture(
        fetched=Path(fetched[0]).parent if fetched else None,
        # Not among the params, which hold a digest of the file: the same files elsewhere rerun nothing.
        directory=snakemake.config.get("pictures", {}).get("directory"),
        **settings["read"],
    )
    noun = noun_in(settings)
    write_perturbation(
        snakemake.output.perturbation,
        picture,
        EncodingParameters(**settings["encoding"]),
        attributes={noun: settings[noun], "instance": settings["instance"]},
    )

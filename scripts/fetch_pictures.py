"""fetch_pictures: the files of a data set from where the config says, verified, with their provenance."""

from pathlib import Path
from tempfile import TemporaryDirectory

from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import fetch
from oscillator_field.inputs.sources import IdxSource, expanded
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    name, source = settings["dataset"], settings["source"]
    destination = Path(snakemake.output.provenance).parent
    if source == "download":
        from oscillator_field.inputs.download import download

        with TemporaryDirectory() as folder:
            mirrors = download(folder, name, settings["mirrors"])
            fetch(destination, IdxSource(name, folder), origin={"source": source, "mirrors": mirrors})
    elif source == "directory":
        # The path is not among the params, but the digest of its files is: the same files elsewhere rerun nothing.
        folder = expanded(snakemake.config["pictures"]["directory"])
        fetch(destination, IdxSource(name, folder), origin={"source": source, "directory": folder})
    else:
        fetch(destination, IdxSource(name, BUNDLED), origin={"source": source})

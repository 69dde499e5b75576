"""fetch_pictures: the files of a data set from where the config says, verified, with their provenance."""

from pathlib import Path
from tempfile import TemporaryDirectory

from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import fetch
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.sources import expanded
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    name = settings["dataset"]
    destination = Path(snakemake.output.provenance).parent
    # Neither the path nor the source is among the params, but the digest of the files is: the same files from elsewhere
    # rerun nothing. What would have no effect is refused, so where there is a folder it is the source.
    directory = (snakemake.config.get("pictures") or {}).get("directory")
    if "mirrors" in settings:
        from oscillator_field.inputs.download import download

        with TemporaryDirectory() as downloaded:
            mirrors = download(downloaded, name, settings["mirrors"])
            fetch(destination, IdxSource(name, downloaded), origin={"source": "download", "mirrors": mirrors})
    elif directory is not None:
        folder = expanded(directory)
        fetch(destination, IdxSource(name, folder), origin={"source": "directory", "directory": folder})
    else:
        fetch(destination, IdxSource(name, BUNDLED), origin={"source": "bundled"})

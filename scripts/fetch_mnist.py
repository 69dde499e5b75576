"""fetch_mnist: the four files from where the config says, verified, with their provenance."""

from pathlib import Path
from tempfile import TemporaryDirectory

from oscillator_field import mnist
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    # Whether the files of a folder are others is for Snakemake to know; their own digests are in the provenance.
    settings = {key: value for key, value in snakemake.params.settings.items() if key != "digest"}
    destination = Path(snakemake.output.provenance).parent
    if settings["source"] == "download":
        from oscillator_field.mnist_download import download

        with TemporaryDirectory() as folder:
            mirrors = download(folder, settings["mirrors"])
            mnist.fetch(destination, source=folder, origin={**settings, "mirrors": mirrors})
    else:
        bundled = Path(__file__).parents[1] / "resources" / "mnist-sample"
        mnist.fetch(destination, source=settings.get("directory", bundled), origin=settings)

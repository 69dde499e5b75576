"""fetch_mnist: the four files from where the config says, verified, with their provenance."""

from pathlib import Path
from tempfile import TemporaryDirectory

from oscillator_field import mnist
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    settings = snakemake.params.settings
    destination = Path(snakemake.output.provenance).parent
    if settings["source"] == "download":
        from oscillator_field.mnist_download import download

        with TemporaryDirectory() as folder:
            mirrors = download(folder, settings["mirrors"])
            mnist.fetch(destination, source=folder, origin={**settings, "mirrors": mirrors})
    else:
        folder = Path(snakemake.input.source[0]).parent
        mnist.fetch(destination, source=folder, origin=settings)

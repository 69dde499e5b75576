"""fetch_mnist: the four files from where the config says, verified, with their provenance."""

from pathlib import Path
from tempfile import TemporaryDirectory

from oscillator_field.inputs import mnist
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    source = snakemake.params.settings["source"]
    destination = Path(snakemake.output.provenance).parent
    if source == "download":
        from oscillator_field.inputs.mnist_download import download

        with TemporaryDirectory() as folder:
            mirrors = download(folder, snakemake.params.settings["mirrors"])
            mnist.fetch(destination, source=folder, origin={"source": source, "mirrors": mirrors})
    elif source == "directory":
        # The path is not among the params, but the digest of its files is: the same files elsewhere rerun nothing.
        folder = snakemake.config["mnist"]["directory"]
        mnist.fetch(destination, source=folder, origin={"source": source, "directory": folder})
    else:
        folder = Path(__file__).parents[1] / "resources" / "mnist-sample"
        mnist.fetch(destination, source=folder, origin={"source": source})

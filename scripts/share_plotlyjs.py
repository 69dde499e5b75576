"""share_plotlyjs: the plotly.js that pages load, each bundle in a file of its own."""

from oscillator_field.figures.plotlyjs import write_plotlyjs
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    for bundle, path in snakemake.output.items():
        write_plotlyjs(path, bundle)

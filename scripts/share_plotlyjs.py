"""share_plotlyjs: the plotly.js that pages load."""

from oscillator_field.figures.plotlyjs import write_plotlyjs
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    write_plotlyjs(snakemake.output[0])

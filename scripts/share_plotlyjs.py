"""share_plotlyjs: the plotly.js that all pages load."""

from oscillator_field.figures.html import write_plotlyjs
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    write_plotlyjs(snakemake.output.script)

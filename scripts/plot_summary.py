"""plot_summary: what the parameters do, in one picture."""

from oscillator_field.analysis.summary import read_summary_table
from oscillator_field.figures.pages import study
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.painters.png import write_still
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser(study.PLOTLYJS) as draw:
    table = read_summary_table(snakemake.input.summary)
    content = study.figure(table, snakemake.params.settings["observable"])
    write_still(snakemake.output.picture, content, draw)

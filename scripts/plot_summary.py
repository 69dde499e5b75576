"""plot_summary: what the parameters do, in one picture."""

from oscillator_field.analysis.summary import read_summary_table
from oscillator_field.figures.pages import study
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.painters.png import write_still
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser() as browser:
    table = read_summary_table(snakemake.input.summary)
    write_still(snakemake.output.picture, study.figure(table, browser=browser, **snakemake.params.settings), browser)

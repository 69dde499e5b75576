"""plot_summary: what the parameters do, in one picture."""

from oscillator_field.analysis.summary import read_summary_table, read_varied
from oscillator_field.figures.pages import diagram, study
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.painters.png import write_still
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser() as browser:
    settings = dict(snakemake.params.settings)
    if settings.pop("diagram"):
        figure = diagram.figure(*read_varied(snakemake.input.summary), **settings)
    else:
        figure = study.figure(read_summary_table(snakemake.input.summary), browser=browser, **settings)
    write_still(snakemake.output.picture, figure, browser)

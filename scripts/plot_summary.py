"""plot_summary: what the parameters do, in one picture."""

import pandas as pd

from oscillator_field.figures import study
from oscillator_field.figures.drawing import one_browser
from oscillator_field.figures.png import write_still
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]), one_browser(study.PLOTLYJS) as draw:
    table = pd.read_parquet(snakemake.input.summary)
    content = study.figure(table, snakemake.params.settings["observable"])
    write_still(snakemake.output.picture, content, draw)

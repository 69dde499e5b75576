"""compute_statistics: means over axes, and the crossings of levels."""

from pathlib import Path

from oscillator_field.analysis.statistics import write_tables
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    paths = {Path(path).stem: path for path in snakemake.output.tables}
    write_tables(snakemake.input.summary, paths, **snakemake.params.settings)

"""compare_fields: every trained model beside the others, as a table and a page."""

import os
from pathlib import Path

from oscillator_field.figures.pages.learned import write_learned_page
from oscillator_field.learning.results import read_evaluation, write_tables
from oscillator_field.logs import log_to

with log_to(snakemake.log[0]):
    evaluations = [
        read_evaluation(*stores) for stores in zip(snakemake.input.weights, snakemake.input.evaluations, strict=True)
    ]
    write_tables(snakemake.output.table, snakemake.output.models, evaluations)
    page = Path(snakemake.output.page)
    write_learned_page(
        page,
        evaluations,
        snakemake.input.images,
        plotlyjs=snakemake.params.plotlyjs,
        shared=[os.path.relpath(script, page.parent) for script in snakemake.input.plotlyjs],
    )

"""write_gallery: the pages that show a study."""

import os
from pathlib import Path

from oscillator_field.analysis.summary import perturbations_in, read_summary_table, read_varied
from oscillator_field.figures.pages.diagram import write_diagram
from oscillator_field.figures.pages.gallery import write_gallery
from oscillator_field.figures.pages.live import write_live
from oscillator_field.logs import log_to
from oscillator_field.provenance import time_used, versions

with log_to(snakemake.log[0]):
    settings = dict(snakemake.params.settings)
    folder = Path(snakemake.output.pages[0]).parent
    # A study of very many runs has no list of them.
    listed = "views" in settings
    summary = snakemake.input.summary
    shared, table = ({}, read_summary_table(summary)) if listed else read_varied(summary)
    named = {*([shared["job"]] if "job" in shared else table["job"].unique()), *settings.get("sets", ())}
    seconds = time_used(Path(snakemake.log[0]).parent, named | perturbations_in(shared, table))
    provenance = {
        "versions": versions("snakemake"),
        "config": settings.pop("config"),
        "seconds of computing": seconds,
    }
    scripts = [os.path.relpath(script, folder) for script in snakemake.input.plotlyjs]
    if listed:
        write_gallery(folder, table, shared=scripts, provenance=provenance, **settings)
    else:
        write_diagram(folder, shared, table, scripts=scripts, provenance=provenance, **settings)
    config = provenance["config"]
    write_live(folder / "live.html", gallery="index.html", stated={**config["encoding"], **config["field"]})

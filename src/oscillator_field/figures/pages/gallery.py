"""The gallery: one static page of a study, with its figures, its table of runs, their pictures, and what made it."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.analysis.summary import varied
from oscillator_field.figures.pages import study
from oscillator_field.figures.plotlyjs import scripts
from oscillator_field.parameters import METADATA
from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd

_HERE = files("oscillator_field.figures.pages")


def write_gallery(
    path: str | Path,
    table: pd.DataFrame,
    *,
    observable: str,
    views: Sequence[str],
    sets: Mapping[str, Sequence[str]],
    pictures: bool,
    pages: bool,
    plotlyjs: str,
    shared: Sequence[str],
    readout: bool,
    provenance: Mapping[str, Any],
) -> None:
    """Write the gallery of a study.

    Args:
        path: the file to write, in the folder of the results.
        table: a summary, with a column `job` that names the folder of each run's results.
        observable: the one that is shown first, of SCALARS.
        views: names of the views of every run.
        sets: names of the sets of samples, and of their views.
        pictures: whether the views have posters and animated PNG.
        pages: whether they have pages.
        plotlyjs, shared: as `html.write_html` takes them.
        readout: whether there is a readout.html beside it.
        provenance: what made the results; JSON values only.
    """
    parameters = varied(table)
    columns = ["run", "job", "digit", *(["instance"] if table["instance"].nunique() > 1 else []), *parameters]
    content = {
        "columns": [*columns[2:], *SCALARS],
        "units": {
            **{name: METADATA[name]["unit"] for name in parameters},
            **{name: unit for name, (_, unit) in SCALARS.items()},
        },
        "words": {name: words for name, (words, _) in SCALARS.items()},
        "runs": [_row(row) for row in table[[*columns, *SCALARS]].to_dict("records")],
        "figures": {name: study.figure(table, name) for name in SCALARS},
        "observable": observable,
        "views": list(views),
        "sets": {name: list(kinds) for name, kinds in sets.items()},
        "pictures": pictures,
        "pages": pages,
        "provenance": provenance,
    }
    text = Template((_HERE / "gallery.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(f"Oscillator field: {len(table)} runs"),
        scripts=scripts(plotlyjs, shared, study.PLOTLYJS),
        readout='<p><a href="readout.html">What the field knows of digits</a></p>' if readout else "",
        # A script element ends at the first "</", even within a text.
        content=json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/"),
        code=(_HERE / "gallery.js").read_text(encoding="utf-8"),
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: None for a number that does not exist."""
    return {name: None if isinstance(value, float) and not np.isfinite(value) else value for name, value in row.items()}

"""The pages of a study: its gallery, the page of a run, runs side by side; and study.js, which all three read."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from oscillator_field.figures.animation import named_scale, palette
from oscillator_field.figures.pages import study
from oscillator_field.figures.pages.document import DATA, as_json, write_page
from oscillator_field.figures.pages.packing import as_text
from oscillator_field.nouns import noun_in
from oscillator_field.parameters import NOT_LEARNED
from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd

# The body and the scripts of each page.
PAGES = {
    "index.html": ("gallery.html", (study.CHART, "filter.js", "rows.js", "gallery.js")),
    "run.html": ("run.html", (study.CHART, "rows.js", "run.js")),
    "compare.html": ("compare.html", (study.CHART, "rows.js", "compare.js")),
}
# Runs of which a browser without scripts sees posters.
MOST_POSTERS = 60
DRIVEN = (
    "Each square is a lattice of oscillators, coloured by phase; the small picture in its corner drives it. {start} "
    "picture pulls on each oscillator, and so do its neighbours, until the field has settled."
)
ALONE = (
    "Each square is a lattice of oscillators, coloured by phase. Neighbours pull on each oscillator; the small picture "
    "in its corner does not, as k_bias is 0."
)


def write_gallery(
    folder: str | Path,
    table: pd.DataFrame,
    *,
    name: str | None,
    observable: str,
    views: Mapping[str, str],
    sets: Mapping[str, Mapping[str, str]],
    colours: str,
    pages: bool,
    plotlyjs: str,
    shared: Sequence[str],
    learning: bool,
    readout: bool,
    provenance: Mapping[str, Any],
) -> None:
    """Write the pages of a study.

    Args:
        folder: of the results.
        table: a summary, with a column `job` that names the folder of each run's results.
        name: of the study, if it has one.
        observable: the one that is shown first, of SCALARS.
        views: the views of every run: their names, and what they are called.
        sets: names of the sets of samples, and their views likewise.
        colours: the cyclic colour scale of the fields.
        pages: whether the views have pages, and the runs previews.
        plotlyjs, shared: as `document.write_page` takes them.
        learning, readout: whether there is a learned.html or a readout.html beside it.
        provenance: what made the results; JSON values only.
    """
    together = table.groupby("job")["run"]
    content = study.content(table, observable)
    # Where the results of a run lie: its job, its number in the job, and how many runs share it.
    content["values"] |= {
        "job": table["job"].tolist(),
        "number": together.cumcount().tolist(),
        "together": together.transform("size").tolist(),
    }
    content |= {
        "name": name,
        "views": _named(views),
        "sets": {set_name: _named(kinds) for set_name, kinds in sets.items()},
        "colours": as_text(palette(named_scale(colours))),
        "pages": pages,
        "provenance": provenance,
    }
    with whole_file(Path(folder, DATA)) as temporary:
        temporary.write_text(f"globalThis.study = {as_json(content)};\n", encoding="utf-8")
    count = f"{len(table):,} run{'' if len(table) == 1 else 's'}"
    title = f"{name}: {count}" if name else f"Oscillator field: {count}"
    noun = noun_in(table.columns)
    example = html.escape(f"for example {noun}={table[noun].iloc[0]} order_parameter>0.5")
    texts = {
        "sentences": html.escape(_sentences(table)) if pages else "",
        "example": example,
        "posters": _posters(table, content["values"]["number"]) if pages else "",
        **study.links(name, learning=learning, readout=readout),
    }
    for page, (body, code) in PAGES.items():
        write_page(
            Path(folder, page),
            body,
            title=title,
            code=code,
            plotlyjs=plotlyjs,
            shared=shared,
            **(texts if page == "index.html" else {}),
        )


def _named(views: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": view, "words": words} for view, words in views.items()]


def _sentences(table: pd.DataFrame) -> str:
    """What the squares are and what moves them; the start is named where it is the usual one of all runs."""
    if not table["k_bias"].any():
        return ALONE
    usual = (table["start"] == "random").all() and (table["learned"] == NOT_LEARNED).all()
    return DRIVEN.format(start="All start with random phases: the" if usual else "The")


def _posters(table: pd.DataFrame, numbers: Sequence[int]) -> str:
    """What a browser without scripts shows: the last frames of the first runs, with links to their folders."""
    items = [
        f'<li class="card"><a href="runs/{quote(job)}/"><img class="field" width="112" height="112" loading="lazy" '
        f'alt="field of {html.escape(run)}" src="runs/{quote(job)}/preview/{number}.png">'
        f'<span class="name">{html.escape(run)}</span></a></li>'
        for job, run, number in zip(table["job"], table["run"], numbers, strict=True)
    ][:MOST_POSTERS]
    return f'<noscript><p>Without scripts fields stand still.</p><ul class="wall">{"".join(items)}</ul></noscript>'

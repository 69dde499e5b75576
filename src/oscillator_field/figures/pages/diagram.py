"""The page of a study of very many runs: one diagram that is drawn from columns, and no list of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.io
from numpy.typing import NDArray

from oscillator_field.analysis.registry import SCALARS, SETTLED_SHARE
from oscillator_field.figures.pages.document import DATA, as_json, write_page
from oscillator_field.figures.pages.packing import as_text
from oscillator_field.figures.pages.study import HEIGHT, SCALE, WIDTH, described_columns, links
from oscillator_field.figures.themes import THEMES
from oscillator_field.nouns import noun_in
from oscillator_field.parameters import DEFAULTS, EncodingParameters
from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd

# An axis with more values is cut into so many cells, and a cell shows the mean of its runs.
MOST_LEVELS, CELLS = 2000, 400
# Of a grid at least this share of the cells has a run; of fewer, such as points of a design, the axes are cut.
FILLED = 0.25


def write_diagram(
    folder: str | Path,
    shared: Mapping[str, Any],
    table: pd.DataFrame,
    *,
    name: str | None,
    observable: str,
    plotlyjs: str,
    scripts: list[str],
    pictures: Mapping[str, Any],
    pixels: Mapping[int, int],
    learning: bool,
    readout: bool,
    provenance: Mapping[str, Any],
) -> None:
    """Write the page of a study, and the columns that it reads.

    Args:
        folder: of the results.
        shared, table: a summary, as `summary.read_varied` gives it.
        name: of the study, if it has one.
        observable: the one that is shown first, of SCALARS.
        plotlyjs, scripts: as `document.write_page` takes them.
        pictures: the keys of that section of a config that are not at their defaults.
        pixels: of the lattices, by the parameter `size` of the runs.
        learning, readout: as `study.links` takes them.
        provenance: what made the results; JSON values only.
    """
    whole = content(shared, table, observable)
    whole |= {"name": name, "pictures": dict(pictures), "pixels": dict(pixels), "provenance": dict(provenance)}
    with whole_file(Path(folder, DATA)) as temporary:
        temporary.write_text(f"globalThis.diagram = {as_json(whole)};\n", encoding="utf-8")
    count = f"{len(table):,} runs"
    write_page(
        Path(folder, "index.html"),
        "diagram.html",
        title=f"{name}: {count}" if name else f"Oscillator field: {count}",
        code=("diagram.js",),
        plotlyjs=plotlyjs,
        shared=scripts,
        **links(name, learning=learning, readout=readout),
    )


def content(shared: Mapping[str, Any], table: pd.DataFrame, observable: str) -> dict[str, Any]:
    """The columns of a study, as diagram.js takes them: what differs, and the observables that are there."""
    noun = noun_in([*shared, *table.columns])
    described = described_columns(noun)
    axes = _axes(table, noun)
    most, cells = _resolution(table, axes)
    parameters = [column for column in (noun, "instance", *DEFAULTS) if column in table.columns]
    return {
        "label": noun,
        "runs": len(table),
        "parameters": {column: described[column] | _placed(table[column].to_numpy(), most) for column in parameters},
        "observables": {
            column: described[column] | {"values": _packed(values.astype(np.float32))}
            for column, values in _observables(shared, table, observable).items()
        },
        "axes": axes,
        "observable": observable,
        "shared": {column: shared[column] for column in (noun, "instance", *DEFAULTS) if column in shared},
        "defaults": DEFAULTS,
        "encoding": list(EncodingParameters.__dataclass_fields__),
        "cells": cells,
        "settled_share": SETTLED_SHARE,
        "scale": SCALE,
    }


def _resolution(table: pd.DataFrame, axes: Sequence[str]) -> tuple[int, int]:
    """The most values that an axis has whole, and into how many pieces one of more values is cut."""
    first = list(axes[:2])
    points = len(table[first].drop_duplicates())
    if points < FILLED * np.prod([table[name].nunique() for name in first]):
        cells = min(CELLS, math.isqrt(points))
        return cells, cells
    return MOST_LEVELS, CELLS


def _placed(values: NDArray[Any], most: int) -> dict[str, Any]:
    """A column as its values in order, and the number of each run's; of too many values, the values themselves."""
    levels, numbers = np.unique(values, return_inverse=True)
    if len(levels) > most and values.dtype.kind in "fi":
        return {"values": _packed(values.astype(np.float64))}
    return {"levels": levels.tolist(), "numbers": _packed(numbers.astype(np.uint32))}


def _observables(shared: Mapping[str, Any], table: pd.DataFrame, observable: str) -> dict[str, NDArray[np.float64]]:
    """The numbers that differ, and the one that is shown first in any case; NaN where a run has none."""
    each = {name: table[name].to_numpy(np.float64) for name in SCALARS if name in table.columns}
    if observable not in each:
        value = np.nan if shared[observable] is None else shared[observable]
        each[observable] = np.full(len(table), value, np.float64)
    return each


def _axes(table: pd.DataFrame, noun: str) -> list[str]:
    """What differs between runs, most values first: the first two are the axes of the diagram.

    Pictures and seeds come last, as on the gallery: they are repeats, and means are taken over them.
    """
    names = [name for name in (noun, "instance", *DEFAULTS) if name in table.columns]
    last = {noun: 1, "instance": 1, "seed": 2}
    return sorted(names, key=lambda name: (last.get(name, 0), -min(table[name].nunique(), MOST_LEVELS)))


def _packed(values: NDArray[Any]) -> str:
    return as_text(values.astype(values.dtype.newbyteorder("<")))


def figure(shared: Mapping[str, Any], table: pd.DataFrame, observable: str, theme: str) -> dict[str, Any]:
    """The diagram of a study that its page shows first, as plain dicts for plotly.

    Along both axes are the two parameters of most values; a cell is the mean of its runs.
    """
    noun = noun_in([*shared, *table.columns])
    described, colours = described_columns(noun), THEMES[theme]
    axes = _axes(table, noun)
    (most, cells), (x, y, *others) = _resolution(table, axes), dict.fromkeys([*axes, noun, "instance"])
    words = described[observable]["words"]
    averaged = [described[name]["words"] for name in others if name in axes]
    title = f"{words[0].upper()}{words[1:]}, {len(table):,} runs" + (
        f", mean over {', '.join(averaged)}" * bool(averaged)
    )
    values = _observables(shared, table, observable)[observable]
    (across, xs), (up, ys) = (
        _cells(table[name].to_numpy(), most, cells) if name in table.columns else _one(shared, name, len(table))
        for name in (x, y)
    )
    there = ~np.isnan(values)
    size = len(ys) * len(xs)
    place = up * len(xs) + across
    counts = np.bincount(place[there], minlength=size)
    with np.errstate(invalid="ignore"):
        means = np.bincount(place[there], values[there], minlength=size) / counts
    if described[observable]["censored"]:
        # The mean of those that had settled would be too early.
        means[place[~there]] = np.nan
    means = means.reshape(len(ys), len(xs))
    template = {"template": plotly.io.templates[colours.template].to_plotly_json()}
    return {
        "data": [
            {
                "type": "heatmap",
                "x": xs.tolist(),
                "y": ys.tolist(),
                "z": [[None if np.isnan(one) else one for one in row] for row in means.astype(np.float32).tolist()],
                "colorscale": SCALE,
                "colorbar": {"title": {"text": described[observable]["unit"] or " "}, "thickness": 14},
            }
        ],
        "layout": {
            **template,
            "width": WIDTH,
            "height": HEIGHT,
            "paper_bgcolor": colours.ground,
            "plot_bgcolor": colours.plot,
            "font": {"color": colours.ink},
            "title": {"text": title, "x": 0.02, "font": {"size": 15}},
            "xaxis": {"title": {"text": _title(described[x])}},
            "yaxis": {"title": {"text": _title(described[y])}},
        },
    }


def _title(column: Mapping[str, Any]) -> str:
    return f"{column['words']} ({column['unit']})" if column["unit"] else str(column["words"])


def _one(shared: Mapping[str, Any], name: str, count: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    return np.zeros(count, np.int64), np.array([shared[name]])


def _cells(values: NDArray[Any], most: int, cells: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Of a column the cell of each run, and the values, or the middles, of the cells."""
    levels, numbers = np.unique(values, return_inverse=True)
    if len(levels) <= most or values.dtype.kind not in "fi":
        return numbers, levels
    edges = np.linspace(levels[0], levels[-1], cells + 1)
    return np.clip(np.searchsorted(edges, values, "right") - 1, 0, cells - 1), (edges[1:] + edges[:-1]) / 2

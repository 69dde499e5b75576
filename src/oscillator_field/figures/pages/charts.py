"""Figures that pages of accuracies share: what `figures.js` draws, in the words of plotly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEIGHT = 480
# Classes of a confusion that has numbers in its cells.
MOST_WRITTEN = 15

Figure = dict[str, Any]


def content(figures: Sequence[tuple[str, str, Figure]]) -> list[dict[str, Any]]:
    """What `figures.js` reads: name, heading and figure of each that has anything to show."""
    return [
        {"id": name, "heading": heading, "data": figure["data"], "layout": {"height": HEIGHT, **figure["layout"]}}
        for name, heading, figure in figures
        if figure["data"]
    ]


def errors(axis: str, values: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    """Means along an axis, with standard deviations as bars."""
    spread = [float(one.std(ddof=1)) if len(one) > 1 else 0 for one in values]
    bars = {"type": "data", "array": spread, "thickness": 1}
    return {axis: [float(one.mean()) for one in values], f"error_{axis}": bars}


def axes(x: str, y: str) -> dict[str, Any]:
    """A layout with titles of its axes."""
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """How often each label is taken for another, as shares of the label; those that occur."""
    there = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    chosen = counts[np.ix_(there, there)]
    shares = chosen / np.maximum(1, chosen.sum(axis=1, keepdims=True))
    names = [classes[int(number)] for number in there]
    # Of many classes the numbers would lie on each other.
    texts = len(names) <= MOST_WRITTEN
    heat = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": shares.tolist(),
        "text": [[f"{100 * share:.1f}" if share >= 0.0005 else "" for share in row] for row in shares],
        **({"texttemplate": "%{text}"} if texts else {}),
        "colorscale": "Viridis",
        "zmin": 0,
        "zmax": 1,
        "colorbar": {"title": {"text": "share of the label"}},
        "hovertemplate": "%{y} said to be %{x}: %{z:.4f}<extra></extra>",
    }
    layout = {
        "width": 680,
        "height": 560,
        "xaxis": {"title": {"text": "label said (text: %)" if texts else "label said"}, "type": "category", "dtick": 1},
        "yaxis": {"title": {"text": "label"}, "type": "category", "dtick": 1, "autorange": "reversed"},
    }
    return {"data": [heat], "layout": layout}


def with_spread(values: NDArray[np.float64]) -> str:
    """The mean of some shares in percent, with their standard deviation."""
    spread = f" ± {100 * values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * values.mean():.2f}{spread} %"


def spaced(name: str) -> str:
    """A name as people write it."""
    return name.replace("+", ", ").replace("_", " ").replace("=", " ")

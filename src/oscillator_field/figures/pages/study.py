"""What the parameters do: a figure of one observable over the grid, chosen by how many of its axes have several values.

None: each digit. One: lines over it. Two: a phase diagram. More: parallel coordinates. Seeds, instances and digits are
the spread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.io
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from plotly.colors import get_colorscale

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.analysis.summary import varied
from oscillator_field.figures.plotlyjs import Bundle
from oscillator_field.parameters import METADATA, value_text

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 860, 560
COLOURS = "Viridis"
# The cartesian bundle has no parallel coordinates.
PLOTLYJS: Bundle = "whole"


def study_axes(table: pd.DataFrame) -> list[str]:
    """The parameters that span the figures of a summary: those that differ, but for the seed."""
    return [name for name in varied(table) if name != "seed"]


def figure(table: pd.DataFrame, observable: str) -> dict[str, Any]:
    """The figure of one observable, as plain dicts for plotly.

    Args:
        table: a summary, with a column `job` that names the folder of each run's results.
        observable: one of SCALARS.
    """
    axes = study_axes(table)
    draw = [_over_digits, _over_one, _over_two][len(axes)] if len(axes) < 3 else _parallel
    content = draw(table, observable, axes)
    layout = {
        "template": plotly.io.templates["plotly_dark"].to_plotly_json(),
        "width": WIDTH,
        "height": HEIGHT,
        "title": {"text": f"{SCALARS[observable][0].capitalize()}{_spread_words(table, axes)}", "font": {"size": 16}},
        "margin": {"l": 80, "r": 40, "t": 70, "b": 60},
    }
    return {"data": content["data"], "layout": {**layout, **content["layout"]}}


def axis_title(name: str) -> str:
    """A parameter or an observable with its unit."""
    if name in SCALARS:
        words, unit = SCALARS[name]
    else:
        words, unit = name, METADATA[name]["unit"]
    return words if unit == "1" else f"{words} ({unit})"


def _over_digits(table: pd.DataFrame, observable: str, axes: list[str]) -> dict[str, Any]:
    each = table.groupby("digit")[observable].agg(["mean", "std"])
    jobs = table.groupby("digit")["job"].first()
    trace = {
        "type": "bar",
        "x": [str(digit) for digit in each.index],
        "y": _plain(each["mean"]),
        "error_y": {"type": "data", "array": _plain(each["std"].fillna(0))},
        "customdata": list(jobs),
        "hovertemplate": "digit %{x}: %{y:.4g}<br>%{customdata}<extra></extra>",
        "marker": {"color": "#77AADD"},
    }
    return {"data": [trace], "layout": _titled("digit", axis_title(observable))}


def _over_one(table: pd.DataFrame, observable: str, axes: list[str]) -> dict[str, Any]:
    [axis] = axes
    traces = []
    for digit, part in table.groupby("digit"):
        line = part.groupby(axis).agg({observable: "mean", "job": "first"})
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"digit {digit}",
                "x": _values(line.index),
                "y": _plain(line[observable]),
                "customdata": list(line["job"]),
                "line": {"width": 1, "color": "#7F8894"},
                "marker": {"size": 4},
                "hovertemplate": f"digit {digit}, {axis} %{{x}}: %{{y:.4g}}<br>%{{customdata}}<extra></extra>",
            }
        )
    whole = table.groupby(axis)[observable].agg(["mean", "std"]).fillna({"std": 0.0})
    x, mean, spread = _values(whole.index), whole["mean"].to_numpy(), whole["std"].to_numpy()
    band = {
        "type": "scatter",
        "x": x + x[::-1],
        "y": _plain(np.concatenate([mean + spread, (mean - spread)[::-1]])),
        "fill": "toself",
        "fillcolor": "rgba(119,170,221,0.25)",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "name": "one standard deviation",
    }
    middle = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "mean",
        "x": x,
        "y": _plain(mean),
        "line": {"width": 3, "color": "#77AADD"},
        "hovertemplate": f"mean at {axis} %{{x}}: %{{y:.4g}}<extra></extra>",
    }
    return {"data": [band, *traces, middle], "layout": _titled(axis_title(axis), axis_title(observable))}


def _over_two(table: pd.DataFrame, observable: str, axes: list[str]) -> dict[str, Any]:
    # The axis with more values is horizontal.
    across, up = sorted(axes, key=lambda name: -table[name].nunique())
    mean = table.pivot_table(index=up, columns=across, values=observable, aggfunc="mean", dropna=False)
    jobs = table.pivot_table(index=up, columns=across, values="job", aggfunc="first", dropna=False)
    trace = {
        "type": "heatmap",
        "x": [value_text(value) for value in mean.columns],
        "y": [value_text(value) for value in mean.index],
        "z": [_plain(row) for row in mean.to_numpy()],
        "customdata": [[job if isinstance(job, str) else "" for job in row] for row in jobs.to_numpy()],
        "colorscale": get_colorscale(COLOURS),
        "colorbar": {"title": {"text": SCALARS[observable][1] if SCALARS[observable][1] != "1" else ""}},
        "hovertemplate": f"{across} %{{x}}, {up} %{{y}}: %{{z:.4g}}<br>%{{customdata}}<extra></extra>",
    }
    layout = _titled(axis_title(across), axis_title(up))
    layout["xaxis"]["type"] = layout["yaxis"]["type"] = "category"
    return {"data": [trace], "layout": layout}


def _parallel(table: pd.DataFrame, observable: str, axes: list[str]) -> dict[str, Any]:
    known = table.dropna(subset=[observable])
    if known.empty:
        nothing = {"text": "no run has one", "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        return {"data": [], "layout": {"annotations": [nothing]}}
    dimensions = []
    for name in [*axes, "digit", observable]:
        values = known[name]
        if is_bool_dtype(values) or not is_numeric_dtype(values):
            codes, names = values.astype(str).factorize(sort=True)
            dimensions.append(
                {"label": name, "values": codes.tolist(), "tickvals": list(range(len(names))), "ticktext": list(names)}
            )
        else:
            dimensions.append({"label": axis_title(name) if name != "digit" else name, "values": _plain(values)})
    line = {"color": _plain(known[observable]), "colorscale": get_colorscale(COLOURS), "showscale": True}
    trace = {"type": "parcoords", "dimensions": dimensions, "line": line}
    return {"data": [trace], "layout": {"margin": {"l": 90, "r": 60, "t": 110, "b": 30}}}


def _titled(x: str, y: str) -> dict[str, Any]:
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}}}


def _spread_words(table: pd.DataFrame, axes: list[str]) -> str:
    """What a value is the mean of."""
    over = [name for name in ("digit", "instance", "seed") if table[name].nunique() > 1]
    if not axes:
        over = [name for name in over if name != "digit"]
    counted = [f"{table[name].nunique()} {name}s" for name in over]
    return f", mean over {' and '.join(counted)}" if counted and len(axes) < 3 else ""


def _values(index: Any) -> list[Any]:
    return [value.item() if isinstance(value, np.generic) else value for value in index]


def _plain(values: Any) -> list[float | None]:
    """Numbers as JSON has them: None for one that does not exist."""
    return [float(value) if np.isfinite(value) else None for value in np.asarray(values, np.float64)]

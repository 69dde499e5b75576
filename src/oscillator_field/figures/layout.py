"""The page of an animation in pixels, and the plotly figure of its first frame that both painters start from.

Margins are fixed and no axis may move them, so the rectangle of each panel is known to the pixel.
"""

from __future__ import annotations

import base64
import math
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.io
from numpy.typing import NDArray

from oscillator_field.figures.animation import Animation, Lattice, Scatter

LEFT, RIGHT, TOP, BOTTOM = 76, 128, 92, 64
PANEL, PANELS_TOGETHER = 560, 760
GAP, PANEL_TITLE = 16, 26
# Points keep clear of the frame of their panel by this share of its width.
CLEARANCE = 0.04
MARKER, MARKER_TOGETHER = 7, 4
# What fits on a line of a page for one panel.
TITLE_LETTERS, SMALL_TITLE_LETTERS = 66, 96


@dataclass(frozen=True)
class Rectangle:
    """A panel on the page, in pixels from the upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Page:
    """Size of the page, and the place of each panel."""

    width: int
    height: int
    panels: tuple[Rectangle, ...]


def page(animation: Animation) -> Page:
    """Lay the panels out in rows, about as many as there are columns; a pixel of a lattice is a whole number wide."""
    count = len(animation.panels)
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    side = PANEL if count == 1 else (PANELS_TOGETHER - GAP * (columns - 1)) // columns
    first = animation.panels[0]
    width = height = side
    if isinstance(first, Lattice):
        cell = max(1, side // max(first.values.shape[1:]))
        height, width = (cell * cells for cells in first.values.shape[1:])
    title = PANEL_TITLE if count > 1 else 0
    places = tuple(
        Rectangle(LEFT + column * (width + GAP), TOP + title + row * (height + GAP + title), width, height)
        for row, column in (divmod(number, columns) for number in range(count))
    )
    last = places[-1]
    right = LEFT + columns * width + (columns - 1) * GAP
    assert last.top + height == TOP + rows * (height + title) + (rows - 1) * GAP
    return Page(right + RIGHT, last.top + height + BOTTOM, places)


def figure(animation: Animation, sheet: Page) -> dict[str, Any]:
    """The plotly figure, as plain dicts, of the first frame."""
    width, height = sheet.width, sheet.height
    inner_width, inner_height = width - LEFT - RIGHT, height - TOP - BOTTOM
    layout: dict[str, Any] = {
        "template": plotly.io.templates["plotly_dark"].to_plotly_json(),
        "width": width,
        "height": height,
        "autosize": False,
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM, "pad": 0, "autoexpand": False},
        "title": _title(animation.title, width, height),
        "coloraxis": _colour_axis(animation, inner_height),
        "annotations": [],
        "showlegend": False,
    }
    x_range, y_range = ranges(animation)
    for number, (panel, place) in enumerate(zip(animation.panels, sheet.panels, strict=True), 1):
        suffix = "" if number == 1 else str(number)
        left, top = place.left - LEFT, place.top - TOP
        outer_x = not any(other.left == place.left and other.top > place.top for other in sheet.panels)
        outer_y = place.left == LEFT
        layout[f"xaxis{suffix}"] = {
            "domain": [left / inner_width, (left + place.width) / inner_width],
            "anchor": f"y{suffix}",
            "range": x_range,
            "title": {"text": animation.x_title if outer_x else "", "standoff": 8},
            "showticklabels": outer_x,
            **_FIXED_AXIS,
        }
        layout[f"yaxis{suffix}"] = {
            "domain": [1 - (top + place.height) / inner_height, 1 - top / inner_height],
            "anchor": f"x{suffix}",
            "range": y_range,
            "title": {"text": animation.y_title if outer_y else "", "standoff": 8},
            "showticklabels": outer_y,
            **_FIXED_AXIS,
        }
        if panel.title:
            layout["annotations"].append(_panel_title(panel.title, left, top, inner_width, inner_height))
    traces = [
        {**_first_frame(panel), **_fixed_part(panel, animation), **_axes_of(number)}
        for number, panel in enumerate(animation.panels, 1)
    ]
    return {"data": traces, "layout": layout}


def _first_frame(panel: Lattice | Scatter) -> dict[str, Any]:
    """The part of a panel's trace that changes from frame to frame."""
    if isinstance(panel, Lattice):
        return {"type": "heatmap", "z": typed(panel.values[0])}
    x, y = panel.positions[0].T
    return {"type": "scatter", "x": typed(x), "y": typed(y)}


def typed(values: NDArray[np.float32]) -> dict[str, str]:
    """An array as plotly.js takes it in base64: a third of the length of its digits, and no rounding."""
    content = base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
    return {"dtype": "f4", "bdata": content, "shape": ", ".join(map(str, values.shape))}


_FIXED_AXIS: dict[str, Any] = {"automargin": False, "zeroline": False, "fixedrange": False, "nticks": 8}


def _fixed_part(panel: Lattice | Scatter, animation: Animation) -> dict[str, Any]:
    if isinstance(panel, Lattice):
        return {"coloraxis": "coloraxis", "hovertemplate": animation.hover, "zsmooth": False}
    return {
        "mode": "markers",
        "marker": {
            "color": typed(panel.level),
            "coloraxis": "coloraxis",
            "size": marker_size(animation),
            "line": {"width": 0},
        },
        "hovertext": list(panel.hover),
        "hovertemplate": animation.hover,
    }


def marker_size(animation: Animation) -> int:
    """Diameter of the points of a scatter, in pixels."""
    return MARKER if len(animation.panels) == 1 else MARKER_TOGETHER


def _axes_of(number: int) -> dict[str, str]:
    suffix = "" if number == 1 else str(number)
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def ranges(animation: Animation) -> tuple[list[float], list[float]]:
    """One range for each axis, for all panels and all frames, so that distances can be compared."""
    first = animation.panels[0]
    if isinstance(first, Lattice):
        rows, columns = first.values.shape[1:]
        return [-0.5, columns - 0.5], [rows - 0.5, -0.5]
    everything = np.concatenate([panel.positions.reshape(-1, 2) for panel in animation.panels])  # type: ignore[union-attr]
    low, high = everything.min(axis=0), everything.max(axis=0)
    half = float(np.max(high - low)) * (0.5 + CLEARANCE) or 1.0
    middle = (low + high) / 2
    return [float(middle[0] - half), float(middle[0] + half)], [float(middle[1] - half), float(middle[1] + half)]


def _title(text: str, width: int, height: int) -> dict[str, Any]:
    """One line, or two small ones if it is long, above the place where a PNG says the time."""
    place = {"x": LEFT / width, "xanchor": "left"}
    if len(text) <= TITLE_LETTERS:
        return {"text": text, "y": 1 - 26 / height, **place}
    small = {"font": {"size": 12}, "y": 1 - 14 / height, "yanchor": "top"}
    return {"text": "<br>".join(textwrap.wrap(text, SMALL_TITLE_LETTERS)), **small, **place}


def _colour_axis(animation: Animation, inner_height: int) -> dict[str, Any]:
    colours = animation.colours
    values, texts = zip(*colours.ticks, strict=True)
    return {
        "colorscale": colours.stops(),
        "cmin": colours.low,
        "cmax": colours.high,
        "colorbar": {
            "title": {"text": colours.title, "side": "top"},
            "tickvals": values,
            "ticktext": texts,
            "x": 1.02,
            "xpad": 4,
            "thickness": 18,
            "y": 0.5,
            "lenmode": "pixels",
            "len": min(inner_height, 480),
        },
    }


def _panel_title(text: str, left: int, top: int, inner_width: int, inner_height: int) -> dict[str, Any]:
    return {
        "text": text,
        "x": left / inner_width,
        "y": 1 - top / inner_height,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }

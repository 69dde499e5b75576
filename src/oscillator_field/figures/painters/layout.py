"""A picture of an animation: its size, the rectangle of each panel, and the plotly figure of a frame.

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

from oscillator_field.figures.animation import Animation, Colours, Curves, Lattice, Scatter
from oscillator_field.figures.themes import THEMES, Theme

LEFT, TOP, BOTTOM = 76, 92, 64
# Beside the panels, a colour bar or the legend of curves.
BAR, LEGEND = 128, 216
# Several panels share a side this much longer than that of one.
TOGETHER = 1.36
# The least that panels have together, so that title, axes and colour bar have their place beside narrow ones.
LEAST_WIDTH, LEAST_HEIGHT = 400, 260
GAP, PANEL_TITLE_LINE, PANEL_TITLE_LETTER = 16, 14, 6.3
# A mark is larger than a disc by so many pixels, to be read.
MARK_LARGER = 3
# Points keep clear of the frame of their panel by this share of its width.
CLEARANCE = 0.04
CURSOR_WIDTH = 2
# Pixels that a letter of a title takes, on one line or on several small ones.
TITLE_LETTER, SMALL_TITLE_LETTER = 10.3, 7.1


@dataclass(frozen=True)
class Rectangle:
    """A panel on the page, in pixels from the upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Page:
    """Size of the page, and the rectangle of each panel."""

    width: int
    height: int
    panels: tuple[Rectangle, ...]


def page(animation: Animation, size: int) -> Page:
    """Lay the panels out in rows, about as many as there are columns; a pixel of a lattice is a whole number wide.

    Args:
        animation: what is to be shown.
        size: side of a single panel, in pixels.
    """
    count = len(animation.panels)
    first = animation.panels[0]
    # Wide lattices stand below each other.
    aspect = first.values.shape[1] / first.values.shape[2] if isinstance(first, Lattice) else 1
    columns = min(count, math.ceil(math.sqrt(count * aspect)))
    side = size if count == 1 else (int(size * TOGETHER) - GAP * (columns - 1)) // columns
    width = height = side
    if isinstance(first, Lattice):
        cell = max(1, side // max(first.values.shape[1:]))
        height, width = (cell * cells for cells in first.values.shape[1:])
    title = PANEL_TITLE_LINE * max(len(_panel_title_lines(panel.title, width)) for panel in animation.panels)
    rectangles = tuple(
        Rectangle(LEFT + column * (width + GAP), TOP + title + row * (height + GAP + title), width, height)
        for row, column in (divmod(number, columns) for number in range(count))
    )
    across = max(LEAST_WIDTH, columns * width + (columns - 1) * GAP)
    down = max(LEAST_HEIGHT, rectangles[-1].top + height - TOP)
    return Page(LEFT + across + _beside(animation), TOP + down + BOTTOM, rectangles)


def _beside(animation: Animation) -> int:
    """Pixels beside the panels, for what explains them."""
    return LEGEND if animation.colours is None else BAR


def figure(animation: Animation, sheet: Page, theme: str, frame: int = 0) -> dict[str, Any]:
    """The plotly figure of a frame, as plain dicts, in the colours of a theme."""
    colours = THEMES[theme]
    animation = animation.themed(colours)
    width, height = sheet.width, sheet.height
    right = _beside(animation)
    inner_width, inner_height = width - LEFT - right, height - TOP - BOTTOM
    layout: dict[str, Any] = {
        "template": plotly.io.templates[colours.template].to_plotly_json(),
        "paper_bgcolor": colours.ground,
        "plot_bgcolor": colours.plot,
        "width": width,
        "height": height,
        "autosize": False,
        "margin": {"l": LEFT, "r": right, "t": TOP, "b": BOTTOM, "pad": 0, "autoexpand": False},
        "title": _title(animation.title, width, height),
        "annotations": [],
        "showlegend": animation.colours is None,
        "legend": {"x": 1.02, "y": 1, "xanchor": "left"},
    }
    if animation.colours is not None and not _has_marks(animation):
        layout["coloraxis"] = _colour_axis(animation.colours, inner_height)
    x_range, y_range = ranges(animation)
    for number, (panel, rectangle) in enumerate(zip(animation.panels, sheet.panels, strict=True), 1):
        suffix = "" if number == 1 else str(number)
        left, top = rectangle.left - LEFT, rectangle.top - TOP
        outer_x = not any(other.left == rectangle.left and other.top > rectangle.top for other in sheet.panels)
        outer_y = rectangle.left == LEFT
        layout[f"xaxis{suffix}"] = {
            "domain": [left / inner_width, (left + rectangle.width) / inner_width],
            "anchor": f"y{suffix}",
            "range": x_range,
            "title": {"text": animation.x_title if outer_x else "", "standoff": 8},
            "showticklabels": outer_x,
            "nticks": _marks(rectangle.width),
            **_FIXED_AXIS,
        }
        layout[f"yaxis{suffix}"] = {
            "domain": [1 - (top + rectangle.height) / inner_height, 1 - top / inner_height],
            "anchor": f"x{suffix}",
            "range": y_range,
            "title": {"text": animation.y_title if outer_y else "", "standoff": 8},
            "showticklabels": outer_y,
            "nticks": _marks(rectangle.height),
            **_FIXED_AXIS,
        }
        if panel.title:
            lines = _panel_title_lines(panel.title, rectangle.width)
            layout["annotations"].append(_panel_title(lines, left, top, inner_width, inner_height))
    # The traces that change come first, one a panel; curves stand still behind their cursors.
    numbered = list(enumerate(animation.panels, 1))
    traces = [{**_moving_trace(panel, animation, colours, frame), **_axes_of(number)} for number, panel in numbered]
    for number, panel in numbered:
        if isinstance(panel, Curves):
            traces += [{**trace, **_axes_of(number)} for trace in _still_traces(panel, number == 1, colours)]
    return {"data": traces, "layout": layout}


def _moving_trace(panel: Lattice | Scatter | Curves, animation: Animation, theme: Theme, frame: int) -> dict[str, Any]:
    """The trace of a panel that changes from frame to frame, at one of them."""
    if isinstance(panel, Lattice):
        return {
            "type": "heatmap",
            "z": typed(panel.values[frame]),
            "coloraxis": "coloraxis",
            "zsmooth": False,
        }
    if isinstance(panel, Scatter):
        x, y = panel.positions[frame].T
        size = marker_size(panel, animation)
        points = {"type": "scatter", "x": typed(x), "y": typed(y)}
        if panel.marks:
            assert animation.colours is not None, "points have a colour scale"
            colours = ["rgb({}, {}, {})".format(*colour) for colour in animation.colours.rgb(panel.level)]
            font = {"size": size + MARK_LARGER, "color": colours}
            return {**points, "mode": "text", "text": list(panel.marks), "textfont": font}
        marker = {"color": typed(panel.level), "coloraxis": "coloraxis", "line": {"width": 0}}
        return {**points, "mode": "markers", "marker": {**marker, "size": size}}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [panel.cursor[frame]] * 2,
        "y": [0, CURVES_TOP],
        "line": {"color": theme.ink, "width": CURSOR_WIDTH},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _still_traces(panel: Curves, legend: bool, theme: Theme) -> list[dict[str, Any]]:
    """The curves of a panel; the one that stands for the whole is drawn bold."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": typed(panel.time),
            "y": typed(values),
            "name": curve.name,
            "line": {
                "width": 5 if curve.bold else 1.4,
                "dash": curve.dash,
                "color": theme.curves[number % len(theme.curves)],
            },
            "showlegend": legend,
        }
        for number, (curve, values) in enumerate(zip(panel.curves, panel.values, strict=True))
    ]


# Room above an order parameter of one.
CURVES_TOP = 1.05


def typed(values: NDArray[np.floating]) -> dict[str, str]:
    """An array as plotly.js takes it in base64: a third of the length of its digits, and no rounding."""
    content = base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
    return {"dtype": "f4", "bdata": content, "shape": ", ".join(map(str, values.shape))}


_FIXED_AXIS: dict[str, Any] = {"automargin": False, "zeroline": False, "fixedrange": False, "tickangle": 0}


def _marks(length: int) -> int:
    """Marks of an axis of so many pixels, at most: as many as have their place."""
    return max(2, min(8, length // 42))


def _has_marks(animation: Animation) -> bool:
    """Whether its points are written: then they need no scale that says what their colours are."""
    return any(isinstance(panel, Scatter) and bool(panel.marks) for panel in animation.panels)


def marker_size(panel: Scatter, animation: Animation) -> int:
    """Diameter of the points of a scatter, in pixels: smaller where panels share the page."""
    return panel.marker if len(animation.panels) == 1 else math.ceil(panel.marker / 2)


def _axes_of(number: int) -> dict[str, str]:
    suffix = "" if number == 1 else str(number)
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def ranges(animation: Animation) -> tuple[list[float], list[float]]:
    """One range for each axis, for all panels and all frames, so that distances can be compared."""
    first = animation.panels[0]
    if isinstance(first, Lattice):
        rows, columns = first.values.shape[1:]
        return [-0.5, columns - 0.5], [rows - 0.5, -0.5]
    if isinstance(first, Curves):
        return [0.0, max(float(panel.time[-1]) for panel in animation.panels)], [0.0, CURVES_TOP]  # type: ignore[union-attr]
    everything = np.concatenate([panel.positions.reshape(-1, 2) for panel in animation.panels])  # type: ignore[union-attr]
    low, high = everything.min(axis=0), everything.max(axis=0)
    half = float(np.max(high - low)) * (0.5 + CLEARANCE) or 1.0
    middle = (low + high) / 2
    return [float(middle[0] - half), float(middle[0] + half)], [float(middle[1] - half), float(middle[1] + half)]


def _title(text: str, width: int, height: int) -> dict[str, Any]:
    """One line, or small ones if it is long, above where a PNG says the time."""
    left = {"x": LEFT / width, "xanchor": "left"}
    if len(text) <= (width - LEFT) / TITLE_LETTER:
        return {"text": text, "y": 1 - 26 / height, **left}
    small = {"font": {"size": 12}, "y": 1 - 14 / height, "yanchor": "top"}
    letters = int((width - LEFT) / SMALL_TITLE_LETTER)
    return {"text": "<br>".join(textwrap.wrap(text, letters)), **small, **left}


def _colour_axis(colours: Colours, inner_height: int) -> dict[str, Any]:
    values, texts = zip(*colours.ticks, strict=True)
    return {
        "colorscale": colours.scale,
        "cmin": colours.low,
        "cmax": colours.high,
        "colorbar": {
            # With a low empty line below, since half of the topmost tick's label stands above the bar.
            "title": {"text": f'{colours.title}<br><span style="font-size:6px">\u00a0</span>', "side": "top"},
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


def _panel_title_lines(text: str, width: int) -> list[str]:
    """The title of a panel in lines that are no wider than it."""
    return textwrap.wrap(text, max(8, int(width / PANEL_TITLE_LETTER)))


def _panel_title(lines: list[str], left: int, top: int, inner_width: int, inner_height: int) -> dict[str, Any]:
    return {
        "text": "<br>".join(lines),
        "font": {"size": 11},
        "align": "left",
        "x": left / inner_width,
        "y": 1 - top / inner_height,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
    }

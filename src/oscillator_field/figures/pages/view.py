"""The page of a view: a figure of plotly that is sized from its window, all frames packed small, and a player."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import Animation, Curves, Lattice, Scatter
from oscillator_field.figures.pages.document import as_json, write_page
from oscillator_field.figures.pages.packing import LEVELS, deflate, pack
from oscillator_field.figures.painters.layout import ranges
from oscillator_field.figures.themes import THEMES

BODY, CODE = "view.html", ("view.js",)


def write_view(
    path: str | Path,
    animation: Animation,
    *,
    frame_rate: float,
    plotlyjs: str,
    shared: Sequence[str] = (),
    views: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write an animation as a page.

    Args:
        path: the file to write; its name is that of the view.
        animation: what it shows.
        frame_rate: frames a second while it plays, at most.
        plotlyjs, shared: as `document.write_page` takes them.
        views: all views of the run, to be linked: their names, and what they are called.
    """
    fields, levels = _fields(animation)
    x, y = ranges(animation)
    colours = animation.colours
    content = {
        "view": Path(path).stem,
        "views": [{"name": view, "words": words} for view, words in views.items()],
        "kind": type(animation.panels[0]).__name__.lower(),
        "panels": [_panel(panel) for panel in animation.panels],
        "panels_a_run": animation.panels_a_run,
        "fields": fields,
        "ranges": {"x": x, "y": y, "z": None if colours is None else [colours.low, colours.high]},
        "x_title": animation.x_title,
        "y_title": animation.y_title,
        "hover": animation.hover,
        "colours": None
        if colours is None
        else {
            "scale": colours.scale,
            "title": colours.title,
            "ticks": [list(tick) for tick in colours.ticks],
            "classes": colours.classes,
        },
        "frame_rate": frame_rate,
        "steps": [int(step) for step in animation.steps],
        "seconds": None if animation.seconds is None else [float(f"{time:.9g}") for time in animation.seconds],
        "texts": animation.frame_texts,
        "top_level": LEVELS - 1,
        "packed": deflate(levels),
    }
    first = animation.panels[0]
    if isinstance(first, Lattice):
        content["shape"] = list(first.values.shape[1:])
    if isinstance(first, Curves):
        content["curves"] = [vars(style) for style in first.curves]
        content["curve_colours"] = len(THEMES["dark"].curves)
    write_page(path, BODY, title=animation.title, code=CODE, plotlyjs=plotlyjs, shared=shared, content=as_json(content))


def _panel(panel: Lattice | Scatter | Curves) -> dict[str, Any]:
    """What a panel shows beside its frames."""
    if isinstance(panel, Curves):
        # Four decimals of a share are more than a screen can show.
        values = [[round(float(value), 4) for value in curve] for curve in panel.values]
        return {"title": panel.title, "time": [float(f"{time:.9g}") for time in panel.time], "values": values}
    if isinstance(panel, Scatter):
        level = [round(float(level), 4) for level in panel.level]
        content = {"title": panel.title, "level": level, "hover": panel.hover, "marker": panel.marker}
        return content | ({"marks": panel.marks} if panel.marks else {}) | ({"runs": panel.runs} if panel.runs else {})
    return {"title": panel.title}


def _fields(animation: Animation) -> tuple[list[dict[str, Any]], NDArray[np.uint16]]:
    """What changes from frame to frame, and its levels `(frame, panel, field, item)`."""
    first = animation.panels[0]
    frames = len(animation.steps)
    if isinstance(first, Lattice):
        assert animation.colours is not None, "a lattice has a colour scale"
        low, high = animation.colours.low, animation.colours.high
        lattices = np.stack([panel.values for panel in animation.panels], axis=1)  # type: ignore[union-attr]
        levels = pack(lattices.reshape(frames, len(animation.panels), 1, -1), low, high)
        field = {"name": "z", "low": low, "high": high, "columns": first.values.shape[-1]}
        return [{**field, "powers": animation.powers_of_ten}], levels
    limits = ranges(animation)
    if isinstance(first, Curves):
        cursors = np.stack([panel.cursor for panel in animation.panels], axis=1)  # type: ignore[union-attr]
        levels = pack(cursors, *limits[0])[:, :, np.newaxis, np.newaxis]
        return [{"name": "x", "low": limits[0][0], "high": limits[0][1]}], levels
    points = np.stack([panel.positions for panel in animation.panels], axis=1)  # type: ignore[union-attr]
    levels = np.stack([pack(points[..., axis], *limits[axis]) for axis in range(2)], axis=2)
    return [{"name": name, "low": low, "high": high} for name, (low, high) in zip("xy", limits, strict=True)], levels

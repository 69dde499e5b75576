"""The HTML painter: a page with plotly's figure of the first frame, all frames packed small, and a player."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import Animation, Curves, Lattice, playing_rate
from oscillator_field.figures.painters.layout import figure, page, ranges
from oscillator_field.figures.painters.packing import LEVELS, deflate, pack
from oscillator_field.figures.plotlyjs import scripts
from oscillator_field.stores.atomic import whole_file

_HERE = files("oscillator_field.figures.painters")


def write_html(
    path: str | Path,
    animation: Animation,
    *,
    size: int,
    frame_rate: float,
    plotlyjs: str,
    shared: Sequence[str] = (),
    views: Sequence[str] = (),
) -> None:
    """Write an animation as a page.

    Args:
        path: the file to write; its name is that of the view.
        animation: what it shows.
        size: side of a single panel, in pixels.
        frame_rate: frames a second while it plays, at most.
        plotlyjs: `inline` to put plotly.js into the file, `cdn` to load it from the network, `shared` to load
            what `shared` names.
        shared: addresses of scripts relative to the file.
        views: names of all views of the run, to be linked.
    """
    sheet = page(animation, size)
    fields, levels = _fields(animation)
    content = {
        "view": Path(path).stem,
        "views": list(views),
        "figure": figure(animation, sheet),
        "frame_rate": playing_rate(len(animation.steps), frame_rate),
        "steps": [int(step) for step in animation.steps],
        "texts": animation.frame_texts,
        "panels": len(animation.panels),
        "fields": fields,
        "top_level": LEVELS - 1,
        "packed": deflate(levels),
    }
    text = Template((_HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(animation.title),
        width=sheet.width,
        scripts=scripts(plotlyjs, shared),
        # A script element ends at the first "</", even within a text.
        animation=json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/"),
        player=(_HERE / "player.js").read_text(encoding="utf-8"),
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


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
        levels = np.repeat(pack(cursors, *limits[0])[:, :, np.newaxis, np.newaxis], 2, axis=-1)
        return [{"name": "x", "low": limits[0][0], "high": limits[0][1]}], levels
    points = np.stack([panel.positions for panel in animation.panels], axis=1)  # type: ignore[union-attr]
    levels = np.stack([pack(points[..., axis], *limits[axis]) for axis in range(2)], axis=2)
    return [{"name": name, "low": low, "high": high} for name, (low, high) in zip("xy", limits, strict=True)], levels

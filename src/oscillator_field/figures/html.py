"""The HTML painter: a page with play, pause and a slider, made by plotly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly.io
from plotly.offline import get_plotlyjs

from oscillator_field.atomic import whole_file
from oscillator_field.figures.animation import Animation
from oscillator_field.figures.layout import BOTTOM, CONTROLS, LEFT, RIGHT, TOP, figure, page, trace

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>body {{ margin: 0; background: #111; display: flex; justify-content: center; }}</style>
</head>
<body>
{figure}
</body>
</html>
"""
# plotly's own styling of controls is made for light pages.
_DARK_CONTROLS = {"bgcolor": "#2a3f5f", "bordercolor": "#506784", "font": {"color": "#f2f5fa"}}


def write_html(path: str | Path, animation: Animation, *, frame_rate: float, plotlyjs: str | bool) -> None:
    """Write an animation as a page.

    Args:
        path: the file to write.
        animation: what it shows.
        frame_rate: frames a second while it plays.
        plotlyjs: True to put plotly.js into the file, `cdn` to load it from the network, or the address of the
            script relative to the file.
    """
    sheet = page(animation)
    content = figure(animation, sheet, room_below=CONTROLS)
    content["layout"].update(_controls(animation, sheet.width, sheet.height + CONTROLS, frame_rate))
    content["frames"] = [
        {"name": str(number), "data": [trace(panel, number) for panel in animation.panels]}
        for number in range(len(animation.frame_texts))
    ]
    drawn = plotly.io.to_html(
        content,
        full_html=False,
        include_plotlyjs=plotlyjs,
        auto_play=False,
        validate=False,
        config={"displaylogo": False, "responsive": False},
    )
    with whole_file(path) as temporary:
        temporary.write_text(_PAGE.format(title=animation.title, figure=drawn), encoding="utf-8")


def write_plotlyjs(path: str | Path) -> None:
    """Write the plotly.js that the pages share, as the installed plotly brings it."""
    with whole_file(path) as temporary:
        temporary.write_text(get_plotlyjs(), encoding="utf-8")


def _controls(animation: Animation, width: int, height: int, frame_rate: float) -> dict[str, Any]:
    """Buttons and slider, in the strip below the panels."""
    now = {"mode": "immediate", "fromcurrent": True, "transition": {"duration": 0}}
    redraw = {"duration": 1000 / frame_rate, "redraw": True}
    inner_height = height - TOP - BOTTOM - CONTROLS
    below = -72 / inner_height
    play = {"label": "Play", "method": "animate", "args": [None, {**now, "frame": redraw}]}
    pause = {"label": "Pause", "method": "animate", "args": [[None], {**now, "frame": {**redraw, "duration": 0}}]}
    steps = [
        {"label": text, "method": "animate", "args": [[str(number)], {**now, "frame": {**redraw, "duration": 0}}]}
        for number, text in enumerate(animation.frame_texts)
    ]
    buttons = {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": below,
        "yanchor": "top",
        "pad": {"t": 24, "r": 0},
        "buttons": [play, pause],
        **_DARK_CONTROLS,
    }
    inner_width = width - LEFT - RIGHT
    slider = {
        "active": 0,
        "x": 140 / inner_width,
        "len": 1 - 140 / inner_width,
        "y": below,
        "yanchor": "top",
        "pad": {"t": 10, "b": 0},
        "ticklen": 0,
        "minorticklen": 0,
        # Of the texts at the slider only that of the frame shown is legible; the others would overlap.
        "font": {"color": "rgba(0, 0, 0, 0)"},
        "currentvalue": {"prefix": "time ", "xanchor": "left", "font": {"color": "#f2f5fa", "size": 15}},
        "bgcolor": "#506784",
        "activebgcolor": "#7f9cc0",
        "bordercolor": "#506784",
        "steps": steps,
    }
    return {"updatemenus": [buttons], "sliders": [slider]}

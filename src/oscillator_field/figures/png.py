"""The PNG painter: Kaleido draws title, axes and colour bar once, the data is painted into their frame.

Kaleido alone needs a quarter of a second for each frame; painting takes a few milliseconds.
"""

from __future__ import annotations

import io
from pathlib import Path

import kaleido
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oscillator_field.atomic import whole_file
from oscillator_field.figures.animation import Animation, Lattice, Scatter
from oscillator_field.figures.layout import LEFT, Page, Rectangle, figure, marker_size, page, ranges

Pixels = NDArray[np.uint8]

TEXT_TOP, TEXT_SIZE, TEXT_COLOUR = 50, 15, (242, 245, 250)
# A marker is drawn this many times finer and averaged, for smooth edges.
FINER = 8


def write_png(path: str | Path, animation: Animation, *, frame_rate: float, scale: int) -> None:
    """Write an animation as an animated PNG that repeats for ever.

    Args:
        path: the file to write.
        animation: what it shows.
        frame_rate: frames a second.
        scale: pixels of the picture for one pixel of the page.

    Raises:
        ChromeNotFoundError: there is no browser to draw with.
    """
    sheet = page(animation)
    background = draw_background(animation, sheet, scale)
    frames = [paint(animation, sheet, background, number, scale) for number in range(len(animation.frame_texts))]
    with whole_file(path) as temporary:
        frames[0].save(
            temporary,
            format="PNG",
            save_all=True,
            append_images=frames[1:],
            duration=1000 / frame_rate,
            loop=0,
        )


def draw_background(animation: Animation, sheet: Page, scale: int) -> Pixels:
    """Everything but the data and the time, as Kaleido draws it: `(height, width, 3)`."""
    content = figure(animation, sheet)
    for trace in content["data"]:
        if trace["type"] == "scatter":
            # A point that lies nowhere: plotly draws no colour bar for a trace without points.
            trace.update(x=[None], y=[None])
    drawn = kaleido.calc_fig_sync(
        content,
        opts={"format": "png", "width": sheet.width, "height": sheet.height, "scale": scale},
        kopts={"mathjax": False},
    )
    return np.array(Image.open(io.BytesIO(drawn)).convert("RGB"))


def paint(animation: Animation, sheet: Page, background: Pixels, number: int, scale: int) -> Image.Image:
    """One frame: the data painted into the panels, time and step written above them."""
    frame = background.copy()
    for panel, place in zip(animation.panels, sheet.panels, strict=True):
        top, left = place.top * scale, place.left * scale
        inside = frame[top : top + place.height * scale, left : left + place.width * scale]
        if isinstance(panel, Lattice):
            inside[...] = _cells(animation.colours.rgb(panel.values[number]), place, scale)
        else:
            _paint_points(inside, panel, number, animation, scale)
    picture = Image.fromarray(frame)
    font = ImageFont.load_default(TEXT_SIZE * scale)
    position = (LEFT * scale, TEXT_TOP * scale)
    ImageDraw.Draw(picture).text(position, animation.frame_texts[number], TEXT_COLOUR, font)
    return picture


def _cells(colours: Pixels, place: Rectangle, scale: int) -> Pixels:
    """Blow each pixel of a lattice up to its cell of the panel."""
    rows, columns = colours.shape[:2]
    return colours.repeat(place.height * scale // rows, axis=0).repeat(place.width * scale // columns, axis=1)


def _paint_points(inside: Pixels, panel: Scatter, number: int, animation: Animation, scale: int) -> None:
    """Blend round markers into a panel, in the order of the points."""
    (left, right), (bottom, top) = ranges(animation)
    height, width = inside.shape[:2]
    x = (panel.positions[number, :, 0] - left) / (right - left) * width
    y = (top - panel.positions[number, :, 1]) / (top - bottom) * height
    cover = _marker(marker_size(animation) * scale)[:, :, np.newaxis]
    corner = len(cover) / 2
    colours = animation.colours.rgb(panel.level).astype(np.float32)
    for column, row, colour in zip(
        np.rint(x - corner).astype(int), np.rint(y - corner).astype(int), colours, strict=True
    ):
        under = inside[row : row + len(cover), column : column + len(cover)]
        under[...] = np.rint(under * (1 - cover) + colour * cover)


def _marker(diameter: int) -> NDArray[np.float32]:
    """How far a round marker covers each pixel under it, 0 to 1."""
    size = diameter + 1
    centres = (np.arange(size * FINER) + 0.5) / FINER - size / 2
    inside = centres[:, np.newaxis] ** 2 + centres**2 <= (diameter / 2) ** 2
    return inside.reshape(size, FINER, size, FINER).mean(axis=(1, 3), dtype=np.float32)

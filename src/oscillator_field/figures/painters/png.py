"""The PNG painter: Kaleido draws title, axes and colour bar once, the data is painted into their frame.

Kaleido alone needs a quarter of a second for each frame; painting takes a few milliseconds. Frames are indices
into one palette: the colours of the data, greys for the time that is written above them, and the background's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from oscillator_field.figures.animation import Animation, Colours, Curves, Lattice, Scatter, playing_rate
from oscillator_field.figures.painters.apng import Indices, write_apng
from oscillator_field.figures.painters.drawing import Draw, Drawer, Pixels
from oscillator_field.figures.painters.layout import (
    CURSOR_WIDTH,
    LEFT,
    MARK_LARGER,
    Page,
    Rectangle,
    figure,
    marker_size,
    page,
    ranges,
)
from oscillator_field.figures.themes import THEMES, Theme
from oscillator_field.ranges import kept
from oscillator_field.stores.atomic import whole_file

# Paints the data of a frame into the index picture of a panel: panel, number of the frame, inside of the panel.
Paint = Callable[[int, int, Indices], None]

COLOURS = 256
TEXT_TOP, TEXT_SIZE = 50, 15
TEXT_GREYS = 8
# Colours of a lattice, and of points times how far a point covers a pixel at its edge.
LATTICE_LEVELS, POINT_LEVELS, COVERS = 168, 44, 4


@dataclass(frozen=True)
class Canvas:
    """All that frames are painted with.

    Attributes:
        sheet: the page.
        scale: pixels of the picture for one of the page.
        palette: `(colour, 3)`.
        background: everything but data and time, indices `(height, width)`.
        text: indices of the greys of the time, from the background's colour to the text's.
        paint: paints the data of a panel.
    """

    sheet: Page
    scale: int
    palette: Pixels
    background: Indices
    text: Indices
    paint: Paint


def write_png(
    path: str | Path,
    animation: Animation,
    browser: Drawer,
    *,
    size: int,
    frame_rate: float,
    frames: int,
    scale: int,
    theme: str,
    poster: str | Path | None = None,
    also: Mapping[str, str | Path] = MappingProxyType({}),
) -> None:
    """Write an animation as an animated PNG that repeats for ever.

    Args:
        path: the file to write.
        animation: what it shows.
        browser: draws the background, from `drawing.one_browser`.
        size: side of a single panel, in pixels.
        frame_rate: frames a second, at most.
        frames: about as many frames are shown at most, evenly spaced, and always the last.
        scale: pixels of the picture for one of the layout.
        theme: `dark` or `light`.
        poster: where the last frame is written as a still picture.
        also: further files by their kind: the frames as `gif` or `mp4`, the last of them as `svg` or `pdf`.

    Raises:
        ModuleNotFoundError: a video is asked for, and imageio-ffmpeg is not installed.
    """
    sheet = page(animation, size)
    stretched = canvas(animation, sheet, scale, browser.draw, theme)
    total = len(animation.steps)
    chosen = [int(number) - 1 for number in kept(total, -(-total // frames))]
    rate = playing_rate(len(chosen), frame_rate)
    with whole_file(path) as temporary:
        write_apng(temporary, stretched.palette, painted(animation, stretched, chosen), len(chosen), rate)
    if poster is not None:
        [last] = painted(animation, stretched, chosen[-1:])
        with whole_file(poster) as temporary:
            _picture(last, stretched).save(temporary, format="PNG")
    for kind, target in also.items():
        if kind == "mp4":
            from oscillator_field.figures.painters.video import write_mp4

            write_mp4(target, (stretched.palette[frame] for frame in painted(animation, stretched, chosen)), rate)
        elif kind == "gif":
            _write_gif(target, [_picture(frame, stretched) for frame in painted(animation, stretched, chosen)], rate)
        else:
            still = browser.written(figure(animation, sheet, theme, chosen[-1]), kind)
            with whole_file(target) as temporary:
                temporary.write_bytes(still)


def _picture(frame: Indices, stretched: Canvas) -> Image.Image:
    picture = Image.fromarray(frame, mode="P")
    picture.putpalette(stretched.palette.tobytes())
    return picture


def _write_gif(path: str | Path, pictures: list[Image.Image], rate: float) -> None:
    """Write pictures of one palette as a GIF that repeats for ever; its times are hundredths of a second."""
    with whole_file(path) as temporary:
        pictures[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=pictures[1:],
            duration=max(20, round(100 / rate) * 10),
            loop=0,
        )


def write_still(path: str | Path, content: dict[str, Any], browser: Drawer, *, scale: int = 1) -> None:
    """Write a figure of plotly as a PNG that stands still."""
    with whole_file(path) as temporary:
        Image.fromarray(browser.draw(content, scale)).save(temporary, format="PNG")


def canvas(animation: Animation, sheet: Page, scale: int, draw: Draw, theme: str) -> Canvas:
    """Draw the background, and choose the palette."""
    animation = animation.themed(THEMES[theme])
    drawn = draw(_background(animation, sheet, theme), scale)
    ground = drawn[(TEXT_TOP + TEXT_SIZE // 2) * scale, LEFT * scale]
    share = np.linspace(0, 1, TEXT_GREYS)[:, np.newaxis]
    greys = np.rint(ground * (1 - share) + np.array(ImageColor.getrgb(THEMES[theme].ink)) * share).astype(np.uint8)
    first = TEXT_GREYS
    rectangle = sheet.panels[0]
    ground = drawn[rectangle.top * scale, rectangle.left * scale]
    data, paint = _data_painter(animation, ground, scale, first, THEMES[theme])
    left_over = COLOURS - len(greys) - len(data)
    own = Image.fromarray(drawn).quantize(left_over, dither=Image.Dither.NONE).getpalette() or []
    palette = np.concatenate([greys, data, np.array(own, np.uint8).reshape(-1, 3)[:left_over]])
    return Canvas(sheet, scale, palette, _nearest(drawn, palette), np.arange(TEXT_GREYS, dtype=np.uint8), paint)


def painted(animation: Animation, stretched: Canvas, chosen: list[int]) -> Iterator[Indices]:
    """The chosen frames, one after the other: the data painted into the panels, time and step written above them."""
    for number in chosen:
        frame = stretched.background.copy()
        for panel, rectangle in enumerate(stretched.sheet.panels):
            stretched.paint(panel, number, _inside(frame, rectangle, stretched.scale))
        _write(frame, animation.frame_texts[number], stretched)
        yield frame


def _background(animation: Animation, sheet: Page, theme: str) -> dict[str, Any]:
    """The figure of everything but the data and the time."""
    content = figure(animation, sheet, theme)
    for trace in content["data"][: len(animation.panels)]:
        if trace["type"] == "scatter":
            # A point that lies nowhere: plotly draws no colour bar for a trace without points.
            trace.update(x=[None], y=[None])
            trace.pop("text", None)
    return content


def _inside(picture: Indices, rectangle: Rectangle, scale: int) -> Indices:
    top, left = rectangle.top * scale, rectangle.left * scale
    return picture[top : top + rectangle.height * scale, left : left + rectangle.width * scale]


def _write(frame: Indices, text: str, stretched: Canvas) -> None:
    """Write time and step above the panels."""
    scale = stretched.scale
    height, left = (TEXT_SIZE + 6) * scale, LEFT * scale
    line = Image.new("L", (frame.shape[1] - left, height))
    ImageDraw.Draw(line).text((0, 0), text, 255, ImageFont.load_default(TEXT_SIZE * scale))
    cover = np.asarray(line)
    under = frame[TEXT_TOP * scale : TEXT_TOP * scale + height, left:]
    under[cover > 0] = stretched.text[np.rint(cover[cover > 0] / 255 * (TEXT_GREYS - 1)).astype(np.uint8)]


def _data_painter(animation: Animation, ground: Pixels, scale: int, first: int, theme: Theme) -> tuple[Pixels, Paint]:
    """The colours of the data, which stand in the palette from `first` on, and what paints with them."""
    panel = animation.panels[0]
    if isinstance(panel, Lattice):
        return _lattice_painter(animation, scale, first)
    if isinstance(panel, Curves):
        return _cursor_painter(animation, scale, first, theme)
    return (_mark_painter if panel.marks else _scatter_painter)(animation, ground, scale, first)


def _lattice_painter(animation: Animation, scale: int, first: int) -> tuple[Pixels, Paint]:
    assert animation.colours is not None, "a lattice has a colour scale"
    low, high = animation.colours.low, animation.colours.high
    step = (high - low) / (LATTICE_LEVELS - 1)

    def paint(panel: int, number: int, inside: Indices) -> None:
        values = animation.panels[panel].values[number]  # type: ignore[union-attr]
        levels = np.rint((np.clip(values, low, high) - low) / step).astype(np.uint8) + np.uint8(first)
        rows, columns = levels.shape
        cells = inside.reshape(rows, inside.shape[0] // rows, columns, inside.shape[1] // columns)
        cells[...] = levels[:, np.newaxis, :, np.newaxis]

    return animation.colours.rgb(np.linspace(low, high, LATTICE_LEVELS)), paint


def _scatter_painter(animation: Animation, ground: Pixels, scale: int, first: int) -> tuple[Pixels, Paint]:
    """Round markers with smooth edges: each colour also stands mixed with the ground in the palette."""
    assert animation.colours is not None, "points have a colour scale"
    pure, level_of = _flat_colours(animation.colours, POINT_LEVELS)
    limits = ranges(animation)

    def paint(panel: int, number: int, inside: Indices) -> None:
        scatter = animation.panels[panel]
        assert isinstance(scatter, Scatter)
        width = inside.shape[1]
        radius = marker_size(scatter, animation) * scale / 2
        x, y = _placed(scatter, number, inside, limits)
        level = level_of(scatter.level)
        reach = np.arange(-int(radius) - 1, int(radius) + 2)
        rows = (np.floor(y).astype(int)[:, np.newaxis] + reach)[:, :, np.newaxis]
        columns = (np.floor(x).astype(int)[:, np.newaxis] + reach)[:, np.newaxis, :]
        distance = np.hypot(rows + 0.5 - y[:, np.newaxis, np.newaxis], columns + 0.5 - x[:, np.newaxis, np.newaxis])
        covered = np.rint(np.clip(radius + 0.5 - distance, 0, 1) * COVERS).astype(int)
        index = first + level[:, np.newaxis, np.newaxis] * COVERS + covered - 1
        positions = np.broadcast_to(rows * width + columns, covered.shape)
        # Edges first, so that none lies over the middle of a neighbour.
        for part in (covered > 0) & (covered < COVERS), covered == COVERS:
            inside.flat[positions[part]] = index[part]

    return _mixed(pure, ground), paint


def _mark_painter(animation: Animation, ground: Pixels, scale: int, first: int) -> tuple[Pixels, Paint]:
    """Letters with smooth edges, in the colours of their classes."""
    assert animation.colours is not None, "points have a colour scale"
    classes = int(animation.colours.high - animation.colours.low)
    pure, level_of = _flat_colours(animation.colours, min(classes, POINT_LEVELS))
    limits = ranges(animation)

    @lru_cache(maxsize=1024)
    def drawn(mark: str, size: int) -> NDArray[np.integer]:
        """How far a letter covers each pixel of a square whose middle is its own."""
        side = size * (len(mark) + 1)
        letter = Image.new("L", (side, side))
        ImageDraw.Draw(letter).text((side // 2, side // 2), mark, 255, ImageFont.load_default(size), anchor="mm")
        return np.rint(np.asarray(letter) / 255 * COVERS).astype(int)

    def paint(panel: int, number: int, inside: Indices) -> None:
        scatter = animation.panels[panel]
        assert isinstance(scatter, Scatter)
        size = (marker_size(scatter, animation) + MARK_LARGER) * scale
        x, y = _placed(scatter, number, inside, limits)
        for mark, level, across, down in zip(scatter.marks, level_of(scatter.level), x, y, strict=True):
            covered = drawn(mark, size)
            top, left = round(down) - len(covered) // 2, round(across) - len(covered) // 2
            rows, columns = (slice(max(0, begin), max(0, begin + len(covered))) for begin in (top, left))
            place = inside[rows, columns]
            part = covered[rows.start - top :, columns.start - left :][: place.shape[0], : place.shape[1]]
            place[part > 0] = first + level * COVERS + part[part > 0] - 1

    return _mixed(pure, ground), paint


def _flat_colours(colours: Colours, count: int) -> tuple[Pixels, Callable[[NDArray[np.floating]], NDArray[np.integer]]]:
    """So many colours along a scale `(colour, 3)`, and which of them a value has."""
    low, high = colours.low, colours.high

    def level_of(values: NDArray[np.floating]) -> NDArray[np.integer]:
        return np.clip((values - low) / (high - low) * count, 0, count - 1).astype(int)

    return colours.rgb(low + (np.arange(count) + 0.5) / count * (high - low)), level_of


def _mixed(pure: NDArray[np.number], ground: Pixels) -> Pixels:
    """Each colour `(colour, 3)` mixed with the ground, by how far a point covers a pixel: `(colour * COVERS, 3)`."""
    cover = (np.arange(COVERS) + 1)[:, np.newaxis] / COVERS
    return np.rint(pure[:, np.newaxis] * cover + ground * (1 - cover)).astype(np.uint8).reshape(-1, 3)


def _placed(
    scatter: Scatter, number: int, inside: Indices, limits: tuple[list[float], list[float]]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Column and row of each point of a frame within a panel, in pixels."""
    (left, right), (bottom, top) = limits
    height, width = inside.shape
    x = (scatter.positions[number, :, 0] - left) / (right - left) * width
    y = (top - scatter.positions[number, :, 1]) / (top - bottom) * height
    return x, y


def _cursor_painter(animation: Animation, scale: int, first: int, theme: Theme) -> tuple[Pixels, Paint]:
    (left, right), _ = ranges(animation)

    def paint(panel: int, number: int, inside: Indices) -> None:
        curves = animation.panels[panel]
        assert isinstance(curves, Curves)
        centre = (curves.cursor[number] - left) / (right - left) * inside.shape[1]
        begin = round(centre - CURSOR_WIDTH * scale / 2)
        inside[:, max(0, begin) : begin + CURSOR_WIDTH * scale] = first

    return np.array([ImageColor.getrgb(theme.ink)], np.uint8), paint


def _nearest(picture: Pixels, palette: Pixels) -> Indices:
    """The index of the nearest colour of a palette for each pixel."""
    coded = picture.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    # A table of all colours there can be is quicker than sorting the pixels, and hardly any of it is touched.
    there = np.zeros(1 << 24, bool)
    there[coded] = True
    colours = np.flatnonzero(there)
    parts = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.int32)
    away = ((parts[:, np.newaxis] - palette.astype(np.int32)) ** 2).sum(axis=-1)
    nearest = np.zeros(1 << 24, np.uint8)
    nearest[colours] = away.argmin(axis=1)
    return nearest[coded]

"""What an animation shows, before any painter: panels of frames, axes, colours, times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from plotly.colors import get_colorscale, unlabel_rgb

from oscillator_field.figures.themes import Theme

# Marks of a colour bar from 0 to 1.
SHARE_TICKS = tuple((tenth / 10, f"{tenth / 10:.1f}") for tenth in range(0, 11, 2))
# A view of few frames takes this long all the same, s: else it is over before it is seen.
SHORTEST = 4.0
# A colour scale as plotly writes it: positions 0..1 and colours.
Scale = list[list]


@dataclass(frozen=True)
class Lattice:
    """Frames of one value a pixel.

    Attributes:
        title: what tells this panel from the others.
        values: float32 `(frame, row, column)`.
    """

    title: str
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Scatter:
    """Frames of points in a plane.

    Attributes:
        title: what tells this panel from the others.
        positions: float32 `(frame, point, 2)`.
        level: float32 `(point,)`, the value that a point is coloured by.
        hover: what a point is, one text each.
        marker: diameter of a point where the panel is alone, in pixels of the page.
        marks: a letter or two that stand for each point in place of a disc; none for discs.
        runs: the run that each point stands for, if it does.
    """

    title: str
    positions: NDArray[np.float32]
    level: NDArray[np.float32]
    hover: tuple[str, ...]
    marker: int = 7
    marks: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Curve:
    """How a curve is called and drawn.

    Attributes:
        name: what it is.
        bold: whether it stands for the whole, behind the others.
        dash: as plotly has it.
    """

    name: str
    bold: bool = False
    dash: str = "solid"


@dataclass(frozen=True)
class Curves:
    """Curves over time that stand still, and a cursor that moves along them.

    Attributes:
        title: what tells this panel from the others.
        time: float64 `(point,)`, s.
        values: float64 `(curve, point)`, in 0..1.
        curves: what each curve is.
        cursor: float64 `(frame,)`, the time of each frame, s.
    """

    title: str
    time: NDArray[np.float64]
    values: NDArray[np.float64]
    curves: tuple[Curve, ...]
    cursor: NDArray[np.float64]


@dataclass(frozen=True)
class Colours:
    """A colour scale over a fixed range.

    Attributes:
        scale: the colours, as plotly writes them.
        title: what the colour stands for, with its unit.
        low, high: values at the two ends.
        ticks: values to mark, and their texts.
        classes: of a scale in flat steps, how many colours of the theme it has; none where the scale says them.
    """

    scale: Scale
    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    classes: int = 0

    def themed(self, theme: Theme) -> Colours:
        """The same with the colours of the classes of a theme, if it has such."""
        return replace(self, scale=stepped_scale(theme.classes[: self.classes])) if self.classes else self

    def rgb(self, values: NDArray[np.floating]) -> NDArray[np.uint8]:
        """The colour of each value, `(..., 3)`, as plotly interpolates it."""
        positions, colours = zip(*self.scale, strict=True)
        anchors = np.array([_components(colour) for colour in colours])
        share = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        mixed = [np.interp(share, positions, anchors[:, part]) for part in range(3)]
        return np.rint(np.stack(mixed, axis=-1)).astype(np.uint8)


@dataclass(frozen=True)
class Animation:
    """Frames of one view of one run, or of the runs of a batch side by side.

    Attributes:
        title: what is shown, of which run.
        panels: at least one, all of one kind and one number of frames.
        steps: the step of each frame, int64 `(frame,)`.
        seconds: the time of each frame, float64 `(frame,)`, s; None where the runs differ.
        frame_texts: time and step of each frame, and what else belongs to it.
        x_title, y_title: axis titles with units.
        colours: the one colour scale of all panels; None for curves.
        hover: plotly's template of what the pointer reads off.
        powers_of_ten: whether the values of a lattice are decimal logarithms, whose powers `customdata` holds.
        panels_a_run: how many panels belong to each run, one after the other.
    """

    title: str
    panels: tuple[Lattice | Scatter | Curves, ...]
    steps: NDArray[np.int64]
    seconds: NDArray[np.float64] | None
    frame_texts: tuple[str, ...]
    x_title: str
    y_title: str
    colours: Colours | None
    hover: str
    powers_of_ten: bool = False
    panels_a_run: int = 1

    def themed(self, theme: Theme) -> Animation:
        """The same in the colours of a theme."""
        return self if self.colours is None else replace(self, colours=self.colours.themed(theme))


def playing_rate(frames: int, most: float) -> float:
    """Frames a second: `most`, or as many as make an animation last as long as the shortest may."""
    return min(most, max(frames / SHORTEST, 1.0))


def named_scale(name: str) -> Scale:
    """A colour scale of plotly, for example `Phase`, which is cmocean's."""
    return get_colorscale(name)


def stepped_scale(colours: Sequence[str]) -> Scale:
    """A colour scale of as many flat steps as there are colours, for classes 0, 1, ... at low 0 and high `count`."""
    edges = [number / len(colours) for number in range(len(colours) + 1)]
    return [[edge, colour] for number, colour in enumerate(colours) for edge in edges[number : number + 2]]


def shared_seconds(time: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The time of each frame, `(frame,)`; None for times `(run, frame)`, which differ."""
    return time if time.ndim == 1 else None


def palette(scale: Scale) -> NDArray[np.uint8]:
    """256 colours once round a cyclic scale, or along another: `(256, 3)`."""
    return Colours(scale, "", 0, 256, ()).rgb(np.arange(256.0))


def frame_texts(step: NDArray[np.int64], time: NDArray[np.float64]) -> list[str]:
    """Time and step of each frame; the step alone where the runs of a batch differ in delta_t.

    Args:
        step: `(frame,)`.
        time: `(frame,)` or `(run, frame)`, s.
    """
    if time.ndim == 2:
        return [f"step {number}" for number in step]
    finest = float(np.min(np.diff(time, prepend=0.0)))
    decimals = min(9, max(2, math.ceil(-math.log10(finest)))) if finest > 0 else 2
    return [f"{seconds:.{decimals}f} s, step {number}" for seconds, number in zip(time, step, strict=True)]


def _components(colour: str) -> tuple[float, float, float]:
    if colour.startswith("#"):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    return unlabel_rgb(colour)

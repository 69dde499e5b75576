"""What an animation shows, before any painter: panels of frames, axes, colours, times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import zarr
from numpy.typing import NDArray
from plotly.colors import get_colorscale, unlabel_rgb

from oscillator_field.engines import kept
from oscillator_field.grid import JOINT
from oscillator_field.history import StoredHistory
from oscillator_field.parameters import METADATA

# Marks of a colour bar from 0 to 1.
SHARE_TICKS = tuple((tenth / 10, f"{tenth / 10:.1f}") for tenth in range(0, 11, 2))


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
    """

    title: str
    positions: NDArray[np.float32]
    level: NDArray[np.float32]
    hover: tuple[str, ...]


@dataclass(frozen=True)
class Colours:
    """A colour scale of plotly over a fixed range.

    Attributes:
        name: its name in plotly, for example `Phase`.
        title: what the colour stands for, with its unit.
        low, high: values at the two ends.
        ticks: values to mark, and their texts.
    """

    name: str
    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def stops(self) -> list[list]:
        """The scale as plotly writes it: positions 0..1 and colours."""
        return get_colorscale(self.name)

    def rgb(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The colour of each value, `(..., 3)`, as plotly interpolates it."""
        positions, colours = zip(*self.stops(), strict=True)
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
        frame_texts: time and step of each frame, and what else belongs to it.
        x_title, y_title: axis titles with units.
        colours: the one colour scale of all panels.
        hover: plotly's template of what the pointer reads off.
    """

    title: str
    panels: tuple[Lattice | Scatter, ...]
    steps: NDArray[np.int64]
    frame_texts: tuple[str, ...]
    x_title: str
    y_title: str
    colours: Colours
    hover: str


def thinned(history: StoredHistory, every: int) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Every so many-th frame of a history, and the last: its index, its step and its text, `(frame,)` each."""
    chosen = kept(history["step"].shape[0], every) - 1
    step = history["step"][:][chosen]
    return chosen, step, tuple(frame_texts(step, history["time"][:][..., chosen]))


def chosen_runs(store: zarr.Group | StoredHistory, most: int) -> tuple[int, str]:
    """How many runs of a store to show, and a remark if some are left out."""
    runs = store["run"].shape[0]
    return (runs, "") if runs <= most else (most, f" (first {most} of {runs} runs)")


def title_of(view: str, common: str, remark: str) -> str:
    """The title of an animation: the view, what its runs have in common, what is left out."""
    return ", ".join(part for part in (view, common) if part) + remark


def run_titles(names: Sequence[str]) -> tuple[str, list[str]]:
    """What the runs have in common, for the title, and what tells each from the others, for its panel."""
    parts = [name.split(JOINT) for name in names]
    common = [part for part in parts[0] if all(part in others for others in parts)]
    apart = [[part for part in others if part not in common] for others in parts]
    # A run that differs from the defaults in nothing of its own still needs a title among others.
    return _spoken(common), [_spoken(part) or ("defaults" if len(names) > 1 else "") for part in apart]


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


def _spoken(parts: Sequence[str]) -> str:
    words = []
    for part in parts:
        key, _, value = part.partition("=")
        unit = METADATA[key]["unit"] if key in METADATA else "1"
        words.append(f"{key} {value}" if unit == "1" else f"{key} {value} {unit}")
    return ", ".join(words)


def _components(colour: str) -> tuple[float, float, float]:
    if colour.startswith("#"):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    return unlabel_rgb(colour)

"""What pages show of every run without a figure: its field in a few frames, its picture and its curves, and a poster.

A file of its own for each run, so that a gallery of thousands reads those that are on the screen. They are scripts,
because a page that lies on a disk may load nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oscillator_field.analysis.observables import circular_mean
from oscillator_field.analysis.registry import OVER_TIME
from oscillator_field.figures.animation import Scale, palette
from oscillator_field.figures.pages.packing import as_text, deflate, pack_angles
from oscillator_field.ranges import kept
from oscillator_field.stores.atomic import whole_directory
from oscillator_field.stores.history import StoredHistory
from oscillator_field.stores.zarr_stores import Store

# Frames of a preview at most: the default run then plays thirty of them a second.
FRAMES = 172
# Of a large lattice, blocks of pixels are shown as one, so that its longer side has no more of them.
SIDE = 64
# Frames times squares of a preview at most, of which there are FEWEST_FRAMES in any case.
VALUES, FEWEST_FRAMES = 400_000, 48
# A poster has about so many pixels a side.
POSTER = 224


def write_previews(folder: str | Path, history: StoredHistory, observables: Store, *, scale: Scale) -> None:
    """Write the previews of all runs of a job: `0.js`, `0.png` for the first, and so on.

    Args:
        folder: where they go.
        history, observables: of the job.
        scale: the cyclic colour scale of the posters.
    """
    rows, columns = history["phase"].shape[2:4]
    block = -(-max(rows, columns) // SIDE)
    squares = -(-rows // block) * -(-columns // block)
    most = min(FRAMES, max(FEWEST_FRAMES, VALUES // squares))
    step, time = history["step"][:], history["time"][:]
    measured = observables["step"][:]
    there = set(observables.array_keys())
    curves = {name: observables[name][:] for name, one in OVER_TIME.items() if one.words and name in there}
    colours = palette(scale)
    with whole_directory(folder) as temporary:
        for run, name in enumerate(history["run"][:]):
            frames = history.last_frame(run) + 1
            chosen = kept(frames, -(-frames // most)) - 1
            # Of frames that are measured more seldom than they are kept, the last one before; none before the first.
            last = np.searchsorted(measured, step[chosen], side="right") - 1
            seconds = (time if time.ndim == 1 else time[run])[chosen]
            levels = pack_angles(_mean_phase(history, run, chosen, block))
            content = {
                "block": block,
                "lattice": [rows, columns],
                "rows": levels.shape[1],
                "columns": levels.shape[2],
                "steps": step[chosen].tolist(),
                "seconds": [float(f"{one:.9g}") for one in seconds],
                "packed": deflate(levels),
                "pixel": as_text(_mean_pixel(history["pixel"][run], block)),
                "curves": {
                    kind: _short(np.where(last < 0, np.nan, values[run][last])) for kind, values in curves.items()
                },
            }
            text = f"preview({json.dumps(str(name))},{json.dumps(content, separators=(',', ':'), allow_nan=False)});\n"
            (temporary / f"{run}.js").write_text(text, encoding="utf-8")
            _write_poster(temporary / f"{run}.png", levels[-1], colours)


def _mean_phase(history: StoredHistory, run: int, chosen: NDArray[np.int64], block: int) -> NDArray[np.float32]:
    """The phase of each block of pixels in the chosen frames: the angle of the mean of exp(i phase)."""
    if block == 1:
        return circular_mean(history["phase"].oindex[run, chosen])
    each = []
    # One by one: all frames of a large lattice would fill the memory.
    for frame in chosen:
        phase = history["phase"][run, int(frame)]
        sine, cosine = (_sums(part(phase).mean(axis=-1), block) for part in (np.sin, np.cos))
        each.append(np.arctan2(sine, cosine))
    return np.stack(each)


def _mean_pixel(pixel: NDArray[np.uint8], block: int) -> NDArray[np.uint8]:
    if block == 1:
        return np.ascontiguousarray(pixel)
    counts = _sums(np.ones(pixel.shape), block)
    return np.rint(_sums(pixel.astype(np.float64), block) / counts).astype(np.uint8)


def _sums(values: NDArray[Any], block: int) -> NDArray[Any]:
    """The sums over blocks of `(row, column)`; the last ones may be smaller."""
    rows, columns = (np.arange(0, length, block) for length in values.shape)
    return np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)


def _short(values: NDArray[np.floating]) -> list[float | None]:
    """Four digits, which is more than a screen shows; None for a number that does not exist."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values.astype(float)]


def _write_poster(path: Path, levels: NDArray[np.uint8], colours: NDArray[np.uint8]) -> None:
    """The last frame, each site a square of whole pixels, so that it is sharp at any size."""
    cell = max(1, POSTER // max(levels.shape))
    picture = Image.fromarray(levels.repeat(cell, axis=0).repeat(cell, axis=1), mode="P")
    picture.putpalette(colours.tobytes())
    picture.save(path, format="PNG", optimize=True)

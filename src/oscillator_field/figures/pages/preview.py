"""What pages show of every run without a figure: its field in a few frames, its picture and its curves, and a poster.

A file of its own for each run, so that a gallery of thousands reads those that are on the screen. They are scripts,
because a page that lies on a disk may load nothing else.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oscillator_field.analysis.observables import circular_mean
from oscillator_field.analysis.registry import OVER_TIME
from oscillator_field.figures.animation import Scale, palette
from oscillator_field.figures.pages.packing import deflate, pack_angles
from oscillator_field.ranges import kept
from oscillator_field.stores.atomic import whole_directory
from oscillator_field.stores.history import StoredHistory
from oscillator_field.stores.zarr_stores import Store

# Frames of a preview at most: the default run then plays thirty of them a second.
FRAMES = 172
# A poster has about so many pixels a side.
POSTER = 224


def write_previews(folder: str | Path, history: StoredHistory, observables: Store, *, scale: Scale) -> None:
    """Write the previews of all runs of a job: `0.js`, `0.png` for the first, and so on.

    Args:
        folder: where they go.
        history, observables: of the job.
        scale: the cyclic colour scale of the posters.
    """
    frames = history["step"].shape[0]
    chosen = kept(frames, -(-frames // FRAMES)) - 1
    step, time = history["step"][:][chosen], history["time"][:][..., chosen]
    curves = {name: observables[name][:] for name, one in OVER_TIME.items() if one.words}
    colours = palette(scale)
    with whole_directory(folder) as temporary:
        for run, name in enumerate(history["run"][:]):
            levels = pack_angles(circular_mean(history["phase"].oindex[run, chosen]))
            content = {
                "rows": levels.shape[1],
                "columns": levels.shape[2],
                "steps": step.tolist(),
                "seconds": [float(f"{seconds:.9g}") for seconds in (time if time.ndim == 1 else time[run])],
                "packed": deflate(levels),
                "pixel": base64.b64encode(np.ascontiguousarray(history["pixel"][run]).tobytes()).decode(),
                "curves": {kind: _short(values[run][chosen]) for kind, values in curves.items()},
            }
            text = f"preview({json.dumps(str(name))},{json.dumps(content, separators=(',', ':'), allow_nan=False)});\n"
            (temporary / f"{run}.js").write_text(text, encoding="utf-8")
            _write_poster(temporary / f"{run}.png", levels[-1], colours)


def _short(values: NDArray[np.floating]) -> list[float | None]:
    """Four digits, which is more than a screen shows; None for a number that does not exist."""
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values.astype(float)]


def _write_poster(path: Path, levels: NDArray[np.uint8], colours: NDArray[np.uint8]) -> None:
    """The last frame, each site a square of whole pixels, so that it is sharp at any size."""
    cell = max(1, POSTER // max(levels.shape))
    picture = Image.fromarray(levels.repeat(cell, axis=0).repeat(cell, axis=1), mode="P")
    picture.putpalette(colours.tobytes())
    picture.save(path, format="PNG", optimize=True)

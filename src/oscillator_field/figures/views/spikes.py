"""The spike view: how many of the oscillators of a pixel spiked since the frame shown before, as a share.

By default an oscillator spikes where it is much faster than the field is at that time, so fronts and defects stand
out at every moment. The spikes of the history have one threshold for the whole run: nearly all spike at first, and none
later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis.observables import CHANNEL, SITES, speeds
from oscillator_field.figures.animation import SHARE_TICKS, Animation, Colours, named_scale
from oscillator_field.figures.lattice_view import Shown
from oscillator_field.stores.history import StoredHistory


def animation(
    history: StoredHistory, *, every: int, threshold: str, factor: float, colours: str, panels: int
) -> Animation:
    """The spikes of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown; spikes in between are counted in.
        threshold: `relative`, or `run` for the spikes that the history holds.
        factor: of `relative`, how many times faster than the field a spike is.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    shown = Shown.of(history, every=every, panels=panels)
    if threshold == "relative":
        shares = [
            faster_than_the_field(history, run, history.own_frames(run, shown.chosen), factor)
            for run in range(shown.runs)
        ]
        title = f"share of<br>oscillators<br>over {factor:g} times<br>mean velocity"
        scale = Colours(named_scale(colours), title, 0, 1, SHARE_TICKS)
        return shown.animation("Spikes", shown.lattices(shares), scale, "%{z:.3f} of oscillators")
    shares = [share_of_spikes(history, run, history.own_frames(run, shown.chosen)) for run in range(shown.runs)]
    title = "share of<br>oscillators<br>that spike<br>in a step"
    scale = Colours(named_scale(colours), title, 0, 1, SHARE_TICKS)
    return shown.animation("Spikes", shown.lattices(shares), scale, "%{z:.3f} of oscillators and steps")


def faster_than_the_field(
    history: StoredHistory, run: int, chosen: NDArray[np.int64], factor: float
) -> NDArray[np.floating]:
    """The share of the oscillators of each pixel whose net phase change is more than `factor` times the field's mean.

    Args:
        history: an open history.
        run: which of its runs.
        chosen: `(frame,)`, indices of frames; changes are since the chosen frame before, or the start.
        factor: how many times.

    Returns:
        `(frame, row, column)`; 0 where nothing moves.
    """
    phase = history["phase"].oindex[run, chosen]
    before = np.concatenate([history["initial_phase"][run][np.newaxis], phase[:-1]])
    change = speeds(phase, before, np.ones(len(chosen)))
    mean = change.mean(axis=SITES, dtype=np.float64)
    return (change > factor * mean.reshape(-1, 1, 1, 1)).mean(axis=CHANNEL)


def share_of_spikes(history: StoredHistory, run: int, chosen: NDArray[np.int64]) -> NDArray[np.floating]:
    """The share of oscillators and steps with a spike since the chosen frame before: `(frame, row, column)`."""
    opportunities = np.diff(history["step"][:][chosen], prepend=0) * history["spikes"].shape[-1]
    return spikes_between(history, run, chosen) / opportunities[:, np.newaxis, np.newaxis]


def spikes_between(history: StoredHistory, run: int, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spikes of all channels of each pixel since the chosen frame before: `(chosen frame, row, column)`."""
    # A pixel's count of one frame fits 32 bits; block by block keeps memory bounded.
    spikes = history["spikes"]
    total = np.zeros((len(chosen), *spikes.shape[2:4]), np.int64)
    for part in history.frame_blocks(run):
        block = spikes[run, part].sum(axis=-1, dtype=np.uint32)
        bins = np.searchsorted(chosen, np.arange(part.start, part.stop))
        firsts = np.flatnonzero(np.diff(bins, prepend=-1))
        total[bins[firsts]] += np.add.reduceat(block, firsts, axis=0, dtype=np.int64)
    return total

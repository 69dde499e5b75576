"""The spike view: how often the oscillators of a pixel spiked since the frame shown before, as a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import SHARE_TICKS, Animation, Colours, named_scale
from oscillator_field.figures.lattice_view import Shown
from oscillator_field.stores.history import StoredHistory


def animation(history: StoredHistory, *, every: int, colours: str, panels: int) -> Animation:
    """The spikes of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown; spikes in between are counted in.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    shown = Shown.of(history, every=every, panels=panels)
    opportunities = np.diff(shown.step, prepend=0)[:, np.newaxis, np.newaxis] * history["spikes"].shape[-1]
    shares = [spikes_between(history, run, shown.chosen) / opportunities for run in range(shown.runs)]
    title = "share of<br>oscillators<br>that spike<br>in a step"
    scale = Colours(named_scale(colours), title, 0, 1, SHARE_TICKS)
    return shown.animation("Spike activity", shown.lattices(shares), scale, "%{z:.3f} of oscillators and steps")


def spikes_between(history: StoredHistory, run: int, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Spikes of all channels of each pixel since the chosen frame before: `(chosen frame, row, column)`."""
    # A pixel's count of one frame fits 32 bits; block by block keeps memory bounded.
    spikes = history["spikes"]
    total = np.zeros((len(chosen), *spikes.shape[2:4]), np.int64)
    for part in history.frame_blocks():
        block = spikes[run, part].sum(axis=-1, dtype=np.uint32)
        bins = np.searchsorted(chosen, np.arange(part.start, part.stop))
        firsts = np.flatnonzero(np.diff(bins, prepend=-1))
        total[bins[firsts]] += np.add.reduceat(block, firsts, axis=0, dtype=np.int64)
    return total

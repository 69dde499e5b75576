"""The spike view: how often the oscillators of a pixel spiked since the frame shown before, as a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import SHARE_TICKS, Animation, Colours, Lattice, named_scale, thinned
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.stores.history import StoredHistory


def animation(history: StoredHistory, *, every: int, colours: str, panels: int) -> Animation:
    """The spikes of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown; spikes in between are counted in.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    chosen, step, texts = thinned(history, every)
    shown, remark = chosen_runs(history, panels)
    common, titles = run_titles(history, shown)
    opportunities = np.diff(step, prepend=0)[:, np.newaxis, np.newaxis] * history["spikes"].shape[-1]
    shares = [spikes_between(history, run, chosen) / opportunities for run in range(shown)]
    return Animation(
        title=title_of("Spike activity", common, remark),
        panels=tuple(Lattice(titles[run], share.astype(np.float32)) for run, share in enumerate(shares)),
        steps=step,
        frame_texts=texts,
        x_title="column (pixel)",
        y_title="row (pixel)",
        colours=Colours(
            scale=named_scale(colours),
            title="share of<br>oscillators<br>that spike<br>in a step",
            low=0,
            high=1,
            ticks=SHARE_TICKS,
        ),
        hover="row %{y}, column %{x}<br>%{z:.3f} of oscillators and steps<extra></extra>",
    )


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

"""The phase velocity view: how fast the oscillators of a pixel turned since the frame shown before, on a log scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis.observables import CHANNEL, speeds
from oscillator_field.figures.animation import Animation, Colours, named_scale
from oscillator_field.figures.lattice_view import Shown
from oscillator_field.stores.history import StoredHistory

# Decades shown below the fastest pixel, which only the slowest ever leave.
DECADES = 4
# A pixel that stands still, in rad/s, since zero has no logarithm.
SLOWEST = 1e-12


def animation(history: StoredHistory, *, every: int, colours: str, panels: int) -> Animation:
    """The phase velocities of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    shown = Shown.of(history, every=every, panels=panels)
    speeds = [speed_between(history, run, history.own_frames(run, shown.chosen)) for run in range(shown.runs)]
    top = max(float(np.ceil(np.log10(max(speed.max(), SLOWEST)))) for speed in speeds)
    values = [np.log10(np.maximum(speed, SLOWEST)).clip(top - DECADES, top) for speed in speeds]
    scale = Colours(
        scale=named_scale(colours),
        title="|phase velocity|<br>(rad/s)",
        low=top - DECADES,
        high=top,
        ticks=tuple(
            # What is slower has the colour of the lowest.
            (top - decade, f"{'≤ ' if decade == DECADES else ''}{10 ** (top - decade):g}")
            for decade in range(DECADES, -1, -1)
        ),
    )
    hover = "%{customdata} rad/s"
    return shown.animation("Phase velocity", shown.lattices(values), scale, hover, powers_of_ten=True)


def speed_between(history: StoredHistory, run: int, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """|Phase change| per time since the chosen frame before, the short way round, the mean over channels.

    Args:
        history: an open history.
        run: which of its runs.
        chosen: `(frame,)`, indices of frames.

    Returns:
        float32 `(frame, row, column)`, rad/s. A net change: a lower bound where an oscillator turned back in between.
    """
    phase = history["phase"].oindex[run, chosen]
    seconds = np.diff(history["step"][:][chosen], prepend=0) * float(history["delta_t"][run])
    before = np.concatenate([history["initial_phase"][run][np.newaxis], phase[:-1]])
    return speeds(phase, before, seconds).mean(axis=CHANNEL)

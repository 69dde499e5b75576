"""The local order view: how well each pixel agrees with its neighbours, the mean over its channels."""

from __future__ import annotations

import numpy as np

from oscillator_field.analysis.observables import CHANNEL, local_order, state
from oscillator_field.figures.animation import SHARE_TICKS, Animation, Colours, named_scale
from oscillator_field.figures.lattice_view import Shown
from oscillator_field.stores.history import StoredHistory


def animation(history: StoredHistory, *, every: int, colours: str, panels: int) -> Animation:
    """The local order of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    shown = Shown.of(history, every=every, panels=panels)
    values = []
    for run in range(shown.runs):
        phase = history["phase"].oindex[run, history.own_frames(run, shown.chosen)]
        order = local_order(state(phase)).mean(axis=CHANNEL)
        values.append(np.minimum(order, 1))
    scale = Colours(named_scale(colours), "local order<br>parameter", 0, 1, SHARE_TICKS)
    return shown.animation("Local order", shown.lattices(values), scale, "local order %{z:.3f}")

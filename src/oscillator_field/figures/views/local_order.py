"""The local order view: how well each pixel agrees with its neighbours, the mean over its channels."""

from __future__ import annotations

import numpy as np

from oscillator_field.analysis.observables import CHANNEL, local_order, state
from oscillator_field.figures.animation import SHARE_TICKS, Animation, Colours, Lattice, named_scale, thinned
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.stores.history import StoredHistory


def animation(history: StoredHistory, *, every: int, colours: str, panels: int) -> Animation:
    """The local order of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    chosen, step, texts = thinned(history, every)
    shown, remark = chosen_runs(history, panels)
    common, titles = run_titles(history, shown)
    drawn = []
    for run in range(shown):
        order = local_order(state(history["phase"].oindex[run, chosen])).mean(axis=CHANNEL)
        drawn.append(Lattice(titles[run], np.minimum(order, 1)))
    return Animation(
        title=title_of("Local order", common, remark),
        panels=tuple(drawn),
        steps=step,
        frame_texts=texts,
        x_title="column (pixel)",
        y_title="row (pixel)",
        colours=Colours(
            scale=named_scale(colours),
            title="local order<br>parameter",
            low=0,
            high=1,
            ticks=SHARE_TICKS,
        ),
        hover="row %{y}, column %{x}<br>local order %{z:.3f}<extra></extra>",
    )

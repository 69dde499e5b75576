"""The order parameter view: the order of the whole field and of its channels over time, with a cursor at each frame."""

from __future__ import annotations

import numpy as np

from oscillator_field.figures.animation import Animation, Curves, frame_texts
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.ranges import kept
from oscillator_field.stores.zarr_stores import Store

# Curves of single channels that are drawn at most; more cannot be told apart.
MOST_CHANNELS = 8


def animation(observables: Store, *, every: int, panels: int) -> Animation:
    """The order parameters of the runs of a store of observables.

    Args:
        observables: an open store.
        every: the cursor stops at every n-th stored frame, and at the last.
        panels: runs shown at most.
    """
    step, time = observables["step"][:], observables["time"][:]
    chosen = kept(len(step), every) - 1
    shown, remark = chosen_runs(observables, panels)
    common, titles = run_titles(observables, shown)
    channels = observables["channel_order_parameter"].shape[-1]
    if channels > MOST_CHANNELS:
        remark += f" (first {MOST_CHANNELS} of {channels} channels)"
    order, by_channel = observables["order_parameter"][:shown], observables["channel_order_parameter"][:shown]
    drawn = []
    for run in range(shown):
        own_time = time if time.ndim == 1 else time[run]
        curves = np.concatenate([order[run][np.newaxis], by_channel[run, :, :MOST_CHANNELS].T])
        drawn.append(
            Curves(
                titles[run],
                own_time,
                curves,
                ("whole field", *(f"channel {number}" for number in range(len(curves) - 1))),
                own_time[chosen],
            )
        )
    return Animation(
        title=title_of("Order parameter", common, remark),
        panels=tuple(drawn),
        steps=step[chosen],
        frame_texts=tuple(
            f"{text}, order parameter {order[0, frame]:.3f}" if shown == 1 else text
            for text, frame in zip(frame_texts(step[chosen], time[..., chosen]), chosen, strict=True)
        ),
        x_title="time (s)",
        y_title="order parameter (0 to 1)",
        colours=None,
        hover="%{x:.2f} s: %{y:.3f}",
    )

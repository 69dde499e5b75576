"""The order view: order of the whole field and of its channels, local order, alignment and spikes over time."""

from __future__ import annotations

import numpy as np

from oscillator_field.analysis.registry import OVER_TIME
from oscillator_field.figures.animation import Animation, Curve, Curves, frame_texts, shared_seconds
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.figures.views import ORDERS
from oscillator_field.ranges import kept
from oscillator_field.stores.history import last_frames
from oscillator_field.stores.zarr_stores import Store

# Curves of single channels that are drawn at most; more cannot be told apart.
MOST_CHANNELS = 8
# Beside the order of the field and of its channels.
BESIDE = ORDERS[2:]


def animation(observables: Store, *, every: int, panels: int) -> Animation:
    """The order of the runs of a store of observables.

    Args:
        observables: an open store.
        every: the cursor stops at every n-th stored frame, and at the last.
        panels: runs shown at most.
    """
    shown, remark = chosen_runs(observables, panels)
    frames = last_frames(observables)[:shown] + 1
    step, time = observables["step"][:], observables["time"][:]
    chosen = kept(int(frames.max()), every) - 1
    common, titles = run_titles(observables, shown)
    channels = observables["channel_order_parameter"].shape[-1]
    if channels > MOST_CHANNELS:
        remark += f" (first {MOST_CHANNELS} of {channels} channels)"
    order, by_channel = observables["order_parameter"][:shown], observables["channel_order_parameter"][:shown]
    beside = [observables[name][:shown] for name in BESIDE]
    curves = (
        Curve("whole field", bold=True),
        *(Curve(f"channel {number}") for number in range(min(channels, MOST_CHANNELS))),
        *(
            Curve(OVER_TIME[name].words, dash=dash)
            for name, dash in zip(BESIDE, ("dash", "dot", "dashdot"), strict=True)
        ),
    )
    drawn = []
    for run in range(shown):
        own_time = time if time.ndim == 1 else time[run]
        each = [order[run], *by_channel[run, :, :MOST_CHANNELS].T, *(values[run] for values in beside)]
        # Curves end where the run does.
        own = slice(int(frames[run]))
        drawn.append(Curves(titles[run], own_time[own], np.stack(each)[:, own], curves, own_time[chosen]))
    return Animation(
        title=title_of("Order over time", common, remark),
        panels=tuple(drawn),
        steps=step[chosen],
        seconds=shared_seconds(time[..., chosen]),
        frame_texts=tuple(
            f"{text}, order parameter {order[0, frame]:.3f}" if shown == 1 else text
            for text, frame in zip(frame_texts(step[chosen], time[..., chosen]), chosen, strict=True)
        ),
        x_title="time (s)",
        y_title="order, or share (0 to 1)",
        colours=None,
        hover="%{x:.2f} s: %{y:.3f}",
    )

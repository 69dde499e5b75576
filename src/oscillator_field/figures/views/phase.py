"""The phase view: one phase a pixel on a cyclic colour scale, the mean over its channels or any of them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis.observables import CHANNEL, circular_mean
from oscillator_field.figures.animation import Animation, Colours, Lattice, named_scale
from oscillator_field.figures.lattice_view import Shown
from oscillator_field.figures.titles import joined
from oscillator_field.stores.history import StoredHistory


def animation(
    history: StoredHistory,
    *,
    every: int,
    channels: str | int,
    channel_mean: str,
    colours: str,
    panels: int,
) -> Animation:
    """The phases of the runs of a history.

    Args:
        history: an open history.
        every: every n-th stored frame, and the last, is shown.
        channels: `mean`, the number of one, or `all` for a panel each.
        channel_mean: `circular` or `arithmetic`.
        colours: a cyclic colour scale of plotly.
        panels: panels shown at most.
    """
    drawn: list[Lattice] = []
    looks = _looks(channels, history["phase"].shape[CHANNEL], channel_mean)
    shown = Shown.of(history, every=every, panels=panels, panels_a_run=len(looks))
    remark = shown.remark
    if shown.runs * len(looks) > panels:
        remark = f" (first {panels} of {history['run'].shape[0] * len(looks)} panels)"
    for run in range(shown.runs):
        phase = history["phase"].oindex[run, history.own_frames(run, shown.chosen)]
        for name, look in looks.items():
            if len(drawn) < panels:
                drawn.append(shown.lattice(joined(shown.titles[run], name), look(phase)))
    scale = Colours(
        scale=named_scale(colours),
        title="phase (rad)",
        low=-math.pi,
        high=math.pi,
        ticks=((-math.pi, "-π"), (-math.pi / 2, "-π/2"), (0, "0"), (math.pi / 2, "π/2"), (math.pi, "π")),
    )
    name = f"Phase of channel {channels}" if isinstance(channels, int) else "Phase"
    return shown.animation(name, tuple(drawn), scale, "phase %{z:.3f} rad", remark=remark)


def arithmetic_mean(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the angles over the last axis, as the notebook draws it: wrong where phases lie around +-pi."""
    return phase.mean(axis=CHANNEL, dtype=np.float64).astype(np.float32)


Look = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def _looks(channels: str | int, count: int, channel_mean: str) -> dict[str, Look]:
    """What to show of the channels of a run, one panel each: its name and how it is found.

    Raises:
        ValueError: there is no such channel.
    """
    if channels == "mean":
        return {"": {"circular": circular_mean, "arithmetic": arithmetic_mean}[channel_mean]}
    if channels == "all":
        return {f"channel {number}": _only(number) for number in range(count)}
    if int(channels) >= count:
        raise ValueError(
            f"render.phase.channels: there is no channel {channels} (allowed: mean, all, 0 to {count - 1})"
        )
    return {"": _only(int(channels))}


def _only(number: int) -> Look:
    return lambda phase: phase[..., number]

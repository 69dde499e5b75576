"""The phase view: one phase a pixel, the mean over its channels, on a cyclic colour scale."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import (
    Animation,
    Colours,
    Lattice,
    chosen_runs,
    run_titles,
    thinned,
    title_of,
)
from oscillator_field.history import StoredHistory

CHANNEL = -1


def animation(history: StoredHistory, *, every: int, channel_mean: str, colours: str, panels: int) -> Animation:
    """The phases of the runs of a history.

    Args:
        history: an open history.
        every: every so many-th frame, and the last, is shown.
        channel_mean: `circular` or `arithmetic`.
        colours: a cyclic colour scale of plotly.
        panels: runs shown at most.
    """
    chosen, step, texts = thinned(history, every)
    shown, remark = chosen_runs(history, panels)
    common, titles = run_titles(history["run"][:shown])
    mean = {"circular": circular_mean, "arithmetic": arithmetic_mean}[channel_mean]
    return Animation(
        title=title_of("Phase state", common, remark),
        panels=tuple(Lattice(titles[run], mean(history["phase"].oindex[run, chosen])) for run in range(shown)),
        steps=step,
        frame_texts=texts,
        x_title="column (pixel)",
        y_title="row (pixel)",
        colours=Colours(
            name=colours,
            title="phase (rad)",
            low=-math.pi,
            high=math.pi,
            ticks=((-math.pi, "-π"), (-math.pi / 2, "-π/2"), (0, "0"), (math.pi / 2, "π/2"), (math.pi, "π")),
        ),
        hover="row %{y}, column %{x}<br>phase %{z:.3f} rad<extra></extra>",
    )


def circular_mean(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """The angle of the mean of exp(i phase) over the last axis, in [-pi, pi].

    Mardia and Jupp, "Directional Statistics" (2000), section 2.2.
    """
    exact = phase.astype(np.float64)
    return np.arctan2(np.sin(exact).mean(axis=CHANNEL), np.cos(exact).mean(axis=CHANNEL)).astype(np.float32)


def arithmetic_mean(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the angles over the last axis, as the notebook draws it: wrong where phases lie around +-pi."""
    return phase.mean(axis=CHANNEL, dtype=np.float64).astype(np.float32)

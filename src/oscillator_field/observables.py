"""What can be said of a field in one number a frame: order parameters, share of spikes, phase velocity.

`measure` computes them from a history, a block of frames at a time, into observables.zarr.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscillator_field.history import copy_run_coordinates, frame_intervals, open_history, origin
from oscillator_field.stores import add_values, copy_coordinates, new_store

SITES = (-3, -2, -1)
PIXELS = (-3, -2)


def order_parameter(phase: NDArray[np.float32]) -> NDArray[np.float64]:
    """|mean of exp(i phase)| over all sites: 1 if all are in phase, about 0 if they are spread evenly.

    Kuramoto, "Chemical Oscillations, Waves, and Turbulence" (1984).

    Args:
        phase: `(..., row, column, channel)`, rad.

    Returns:
        `(...)`, in 0..1.
    """
    return np.abs(np.mean(np.exp(1j * phase.astype(np.float64)), axis=SITES))


def channel_order_parameter(phase: NDArray[np.float32]) -> NDArray[np.float64]:
    """The order parameter of each channel by itself: `(..., row, column, channel)` to `(..., channel)`."""
    return np.abs(np.mean(np.exp(1j * phase.astype(np.float64)), axis=PIXELS))


def spike_share(spikes: NDArray[np.unsignedinteger], intervals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of sites that spike in a step, averaged over the steps since the frame before.

    Args:
        spikes: `(run, frame, row, column, channel)`, counts since the frame before.
        intervals: `(frame,)`, steps since the frame before.

    Returns:
        `(run, frame)`, in 0..1.
    """
    return np.mean(spikes, axis=SITES, dtype=np.float64) / intervals


def phase_velocity(
    phase: NDArray[np.float32], before: NDArray[np.float32], seconds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The mean over all sites of |phase change| per time, the change taken the short way round the circle.

    With thinned frames this is the net change between frames, hence a lower bound of the mean speed.

    Args:
        phase: `(run, frame, row, column, channel)`, rad.
        before: the same at the frame before (the start phases for the first frame), rad.
        seconds: `(run, frame)`, time since the frame before.

    Returns:
        `(run, frame)`, rad/s.
    """
    change = np.angle(np.exp(1j * (phase.astype(np.float64) - before.astype(np.float64))))
    return np.mean(np.abs(change), axis=SITES) / seconds


def measure(history_path: str | Path, path: str | Path) -> None:
    """Write the observables of every run and frame of a history to a store of their own."""
    history = open_history(history_path)
    runs, frames = history["phase"].shape[:2]
    intervals = frame_intervals(history)
    seconds = intervals * history["delta_t"][:][:, np.newaxis]
    over_time = {name: np.empty((runs, frames)) for name in ("order_parameter", "spike_share", "phase_velocity")}
    channelwise = np.empty((runs, frames, history["phase"].shape[-1]))

    for run in range(runs):
        before = history["initial_phase"][run][np.newaxis, np.newaxis]
        for part in history.frame_blocks():
            here = (slice(run, run + 1), part)
            phase = history["phase"][here]
            previous = np.concatenate([before, phase[:, :-1]], axis=1)
            over_time["order_parameter"][here] = order_parameter(phase)
            over_time["spike_share"][here] = spike_share(history["spikes"][here], intervals[part])
            over_time["phase_velocity"][here] = phase_velocity(phase, previous, seconds[here])
            channelwise[here] = channel_order_parameter(phase)
            before = phase[:, -1:]

    described = {
        "order_parameter": ("|mean of exp(i phase)| over all sites", "1"),
        "spike_share": ("share of sites that spike in a step", "1"),
        "phase_velocity": ("mean absolute phase velocity", "rad/s"),
    }
    with new_store(path, title="Observables of an oscillator field", attributes={"history": origin(history)}) as group:
        copy_run_coordinates(history, group)
        copy_coordinates(history.group, group, ["step", "time"])
        for name, (long_name, units) in described.items():
            add_values(group, name, ("run", "frame"), over_time[name], long_name=long_name, units=units)
        add_values(
            group,
            "channel_order_parameter",
            ("run", "frame", "channel"),
            channelwise,
            long_name="|mean of exp(i phase)| over the sites of a channel",
            units="1",
        )

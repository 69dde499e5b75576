"""From a history to its observables: all of them, of every run, a block of frames at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis import observables as observe
from oscillator_field.logs import progress
from oscillator_field.stores.history import (
    StoredHistory,
    copy_run_coordinates,
    described_runs,
    frame_intervals,
    open_history,
    origin,
)
from oscillator_field.stores.zarr_stores import (
    add_coordinate,
    add_values,
    copy_coordinates,
    new_store,
    refuse_impossible,
)

# Of each observable: its dimensions after `run`, its meaning and its unit.
OBSERVABLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "order_parameter": (("frame",), "|mean of exp(i phase)| over all sites", "1"),
    "channel_order_parameter": (("frame", "channel"), "|mean of exp(i phase)| over the sites of a channel", "1"),
    "local_order_parameter": (("frame",), "|mean of exp(i phase)| over nearest neighbours, mean over sites", "1"),
    "input_alignment": (("frame",), "|mean of exp(i (phase - input phase at the start))| over all sites", "1"),
    "spike_share": (("frame",), "share of sites that spike in a step", "1"),
    "phase_velocity": (("frame",), "mean absolute phase velocity", "rad/s"),
    "phase_velocity_quantile": (("frame", "quantile"), "quantiles over sites of the absolute phase velocity", "rad/s"),
    "singularities": (("frame",), "phase singularities of all channels", "1"),
    "energy_coupling": (("frame",), "energy of the coupling for each site", "1/s"),
    "energy_bias": (("frame",), "energy of the bias for each site", "1/s"),
    "energy_omega": (("frame",), "imaginary part of the mixing for each site", "1/s"),
    "phase_locking": (
        ("row", "column", "channel"),
        "|mean over frames of exp(i (phase - phase of the mean field))|",
        "1",
    ),
    "spike_count": (("row", "column", "channel"), "spikes over the whole run", "1"),
    "singularity_count": (("row_edge", "column_edge"), "singularities over all frames and channels", "1"),
    "settling_time": ((), "time from which on the share of spiking sites stays below the bound", "s"),
}

LARGEST = np.finfo(np.float64).max
# Those that lie between 0 and 1, whatever the field.
SHARES = (
    "order_parameter",
    "channel_order_parameter",
    "local_order_parameter",
    "input_alignment",
    "spike_share",
    "phase_locking",
)

# Observables over time that a row takes the last value of.
_AT_THE_END = (
    "order_parameter",
    "local_order_parameter",
    "input_alignment",
    "spike_share",
    "phase_velocity",
    "singularities",
    "energy_coupling",
    "energy_bias",
    "energy_omega",
)
# Of every scalar: what it is, and its unit.
SCALARS: dict[str, tuple[str, str]] = {
    "final_order_parameter": ("order parameter at the end", "1"),
    "final_local_order_parameter": ("local order parameter at the end", "1"),
    "final_input_alignment": ("alignment with the input at the end", "1"),
    "final_spike_share": ("share of spiking sites at the end", "1"),
    "final_phase_velocity": ("phase velocity at the end", "rad/s"),
    "final_singularities": ("phase singularities at the end", "1"),
    "final_energy_coupling": ("energy of the coupling at the end", "1/s"),
    "final_energy_bias": ("energy of the bias at the end", "1/s"),
    "final_energy_omega": ("imaginary part of the mixing at the end", "1/s"),
    "spikes_a_site": ("spikes of a site over the whole run, mean", "1"),
    "mean_phase_locking": ("locking of a site to the mean field, mean", "1"),
    "settling_time": ("time to settle", "s"),
}
# The group in a store of observables whose attributes hold the rows of a summary: those of the store itself are for
# what netCDF takes too.
ROWS = "summary"


def measure(history_path: str | Path, path: str | Path, *, settled_share: float) -> None:
    """Write the observables of every run of a history, at its stored frames, to a store of their own.

    Args:
        history_path: the history.
        path: where the store belongs.
        settled_share: a run has settled when fewer than this share of sites spike in a step, for good.
    """
    history = open_history(history_path)
    runs = history["phase"].shape[0]
    with progress(total=runs, unit="run") as bar:
        each = []
        for run in range(runs):
            each.append(observed(history, run, settled_share))
            bar.update()
    attributes = {
        "history": origin(history),
        "measure": {"settled_share": settled_share},
    }
    rows = [{**run, **scalars(one)} for run, one in zip(described_runs(history), each, strict=True)]
    with new_store(path, title="Observables of an oscillator field", attributes=attributes) as group:
        copy_run_coordinates(history, group)
        copy_coordinates(history, group, ["step", "time"])
        group.create_group(ROWS, attributes={"rows": rows})
        add_coordinate(group, "quantile", ("quantile",), observe.QUANTILES, long_name="share of sites below", units="1")
        for name, (axes, meaning, unit) in OBSERVABLES.items():
            values = np.stack([one[name] for one in each])
            if name != "settling_time":  # a run may never settle
                refuse_impossible(name, values, *((0, 1) if name in SHARES else (-LARGEST, LARGEST)))
            add_values(group, name, ("run", *axes), values, long_name=meaning, units=unit)


def observed(history: StoredHistory, run: int, settled_share: float) -> dict[str, Any]:
    """All observables of one run, by name, in the shapes that OBSERVABLES says."""
    intervals = frame_intervals(history)
    delta_t = float(history["delta_t"][run])
    seconds = np.asarray(intervals * delta_t, np.float64)
    input_phase, omega = history["input_phase"][run], history["omega"][run]
    strengths = {name: float(history[name][run]) for name in ("k_coupling", "k_omega", "k_bias")}
    before = history["initial_phase"][run]
    locked = np.zeros(before.shape, np.complex128)
    spike_count = np.zeros(before.shape, np.int64)
    singular = np.zeros((before.shape[0] - 1, before.shape[1] - 1), np.int64)
    parts: list[dict[str, NDArray]] = []

    for part in history.frame_blocks():
        phase, spikes = history["phase"][run, part], history["spikes"][run, part]
        z = observe.state(phase)
        speed = observe.speeds(phase, np.concatenate([before[np.newaxis], phase[:-1]]), seconds[part])
        defects = observe.singularity_charge(phase) != 0
        parts.append(
            {
                "order_parameter": observe.order_parameter(z),
                "channel_order_parameter": observe.channel_order_parameter(z),
                "local_order_parameter": observe.local_order_parameter(z),
                "input_alignment": observe.input_alignment(z, input_phase),
                "spike_share": observe.spike_share(spikes, intervals[part]),
                "phase_velocity": speed.mean(axis=observe.SITES, dtype=np.float64),
                "phase_velocity_quantile": np.quantile(
                    speed.reshape(len(speed), -1), observe.QUANTILES, axis=1
                ).T.astype(np.float64),
                "singularities": defects.sum(axis=observe.SITES, dtype=np.int64),
                "energy_coupling": observe.coupling_energy(z, strengths["k_coupling"]),
                "energy_bias": observe.bias_energy(z, input_phase, strengths["k_bias"]),
                "energy_omega": observe.omega_energy(z, omega, strengths["k_omega"]),
            }
        )
        # Lachaux et al., Human Brain Mapping 8, 194 (1999), with the mean field as the partner of every site.
        mean_field = z.mean(axis=observe.SITES, dtype=np.complex128, keepdims=True)
        locked += (z * np.exp(-1j * np.angle(mean_field)).astype(np.complex64)).sum(axis=0, dtype=np.complex128)
        spike_count += spikes.sum(axis=0, dtype=np.int64)
        singular += defects.sum(axis=(0, observe.CHANNEL), dtype=np.int64)
        before = phase[-1]

    over_time = {name: np.concatenate([block[name] for block in parts]) for name in parts[0]}
    time = history["step"][:] * delta_t
    return {
        **over_time,
        "phase_locking": observe.modulus(locked / len(intervals)),
        "spike_count": spike_count,
        "singularity_count": singular,
        "settling_time": observe.settling_time(over_time["spike_share"], time, settled_share),
    }


def scalars(observed: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of one run, from its observables; None for one that does not exist, such as a time never reached."""
    numbers = {f"final_{name}": float(observed[name][-1]) for name in _AT_THE_END}
    numbers["spikes_a_site"] = float(np.mean(observed["spike_count"]))
    numbers["mean_phase_locking"] = float(np.mean(observed["phase_locking"]))
    numbers["settling_time"] = float(observed["settling_time"])
    return {name: numbers[name] if np.isfinite(numbers[name]) else None for name in SCALARS}

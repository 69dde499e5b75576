"""From a history to its observables: all of them, of every run, a block of frames at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis import observables as observe
from oscillator_field.analysis.registry import ENERGIES, OBSERVABLES, OVER_TIME, SCALARS, Block
from oscillator_field.logs import progress
from oscillator_field.parameters import DEFAULTS, NOT_LEARNED, FieldParameters
from oscillator_field.stores.history import (
    StoredHistory,
    copy_run_coordinates,
    described_runs,
    frame_intervals,
    in_frames,
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

LARGEST = np.finfo(np.float64).max
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
    runs, frames = history["phase"].shape[:2]
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
        for name, observable in OBSERVABLES.items():
            there = np.concatenate([np.ravel(one[name]) for one in each])
            if observable.may_be_missing:
                there = there[~np.isnan(there)]
            if there.size:
                refuse_impossible(name, there, *((0, 1) if observable.is_share else (-LARGEST, LARGEST)))
            axes = ("run", *observable.axes)
            values = np.stack([in_frames(one[name], frames) if "frame" in axes else one[name] for one in each])
            add_values(group, name, axes, values, long_name=observable.meaning, units=observable.unit)


def observed(history: StoredHistory, run: int, settled_share: float) -> dict[str, Any]:
    """All observables of one run, by name, in the shapes that OBSERVABLES says, for the frames that it has."""
    intervals = frame_intervals(history)
    delta_t = float(history["delta_t"][run])
    seconds = np.asarray(intervals * delta_t, np.float64)
    input_phase, omega = history["input_phase"][run], history["omega"][run]
    (described,) = described_runs(history, slice(run, run + 1))
    # A store of an earlier version lacks parameters that it did not know: they were at their defaults.
    parameters = FieldParameters(
        **{name: described.get(name, DEFAULTS[name]) for name in FieldParameters.__dataclass_fields__}
    )
    before = history["initial_phase"][run]
    locked = np.zeros(before.shape, np.complex128)
    spike_count = np.zeros(before.shape, np.int64)
    singular = np.zeros((before.shape[0] - 1, before.shape[1] - 1), np.int64)
    parts: list[dict[str, NDArray]] = []

    for part in history.frame_blocks(run):
        block = Block(
            phase=history["phase"][run, part],
            before=before,
            spikes=history["spikes"][run, part],
            intervals=intervals[part],
            seconds=seconds[part],
            input_phase=input_phase,
            omega=omega,
            parameters=parameters,
        )
        parts.append({name: one.of(block) for name, one in OVER_TIME.items() if one.of})
        z = block.z
        # Lachaux et al., Human Brain Mapping 8, 194 (1999), with the mean field as the partner of every site.
        mean_field = z.mean(axis=observe.SITES, dtype=np.complex128, keepdims=True)
        locked += (z * np.exp(-1j * np.angle(mean_field)).astype(np.complex64)).sum(axis=0, dtype=np.complex128)
        spike_count += block.spikes.sum(axis=0, dtype=np.int64)
        singular += block.defects.sum(axis=(0, observe.CHANNEL), dtype=np.int64)
        before = block.phase[-1]

    over_time = {name: np.concatenate([block[name] for block in parts]) for name in parts[0]}
    if described.get("learned", NOT_LEARNED) != NOT_LEARNED:
        # They are those of couplings that are stated, which a learned field does not have.
        over_time |= {name: np.full_like(over_time[name], np.nan) for name in ENERGIES}
    time = history["step"][:][: len(over_time["spike_share"])] * delta_t
    return {
        **over_time,
        "phase_locking": observe.modulus(locked / len(time)),
        "spike_count": spike_count,
        "singularity_count": singular,
        "settling_time": observe.settling_time(over_time["spike_share"], time, settled_share),
        "end_time": float(f"{time[-1]:.12g}"),
    }


def scalars(observed: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of one run, from its observables; None for one that does not exist, such as a time never reached."""
    numbers = {f"final_{name}": float(observed[name][-1]) for name, one in OVER_TIME.items() if one.words}
    numbers["spikes_a_site"] = float(np.mean(observed["spike_count"]))
    numbers["mean_phase_locking"] = float(np.mean(observed["phase_locking"]))
    numbers |= {name: float(observed[name]) for name in ("settling_time", "end_time")}
    return {name: numbers[name] if np.isfinite(numbers[name]) else None for name in SCALARS}

"""What the runs and frames of a store are: coordinates of every store that has runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray

from oscillator_field.nouns import NOUNS, noun_in
from oscillator_field.parameters import METADATA
from oscillator_field.stores.zarr_stores import Store, add_coordinate, copy_coordinates


def add_run_coordinates(group: zarr.Group, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write what each run is: its name, label, instance and parameters, as columns."""
    noun = noun_in(columns)
    add_coordinate(group, "run", ("run",), columns["run"], long_name="name of the run")
    add_coordinate(group, noun, ("run",), columns[noun], long_name=noun)
    add_coordinate(group, "instance", ("run",), columns["instance"], long_name=f"instance of the {noun}, from 0")
    # A history of an earlier version lacks parameters that it did not know.
    for name, metadata in METADATA.items():
        if name in columns:
            values = np.array(columns[name])
            add_coordinate(group, name, ("run",), values, long_name=metadata["meaning"], units=metadata["unit"])


def add_times(group: zarr.Group, steps: NDArray[np.int64], end_steps: ArrayLike, delta_t: Sequence[float]) -> None:
    """Write after which steps frames were kept, and when runs ended.

    Args:
        group: a store.
        steps: `(frame,)`.
        end_steps: `(run,)`, the last step of each run.
        delta_t: of each run, s.
    """
    add_coordinate(group, "end_step", ("run",), end_steps, long_name="last step of the run", units="1")
    add_coordinate(group, "step", ("frame",), steps, long_name="step after which the frame was kept", units="1")
    each = np.array(delta_t)
    alike = len(set(delta_t)) == 1
    time = steps * each[0] if alike else steps * each[:, np.newaxis]
    time_axes = ("frame",) if alike else ("run", "frame")
    add_coordinate(group, "time", time_axes, time, long_name="time since the start", units="s")


def copy_run_coordinates(history: Store, target: zarr.Group) -> None:
    """What each run is, from a history to a store made of it."""
    names = [
        name
        for name, array in history.arrays()
        if array.attrs.get("role") == "coordinate" and array.metadata.dimension_names == ("run",)
    ]
    copy_coordinates(history, target, sorted(names))


def described_runs(store: Store, runs: slice = slice(None)) -> list[dict[str, Any]]:
    """Name, label, instance and every parameter of some runs of a store, or all, as plain values.

    A store that is made of several runs may lack what these do not share.
    """
    present = set(store.array_keys())
    names = [name for name in ("run", *NOUNS, "instance", *METADATA) if name in present]
    columns = [np.asarray(store[name][runs]).tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

"""The store of the observables of a job: written some runs at a time, and its rows for a summary.

    the observables              (run, ...), as the registry says
    run, digit, instance, each parameter, end_step
                                 (run)
    step, time                   (frame), or time (run, frame) where the runs differ in their time step
    quantile                     (quantile)

The numbers of a summary stand in the metadata, so a summary of thousands of stores opens one small file of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from oscillator_field.analysis.observer import Measured
from oscillator_field.analysis.registry import OBSERVABLES, QUANTILES, SCALARS, TIMES, Observable
from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.runs import runs_at_once
from oscillator_field.stores.history import in_frames
from oscillator_field.stores.run_coordinates import add_run_coordinates, add_times
from oscillator_field.stores.zarr_stores import (
    LABELS,
    add_array,
    add_coordinate,
    check_store,
    folded,
    new_store,
    refuse_impossible,
)

LARGEST = np.finfo(np.float64).max
# The group whose attributes hold what a summary has of the runs beside their labels: those of the store itself are for
# what netCDF takes too.
SUMMARY = "summary"


def write_observables(
    path: str | Path,
    measured: Iterable[Measured],
    *,
    runs: int,
    sites: int,
    steps: NDArray[np.int64],
    may_end: bool,
    wanted: Sequence[str],
    attributes: Mapping[str, Any],
    libraries: Sequence[str] = (),
) -> None:
    """Write runs as they are measured; the store appears when the last one is in.

    Args:
        path: where the store belongs.
        measured: the runs in their order.
        runs: how many come.
        sites: of a run.
        steps: `(frame,)`, the step after which each frame was measured, in runs that have all.
        may_end: whether runs may end before the last step.
        wanted: names of OBSERVABLES, beside which there are times.
        attributes: what made the numbers; JSON values only.
        libraries: distributions whose versions decided them.
    """
    described = {name: one for name, one in OBSERVABLES.items() if name in wanted or name in TIMES}
    arrays: dict[str, zarr.Array] = {}
    columns: dict[str, list[Any]] = {}
    frames: list[int] = []
    ends: list[int] = []
    coming = iter(measured)
    with new_store(
        path, title="Observables of an oscillator field", attributes=attributes, libraries=libraries
    ) as group:
        together = runs_at_once(sites, len(steps))
        while part := list(islice(coming, together)):
            for one in part:
                for name, value in {**one.described, **one.scalars()}.items():
                    columns.setdefault(name, []).append(value)
            for name, observable in described.items():
                values = _together(name, observable, part, len(steps), may_end)
                if name not in arrays:
                    arrays[name] = add_array(
                        group,
                        name,
                        ("run", *observable.axes),
                        shape=(runs, *values.shape[1:]),
                        chunks=(min(runs, together), *values.shape[1:]),
                        dtype=values.dtype,
                        long_name=observable.meaning,
                        units=observable.unit,
                    )
                arrays[name][len(frames) : len(frames) + len(part)] = values
            frames += [one.frames for one in part]
            ends += [one.end_step for one in part]
        longest = max(frames)
        for name, array in arrays.items():
            if "frame" in described[name].axes and longest < len(steps):
                array.resize((runs, longest, *array.shape[2:]))
        add_run_coordinates(group, columns)
        add_times(group, steps[:longest], ends, columns["delta_t"])
        group.create_group(SUMMARY, attributes={"columns": {name: folded(columns[name]) for name in SCALARS}})
        if any("quantile" in one.axes for one in described.values()):
            add_coordinate(group, "quantile", ("quantile",), QUANTILES, long_name="share of sites below", units="1")


def _together(name: str, observable: Observable, part: Sequence[Measured], frames: int, may_end: bool) -> NDArray[Any]:
    """An observable of some runs, in as many frames as the longest may have, checked."""
    each = [np.asarray(one.observed[name]) for one in part]
    if "frame" in observable.axes:
        each = [in_frames(values, frames) if may_end else values for values in each]
    values = np.stack(each)
    may_lack = observable.may_be_missing or observable.of_course or may_end
    there = values[~np.isnan(values)] if may_lack else values
    if there.size:
        refuse_impossible(name, there, *((0, 1) if observable.is_share else (-LARGEST, LARGEST)))
    return values


def columns_of(observables: str | Path) -> dict[str, list[Any]]:
    """The columns of the runs in a store of observables for a summary, without opening its arrays.

    Raises:
        FileNotFoundError: there is no store.
        DamagedStoreError, ValueError: it is damaged, or not one of observables.
    """
    document = check_store(observables)
    try:
        metadata = document["consolidated_metadata"]["metadata"]
        scalars, [runs] = metadata[SUMMARY]["attributes"]["columns"], metadata["end_time"]["shape"]
        labels = json.loads(document["attributes"][LABELS])
    except KeyError as error:
        raise ValueError(f"{observables}: not a store of observables, it has no {error}") from None
    columns = {name: labels[name] for name in ("run", *NOUNS, "instance", *sorted(METADATA)) if name in labels}
    return {name: each if isinstance(each, list) else [each] * runs for name, each in (columns | scalars).items()}

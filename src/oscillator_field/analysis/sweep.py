"""All runs of a study as one labelled xarray Dataset, opened lazily: the axes of the grid are its dimensions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.stores.history import SITE_AXES
from oscillator_field.stores.zarr_stores import DIGEST, check_store

if TYPE_CHECKING:
    import xarray as xr


_REMEDY = "results of several configs? `prune` lists those that the last no longer asks for"


def open_sweep(results: str | Path = "results", store: str = "history") -> xr.Dataset:
    """Open every store of one kind below a folder of results, without reading its data.

    Values that all runs share become scalar coordinates; label, instance and every parameter that differs becomes a
    dimension if the runs are all combinations of these values, and else a coordinate along `run`.

    Args:
        results: folder of the results.
        store: `history`, `observables`, `embedding-pca`, ...

    Raises:
        FileNotFoundError: there is no such store.
        DamagedStoreError: a store is damaged.
        ValueError: the runs differ in shape (channels, steps or kept frames), so they do not fit one array; or a run is
            listed twice.

    Example:
        >>> from oscillator_field import open_sweep
        >>> sweep = open_sweep("results")
        >>> sweep["phase"].sel(digit=3).isel(frame=-1).shape
        (28, 28, 4)
    """
    import xarray as xr

    paths = sorted(Path(results).glob(f"runs/*/{store}.zarr"))
    if not paths:
        raise FileNotFoundError(f"{results}: no {store}.zarr in any of its runs")
    for path in paths:
        # xarray reads a lost chunk of whole numbers as zeros.
        check_store(path)
    each = _in_common_frames([xr.open_zarr(path, chunks={}) for path in paths])
    shapes = {tuple(sorted((name, size) for name, size in one.sizes.items() if name != "run")) for one in each}
    if len(shapes) > 1:
        raise ValueError(f"{results}: the runs differ in shape, {' and '.join(map(str, sorted(shapes)))} ({_REMEDY})")
    if "step" in each[0] and any((one["step"].values != each[0]["step"].values).any() for one in each):
        raise ValueError(f"{results}: the runs differ in the steps after which frames were kept ({_REMEDY})")
    nouns = {noun: path for path, one in zip(paths, each, strict=True) for noun in NOUNS if noun in one.coords}
    if len(nouns) > 1:
        told = " and ".join(f"a {noun} in {path}" for noun, path in nouns.items())
        raise ValueError(f"{results}: the runs are of different data sets, {told} ({_REMEDY})")
    path_of: dict[str, Path] = {}
    for path, one in zip(paths, each, strict=True):
        for name in one["run"].values.tolist():
            if name in path_of:
                raise ValueError(f"{results}: {name} is both in {path_of[name]} and in {path} ({_REMEDY})")
            path_of[name] = path
    whole = xr.concat(
        each,
        "run",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        join="override",
        # Attributes that only one store has are not true of all.
        combine_attrs="drop_conflicts",
    )
    whole.attrs.pop(DIGEST, None)
    # Samples of several labels have none.
    labels = [name for name in (*NOUNS, "instance", *METADATA) if name in whole.coords]
    whole = whole.assign_coords({name: whole[name].load() for name in labels}).sortby(labels)
    axes = [name for name in labels if len(set(whole[name].values.tolist())) > 1]
    for name in labels:
        if name not in axes:
            whole[name] = ((), whole[name].values[0], whole[name].attrs)
    combinations = math.prod(len(set(whole[name].values.tolist())) for name in axes)
    if not axes or combinations != whole.sizes["run"]:
        return whole
    if len(axes) == 1:
        whole = whole.drop_vars("run").swap_dims(run=axes[0])
    else:
        whole = whole.drop_vars("run").set_index(run=axes).unstack("run")
    return whole.transpose(*axes, "frame", *SITE_AXES, ..., missing_dims="ignore")


def _in_common_frames(stores: list[xr.Dataset]) -> list[xr.Dataset]:
    """The stores with the frames of the longest, where they differ only because runs had settled, and with their times.

    Frames that a run does not have are NaN. In a store of every n-th frame, the first frame after the end of a run
    stands for its end, as it does where runs share a store.
    """
    if any(not {"step", "end_step"} <= set(one.variables) for one in stores):
        return stores
    steps = max((one["step"].values for one in stores), key=lambda step: (len(step), step[-1]))
    delta_t = {value for one in stores for value in np.ravel(one["delta_t"].values).tolist()}

    def in_common(one: xr.Dataset) -> xr.Dataset:
        own = one["step"].values
        if own.tolist() != steps.tolist():
            before = len(own) - 1
            settled = bool((one["end_step"] < one["steps"]).all())
            if not settled or (own[:before] != steps[:before]).any() or own[before] > steps[before]:
                return one
            one = one.pad(frame=(0, len(steps) - len(own))).assign_coords(step=("frame", steps, one["step"].attrs))
        # Only where all runs have one time step have they one time.
        time = steps * one["delta_t"].values.reshape(-1, 1)
        axes = ("run", "frame") if len(delta_t) > 1 else ("frame",)
        return one.assign_coords(time=(axes, time if len(delta_t) > 1 else time[0], one["time"].attrs))

    return [in_common(one) for one in stores]

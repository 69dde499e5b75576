"""All runs of a study as one labelled xarray Dataset, opened lazily: the axes of the grid are its dimensions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.stores.history import SITE_AXES
from oscillator_field.stores.many import Described, ManyArrays, describe
from oscillator_field.stores.shared_index import SharedIndex

_REMEDY = "results of several configs? `prune` lists those that the last no longer asks for"
# What tells runs apart, in the order of the dimensions.
_LABELS = (*NOUNS, "instance", *METADATA)


def open_sweep(results: str | Path = "results", store: str | Sequence[str] = "history") -> xr.Dataset:
    """Open every store of one kind, or of several, below a folder of results, without reading its data.

    Label, instance and every parameter that differs becomes a dimension if the runs are all combinations of these
    values, and else a coordinate along `run`. What all runs share becomes a scalar coordinate, which `sel` takes, too.

    Args:
        results: folder of the results.
        store: `history`, `observables`, `embedding-pca`, ...; or a list of these.

    Raises:
        FileNotFoundError: there is no such store.
        DamagedStoreError: a store is damaged.
        ValueError: the runs differ in shape (size, channels, steps or kept frames), so they do not fit one array; or a
            run is listed twice; or several kinds of stores have arrays of one name, or other frames.

    Examples:
        >>> from oscillator_field import open_sweep
        >>> sweep = open_sweep("results")
        >>> sweep["phase"].sel(digit=3, k_bias=1.25).isel(frame=-1).shape
        (28, 28, 4)
    """
    if isinstance(store, str):
        return _of_one_kind(Path(results), store)
    each = {kind: _of_one_kind(Path(results), kind) for kind in store}
    kinds = " and ".join(each)
    if not each:
        raise ValueError("no kind of stores is named, such as history or observables")
    names = [str(name) for one in each.values() for name in one.data_vars]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{results}: {kinds} both have {', '.join(twice)}: open them one by one")
    first = next(iter(each.values()))
    for name in {name for one in each.values() for name in ("run", *_LABELS) if name in one.coords}:
        if not all(name in one.coords and first[name].equals(one[name]) for one in each.values()):
            raise ValueError(f"{results}: {kinds} have other runs ({name} differs): open them one by one")
    if len({tuple(one["step"].values.tolist()) for one in each.values() if "step" in one}) > 1:
        raise ValueError(f"{results}: {kinds} have other frames (`every`): open them one by one")
    return xr.merge(each.values(), join="exact", compat="override", combine_attrs="drop_conflicts")


def _of_one_kind(results: Path, kind: str) -> xr.Dataset:
    paths = sorted(results.glob(f"runs/*/{kind}.zarr"))
    if not paths:
        there = ", ".join(sorted({path.stem for path in results.glob("runs/*/*.zarr")}))
        why = "no such folder" if not results.is_dir() else f"there: {there or 'nothing'}"
        raise FileNotFoundError(f"{results}: no {kind}.zarr in any of its runs ({why})")
    stores = [describe(path) for path in paths]
    try:
        _refuse_other_runs(stores)
        steps = _common_steps(stores)
        labels = {name: np.concatenate([one.labels[name] for one in stores]) for name in _along_runs(stores)}
        told_apart = [name for name in _LABELS if name in labels]
        # Of samples of several labels, and of one set, there is nothing to sort by.
        keys = [labels[name] for name in reversed(told_apart)]
        order = np.lexsort(keys) if keys else np.arange(len(labels["run"]))
        labels = {name: column[order] for name, column in labels.items()}
        axes = _axes(labels, told_apart)
        shape = tuple(map(len, axes.values()))
        store_of = np.repeat(range(len(stores)), [len(one.labels["run"]) for one in stores])[order].reshape(shape)
        place_of = np.concatenate([np.arange(len(one.labels["run"])) for one in stores])[order].reshape(shape)
        whole = _arrays(stores, store_of, place_of, tuple(axes), steps)
    except ValueError as error:
        raise ValueError(f"{results}: {error} ({_REMEDY})") from error
    whole = whole.assign_coords(_coordinates(labels, axes, steps))
    shared = [name for name in told_apart if not whole[name].dims]
    for name in whole.coords:
        whole[name].attrs = dict(stores[0].arrays[str(name)]["attributes"])
    for name in shared:
        whole = whole.set_xindex(name, SharedIndex)
    return whole.transpose(*axes, "frame", *SITE_AXES, ..., missing_dims="ignore")


def _refuse_other_runs(stores: Sequence[Described]) -> None:
    nouns = {noun: one.path for one in stores for noun in NOUNS if noun in one.labels}
    if len(nouns) > 1:
        told = " and ".join(f"a {noun} in {path}" for noun, path in nouns.items())
        raise ValueError(f"the runs are of different data sets, {told}")
    path_of: dict[str, Path] = {}
    for one in stores:
        for name in one.labels["run"].tolist():
            if name in path_of:
                raise ValueError(f"{name} is both in {path_of[name]} and in {one.path}")
            path_of[name] = one.path


def _common_steps(stores: Sequence[Described]) -> NDArray[np.int64] | None:
    """After which steps the run with the most frames has them; None where no store says so.

    In a store of every n-th frame, the first frame after the end of a run stands for its end, as it does where runs
    share a store.

    Raises:
        ValueError: others have other frames, and not because they had settled.
    """
    if any(not {"step", "end_step", "steps"} <= set(one.labels) for one in stores):
        return None
    longest: NDArray[np.int64] = max((one.labels["step"] for one in stores), key=lambda step: (len(step), step[-1]))
    for one in stores:
        own = one.labels["step"]
        before = len(own) - 1
        settled = bool((one.labels["end_step"] < one.labels["steps"]).all())
        if not np.array_equal(own, longest) and (
            not settled or not np.array_equal(own[:before], longest[:before]) or own[before] > longest[before]
        ):
            raise ValueError("the runs differ in the steps after which frames were kept")
    return longest


def _along_runs(stores: Sequence[Described]) -> list[str]:
    """The names of the labels of runs.

    Raises:
        ValueError: some stores have others.
    """
    each = [{name for name in one.labels if one.arrays[name]["dimension_names"] == ["run"]} for one in stores]
    for one, names in zip(stores, each, strict=True):
        if names != each[0]:
            told = ", ".join(sorted(names ^ each[0]))
            raise ValueError(f"the runs differ in what is known of them, {told} in {stores[0].path} and {one.path}")
    return sorted(each[0])


def _axes(labels: Mapping[str, NDArray[Any]], told_apart: Sequence[str]) -> dict[str, NDArray[Any]]:
    """What differs between runs, with its values, if these are all combinations of them; else the runs.

    Args:
        labels: of runs that are sorted by what tells them apart.
        told_apart: the names of that.
    """
    values = {name: np.unique(labels[name]) for name in told_apart}
    axes = {name: each for name, each in values.items() if len(each) > 1}
    shape = tuple(map(len, axes.values()))
    if math.prod(shape) == len(labels["run"]):
        grid = zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True)
        if all(np.array_equal(labels[name].reshape(shape), expected) for name, expected in grid):
            return axes
    return {"run": labels["run"]}


def _coordinates(
    labels: Mapping[str, NDArray[Any]], axes: Mapping[str, NDArray[Any]], steps: NDArray[np.int64] | None
) -> dict[str, tuple[Sequence[str], Any]]:
    """Labels of runs on their axes, and of frames."""
    shape = tuple(map(len, axes.values()))
    found: dict[str, tuple[Sequence[str], Any]] = {}
    for name, column in labels.items():
        # xarray writes texts of any length where they are objects.
        column = column.astype(object) if column.dtype.kind == "U" else column
        if name in axes:
            found[name] = ((name,), axes[name].astype(column.dtype))
        elif name in _LABELS and len(set(column.tolist())) == 1:
            found[name] = ((), column[0])
        # Names take more room than all else, and on a grid say nothing new.
        elif name != "run" or not axes:
            found[name] = (tuple(axes), column.reshape(shape))
    if steps is not None:
        found["step"] = (("frame",), steps)
        delta_t = np.unique(labels["delta_t"])
        if len(delta_t) == 1:
            found["time"] = (("frame",), steps * delta_t[0])
        else:
            found["time"] = ((*axes, "frame"), steps * labels["delta_t"].reshape(*shape, 1))
    return found


def _arrays(
    stores: Sequence[Described],
    store_of: NDArray[np.int64],
    place_of: NDArray[np.int64],
    axes: Sequence[str],
    steps: NDArray[np.int64] | None,
) -> xr.Dataset:
    """All arrays that are no labels, and the attributes that all stores share."""
    templates = [xr.open_zarr(one.path, chunks=None) for one in {one.kind: one for one in stores}.values()]
    frames = len(steps) if steps is not None else None
    arrays, others = {}, {}
    # Times follow from steps.
    known = {*stores[0].labels, "time"} if frames else {*stores[0].labels}
    for name in dict.fromkeys(name for one in templates for name in one.variables if name not in known):
        each = [one.variables[name] for one in templates if name in one.variables]
        if len({one.dims for one in each}) > 1:
            raise ValueError(f"the runs differ in how '{name}' is stored")
        if "run" not in each[0].dims:
            others[name] = each[0]
            continue
        own = [one.lengths(str(name)) for one in stores if name in one.arrays]
        lengths = [{axis: size for axis, size in one.items() if axis != "run"} for one in own]
        missing = len(own) < len(stores)
        if frames is not None and "frame" in lengths[0]:
            missing |= any(one["frame"] < frames for one in lengths)
            lengths = [one | {"frame": frames} for one in lengths]
        if any(one != lengths[0] for one in lengths):
            told = " and ".join(sorted({str(one) for one in lengths}))
            raise ValueError(f"the runs differ in the shape of '{name}', {told}: open each by open_history")
        dtype = np.result_type(*[one.dtype for one in each])
        if missing and dtype.kind != "f":
            dtype = np.promote_types(dtype, np.float32)
        many = ManyArrays(str(name), stores, store_of, place_of, lengths[0], dtype)
        nothing = np.empty((0,) * many.ndim, dtype)
        read = dask.array.from_array(many, many.chunks, name=False, asarray=True, fancy=False, meta=nothing)
        arrays[name] = ((*axes, *lengths[0]), read, each[0].attrs)
    attributes = [one.attributes for one in stores]
    shared = {name: value for name, value in attributes[0].items() if all(one.get(name) == value for one in attributes)}
    return xr.Dataset(arrays, others, shared)

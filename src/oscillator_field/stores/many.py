"""Very many stores of one kind as one: of each only the root file is read, and of its arrays what is asked for."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore, StorePath

from oscillator_field.stores.zarr_stores import LABELS, DamagedStoreError, StoredArray, check_store

# What is read at once at most, where that is one store.
_BYTES_AT_ONCE = 2**27


@dataclass(frozen=True)
class Described:
    """A store as its root file describes it.

    Attributes:
        path: of the store.
        attributes: of the whole store.
        arrays: the metadata of each array.
        labels: coordinates along runs or frames, by name.
    """

    path: Path
    attributes: Mapping[str, Any]
    arrays: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, NDArray[Any]]

    @cached_property
    def kind(self) -> str:
        """Of two stores with the same text, xarray makes arrays of the same types, dimensions and attributes."""
        left_out = ("shape", "chunk_grid")
        data = {
            name: {key: value for key, value in described.items() if key not in left_out}
            for name, described in self.arrays.items()
            if name not in self.labels
        }
        return json.dumps(data, sort_keys=True)

    def lengths(self, name: str, *, of_chunk: bool = False) -> dict[str, int]:
        """Of an array along each dimension, or of its chunks."""
        described = self.arrays[name]
        lengths = described["chunk_grid"]["configuration"]["chunk_shape"] if of_chunk else described["shape"]
        return dict(zip(described["dimension_names"], lengths, strict=True))


def describe(path: str | Path) -> Described:
    """A store, checked to be whole.

    Raises:
        FileNotFoundError: there is no store.
        DamagedStoreError: it is damaged, or not one whose runs have labels.
    """
    document = check_store(path)
    attributes = document["attributes"]
    metadata = document["consolidated_metadata"]["metadata"]
    arrays = {name: described for name, described in metadata.items() if described["node_type"] == "array"}
    if LABELS not in attributes:
        raise DamagedStoreError(f"{path}: made by an earlier version of this program (remove the store and run again)")
    labels = {
        name: _column(value, arrays[name]["shape"][0], arrays[name]["data_type"])
        for name, value in json.loads(attributes.pop(LABELS)).items()
    }
    return Described(Path(path), attributes, arrays, labels)


def _column(value: Any, length: int, data_type: str) -> NDArray[Any]:
    dtype = np.dtype(np.str_ if data_type == "string" else data_type)
    return np.array(value, dtype) if isinstance(value, list) else np.full(length, np.array(value, dtype))


class ManyArrays:
    """An array of many stores as one, whose runs are laid out on a grid; a selection by slices and numbers reads what
    it needs.

    Runs that have fewer frames than others, and stores that lack the array, have NaN.

    Attributes:
        shape, dtype, ndim: as numpy has them; the axes of the grid come first.
    """

    def __init__(
        self,
        name: str,
        stores: Sequence[Described],
        store_of: NDArray[np.int64],
        place_of: NDArray[np.int64],
        lengths: Mapping[str, int],
        dtype: np.dtype[Any],
    ) -> None:
        """What is where.

        Args:
            name: of the array.
            stores: that have it, or not.
            store_of, place_of: for each point of the grid, the number of the store of its run, and its place there.
            lengths: of the dimensions after that of the runs, in their order.
            dtype: of all; a floating one if anything is missing.
        """
        self.shape, self.dtype = (*store_of.shape, *lengths.values()), dtype
        self.ndim = len(self.shape)
        self._name, self._stores, self._store_of, self._place_of = name, stores, store_of, place_of
        self._rest = list(lengths)
        # Kept for readers that take one chunk after the other.
        self._opened: dict[int, StoredArray] = {}

    @property
    def chunks(self) -> tuple[int, ...]:
        """Lengths along each axis that can be read at once: what one store holds, or part of it where that is much."""
        of_grid = [_in_one_store(self._store_of, axis) for axis in range(self._store_of.ndim)]
        first = next(store for store in self._stores if self._name in store.arrays)
        of_chunk = first.lengths(self._name, of_chunk=True)
        rest = [
            min(of_chunk[name], length) for name, length in zip(self._rest, self.shape[len(of_grid) :], strict=True)
        ]
        room = max(1, _BYTES_AT_ONCE // (math.prod(rest) * self.dtype.itemsize))
        while math.prod(of_grid) > room:
            longest = max(range(len(of_grid)), key=of_grid.__getitem__)
            of_grid[longest] //= next(part for part in itertools.count(2) if of_grid[longest] % part == 0)
        return (*of_grid, *rest)

    def __getitem__(self, selection: tuple[int | slice, ...]) -> NDArray[Any]:
        whole = [*selection, *[slice(None)] * (self.ndim - len(selection))]
        chosen = [range(length)[_as_slice(part)] for length, part in zip(self.shape, whole, strict=True)]
        # Read forwards: a run that has fewer frames than others has them at the beginning.
        parts = [slice(each.start, each.stop, each.step) if each.step > 0 else _turned(each) for each in chosen]
        axes = self._store_of.ndim
        of_grid, rest = tuple(parts[:axes]), tuple(parts[axes:])
        store_of, place_of = self._store_of[of_grid], self._place_of[of_grid]
        lengths = [len(range(length)[part]) for length, part in zip(self.shape[axes:], rest, strict=True)]
        values = np.full((store_of.size, *lengths), np.nan if self.dtype.kind == "f" else 0, self.dtype)
        for number in np.unique(store_of).tolist():
            if self._name in self._stores[number].arrays:
                here = np.flatnonzero(store_of.ravel() == number)
                read = self._read(number, place_of.ravel()[here], rest)
                # Some have fewer frames.
                inside: tuple[Any, ...] = tuple(slice(length) for length in read.shape[1:])
                values[(here, *inside)] = read
        backwards = tuple(axis for axis, each in enumerate(chosen) if each.step < 0)
        gone = tuple(axis for axis, part in enumerate(selection) if not isinstance(part, slice))
        return np.flip(values.reshape((*store_of.shape, *lengths)), backwards).squeeze(gone)

    def _read(self, number: int, places: NDArray[np.int64], rest: Sequence[slice]) -> NDArray[Any]:
        store = self._stores[number]
        if number not in self._opened:
            # As the root file describes it, which was checked: an array's own file is not.
            place = StorePath(LocalStore(store.path, read_only=True), self._name)
            self._opened[number] = StoredArray(store.path, zarr.Array.from_dict(place, dict(store.arrays[self._name])))
        first, last = int(places.min()), int(places.max())
        read = self._opened[number][(slice(first, last + 1), *rest)]
        described = store.arrays[self._name]
        stored = xr.Variable(described["dimension_names"], read, described["attributes"])
        values = xr.conventions.decode_cf_variable(self._name, stored).values
        return values if (np.diff(places) == 1).all() else values[places - first]


def _as_slice(part: int | slice) -> slice:
    return part if isinstance(part, slice) else slice(part, part + 1)


def _turned(places: range) -> slice:
    """The same places in rising order."""
    return slice(places[-1], places[0] + 1, -places.step) if places else slice(0)


def _in_one_store(store_of: NDArray[np.int64], axis: int) -> int:
    """The length into which an axis of a grid can be cut, so that no part has runs of two stores along it."""
    others = tuple(other for other in range(store_of.ndim) if other != axis)
    borders = np.flatnonzero((np.diff(store_of, axis=axis) != 0).any(axis=others)) + 1
    return math.gcd(*borders.tolist()) or store_of.shape[axis]

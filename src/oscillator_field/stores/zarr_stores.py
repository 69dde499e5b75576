"""Zarr v3 stores as this project writes and checks them: named dimensions, units, whole or absent.

Damage is an error that names the store, never another number: chunks carry checksums, and the metadata of the whole
store, which zarr gathers in one file, a digest. Attributes are what netCDF takes too: texts, numbers and lists of
these. A mapping is written as JSON text, which `Store.attributes` reads.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr
import zarr.api.asynchronous
from numpy.typing import ArrayLike, NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec
from zarr.errors import ZarrUserWarning

from oscillator_field._version import __version__
from oscillator_field.stores.atomic import whole_directory

# A store names the versions of these libraries, because they decide its bits.
_LIBRARIES = ("numpy", "zarr")
# The attribute with the digest of all other metadata.
DIGEST = "metadata_sha256"
# The attribute with the values of coordinates along runs or frames, so that who opens very many stores reads one file
# of each. A value that all share stands alone.
LABELS = "labels"
_LABELLED = (("run",), ("frame",))
_REMEDY = "remove the store and run again"
# Bytes of a chunk of an array that is written whole; the compressor takes less than 2 GiB.
LARGEST_CHUNK = 2**26


# Measured on histories: lz4 with shuffled bytes packs float32 phases as small as zstd in half the time; zstd with
# shuffled bits packs 16-bit phases to a third of lz4, and counts of spikes to two thirds, but those are a hundredth of
# a store and lz4 takes half the time.
_COMPRESSORS: dict[str, Any] = {
    "f": BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"),
    "u": BloscCodec(cname="lz4", clevel=9, shuffle="bitshuffle"),
    "i": BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle"),
    "U": ZstdCodec(level=3),
}


@contextmanager
def new_store(
    path: str | Path, *, title: str, attributes: Mapping[str, Any], libraries: Sequence[str] = ()
) -> Iterator[zarr.Group]:
    """A new store to fill; it appears at `path` when the block ends without an error.

    Args:
        path: where the store belongs.
        title: what it holds, for people.
        attributes: what made it; JSON values only, neither true, false nor null by itself.
        libraries: distributions beyond the usual whose versions decided the numbers.
    """
    # The project itself need not be installed: the workflow runs it from its clone.
    versions = {"oscillator-field": __version__, **{name: version(name) for name in (*_LIBRARIES, *libraries)}}
    with whole_directory(path) as temporary:
        group = zarr.create_group(
            temporary,
            zarr_format=3,
            attributes={
                "title": title,
                "Conventions": "CF-1.11",
                **{name: _as_attribute(value) for name, value in attributes.items()},
                "versions": _as_attribute({"python": platform.python_version(), **versions}),
            },
        )
        yield group
        coordinates = {name: array for name, array in group.arrays() if array.attrs.get("role") == "coordinate"}
        group.attrs["coordinates"] = " ".join(sorted(coordinates))
        labels = {name: array for name, array in coordinates.items() if array.metadata.dimension_names in _LABELLED}
        group.attrs[LABELS] = json.dumps({name: folded(array[...].tolist()) for name, array in labels.items()})
        with warnings.catch_warnings():
            # xarray warns of a store without consolidated metadata, zarr of one with it.
            warnings.simplefilter("ignore", ZarrUserWarning)
            zarr.consolidate_metadata(group.store)
        root = temporary / "zarr.json"
        document = json.loads(root.read_text(encoding="utf-8"))
        document["attributes"][DIGEST] = _digest(document)
        root.write_text(json.dumps(document, indent=2), encoding="utf-8")


def _as_attribute(value: Any) -> Any:
    nested = isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(one, Mapping) for one in value))
    return json.dumps(value) if nested else value


def _digest(document: Mapping[str, Any]) -> str:
    """The digest of the metadata of a store, however it is laid out; the document holds none yet."""
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def folded(column: list[Any]) -> Any:
    """A column, or in its place the one value that all share."""
    return column[0] if all(value == column[0] for value in column) else column


def add_array(
    group: zarr.Group,
    name: str,
    dimensions: Sequence[str],
    *,
    shape: Sequence[int],
    dtype: Any,
    long_name: str,
    units: str | None = None,
    chunks: Sequence[int] | None = None,
    shards: Sequence[int] | None = None,
    role: str = "data",
    fill_value: Any = None,
    **attributes: Any,
) -> zarr.Array:
    """A new array to fill, each chunk with a checksum, so that damage is an error and not a wrong number.

    A chunk that is lost later reads as NaN where the type has one, never as a plausible 0.

    Args:
        group: where it belongs.
        name, dimensions, shape, dtype, chunks: of the array; without chunks it is one.
        shards: how much of it is in one file, a multiple of a chunk; without, a chunk is.
        long_name, units: what it holds, for people.
        role: `coordinate` or `data`.
        fill_value: what a lost chunk reads as, if not the usual.
        attributes: further attributes, JSON values only.
    """
    attributes |= {"long_name": long_name, "role": role}
    if units is not None:
        attributes["units"] = units
    kind = np.dtype(dtype).kind if dtype is not str else "U"
    return group.create_array(
        name,
        shape=tuple(shape),
        chunks=tuple(chunks or shape),
        shards=None if shards is None else tuple(shards),
        dtype=dtype,
        dimension_names=list(dimensions),
        attributes=attributes,
        fill_value=np.nan if kind == "f" else fill_value,
        compressors=[_COMPRESSORS.get(kind, _COMPRESSORS["i"]), Crc32cCodec()],
        config={"write_empty_chunks": True},
        # All chunks of an array in one folder: to make a folder for each axis takes longer than to write a chunk.
        chunk_key_encoding={"name": "default", "separator": "."},
    )


def add_values(group: zarr.Group, name: str, dimensions: Sequence[str], values: ArrayLike, **described: Any) -> None:
    """An array that is there already, written whole, in one chunk or, if it is large, in several."""
    data = np.asarray(values)
    is_text = data.dtype.kind in "UO"
    chunks = list(data.shape)
    for axis in range(data.ndim):
        rest = math.prod(chunks[axis + 1 :]) * data.itemsize
        if chunks[axis] * rest > LARGEST_CHUNK:
            chunks[axis] = max(1, LARGEST_CHUNK // rest)
    array = add_array(
        group, name, dimensions, shape=data.shape, chunks=chunks, dtype=str if is_text else data.dtype, **described
    )
    array[...] = data.astype(object) if is_text else data


def add_coordinate(
    group: zarr.Group, name: str, dimensions: Sequence[str], values: ArrayLike, **described: Any
) -> None:
    """Like `add_values`, for what labels a dimension; xarray then reads it as a coordinate."""
    add_values(group, name, dimensions, values, role="coordinate", **described)


def copy_coordinates(
    source: Store, target: zarr.Group, names: Sequence[str], at: NDArray[np.int64] | None = None
) -> None:
    """The named coordinates of another store: as they are, or at some places along their last axis."""
    for name in names:
        array = source[name]
        described = {key: array.attrs[key] for key in ("long_name", "units") if key in array.attrs}
        values = array[...] if at is None else array[...][..., at]
        add_coordinate(target, name, array.metadata.dimension_names, values, **described)


def refuse_impossible(name: str, values: ArrayLike, lowest: ArrayLike, highest: ArrayLike) -> None:
    """Refuse numbers that no field can have, before they are stored.

    Args:
        name: of what they are.
        values: any shape.
        lowest, highest: of what is possible; arrays are held against the values beside them.

    Raises:
        RuntimeError: a value is not a number, or out of its range.
    """
    array = np.asarray(values)
    if not ((array >= lowest) & (array <= highest)).all():
        raise RuntimeError(
            f"{name}: values from {array.min():.9g} to {array.max():.9g} were computed, which no field can have "
            f"(allowed: {np.min(lowest):.9g} to {np.max(highest):.9g}); nothing is stored"
        )


class DamagedStoreError(ValueError):
    """A store that cannot be read as it was written; the message names it and says what to do."""


class Store:
    """A store to read by array name; every failure to read names the store and the array."""

    def __init__(self, path: str | Path, group: zarr.Group) -> None:
        self.path = path
        self._group = group

    @property
    def attributes(self) -> dict[str, Any]:
        """What made the store, with mappings as they were given to `new_store`."""
        return _as_given(self._group.attrs)

    def __getitem__(self, name: str) -> StoredArray:
        return StoredArray(self.path, self._group[name])

    def array_keys(self) -> Iterator[str]:
        """The names of the arrays."""
        return self._group.array_keys()

    def arrays(self) -> Iterator[tuple[str, StoredArray]]:
        """The arrays by name."""
        for name in self.array_keys():
            yield name, self[name]


class StoredArray:
    """An array of a store, to be read by `[...]` or `oindex[...]` as zarr has it."""

    def __init__(self, path: str | Path, array: zarr.Array) -> None:
        self.path = path
        self.zarr = array
        self.attrs: Mapping[str, Any] = array.attrs
        self.metadata = array.metadata
        self.shape: tuple[int, ...] = array.shape
        self.chunks: tuple[int, ...] = array.chunks
        self.dtype = array.dtype

    def read(self, selection: Any, *, orthogonal: bool = False) -> Any:
        """A selection of the array, as `[...]` or `oindex[...]` gives it."""
        with _named_where_it_fails(self.path, self.zarr.name):
            return self.zarr.oindex[selection] if orthogonal else self.zarr[selection]

    def __getitem__(self, selection: Any) -> Any:
        return self.read(selection)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[...], dtype=dtype)

    @property
    def oindex(self) -> _Orthogonal:
        """Selection by a list of indices along an axis."""
        return _Orthogonal(self)


class _Orthogonal:
    def __init__(self, array: StoredArray) -> None:
        self._array = array

    def __getitem__(self, selection: Any) -> Any:
        return self._array.read(selection, orthogonal=True)


def open_store(path: str | Path) -> Store:
    """A store to read, checked to be whole.

    Raises:
        FileNotFoundError: there is no store.
        DamagedStoreError: the store is damaged; the message says what of it.
    """
    return Store(path, checked_group(path))


def checked_group(path: str | Path) -> zarr.Group:
    """What a `Store` reads, after the checks of `check_store`."""
    check_store(path)
    with _named_where_it_fails(path):
        return zarr.open_group(path, mode="r", zarr_format=3)


def read_stores(paths: Sequence[str | Path], names: Sequence[str]) -> list[tuple[list[NDArray[Any]], dict[str, Any]]]:
    """The named arrays of each of many small stores, checked as `open_store` does, and its attributes.

    They are read side by side, in half the time that one after the other takes.

    Raises:
        FileNotFoundError: a store is not there.
        DamagedStoreError: a store is damaged; the message says which.
    """

    async def read_all() -> list[tuple[list[NDArray[Any]], dict[str, Any]]]:
        return await asyncio.gather(*(_read(path, names) for path in paths))

    # In a thread of its own, because the caller's thread may run an event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, read_all()).result()


async def _read(path: str | Path, names: Sequence[str]) -> tuple[list[NDArray[Any]], dict[str, Any]]:
    check_store(path)
    with _named_where_it_fails(path):
        group = await zarr.api.asynchronous.open_group(path, mode="r", zarr_format=3)
        arrays = {name: array async for name, array in group.arrays()}
        return [np.asarray(await arrays[name].getitem(...)) for name in names], _as_given(group.attrs)


def check_store(path: str | Path) -> dict[str, Any]:
    """The metadata of a whole store, as its root file has it, held against its digest and against the chunks there are.

    Raises:
        FileNotFoundError: there is no store.
        DamagedStoreError: its metadata is not what was written, or a chunk is missing.
    """
    root = Path(path) / "zarr.json"
    if not root.exists():
        raise FileNotFoundError(f"{path}: no Zarr store there")
    with _named_where_it_fails(path):
        document = json.loads(root.read_text(encoding="utf-8"))
        digest = document["attributes"].pop(DIGEST, None)
        if digest is None:
            raise ValueError("its metadata has no digest (was it made before version 0.2, or by another program?)")
        if digest != _digest(document):
            raise ValueError("its metadata is not what was written (a copy made by xarray is for xarray to open)")
        for name, described in document["consolidated_metadata"]["metadata"].items():
            if described["node_type"] == "array":
                _check_chunks(path, name, described)
    return document


def _check_chunks(path: str | Path, name: str, described: Mapping[str, Any]) -> None:
    sizes = described["chunk_grid"]["configuration"]["chunk_shape"]
    counts = [range(-(-length // size)) for length, size in zip(described["shape"], sizes, strict=True)]
    expected = {".".join(["c", *map(str, number)]) for number in itertools.product(*counts)}
    present: set[str] = set()
    # Of very many small arrays, paths as texts halve the time.
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(os.path.join(path, name)) as entries:
        # zarr reads an empty shard as one that was never written.
        present = {entry.name for entry in entries if entry.is_file() and entry.stat().st_size}
    if missing := expected - present:
        raise ValueError(f"{len(missing)} of {len(expected)} chunks of '{name}' are missing or empty")


def _as_given(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value
        for name, value in attributes.items()
    }


@contextmanager
def _named_where_it_fails(path: str | Path, array: str | None = None) -> Iterator[None]:
    """Say of a store that cannot be read which it is, what of it, and what to do."""
    try:
        yield
    except (IndexError, MemoryError, OSError):
        # A selection out of range, or no memory or files left: the store itself is sound.
        raise
    except Exception as error:
        what = f"a chunk of '{array.strip('/')}' cannot be read: " if array else ""
        told = f"no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        raise DamagedStoreError(f"{path}: damaged, {what}{told} ({_REMEDY})") from error

"""Zarr v3 stores as this project writes and checks them: named dimensions, units, whole or absent."""

from __future__ import annotations

import asyncio
import platform
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import zarr
import zarr.api.asynchronous
from numpy.typing import ArrayLike, NDArray
from zarr.codecs import BloscCodec, Crc32cCodec, TransposeCodec, ZstdCodec
from zarr.errors import ZarrUserWarning

from oscillator_field import __version__
from oscillator_field.atomic import whole_directory

# The libraries whose versions a store names, since they decide its bits.
_LIBRARIES = ("numpy", "zarr")


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
        attributes: what made it; JSON values only.
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
                **attributes,
                "versions": {"python": platform.python_version(), **versions},
            },
        )
        yield group
        coordinates = [name for name, array in group.arrays() if array.attrs.get("role") == "coordinate"]
        group.attrs["coordinates"] = " ".join(sorted(coordinates))
        with warnings.catch_warnings():
            # xarray warns of a store without consolidated metadata, zarr of one with it.
            warnings.simplefilter("ignore", ZarrUserWarning)
            zarr.consolidate_metadata(group.store)


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
    last_axis: int | None = None,
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
        last_axis: the axis along which neighbours in a chunk are alike, to be stored side by side.
        attributes: further attributes, JSON values only.
    """
    attributes |= {"long_name": long_name, "role": role}
    if units is not None:
        attributes["units"] = units
    kind = np.dtype(dtype).kind if dtype is not str else "U"
    order = [axis for axis in range(len(shape)) if axis != last_axis]
    return group.create_array(
        name,
        shape=tuple(shape),
        chunks=tuple(chunks or shape),
        shards=None if shards is None else tuple(shards),
        dtype=dtype,
        dimension_names=list(dimensions),
        attributes=attributes,
        fill_value=np.nan if kind == "f" else fill_value,
        filters=None if last_axis is None else [TransposeCodec(order=(*order, last_axis))],
        compressors=[_COMPRESSORS.get(kind, _COMPRESSORS["i"]), Crc32cCodec()],
        config={"write_empty_chunks": True},
        # One folder an array: a folder for each axis of each chunk takes longer to make than a chunk to write.
        chunk_key_encoding={"name": "default", "separator": "."},
    )


def add_values(group: zarr.Group, name: str, dimensions: Sequence[str], values: ArrayLike, **described: Any) -> None:
    """An array that is there already, written whole."""
    data = np.asarray(values)
    is_text = data.dtype.kind in "UO"
    array = add_array(group, name, dimensions, shape=data.shape, dtype=str if is_text else data.dtype, **described)
    array[...] = data.astype(object) if is_text else data


def add_coordinate(
    group: zarr.Group, name: str, dimensions: Sequence[str], values: ArrayLike, **described: Any
) -> None:
    """Like `add_values`, for what labels a dimension; xarray then reads it as a coordinate."""
    add_values(group, name, dimensions, values, role="coordinate", **described)


def copy_coordinates(
    source: zarr.Group, target: zarr.Group, names: Sequence[str], at: NDArray[np.int64] | None = None
) -> None:
    """The named coordinates of another store: as they are, or at some places along their last axis."""
    for name in names:
        array = source[name]
        described = {key: array.attrs[key] for key in ("long_name", "units") if key in array.attrs}
        values = array[...] if at is None else array[...][..., at]
        add_coordinate(target, name, array.metadata.dimension_names, values, **described)


def open_store(path: str | Path) -> zarr.Group:
    """A store to read, checked to be whole.

    Raises:
        FileNotFoundError: there is no store.
        ValueError: the store is damaged; the message says which array.
    """
    with _named_where_it_fails(path):
        group = zarr.open_group(path, mode="r", zarr_format=3)
        for name, array in group.arrays():
            _check_chunks(name, array.nchunks_initialized, array.nchunks)
    return group


def read_stores(paths: Sequence[str | Path], names: Sequence[str]) -> list[tuple[list[NDArray[Any]], dict[str, Any]]]:
    """The named arrays of each of many small stores, checked as `open_store` does, and its attributes.

    They are read side by side, in half the time that one after the other takes.

    Raises:
        FileNotFoundError: a store is not there.
        ValueError: a store is damaged; the message says which.
    """

    async def read_all() -> list[tuple[list[NDArray[Any]], dict[str, Any]]]:
        return await asyncio.gather(*(_read(path, names) for path in paths))

    # In a thread of its own: in that of the caller an event loop may run already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, read_all()).result()


async def _read(path: str | Path, names: Sequence[str]) -> tuple[list[NDArray[Any]], dict[str, Any]]:
    with _named_where_it_fails(path):
        group = await zarr.api.asynchronous.open_group(path, mode="r", zarr_format=3)
        arrays = {name: array async for name, array in group.arrays()}
        for name, array in arrays.items():
            _check_chunks(name, await array.nchunks_initialized(), array.nchunks)
        return [np.asarray(await arrays[name].getitem(...)) for name in names], dict(group.attrs)


@contextmanager
def _named_where_it_fails(path: str | Path) -> Iterator[None]:
    """Say of a store that cannot be read which it is and what to do."""
    if not (Path(path) / "zarr.json").exists():
        raise FileNotFoundError(f"{path}: no Zarr store there")
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, {error} (remove the store and run again)") from None


def _check_chunks(name: str, present: int, expected: int) -> None:
    if present != expected:
        raise ValueError(f"{expected - present} of {expected} chunks of '{name}' are missing")


def find_damage(path: str | Path) -> str | None:
    """What to tell of a store with a chunk that does not match its checksum; None if it has none, or is no store."""
    if not (Path(path) / "zarr.json").exists():
        return None
    for name, array in open_store(path).arrays():
        for number in np.ndindex(array.cdata_shape):
            try:
                array.blocks[number]
            except ValueError:
                return (
                    f"{path}: damaged, a chunk of '{name}' does not match its checksum (remove the store and run again)"
                )
    return None

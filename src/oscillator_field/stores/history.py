"""The store of a simulated job, history.zarr: what is in it, opened and checked (`history_writing` writes it).

    phase, spikes                        (run, frame, row, column, channel); 16-bit phases have their frames last
    input_phase, initial_phase,
    final_input_phase                    (run, row, column, channel)
    pixel                                (run, row, column)
    omega                                (run, channel, source_channel)
    frequency                            (run, row, column, channel), where a run has natural frequencies
    run, digit, instance, each parameter (run), where labels are no digits `label` or `picture` in place of `digit`
    end_step                             (run)
    step, time                           (frame)

There are as many frames as the longest run has. A run that has settled may end earlier (`end_step`); later frames of it
are absent: NaN, or the fill value of the array. `open_history` and `xarray.open_zarr` both read it. Phases are float32,
or 16-bit multiples of a scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from oscillator_field.ranges import slices
from oscillator_field.stores.phase_codes import LOST
from oscillator_field.stores.zarr_stores import Store, StoredArray, checked_group

SITE_AXES = ("row", "column", "channel")
# Of phases and spikes, the axis after the runs.
FRAME = 1


class StoredHistory(Store):
    """A history to read by array name: phases in rad whatever their coding, all else as it is stored."""

    def __getitem__(self, name: str) -> StoredArray:
        array = super().__getitem__(name)
        return StoredPhase(self.path, array.zarr) if name == "phase" and "scale_factor" in array.attrs else array

    def frame_blocks(self, run: int) -> Iterator[slice]:
        """The frames of a run in the blocks that they are stored in, to be read one after the other."""
        return slices(self.last_frame(run) + 1, self["spikes"].chunks[FRAME])

    def last_frame(self, run: int) -> int:
        """The index of the last frame of a run."""
        return int(self._last_frames[run])

    @cached_property
    def _last_frames(self) -> NDArray[np.int64]:
        return last_frames(self)

    def own_frames(self, run: int, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of some rising frames, those up to the end of a run, and its last one in place of the next."""
        return np.unique(np.minimum(frames, self.last_frame(run)))


class StoredPhase(StoredArray):
    """16-bit phases, read as float32 in rad, in the order of exact ones: `(run, frame, row, column, channel)`."""

    def __init__(self, path: str | Path, array: zarr.Array) -> None:
        super().__init__(path, array)
        self.shape, self.chunks = _frames_second(array.shape), _frames_second(array.chunks)
        self.dtype = np.dtype(np.float32)

    def read(self, selection: Any, *, orthogonal: bool = False) -> NDArray[np.float32]:
        each = _one_an_axis(selection, len(self.shape))
        stored = super().read((*each[:FRAME], *each[FRAME + 1 :], each[FRAME]), orthogonal=orthogonal)
        # Axes that a number selects are gone.
        runs, frames = (0 if isinstance(each[axis], int | np.integer) else 1 for axis in (0, FRAME))
        codes = np.moveaxis(stored, -1, runs) if frames else stored
        phase = (codes * self.attrs["scale_factor"]).astype(np.float32)
        return np.where(codes == LOST, np.float32(np.nan), phase)


def _frames_second(lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Lengths along the axes of coded phases, whose last axis are the frames, in the order of exact ones."""
    runs, *sites, frames = lengths
    return (runs, frames, *sites)


def _one_an_axis(selection: Any, axes: int) -> list[Any]:
    """A selection as numpy has it, with one part for each axis."""
    given = selection if isinstance(selection, tuple) else (selection,)
    # What is true along an axis is a list of places there.
    parts = [np.flatnonzero(one) if np.asarray(one).dtype.kind == "b" else one for one in given]
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    rest = next(number for number, part in enumerate(parts) if part is Ellipsis)
    return [*parts[:rest], *[slice(None)] * (axes - len(parts) + 1), *parts[rest + 1 :]]


def open_history(path: str | Path) -> StoredHistory:
    """A history to read by array name, for example `open_history(path)["phase"]`.

    Its arrays, with the axes that they have here whatever the precision:

        phase              `(run, frame, row, column, channel)`, rad, in (-pi, pi]
        spikes             the same shape: in how many steps since the frame before the site spiked
        input_phase, initial_phase, final_input_phase
                           `(run, row, column, channel)`, rad
        pixel              `(run, row, column)`, grey level, 0 to 255
        omega              `(run, channel, source_channel)`, the mixing of the channels
        frequency          `(run, row, column, channel)`, natural frequencies, rad/s, if a run has any
        run, digit, instance, and each parameter by its name
                           `(run,)`; `label`, or `picture`, in place of `digit` where the labels are no digits
        end_step           `(run,)`, the last step of a run; its phases and spikes of later frames are absent
        step, time         `(frame,)`, the step after which a frame was kept, and its time, s; time is `(run, frame)`
                           where the runs differ in `delta_t`

    Raises:
        FileNotFoundError: there is no store.
        ValueError: it is damaged (`DamagedStoreError`) or not a history.

    Examples:
        >>> from oscillator_field import open_history
        >>> history = open_history("results/runs/digit=3/history.zarr")
        >>> phase = history["phase"]
        >>> phase[0, -1].shape
        (28, 28, 4)
        >>> k_coupling = history["k_coupling"]
        >>> float(k_coupling[0])
        0.12
    """
    history = StoredHistory(path, checked_group(path))
    missing = {"phase", "spikes", "initial_phase", "omega", "end_step"} - set(history.array_keys())
    if missing:
        raise ValueError(f"{path}: not a history of this version, it has no {', '.join(sorted(missing))}")
    return history


def last_frames(store: Store) -> NDArray[np.int64]:
    """The index of the last frame of each run of a store, `(run,)`.

    In a store of every n-th frame it is the first one after the end of the run, which stands for the end itself.
    """
    return np.searchsorted(store["step"][:], store["end_step"][:])


def in_frames(values: NDArray[Any], frames: int) -> NDArray[Any]:
    """Values `(frame, ...)` of a run in so many frames, as floats, NaN where it has none."""
    longer = np.full((frames, *values.shape[1:]), np.nan, np.result_type(values, np.float32))
    longer[: len(values)] = values
    return longer


def origin(history: StoredHistory) -> dict[str, Any]:
    """Where a history comes from, for the attributes of a store made of it."""
    attributes = history.attributes
    return {name: attributes[name] for name in ("source", "simulation", "versions") if name in attributes}

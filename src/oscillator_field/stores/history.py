"""The store of a simulated job, history.zarr: written in pieces while the field runs, opened and checked.

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

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray

from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.named_run import Run
from oscillator_field.nouns import NOUNS, noun_in
from oscillator_field.parameters import EXACT, METADATA
from oscillator_field.ranges import slices
from oscillator_field.stores.phase_codes import HALF_TURN, LOST, phase_codes
from oscillator_field.stores.zarr_stores import (
    Store,
    StoredArray,
    add_array,
    add_coordinate,
    add_values,
    checked_group,
    copy_coordinates,
    new_store,
    refuse_impossible,
)

SITE_AXES = ("row", "column", "channel")
# Of phases and spikes, the axis after the runs.
FRAME = 1
# Measured: smaller chunks cost more in handling than they save, and every reader wants all frames of a run.
CHUNK_BYTES = 4 * 2**20
# Chunks hold a power of two of runs up to this many, so that the groups of engines are whole chunks
# (but for large lattices, whose runs come one by one: there a chunk holds one, or few frames).
RUNS_A_CHUNK = 16
# zarr copies the chunks of a larger selection, so chunks are written one by one, this many at once.
CHUNKS_AT_ONCE = 4


def frames_a_chunk(problem: Problem) -> int:
    """How many frames of a run share a chunk of the store, and a piece of the course."""
    frames = len(problem.kept_steps())
    most = max(1, CHUNK_BYTES // (4 * math.prod(problem.initial_phase.shape[1:])))
    # All chunks have one length: what is left of the last one is stored, too.
    return math.ceil(frames / math.ceil(frames / most))


def write_history(
    path: str | Path,
    problem: Problem,
    pieces: Iterable[Piece],
    *,
    runs: Sequence[Run],
    pixels: NDArray[np.uint8],
    attributes: Mapping[str, Any],
    precision: str | float = EXACT,
    libraries: Sequence[str] = (),
) -> None:
    """Write the course of a field as it comes; the store appears when the last piece is in.

    Args:
        path: where the store belongs.
        problem: what is simulated.
        pieces: its course, from an engine.
        runs: what each run of the problem is.
        pixels: uint8 `(run, row, column)`, the pictures that drive the runs.
        attributes: further facts about what made the store; JSON values only.
        precision: `exact` for float32 phases, or the largest error allowed, rad, for 16-bit ones.
        libraries: distributions whose versions decided the numbers.
    """
    with new_store(path, title="History of an oscillator field", attributes=attributes, libraries=libraries) as group:
        _write_setting(group, problem, runs, pixels)
        count, *sites = problem.initial_phase.shape
        frames, together = len(problem.kept_steps()), frames_a_chunk(problem)

        def runs_a_chunk(bytes_a_run: int) -> int:
            return min(RUNS_A_CHUNK, 2 ** int(math.log2(max(1, CHUNK_BYTES // bytes_a_run))), count)

        def layout(bytes_a_site: int) -> dict[str, Any]:
            return {
                "dimensions": ("run", "frame", *SITE_AXES),
                "shape": (count, frames, *sites),
                "chunks": (runs_a_chunk(bytes_a_site * together * math.prod(sites)), together, *sites),
            }

        phase = _add_phase(group, precision, layout(4))
        # Counts reach this number only where no run may end.
        lost = int(np.iinfo(problem.spike_type()).max)
        absent: dict[str, Any] = {"fill_value": lost, "_FillValue": lost} if "settling" in problem.terms else {}
        spikes = add_array(
            group,
            "spikes",
            dtype=problem.spike_type(),
            units="1",
            long_name="steps with a spike since the frame before",
            **absent,
            **layout(problem.spike_type().itemsize),
        )
        final_input_phase = add_array(
            group,
            "final_input_phase",
            ("run", *SITE_AXES),
            shape=(count, *sites),
            chunks=(runs_a_chunk(4 * math.prod(sites)), *sites),
            dtype="float32",
            units="rad",
            long_name="input phase after the last step",
        )
        intervals = np.diff(problem.kept_steps(), prepend=0)
        turns = np.full(frames, HALF_TURN)
        last_frame, written_frames = np.empty(count, np.int64), np.empty(count, np.int64)
        with ThreadPoolExecutor(CHUNKS_AT_ONCE) as pool:
            for piece in pieces:
                writes = [
                    pool.submit(_write_runs, array, piece, values, runs, highest[piece.frames])
                    for array, values, highest in (
                        (phase, piece.phase, turns),
                        (spikes, piece.spikes, intervals),
                    )
                    for runs in _by_chunks(piece.runs, array.chunks[0])
                ]
                last_frame[piece.runs], written_frames[piece.runs] = piece.last_frame, piece.frames.stop
                if piece.is_last:
                    refuse_impossible("input_phase", piece.input_phase, -HALF_TURN, HALF_TURN)
                    final_input_phase[piece.runs] = piece.input_phase
                for written in writes:
                    written.result()
        _end(group, problem, (phase, spikes), last_frame, written_frames)


def _by_chunks(runs: slice, runs_a_chunk: int) -> Iterator[slice]:
    """Runs in slices that end where chunks do: no two threads may write parts of one chunk."""
    borders = range((runs.start // runs_a_chunk + 1) * runs_a_chunk, runs.stop, runs_a_chunk)
    for start, stop in itertools.pairwise([runs.start, *borders, runs.stop]):
        yield slice(start, stop)


def _write_runs(
    array: zarr.Array, piece: Piece, values: NDArray[Any], runs: slice, highest: NDArray[np.number]
) -> None:
    """Write some runs of a piece, of its phases or its spikes; phases are coded where the array holds codes.

    Raises:
        RuntimeError: a value is impossible: not finite, or beyond the highest of its frame.
    """
    of_piece = slice(runs.start - piece.runs.start, runs.stop - piece.runs.start)
    part = values[of_piece]
    absent = np.arange(piece.frames.start, piece.frames.stop) > piece.last_frame[of_piece, np.newaxis]
    if absent.any():
        # Any phase or count will do until the fill value takes its place.
        part = np.where(absent[..., np.newaxis, np.newaxis, np.newaxis], part.dtype.type(0), part)
    each_frame = part.reshape(*part.shape[: FRAME + 1], -1)
    for extreme in (each_frame.max(axis=-1), each_frame.min(axis=-1)):
        refuse_impossible(array.basename, extreme, -HALF_TURN, highest)
    if "scale_factor" in array.attrs:
        part = phase_codes(part, array.attrs["scale_factor"])
    if absent.any():
        part[absent] = array.fill_value
    if "scale_factor" in array.attrs:
        array[runs, ..., piece.frames] = np.moveaxis(part, FRAME, -1)
    else:
        array[runs, piece.frames] = part


def _end(
    group: zarr.Group,
    problem: Problem,
    over_time: Sequence[zarr.Array],
    last_frame: NDArray[np.int64],
    written_frames: NDArray[np.int64],
) -> None:
    """Write how runs began and when they ended, and let the frames be as many as the longest run has.

    Args:
        group: the store, whose course is written.
        problem: what was simulated.
        over_time: phases and spikes, as they were made: opened anew, they would leave out chunks that hold nothing.
        last_frame: `(run,)`, of each run.
        written_frames: `(run,)`, so many frames of each run have been written, absent ones among them.
    """
    # Of runs that continue others it was not known before.
    start = problem.initial_phase
    add_values(group, "initial_phase", ("run", *SITE_AXES), start, long_name="phase at the start", units="rad")
    frames = int(last_frame.max()) + 1
    steps = problem.kept_steps()[:frames]
    add_times(group, steps, steps[last_frame], [parameters.delta_t for parameters in problem.parameters])
    for array in over_time:
        axis = array.metadata.dimension_names.index("frame")
        if frames < array.shape[axis]:
            array.resize((*array.shape[:axis], frames, *array.shape[axis + 1 :]))
        # A chunk that is not there is damage, so absent frames are written.
        for run in np.flatnonzero(written_frames < frames):
            rest = slice(int(written_frames[run]), frames)
            array[(slice(run, run + 1), *[slice(None)] * (axis - 1), rest)] = array.fill_value


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
        runs, *sites, frames = array.shape
        self.shape = (runs, frames, *sites)

    def read(self, selection: Any, *, orthogonal: bool = False) -> NDArray[np.float32]:
        each = _one_an_axis(selection, len(self.shape))
        stored = super().read((*each[:FRAME], *each[FRAME + 1 :], each[FRAME]), orthogonal=orthogonal)
        # Axes that a number selects are gone.
        runs, frames = (0 if isinstance(each[axis], int | np.integer) else 1 for axis in (0, FRAME))
        codes = np.moveaxis(stored, -1, runs) if frames else stored
        phase = (codes * self.attrs["scale_factor"]).astype(np.float32)
        return np.where(codes == LOST, np.float32(np.nan), phase)


def _one_an_axis(selection: Any, axes: int) -> list[Any]:
    """A selection as numpy has it, with one part for each axis."""
    parts = list(selection) if isinstance(selection, tuple) else [selection]
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


def copy_run_coordinates(history: StoredHistory, target: zarr.Group) -> None:
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


def origin(history: StoredHistory) -> dict[str, Any]:
    """Where a history comes from, for the attributes of a store made of it."""
    attributes = history.attributes
    return {name: attributes[name] for name in ("source", "simulation", "versions") if name in attributes}


def _add_phase(group: zarr.Group, precision: str | float, layout: Mapping[str, Any]) -> zarr.Array:
    described: dict[str, Any] = {"units": "rad", "long_name": "phase after the step", **layout}
    if precision == EXACT:
        return add_array(group, "phase", dtype="float32", **described)
    # A whole number of steps from 0 to pi, so that no coded phase leaves the circle.
    scale = math.pi / math.ceil(math.pi / (2 * float(precision)))
    return add_array(
        group,
        "phase",
        dtype="int16",
        fill_value=LOST,
        scale_factor=scale,
        _FillValue=LOST,
        **described | {name: _frames_last(values) for name, values in layout.items()},
    )


def _frames_last(values: Sequence[Any]) -> tuple[Any, ...]:
    """Neighbouring frames of a site are alike: side by side, their codes take two thirds of the room.

    The axes themselves are in this order, for a codec that turns them keeps xarray from writing a part of the array.
    """
    return (*values[:FRAME], *values[FRAME + 1 :], values[FRAME])


def _write_setting(group: zarr.Group, problem: Problem, runs: Sequence[Run], pixels: NDArray[np.uint8]) -> None:
    """Everything but the course: what the runs are, how the field started."""
    rows = [{"run": run.name, **run.described()} for run in runs]
    add_run_coordinates(group, {name: [row[name] for row in rows] for name in rows[0]})
    sites = ("run", *SITE_AXES)
    add_values(group, "pixel", sites[:3], pixels, long_name="grey level of the picture", units="1")
    add_values(group, "input_phase", sites, problem.input_phase, long_name="input phase at the start", units="rad")
    add_values(
        group,
        "omega",
        ("run", "channel", "source_channel"),
        problem.omega,
        long_name="mixing of the channels",
        units="1",
    )
    if problem.frequency is not None:
        add_values(group, "frequency", sites, problem.frequency, long_name="natural frequency", units="rad/s")

"""Writing history.zarr, in pieces while the field runs: how a run began, its phases and spikes, and when it ended."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.named_run import Run
from oscillator_field.parameters import EXACT
from oscillator_field.stores.history import FRAME, SITE_AXES
from oscillator_field.stores.phase_codes import HALF_TURN, LOST, phase_codes
from oscillator_field.stores.run_coordinates import add_run_coordinates, add_times
from oscillator_field.stores.zarr_stores import add_array, add_values, new_store, refuse_impossible

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

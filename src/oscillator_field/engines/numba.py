"""The fast engine for CPUs: the model in compiled loops over sixteen interleaved runs, which are in `numba_kernels`.

Runs are computed in groups of LANES, interleaved as the innermost axis, so that the innermost loops are long,
contiguous and free of branches. A group that is not full is filled up with copies of its first run: each run then
goes through the same instructions whatever else is in its batch, which makes its bits depend on itself alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.numba_kernels import LANES, compute_frames_of, sources_read
from oscillator_field.engines.problem import Piece, Problem, angle, on_circle
from oscillator_field.engines.step_constants import step_constants
from oscillator_field.logs import came_of_interrupt
from oscillator_field.ranges import slices

# Site-steps of one compiled call, some tenths of a second with few channels: only between calls
# does an interrupt get through.
SITE_STEPS_A_CALL = 2**28


def pieces(
    problem: Problem, *, frames_a_piece: int, threads: int | None = None, device: str = "auto"
) -> Iterator[Piece]:
    """Yield the course of the field, `frames_a_piece` frames of a group of runs at a time.

    Args:
        problem: what to simulate.
        frames_a_piece: frames in each piece (the last of a group may be shorter).
        threads: groups that are computed at once; None for one.
        device: `auto` or `cpu`.

    Raises:
        RuntimeError: another device was asked for.
    """
    if device == "cuda":
        raise RuntimeError("device: 'cuda' was asked for, but the engine numba runs on the CPU (allowed: auto, cpu)")
    groups = list(slices(len(problem.parameters), LANES))
    if threads is None or threads == 1:
        buffers = _Buffers(problem, frames_a_piece)
        for group in groups:
            yield from _course(problem, group, frames_a_piece, lambda: buffers)
    else:
        yield from _side_by_side(problem, groups, frames_a_piece, threads)


class _Buffers:
    """Room for the phases and spikes of a piece: `(run, frame, row, column * channel)`."""

    def __init__(self, problem: Problem, frames_a_piece: int) -> None:
        runs, rows, columns, channels = problem.initial_phase.shape
        frames = min(frames_a_piece, len(problem.kept_steps()))
        shape = (min(runs, LANES), frames, rows, columns * channels)
        self.phase, self.spikes = np.empty(shape, np.float32), np.empty(shape, problem.spike_type())


class _GivenUpError(Exception):
    """Nobody wants further pieces."""


def _side_by_side(problem: Problem, groups: list[slice], frames_a_piece: int, threads: int) -> Iterator[Piece]:
    """The pieces of several groups as they come, each group in one thread.

    A buffer for each thread and one more go round, so that the field goes on while a piece is stored, and memory
    stays bounded.
    """
    waiting: queue.SimpleQueue[slice] = queue.SimpleQueue()
    for group in groups:
        waiting.put(group)
    free: queue.SimpleQueue[_Buffers | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Piece, _Buffers] | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        taken: list[_Buffers] = []

        def take() -> _Buffers:
            buffers = free.get()
            if buffers is None:
                raise _GivenUpError
            taken.append(buffers)
            return buffers

        try:
            while True:
                for piece in _course(problem, waiting.get_nowait(), frames_a_piece, take):
                    done.put((piece, taken.pop()))
        except queue.Empty:
            done.put(None)
        except BaseException as error:
            done.put(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(threads, len(groups)))]
    for _ in range(len(workers) + 1):
        free.put(_Buffers(problem, frames_a_piece))
    for worker in workers:
        worker.start()
    try:
        at_work = len(workers)
        while at_work:
            thing = done.get()
            if isinstance(thing, BaseException):
                raise thing
            if thing is None:
                at_work -= 1
                continue
            piece, buffers = thing
            yield piece
            free.put(buffers)
    finally:
        for _ in workers:
            free.put(None)
        for worker in workers:
            worker.join()


def _course(
    problem: Problem, group: slice, frames_a_piece: int, take_buffers: Callable[[], _Buffers]
) -> Iterator[Piece]:
    """The pieces of one group, in order, each in the buffers that are taken for it."""
    runs = group.stop - group.start
    _, rows, columns, channels = problem.initial_phase.shape
    lanes = np.concatenate([np.arange(group.start, group.stop), np.full(LANES - runs, group.start)])
    compute_frames = compute_frames_of(columns, channels)
    z = _bordered(problem.initial_phase[lanes])
    z_next = _aligned(z.shape, np.float32)
    c = _interleaved(problem.input_phase[lanes])
    spikes = _aligned((rows, columns * channels * LANES), problem.spike_type())
    settings, weights = _tables(problem, lanes)
    scratch = _aligned(z.shape[1:], np.float32)

    kept_steps = problem.kept_steps()
    steps_a_call = max(1, SITE_STEPS_A_CALL // (LANES * rows * columns * channels))
    done = 0
    for frames in slices(len(kept_steps), frames_a_piece):
        count = frames.stop - frames.start
        buffers = take_buffers()
        phase, counts = buffers.phase[:runs], buffers.spikes[:runs]
        kept = kept_steps[frames]
        while done < kept[-1]:
            until = min(done + steps_a_call, int(kept[-1]))
            with _interruptible():
                z, z_next = compute_frames(
                    done, until, kept, z, z_next, c, spikes, settings, weights, scratch, phase, counts
                )
            done = until
        sites = (runs, count, rows, columns, channels)
        yield Piece(
            group,
            frames,
            kept,
            phase[:, :count].reshape(sites),
            counts[:, :count].reshape(sites),
            _input_phase(c, runs, columns, channels),
        )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C: compiled code turns it into a SystemError."""
    try:
        yield
    except SystemError as error:
        if not came_of_interrupt(error):
            raise
        raise KeyboardInterrupt from None


def _tables(problem: Problem, lanes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is constant in a step: settings `(setting, lane)`, weights `(channel, source, lane)`.

    Both come flat, so that the compiler knows the offset between any two values.
    """
    constants = step_constants([problem.parameters[lane] for lane in lanes], problem.omega[lanes])
    rows = (constants.coupling, constants.bias, constants.chord_squared, constants.follow)
    settings = _aligned((len(rows), LANES), np.float32)
    settings[:] = rows
    channels = problem.omega.shape[-1]
    weights = _aligned((channels, sources_read(channels), LANES), np.float32)
    weights[:, :channels] = constants.weights.transpose(1, 2, 0)
    return settings.reshape(-1), weights.reshape(-1)


def _bordered(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """State of phases `(lane, row, column, channel)` as rows with a border of zeros."""
    lanes, rows, columns, channels = phase.shape
    state = _aligned((rows + 2, 2, columns + 2, channels + 1, lanes), np.float32)
    for part, values in enumerate(on_circle(phase)):
        state[1:-1, part, 1:-1, 1:] = values.transpose(1, 2, 3, 0)
    return state.reshape(rows + 2, -1)


def _interleaved(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """Input of phases `(lane, row, column, channel)` as rows without a border."""
    lanes, rows, columns, channels = phase.shape
    state = _aligned((rows, 2, columns, channels, lanes), np.float32)
    for part, values in enumerate(on_circle(phase)):
        state[:, part] = values.transpose(1, 2, 3, 0)
    return state.reshape(rows, -1)


def _input_phase(c: NDArray[np.float32], runs: int, columns: int, channels: int) -> NDArray[np.float32]:
    real, imaginary = c.reshape(-1, 2, columns, channels, LANES)[..., :runs].transpose(1, 4, 0, 2, 3)
    return angle(imaginary, real)


def _aligned(shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Zeros that begin at a cache line, so that no vector straddles two."""
    kind = np.dtype(kind)
    count = int(np.prod(shape))
    line = 64 // kind.itemsize
    raw = np.zeros(count + line, kind)
    first = -(raw.ctypes.data // kind.itemsize) % line
    return raw[first : first + count].reshape(shape)

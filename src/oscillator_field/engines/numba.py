"""The fast engine for CPUs: the model in compiled loops over sixteen interleaved runs.

Runs are computed in groups of LANES, interleaved as the innermost axis, so that the innermost loops are long,
contiguous and free of branches. A group that is not full is filled up with copies of its first run: each run then
goes through the same instructions whatever else is in its batch, which makes its bits depend on itself alone.

Rows of the state lie in memory as `(channel, part, column * lane)`, the part being real or imaginary, with a
border of zeros around rows, columns and channels that stands for the outside of the lattice.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from oscillator_field.engines import Piece, Problem, angle, on_circle, slices
from oscillator_field.engines.step_constants import step_constants

LANES = 16
# Channels that are mixed within the one long loop over a row; the compiler unrolls a short loop inside, not a long one.
UNROLLED = 8

# Everything that is safe without NaN but reassociation, which would turn short trees of sums into long chains.
_OPTIONS: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz", "arcp", "contract", "afn"},
}
# Added under the root instead of the model's 1e-12 after it: the same in float32 unless |x| is about that small.
_TINY = np.float32(1e-24)
_ZERO, _ONE = np.float32(0), np.float32(1)
_PI, _HALF_PI = np.float32(np.pi), np.float32(np.pi / 2)

# Rows of the table of settings, each repeated along columns and lanes.
_COUPLING, _BIAS, _COSINE, _SINE, _FOLLOW = range(5)


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
    step, write_frame = _compiled(channels, columns)
    z = _bordered(problem.initial_phase[lanes])
    z_next = _aligned(z.shape, np.float32)
    c = _interleaved(problem.input_phase[lanes])
    spikes = _aligned((rows, channels * columns * LANES), np.int32)
    settings, weights = _tables(problem, lanes, columns)
    scratch = _aligned((max(2, channels) * columns * LANES,), np.float32)

    kept_steps = problem.kept_steps()
    done = 0
    for frames in slices(len(kept_steps), frames_a_piece):
        count = frames.stop - frames.start
        buffers = take_buffers()
        phase, counts = buffers.phase[:runs], buffers.spikes[:runs]
        for place, last_step in enumerate(kept_steps[frames]):
            for _ in range(done, last_step):
                step(z, z_next, c, spikes, settings, weights, scratch)
                z, z_next = z_next, z
            done = last_step
            write_frame(z, spikes, phase, counts, place, scratch[: channels * columns * LANES])
        sites = (runs, count, rows, columns, channels)
        yield Piece(
            group,
            frames,
            kept_steps[frames],
            phase[:, :count].reshape(sites),
            counts[:, :count].reshape(sites),
            _input_phase(c, runs, channels, columns),
        )


@lru_cache(maxsize=8)
def _compiled(channels: int, columns: int) -> Any:
    """Two functions for a group, compiled for a lattice of so many channels and columns.

    The first takes one step. The second writes phases and spike counts to their place in a piece, and lets the
    counts start again from 0.

    The numbers of channels and columns are constants to the compiler: all places in a row are then at fixed
    distances from one pointer, and it need not test two dozen arrays for overlap.
    """
    width = columns * LANES
    part = width + 2 * LANES
    channel = 2 * part

    @njit(**_OPTIONS)
    def step(z, z_next, c, spikes, settings, weights, x):  # type: ignore[no-untyped-def]
        for row in range(c.shape[0]):
            up, here, down, here_next = z[row], z[row + 1], z[row + 2], z_next[row + 1]
            drive, count = c[row], spikes[row]
            for target in range(channels):
                site = (target + 1) * channel + LANES
                re, im = 2 * target * width, (2 * target + 1) * width
                # Of many channels, those that the long loop below cannot unroll are mixed first.
                if channels > UNROLLED:
                    x[:] = _ZERO
                for source in range(UNROLLED, channels):
                    other, table = (source + 1) * channel + LANES, (target * channels + source) * width
                    for i in range(width):
                        x[i] += weights[table + i] * here[other + i]
                        x[width + i] += weights[table + i] * here[other + part + i]
                for i in range(width):
                    coupling, bias = settings[_COUPLING * width + i], settings[_BIAS * width + i]
                    x_re = bias * drive[re + i] + coupling * (
                        (up[site + i] + down[site + i])
                        + (here[site - LANES + i] + here[site + LANES + i])
                        + (here[site - channel + i] + here[site + channel + i])
                    )
                    x_im = bias * drive[im + i] + coupling * (
                        (up[site + part + i] + down[site + part + i])
                        + (here[site + part - LANES + i] + here[site + part + LANES + i])
                        + (here[site + part - channel + i] + here[site + part + channel + i])
                    )
                    # The rest of z is among the weights, on their diagonal.
                    for source in range(min(UNROLLED, channels)):
                        weight = weights[(target * channels + source) * width + i]
                        x_re += weight * here[(source + 1) * channel + LANES + i]
                        x_im += weight * here[(source + 1) * channel + LANES + part + i]
                    if channels > UNROLLED:
                        x_re, x_im = x_re + x[i], x_im + x[width + i]
                    scale = _ONE / np.sqrt(x_re * x_re + x_im * x_im + _TINY)
                    real, imaginary = x_re * scale, x_im * scale
                    here_next[site + i], here_next[site + part + i] = real, imaginary
                    # |angle| > threshold, as sin(|angle| - threshold) > 0, which holds up to pi.
                    before_real, before_imaginary = here[site + i], here[site + part + i]
                    along = real * before_real + imaginary * before_imaginary
                    # Of the differences, so that a site that keeps still turns by exactly 0.
                    across = abs((imaginary - before_imaginary) * before_real - (real - before_real) * before_imaginary)
                    cosine, sine = settings[_COSINE * width + i], settings[_SINE * width + i]
                    count[target * width + i] += np.int32(across * cosine > along * sine)
                    # c follows; where it does not, its rate is 0 and its scale 1, so it stays what it is.
                    follow = settings[_FOLLOW * width + i]
                    c_real = drive[re + i] + follow * (real - drive[re + i])
                    c_imaginary = drive[im + i] + follow * (imaginary - drive[im + i])
                    scale = _ONE / np.sqrt(c_real * c_real + c_imaginary * c_imaginary + _TINY)
                    scale = scale if follow != _ZERO else _ONE
                    drive[re + i], drive[im + i] = c_real * scale, c_imaginary * scale

    @njit(**_OPTIONS)
    def write_frame(z, spikes, phase, counts, place, angles):  # type: ignore[no-untyped-def]
        runs, _, rows, _ = phase.shape
        for row in range(rows):
            state, count = z[row + 1], spikes[row]
            for target in range(channels):
                site = (target + 1) * channel + LANES
                for i in range(width):
                    angles[target * width + i] = _angle(state[site + part + i], state[site + i])
            for run in range(runs):
                phases_of_row, counts_of_row = phase[run, place, row], counts[run, place, row]
                for column in range(columns):
                    for target in range(channels):
                        i = target * width + column * LANES + run
                        phases_of_row[column * channels + target] = angles[i]
                        counts_of_row[column * channels + target] = count[i]
        spikes[:] = 0

    return step, write_frame


@njit(**_OPTIONS)
def _angle(imaginary, real):  # type: ignore[no-untyped-def]
    """The angle in (-pi, pi], within 3e-7 rad; a polynomial, because a call of arctan2 cannot be vectorised.

    Chebyshev fit of arctan(t) / t in t * t over 0..1, off by 1.2e-8 at most before rounding.
    """
    x, y = abs(real), abs(imaginary)
    t = min(x, y) / max(max(x, y), _TINY)
    u = t * t
    p = np.float32(0.0028340643)
    p = p * u - np.float32(0.0160050305)
    p = p * u + np.float32(0.0425876075)
    p = p * u - np.float32(0.0749544544)
    p = p * u + np.float32(0.106367541)
    p = p * u - np.float32(0.142025705)
    p = p * u + np.float32(0.199924836)
    p = p * u - np.float32(0.333330668)
    p = (p * u + np.float32(0.999999984)) * t
    p = p if x >= y else _HALF_PI - p
    p = p if real >= _ZERO else _PI - p
    return -p if imaginary < _ZERO and p < _PI else p


def _tables(
    problem: Problem, lanes: NDArray[np.int64], columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is constant in a step: settings `(setting, column * lane)`, weights `(channel, channel, column * lane)`.

    Both come flat, so that the compiler knows the distance of any two places.
    """
    constants = step_constants([problem.parameters[lane] for lane in lanes], problem.omega[lanes])
    rows = [constants.coupling, constants.bias, constants.cosine, constants.sine, constants.follow]
    channels = problem.omega.shape[-1]
    settings = _aligned((len(rows), columns * LANES), np.float32)
    settings[:] = np.tile(np.array(rows), columns)
    weights = _aligned((channels, channels, columns * LANES), np.float32)
    weights[:] = np.tile(constants.weights.transpose(1, 2, 0), columns)
    return settings.reshape(-1), weights.reshape(-1)


def _bordered(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """State of phases `(lane, row, column, channel)` as rows with a border of zeros."""
    lanes, rows, columns, channels = phase.shape
    state = _aligned((rows + 2, channels + 2, 2, columns + 2, lanes), np.float32)
    for part, values in enumerate(on_circle(phase)):
        state[1:-1, 1:-1, part, 1:-1] = values.transpose(1, 3, 2, 0)
    return state.reshape(rows + 2, -1)


def _interleaved(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """Input of phases `(lane, row, column, channel)` as rows without a border."""
    lanes, rows, columns, channels = phase.shape
    state = _aligned((rows, channels, 2, columns, lanes), np.float32)
    for part, values in enumerate(on_circle(phase)):
        state[:, :, part] = values.transpose(1, 3, 2, 0)
    return state.reshape(rows, -1)


def _input_phase(c: NDArray[np.float32], runs: int, channels: int, columns: int) -> NDArray[np.float32]:
    real, imaginary = c.reshape(-1, channels, 2, columns, LANES)[..., :runs].transpose(2, 4, 0, 3, 1)
    return angle(imaginary, real)


def _aligned(shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Zeros that begin at a cache line, so that no vector straddles two."""
    kind = np.dtype(kind)
    count = int(np.prod(shape))
    line = 64 // kind.itemsize
    raw = np.zeros(count + line, kind)
    first = -(raw.ctypes.data // kind.itemsize) % line
    return raw[first : first + count].reshape(shape)

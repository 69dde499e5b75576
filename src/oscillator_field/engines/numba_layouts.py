"""How runs lie in the lanes of the engine for CPUs: sixteen runs side by side, or sixteen bands of one run.

A group of many runs is interleaved, a run a lane; lanes that are left over hold copies of the first run. Where runs are
few, that would compute copies alone, so the lattice of each run is cut into LANES bands of rows, a band a lane; after
each step the kernels copy the rows at the borders of bands to their neighbours. Every site goes through the same
instructions in both, so a run has the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.numba_kernels import LANES, compute_frames_of, exchange_borders, sources_read
from oscillator_field.engines.problem import Problem, angle, on_circle
from oscillator_field.engines.step_constants import step_constants
from oscillator_field.logs import came_of_interrupt

# Site-steps of one compiled call, some tenths of a second with few channels: only between calls
# does an interrupt get through.
SITE_STEPS_A_CALL = 2**28
# Measured: to exchange the borders takes as long as to compute so many rows of a band.
ROWS_OF_EXCHANGE = 4
# And bands pay where a group in bands takes as long as so many lanes; side by side it takes LANES, however few it has.
MOST_LANES_OF_BANDS = 14


class Layout(Protocol):
    """Some runs of a group, in lanes.

    Attributes:
        runs: which of the group.
    """

    runs: slice

    def advance(self, kept: NDArray[np.int64], phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        """Compute up to the last of some kept steps, and write the frames after them.

        Args:
            kept: `(frame,)`, rising; those of the call before are done.
            phase, counts: to write to, `(run, frame, row, column * channel)`.
        """

    def input_phase(self) -> NDArray[np.float32]:
        """The input now, `(run, row, column, channel)`, rad."""


def layouts_of(problem: Problem, group: slice, frames_a_piece: int) -> list[Layout]:
    """The runs of a group in lanes: each in bands where runs are few, else side by side."""
    runs, rows = group.stop - group.start, problem.initial_phase.shape[1]
    lanes_a_run = (_height(rows) + ROWS_OF_EXCHANGE) * LANES / rows
    if rows >= LANES and runs * lanes_a_run <= MOST_LANES_OF_BANDS:
        frames = min(frames_a_piece, len(problem.kept_steps()))
        return [_Bands(problem, group.start + run, slice(run, run + 1), frames) for run in range(runs)]
    return [_SideBySide(problem, group)]


def _height(rows: int) -> int:
    """Rows of the highest band of a lattice."""
    return -(-rows // LANES)


class _Lanes:
    """The state in lanes, and the compiled calls that bring it on."""

    def __init__(self, problem: Problem, initial: NDArray[np.float32], drive: NDArray[np.float32], lanes: Any) -> None:
        """Of phases `(lane, row, column, channel)`, of the runs that the lanes hold."""
        _, rows, self.columns, self.channels = initial.shape
        self.z = _bordered(initial)
        self.z_next = _aligned(self.z.shape, np.float32)
        self.c = _interleaved(drive)
        self.spikes = _aligned((rows, self.columns * self.channels * LANES), problem.spike_type())
        self.settings, self.weights = _tables(problem, lanes)
        self.scratch = _aligned(self.z.shape[1:], np.float32)
        self.steps_a_call = max(1, SITE_STEPS_A_CALL // (LANES * rows * self.columns * self.channels))
        self.done = 0

    def compute(self, whole: int, kept: NDArray[np.int64], phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        """Up to the last of some kept steps, with `(lane, frame, row, column * channel)` to write to.

        Of bands, `whole` have all rows; 0 where the lanes hold runs.
        """
        compute_frames = compute_frames_of(self.columns, self.channels, whole > 0)
        while self.done < kept[-1]:
            until = min(self.done + self.steps_a_call, int(kept[-1]))
            with _interruptible():
                self.z, self.z_next = compute_frames(
                    *(self.done, until, kept, self.z, self.z_next, self.c, self.spikes),
                    *(self.settings, self.weights, self.scratch, phase, counts, whole),
                )
            self.done = until

    def inputs(self) -> NDArray[np.float32]:
        """The phases of the input, `(lane, row, column, channel)`."""
        real, imaginary = self.c.reshape(-1, 2, self.columns, self.channels, LANES).transpose(1, 4, 0, 2, 3)
        return angle(imaginary, real)


class _SideBySide:
    """A group, a run a lane; lanes that are left over hold copies of the first."""

    def __init__(self, problem: Problem, group: slice) -> None:
        self.runs = slice(0, group.stop - group.start)
        lanes = np.concatenate(
            [np.arange(group.start, group.stop), np.full(LANES - self.runs.stop, group.start, np.int64)]
        )
        self._lanes = _Lanes(problem, problem.initial_phase[lanes], problem.input_phase[lanes], lanes)

    def advance(self, kept: NDArray[np.int64], phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        self._lanes.compute(0, kept, phase, counts)

    def input_phase(self) -> NDArray[np.float32]:
        return self._lanes.inputs()[self.runs]


class _Bands:
    """One run, cut into bands of rows, a band a lane: the first ones of one height, the others a row lower."""

    def __init__(self, problem: Problem, run: int, runs: slice, frames: int) -> None:
        self.runs = runs
        rows, columns, channels = problem.initial_phase.shape[1:]
        height = _height(rows)
        # Bands that have all rows.
        self._whole = rows - LANES * (height - 1)
        self._rows = np.where(np.arange(LANES) < self._whole, height, height - 1)
        self._first = np.cumsum(self._rows) - self._rows
        # Where a band is lower, its last row is the border to the next, which the exchange fills.
        place = np.minimum(self._first[:, np.newaxis] + np.arange(height), rows - 1)
        initial, drive = problem.initial_phase[run][place], problem.input_phase[run][place]
        self._lanes = _Lanes(problem, initial, drive, np.full(LANES, run))
        exchange_borders(self._lanes.z, self._whole)
        shape = (LANES, frames, height, columns * channels)
        self._phase, self._counts = np.empty(shape, np.float32), np.empty(shape, problem.spike_type())

    def advance(self, kept: NDArray[np.int64], phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        self._lanes.compute(self._whole, kept, self._phase, self._counts)
        for lane, (first, rows) in enumerate(zip(self._first, self._rows, strict=True)):
            for into, banded in ((phase, self._phase), (counts, self._counts)):
                into[0, : len(kept), first : first + rows] = banded[lane, : len(kept), :rows]

    def input_phase(self) -> NDArray[np.float32]:
        inputs = self._lanes.inputs()
        return np.concatenate([inputs[lane, :rows] for lane, rows in enumerate(self._rows)])[np.newaxis]


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


def _aligned(shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Zeros that begin at a cache line, so that no vector straddles two."""
    kind = np.dtype(kind)
    count = int(np.prod(shape))
    line = 64 // kind.itemsize
    raw = np.zeros(count + line, kind)
    first = -(raw.ctypes.data // kind.itemsize) % line
    return raw[first : first + count].reshape(shape)

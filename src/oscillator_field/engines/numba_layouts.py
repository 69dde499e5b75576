"""How runs lie in the lanes of the engine for CPUs: sixteen runs side by side, or sixteen bands of one run.

A group of many runs is interleaved, a run a lane; lanes that are left over hold copies of the first run. Where runs are
few, that would compute copies alone, and where lattices are large, a group leaves the cache between two steps. So the
lattice of each run is then cut into LANES bands of rows, a band a lane; after each step the kernels copy the rows at
the borders of bands to their neighbours. Every site goes through the same instructions in both, so a run has the same
bits. Threads may share the rows of the lanes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.lanes import LANES, can_lie_in_bands, runs_together, useful_threads
from oscillator_field.engines.neighbourhoods import WEIGHT, half_widths, places, reach, taps_of_gaussian, weight_of_disc
from oscillator_field.engines.noise import pairs_in_a_row, turns_a_step
from oscillator_field.engines.numba_kernels import Arrays, compute_frames_of
from oscillator_field.engines.numba_lattice import BITS, STAGES, sources_read
from oscillator_field.engines.numba_surroundings import Ground
from oscillator_field.engines.numba_threads import compute_frames_by_threads
from oscillator_field.engines.problem import Problem, angle, on_circle
from oscillator_field.engines.step_constants import step_constants

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

    def advance(self, kept: NDArray[np.int64], end: int, phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        """Compute up to one of some kept steps, and write the frames after those that are not done yet.

        Args:
            kept: `(frame,)`, rising.
            end: index of the last one to compute.
            phase, counts: to write to, `(run, frame, row, column * channel)`.
        """

    def input_phase(self) -> NDArray[np.float32]:
        """The input now, `(run, row, column, channel)`, rad."""


def groups_of(problem: Problem) -> list[slice]:
    """The runs of a problem in the groups that are computed together: up to LANES, or one by one if they are large."""
    _, rows, columns, channels = problem.initial_phase.shape
    return [
        slice(first, min(first + together, group.stop))
        for group in problem.groups(LANES)
        for together in [runs_together(rows, rows * columns * channels, problem.terms_of(group.start))]
        for first in range(group.start, group.stop, together)
    ]


def layouts_of(problem: Problem, group: slice, frames_a_piece: int, threads: int) -> list[Layout]:
    """The runs of a group, whose terms are the same, in lanes: each in bands where runs are few, else side by side.

    `threads` may share the rows.
    """
    runs, rows = group.stop - group.start, problem.initial_phase.shape[1]
    lanes_a_run = (_height(rows) + ROWS_OF_EXCHANGE) * LANES / rows
    if can_lie_in_bands(rows, problem.terms_of(group.start)) and runs * lanes_a_run <= MOST_LANES_OF_BANDS:
        frames = min(frames_a_piece, len(problem.kept_steps()))
        return [_Bands(problem, group.start + run, slice(run, run + 1), frames, threads) for run in range(runs)]
    return [_SideBySide(problem, group, threads)]


def _height(rows: int) -> int:
    """Rows of the highest band of a lattice."""
    return -(-rows // LANES)


class _Lanes:
    """The state in lanes, and the compiled calls that bring it on."""

    def __init__(
        self,
        problem: Problem,
        lanes: NDArray[np.int64],
        place: NDArray[np.int64],
        rows_of_lanes: NDArray[np.int64],
        threads: int,
        bands: bool,
    ) -> None:
        """Of the runs `lanes` say, `(lane,)`, and their rows `place`, `(lane, row)`, of which so many are theirs."""
        part = problem.part(slice(int(lanes.min()), int(lanes.max()) + 1))
        self._problem, self._lanes = part, lanes - lanes.min()
        self._bands = bands
        # Of bands, so many have all rows.
        self._whole = int((rows_of_lanes == place.shape[1]).sum())
        _, rows, self._columns, self._channels = part.initial_phase.shape
        terms = part.terms_of(0)
        self._bits = sum(BITS[term] for term in terms if term in BITS)
        self._stages = STAGES[part.parameters[0].integrator]
        initial, drive = (
            values[self._lanes[:, np.newaxis], place] for values in (part.initial_phase, part.input_phase)
        )
        # One for each stage, and at least two states, between which the notebook's step goes to and fro.
        inputs = len(self._stages)
        self.states = (_bordered(initial), *(_bordered_zeros(initial.shape) for _ in range(max(1, inputs - 1))))
        height, width = place.shape[1], self._columns * self._channels * LANES
        settings, weights = self._tables(1)
        self.arrays = Arrays(
            inputs=(_interleaved(drive), *(_aligned((height, 2 * width), np.float32) for _ in range(inputs - 1))),
            spikes=_aligned((height, width), part.spike_type()),
            settings=settings,
            weights=weights,
            frequencies=self._frequencies(place) if "frequencies" in terms else _none(2),
            jolts=_aligned((height, 2 * pairs_in_a_row(self._columns, self._channels) * LANES), np.float32)
            if "noise" in terms
            else _none(2),
            pulls=_aligned((1 if "global" in terms else height, 2 * width), np.float32)
            if terms & {"global", "disc", "gaussian"}
            else _none(2),
            keys=np.concatenate([part.seeds[self._lanes], place[:, 0].astype(np.uint32)]),
            ground=_ground(part, terms, (rows, self._columns), height, self._channels * LANES),
        )
        self._threads = useful_threads(threads, height * width)
        self._scratch = _aligned((self._threads, self.states[0].shape[1]), np.float32)
        self._steps_a_call = max(1, SITE_STEPS_A_CALL // (height * width))
        self._switches = self._steps_of_switches() if "drive window" in terms else []
        self.done = 0

    def compute(self, kept: NDArray[np.int64], end: int, phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        """As `Layout.advance` says, with `(lane, frame, row, column * channel)` to write to."""
        goal = int(kept[end])
        lattice = self._columns, self._channels, self._bits, self._bands
        while self.done < goal:
            until = min(self.done + self._steps_a_call, goal)
            until = min([until, *(step for step in self._switches if step > self.done)])
            if self.done in self._switches:
                self.arrays.settings[:], self.arrays.weights[:] = self._tables(self.done + 1)
            with interruptible():
                if self._threads > 1:
                    compute = compute_frames_by_threads(self._threads, self._stages, *lattice)
                else:
                    compute = compute_frames_of(*lattice, self._stages[0])
                self.states = compute(
                    *(self.done, until, kept, self.states, self.arrays),
                    *(self._scratch if self._threads > 1 else self._scratch[0], phase, counts, self._whole),
                )
            self.done = until

    def inputs(self) -> NDArray[np.float32]:
        """The phases of the input, `(lane, row, column, channel)`."""
        c = self.arrays.inputs[0].reshape(-1, 2, self._columns, self._channels, LANES)
        real, imaginary = c.transpose(1, 4, 0, 2, 3)
        return angle(imaginary, real)

    def _tables(self, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What is constant in a step: settings `(setting, lane)`, weights `(channel, source, lane)`.

        Both come flat, so that the compiler knows the offset between any two values.
        """
        part = self._problem
        first, last = part.drive_steps()
        constants = step_constants(part.parameters, part.omega, (first <= step) & (step <= last))
        rows = (
            *(constants.coupling, constants.bias, constants.chord_squared, constants.follow, constants.lag),
            turns_a_step(part.parameters),
        )
        settings = _aligned((len(rows), LANES), np.float32)
        settings[:] = [values[self._lanes] for values in rows]
        weights = _aligned((self._channels, sources_read(self._channels), LANES), np.float32)
        weights[:, : self._channels] = constants.weights[self._lanes].transpose(1, 2, 0)
        return settings.reshape(-1), weights.reshape(-1)

    def _steps_of_switches(self) -> list[int]:
        """The numbers of steps after which an input begins or ceases to act."""
        first, last = self._problem.drive_steps()
        return sorted({*(first - 1).tolist(), *last.tolist()})

    def _frequencies(self, place: NDArray[np.int64]) -> NDArray[np.float32]:
        """How far each site turns by itself in a step, rad, in the order of the input."""
        part = self._problem
        assert part.frequency is not None
        delta_t = np.array([each.delta_t for each in part.parameters]).reshape(-1, 1, 1, 1)
        turned = (delta_t * part.frequency).astype(np.float32)[self._lanes[:, np.newaxis], place]
        into = _aligned((place.shape[1], self._columns, self._channels, LANES), np.float32)
        into[:] = turned.transpose(1, 2, 3, 0)
        return into.reshape(place.shape[1], -1)


class _SideBySide:
    """A group, a run a lane; lanes that are left over hold copies of the first."""

    def __init__(self, problem: Problem, group: slice, threads: int) -> None:
        self.runs = slice(0, group.stop - group.start)
        lanes = np.concatenate(
            [np.arange(group.start, group.stop), np.full(LANES - self.runs.stop, group.start, np.int64)]
        )
        rows = problem.initial_phase.shape[1]
        place = np.broadcast_to(np.arange(rows), (LANES, rows))
        self._lanes = _Lanes(problem, lanes, place, np.full(LANES, rows), threads, bands=False)

    def advance(self, kept: NDArray[np.int64], end: int, phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        self._lanes.compute(kept, end, phase, counts)

    def input_phase(self) -> NDArray[np.float32]:
        return self._lanes.inputs()[self.runs]


class _Bands:
    """One run, cut into bands of rows, a band a lane: the first ones of one height, the others a row lower."""

    def __init__(self, problem: Problem, run: int, runs: slice, frames: int, threads: int) -> None:
        self.runs = runs
        rows, columns, channels = problem.initial_phase.shape[1:]
        height = _height(rows)
        whole = rows - LANES * (height - 1)
        self._rows = np.where(np.arange(LANES) < whole, height, height - 1)
        self._first = np.cumsum(self._rows) - self._rows
        # Where a band is lower, its last row is the border to the next, which the exchange fills.
        place = np.minimum(self._first[:, np.newaxis] + np.arange(height), rows - 1)
        self._lanes = _Lanes(problem, np.full(LANES, run), place, self._rows, threads, bands=True)
        shape = (LANES, frames, height, columns * channels)
        self._phase, self._counts = np.empty(shape, np.float32), np.empty(shape, problem.spike_type())

    def advance(self, kept: NDArray[np.int64], end: int, phase: NDArray[np.float32], counts: NDArray[Any]) -> None:
        frames = slice(int(np.searchsorted(kept, self._lanes.done + 1)), end + 1)
        self._lanes.compute(kept, end, self._phase, self._counts)
        for lane, (first, rows) in enumerate(zip(self._first, self._rows, strict=True)):
            for into, banded in ((phase, self._phase), (counts, self._counts)):
                into[0, frames, first : first + rows] = banded[lane, frames, :rows]

    def input_phase(self) -> NDArray[np.float32]:
        inputs = self._lanes.inputs()
        return np.concatenate([inputs[lane, :rows] for lane, rows in enumerate(self._rows)])[np.newaxis]


def _ground(problem: Problem, terms: frozenset[str], shape: tuple[int, int], height: int, width: int) -> Ground:
    """What far neighbours are summed up with, for rows of `width` values a column."""
    radius, boundary = problem.parameters[0].radius, problem.parameters[0].boundary
    rows, columns = shape
    nowhere, totals = np.zeros(1, np.int64), np.zeros((2, width))
    empty = Ground(_none(4), totals, nowhere, nowhere, nowhere, _none(1), 0.0, np.float32(0))
    if "global" in terms:
        return empty._replace(sums=_aligned((height, 2, 1, width), np.float32), weight=WEIGHT / (rows * columns))
    if not terms & {"disc", "gaussian"}:
        return empty
    beyond = reach(problem.parameters[0].neighbourhood, radius)
    around = empty._replace(rows=places(rows, beyond, boundary), columns=places(columns, beyond, boundary))
    if "disc" in terms:
        sums = _aligned((height, 2, columns + 2 * beyond + 1, width), np.float32)
        return around._replace(sums=sums, widths=half_widths(radius), weight=weight_of_disc(radius))
    taps, own = taps_of_gaussian(radius)
    sums = _aligned((height, 2, columns, width), np.float32)
    return around._replace(sums=sums, taps=taps.astype(np.float32), own=np.float32(own))


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise what the handler of Ctrl-C raises when the call within has ended; a second Ctrl-C ends the compiler too.

    Compiled code turns an error of the handler into a SystemError or loses it at its end, and callbacks of the
    compiler print and ignore it; so the first one is only kept.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    raised: list[BaseException] = []

    def watched(number: int, frame: FrameType | None) -> None:
        try:
            handler(number, frame)
        except BaseException as error:
            raised.append(error)
            if len(raised) > 1:
                raise

    signal.signal(signal.SIGINT, watched)
    try:
        yield
    except BaseException:
        if not raised:
            raise
    finally:
        signal.signal(signal.SIGINT, handler)
    if raised:
        raise raised[0]


def _bordered(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """State of phases `(lane, row, column, channel)` as rows with a border of zeros."""
    state = _bordered_zeros(phase.shape)
    lanes, rows, columns, channels = phase.shape
    sites = state.reshape(rows + 2, 2, columns + 2, channels + 1, lanes)
    for part, values in enumerate(on_circle(phase)):
        sites[1:-1, part, 1:-1, 1:] = values.transpose(1, 2, 3, 0)
    return state


def _bordered_zeros(shape: tuple[int, ...]) -> NDArray[np.float32]:
    lanes, rows, columns, channels = shape
    return _aligned((rows + 2, 2 * (columns + 2) * (channels + 1) * lanes), np.float32)


def _none(axes: int) -> NDArray[np.float32]:
    """In place of an array that no term reads."""
    return np.zeros((1,) * axes, np.float32)


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

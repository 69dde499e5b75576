"""The model of the field, and what every engine that computes it takes and gives.

Lattice of `row x column` pixels with `channel` oscillators each; state `z = exp(i phase)`, input
`c = exp(i input_phase)`, both of modulus one. One step of length `delta_t`, in this order:

    neighbours = sum of z over the six nearest sites (row +-1, column +-1, channel +-1), 0 outside the lattice
    mixed      = Omega @ z over the channel axis; Omega real and skew-symmetric
    z_next     = normalise(z + delta_t * (k_coupling*(neighbours - z) + k_omega*mixed + k_bias*(c - z)))
    spike      = |angle(z_next * conj(z))| > spike_threshold
    c_next     = normalise(c + delta_t * input_rate*(z_next - c))        only if evolve_input

with `normalise(x) = x / (|x| + 1e-12)`. To first order in delta_t, d(phase)/dt is Im(conj(z) * F), F being the sum that
delta_t multiplies: what is along z itself only changes the length of x, and so rescales delta_t a little.

That is the model of the defaults. With the terms of `terms.TERMS`, each off by default:

    neighbours: the sites of the same channel are those of `neighbourhood`, whose weights add up to four; beyond an end
                of the rows or columns lies what `boundary` says; channels +-1 count only with `channel_coupling`
    F          = k_coupling*(exp(-i*phase_lag)*neighbours - z) + k_omega*mixed + k_bias*(c - z) + i*frequency*z
    z_next     = normalise((z + delta_t*F) * exp(i*sqrt(2*noise*delta_t)*normal))
    k_bias and input_rate are 0 in steps that begin before `drive_onset`, or at `drive_end` or later

The integrators `heun` and `rk4` act on the field that is tangent to the circle, and take state and input together,

    dz/dt = i*Im(conj(z)*F)*z        dc/dt = i*input_rate*Im(conj(c)*z)*c

and end with `normalise`. With noise, Heun's two slopes are taken at z and at the jolted z + delta_t*dz/dt, and the mean
of both, then jolted by the same numbers, is the step.

An engine yields the course of the field piece by piece, some runs and some frames at a time, so that whoever stores it
need never hold all of it. A run that has settled may end before its last step (`settling`). Engines compute in float32
and agree with each other within the tolerance that the tests state. On one kind of processor an engine gives a run the
same bits, whatever else shares its batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import FieldParameters, RunParameters
from oscillator_field.ranges import kept, slices
from oscillator_field.terms import terms_of

EPSILON = 1e-12


@dataclass(frozen=True)
class Problem:
    """What to simulate: runs of one lattice shape and length, each with parameters, start and input of its own.

    Attributes:
        input_phase: float32 `(run, row, column, channel)`, rad.
        initial_phase: the same shape, rad.
        omega: float32 `(run, channel, channel)`.
        parameters: one for each run.
        steps: number of steps.
        every: a frame is kept after every so many steps and after the last one.
        seeds: uint32 `(run,)`, of the noise.
        stop_when_settled: float64 `(run,)`, the share of quiet sites at which a run ends; 0 for never.
        settled_for: float64 `(run,)`, for how long they must be quiet, s.
        frequency: float32, of the shape of the phases, rad/s: natural frequencies; None if no run has any.
    """

    input_phase: NDArray[np.float32]
    initial_phase: NDArray[np.float32]
    omega: NDArray[np.float32]
    parameters: tuple[FieldParameters, ...]
    steps: int
    every: int
    seeds: NDArray[np.uint32]
    stop_when_settled: NDArray[np.float64]
    settled_for: NDArray[np.float64]
    frequency: NDArray[np.float32] | None = None

    def part(self, runs: slice) -> Problem:
        """The same for some of the runs."""
        return Problem(
            self.input_phase[runs],
            self.initial_phase[runs],
            self.omega[runs],
            self.parameters[runs],
            self.steps,
            self.every,
            self.seeds[runs],
            self.stop_when_settled[runs],
            self.settled_for[runs],
            None if self.frequency is None else self.frequency[runs],
        )

    def terms_of(self, run: int) -> frozenset[str]:
        """The terms that are on in a run."""
        has_any = self.frequency is not None and bool(self.frequency[run].any())
        return terms_of(self.parameters[run], _settings(has_any, bool(self.stop_when_settled[run])))

    @cached_property
    def terms(self) -> frozenset[str]:
        """The terms that are on in any run."""
        return frozenset().union(*(self.terms_of(run) for run in range(len(self.parameters))))

    def groups(self, most: int) -> Iterator[slice]:
        """Successive runs whose terms are the same, `most` at a time: what is off in a run is left out of its code."""
        first = 0
        kinds = [self._kind(run) for run in range(len(self.parameters))]
        for _, alike in itertools.groupby(kinds):
            count = len(list(alike))
            for part in slices(count, most):
                yield slice(first + part.start, first + part.stop)
            first += count

    def _kind(self, run: int) -> tuple[frozenset[str], float]:
        terms, parameters = self.terms_of(run), self.parameters[run]
        return terms, parameters.radius if terms & {"disc", "gaussian"} else 0.0

    def drive_steps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of each run, the first step in which the input acts and the last one, 1 being the first step."""
        delta_t, onset, end = (
            np.array([getattr(each, name) for each in self.parameters])
            for name in ("delta_t", "drive_onset", "drive_end")
        )
        # Less a rounding: 0.3 s are 30 steps of 0.01 s.
        first, after = (np.ceil(time / delta_t - 1e-9).astype(np.int64) for time in (onset, end))
        return first + 1, after

    def kept_steps(self) -> NDArray[np.int64]:
        """The steps after which a frame is kept, 1 being the first step."""
        return kept(self.steps, self.every)

    def spike_type(self) -> np.dtype:
        """The smallest unsigned type that counts the spikes between two frames.

        Where runs may end, its largest number stands for a frame that is absent.
        """
        return np.min_scalar_type(min(self.every, self.steps) + int(self.stop_when_settled.any()))


@dataclass(frozen=True)
class Piece:
    """Some successive frames of some successive runs; its arrays are good until the next piece is asked for.

    Attributes:
        runs: which runs of the problem.
        frames: which of its kept frames; the pieces of a run come in the order of their frames.
        step: int64 `(frame,)`, the step after which each frame was kept.
        phase: float32 `(run, frame, row, column, channel)` in (-pi, pi].
        spikes: unsigned, the same shape: in how many steps since the frame before the site spiked.
        input_phase: float32 `(run, row, column, channel)`, the input after the last step of the piece, or of the run.
        last_frame: int64 `(run,)`, the last frame of each run as far as it is known: the last of the problem while a
            run has not settled. What a piece has of later frames is undefined.
    """

    runs: slice
    frames: slice
    step: NDArray[np.int64]
    phase: NDArray[np.float32]
    spikes: NDArray[np.unsignedinteger]
    input_phase: NDArray[np.float32]
    last_frame: NDArray[np.int64]

    def count(self, place: int) -> int:
        """How many frames of the piece the run at a place in it has: fewer, or none, after its end."""
        return max(0, min(self.frames.stop, int(self.last_frame[place]) + 1) - self.frames.start)

    @property
    def is_last(self) -> bool:
        """Whether no further piece of these runs follows."""
        return bool(self.last_frame.max() < self.frames.stop)


class Engine(Protocol):
    """What `engines.<name>.pieces` has to be."""

    def __call__(
        self, problem: Problem, *, frames_a_piece: int, threads: int | None, device: str
    ) -> Iterator[Piece]: ...


@cache
def _settings(has_frequencies: bool, may_end: bool) -> RunParameters:
    """Of a run, what decides its terms beside its field parameters."""
    return RunParameters(
        frequency_distribution="normal" if has_frequencies else "none", stop_when_settled=float(may_end)
    )


def on_circle(phase: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosine and sine of a phase, taken in float64 so that every engine starts from the same bits."""
    exact = phase.astype(np.float64)
    return np.cos(exact).astype(np.float32), np.sin(exact).astype(np.float32)


def angle(imaginary: NDArray[np.float32], real: NDArray[np.float32]) -> NDArray[np.float32]:
    """The angle of `real + i imaginary` in (-pi, pi]."""
    phase = np.arctan2(imaginary, real)
    return np.where(phase > -np.float32(np.pi), phase, np.float32(np.pi))

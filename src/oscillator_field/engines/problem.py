"""The model of the field, and what every engine that computes it takes and gives.

Lattice of `row x column` pixels with `channel` oscillators each; state `z = exp(i phase)`, input
`c = exp(i input_phase)`, both of modulus one. One step of length `delta_t`, in this order:

    neighbours = sum of z over the six nearest sites (row +-1, column +-1, channel +-1), 0 outside the lattice
    mixed      = Omega @ z over the channel axis; Omega real and skew-symmetric
    z_next     = normalise(z + delta_t * (k_coupling*(neighbours - z) + k_omega*mixed + k_bias*(c - z)))
    spike      = |angle(z_next * conj(z))| > spike_threshold
    c_next     = normalise(c + delta_t * input_rate*(z_next - c))        only if evolve_input

with `normalise(x) = x / (|x| + 1e-12)`.

An engine yields the course of the field piece by piece, some runs and some frames at a time, so that whoever stores it
need never hold all of it. Engines compute in float32 and agree with each other within the tolerance that the tests
state. On one kind of processor an engine gives a run the same bits, whatever else shares its batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import FieldParameters
from oscillator_field.ranges import kept

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
    """

    input_phase: NDArray[np.float32]
    initial_phase: NDArray[np.float32]
    omega: NDArray[np.float32]
    parameters: tuple[FieldParameters, ...]
    steps: int
    every: int

    def part(self, runs: slice) -> Problem:
        """The same for some of the runs."""
        return Problem(
            self.input_phase[runs],
            self.initial_phase[runs],
            self.omega[runs],
            self.parameters[runs],
            self.steps,
            self.every,
        )

    def kept_steps(self) -> NDArray[np.int64]:
        """The steps after which a frame is kept, 1 being the first step."""
        return kept(self.steps, self.every)

    def spike_type(self) -> np.dtype:
        """The smallest unsigned type that counts the spikes between two frames."""
        return np.min_scalar_type(min(self.every, self.steps))


@dataclass(frozen=True)
class Piece:
    """Some successive frames of some successive runs; its arrays are good until the next piece is asked for.

    Attributes:
        runs: which runs of the problem.
        frames: which of its kept frames; the pieces of a run come in the order of their frames.
        step: int64 `(frame,)`, the step after which each frame was kept.
        phase: float32 `(run, frame, row, column, channel)` in (-pi, pi].
        spikes: unsigned, the same shape: in how many steps since the frame before the site spiked.
        input_phase: float32 `(run, row, column, channel)`, the input after the last step of the piece.
    """

    runs: slice
    frames: slice
    step: NDArray[np.int64]
    phase: NDArray[np.float32]
    spikes: NDArray[np.unsignedinteger]
    input_phase: NDArray[np.float32]


class Engine(Protocol):
    """What `engines.<name>.pieces` has to be."""

    def __call__(
        self, problem: Problem, *, frames_a_piece: int, threads: int | None, device: str
    ) -> Iterator[Piece]: ...


def on_circle(phase: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosine and sine of a phase, taken in float64 so that every engine starts from the same bits."""
    exact = phase.astype(np.float64)
    return np.cos(exact).astype(np.float32), np.sin(exact).astype(np.float32)


def angle(imaginary: NDArray[np.float32], real: NDArray[np.float32]) -> NDArray[np.float32]:
    """The angle of `real + i imaginary` in (-pi, pi]."""
    phase = np.arctan2(imaginary, real)
    return np.where(phase > -np.float32(np.pi), phase, np.float32(np.pi))

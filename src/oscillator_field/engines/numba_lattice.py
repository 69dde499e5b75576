"""What the compiled loops for CPUs share: how a lattice lies in memory, which terms are on, and how they are compiled.

A row of the state lies in memory as `(part, column, channel, lane)`, the part being real or imaginary, with a column
of zeros on either side and a channel of zeros before each column, which stand for the outside of the lattice (the
channel after the last is the one before the next column). A row of the input lies there as
`(part, column, channel, lane)` too, but without zeros.

In the compiled functions, `site` is where the channels of a column begin in a row of the state, and `offset` where they
begin in a row of the input, both for one lane.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from oscillator_field.engines.lanes import LANES

# Up to so many channels are mixed within the loop over sites, which takes a short loop that can be unrolled.
UNROLLED = 8

# Rows of the table of settings.
COUPLING, BIAS, CHORD_SQUARED, FOLLOW, LAG, JOLT = range(6)

# Terms that are compiled in, as bits of a number: code that is to be found again on disk knows nothing but numbers.
BITS = {
    "lag": 1,
    "frequencies": 2,
    "noise": 4,
    "channels apart": 8,
    "global": 16,
    "disc": 32,
    "gaussian": 64,
    "periodic": 128,
    "reflecting": 256,
}
# Those whose neighbours within a channel are summed between the steps.
FAR = BITS["global"] | BITS["disc"] | BITS["gaussian"]

# The parts of a step: the notebook's is one, Heun's method has two, that of Runge and Kutta four.
EULER, HEUN_FIRST, HEUN_LAST, RK4_FIRST, RK4_SECOND, RK4_THIRD, RK4_LAST = range(7)
STAGES = {
    "euler": (EULER,),
    "heun": (HEUN_FIRST, HEUN_LAST),
    "rk4": (RK4_FIRST, RK4_SECOND, RK4_THIRD, RK4_LAST),
}

# All fast-math flags but reassociation, which would make long chains of short trees of sums. No NaN or infinity occurs.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz", "arcp", "contract", "afn"},
}
# Of what compiled code alone calls: ways in from Python and C would be a quarter of all that there is to compile.
CALLED_WITHIN = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Put into its caller by LLVM, which takes a third of the time that numba takes to do so before it infers types.
inlined = njit(forceinline=True, **CALLED_WITHIN)
# Put in by numba: where that is faster, with slices of arrays for one.
written_in = njit(inline="always", **CALLED_WITHIN)
# Added under the root instead of the model's 1e-12 after it: the same in float32 unless |x| is about that small.
TINY = np.float32(1e-24)
ZERO, ONE, TWO, HALF, THIRD, SIXTH = (np.float32(value) for value in (0, 1, 2, 1 / 2, 1 / 3, 1 / 6))
NEEDS_COMPILER = "simulate.engine: numba computes nothing without numba's compiler (is NUMBA_DISABLE_JIT set?)"


def inlined_in(lattice: Lattice) -> Any:
    """How functions are put into the loops of a stage.

    The last stage of Runge and Kutta reads the most rows: measured, LLVM makes vectors of it where numba has put all
    into one function, and else takes eight times as long.
    """
    return written_in if lattice.stage == RK4_LAST else inlined


class Lattice(NamedTuple):
    """Sizes of a lattice, distances in a row of it, and what is compiled in."""

    columns: int
    channels: int
    sources: int
    row: int  # from a row to the next, of the state
    column: int  # from a column to the next, in a row of the state
    imaginary: int  # from a real part to its imaginary part, in a row of the state
    column_of_input: int
    imaginary_of_input: int
    stage: int
    lag: bool
    frequencies: bool
    noise: bool
    apart: bool
    far: bool


def lattice_of(columns: int, channels: int, terms: int = 0, stage: int = EULER) -> Lattice:
    """Of so many columns and channels, with the terms of some bits."""
    return Lattice(
        columns,
        channels,
        sources_read(channels),
        2 * (columns + 2) * (channels + 1) * LANES,
        (channels + 1) * LANES,
        (columns + 2) * (channels + 1) * LANES,
        channels * LANES,
        columns * channels * LANES,
        stage,
        terms & BITS["lag"] > 0,
        terms & BITS["frequencies"] > 0,
        terms & BITS["noise"] > 0,
        terms & BITS["channels apart"] > 0,
        terms & FAR > 0,
    )


def sources_read(channels: int) -> int:
    """How many channels the mixing of a channel reads: the weights of those beyond the last are 0."""
    return channels if channels <= UNROLLED else -(-channels // UNROLLED) * UNROLLED

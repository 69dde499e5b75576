"""Phases as 16-bit multiples of a scale, half a turn being a whole number of steps."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from oscillator_field.ranges import slices

# The fill value of codes, which a lost chunk reads as: no phase has this code.
LOST = -(2**15)
# The largest phase that float32 has: a little above pi.
HALF_TURN = np.float32(np.pi)


def phase_codes(phase: NDArray[np.float32], scale: float) -> NDArray[np.int16]:
    """The nearest multiple of the scale for each phase in (-pi, pi], so that none decodes to -pi.

    Args:
        phase: rad, of two axes or more.
        scale: rad a step; pi divided by a whole number below 2**15.
    """
    half_turn = round(math.pi / scale)
    codes = np.empty(phase.shape, np.int16)
    # In small parts, so that intermediate arrays stay in the cache of the processor.
    for first, part in itertools.product(range(phase.shape[0]), slices(phase.shape[1], 16)):
        codes[first, part] = np.rint(phase[first, part] * np.float32(1 / scale))
    codes[codes == -half_turn] = half_turn
    return codes

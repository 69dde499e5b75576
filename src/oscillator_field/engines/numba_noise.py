"""The noise in compiled loops for CPUs: the numbers of `noise`, sixteen lanes at a time.

Everything is written out in products and sums, because a call of a logarithm or a cosine cannot be vectorised.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from oscillator_field.engines.lanes import LANES
from oscillator_field.engines.noise import PARITY, ROTATIONS, STREAM
from oscillator_field.engines.numba_lattice import CALLED_WITHIN, HALF, JOLT, ONE, TWO, inlined

_STREAM, _PARITY = np.uint32(STREAM), np.uint32(PARITY)
_R0, _R1, _R2, _R3, _R4, _R5, _R6, _R7 = ROTATIONS
_STEP_OF_UNIFORM, _STEP_OF_TURNS = np.float32(2.0**-23), np.float32(2.0**-24)
_LN_2 = np.float32(np.log(2))
_MANTISSA, _ONE_BITS, _ROOT_HALF_BITS = np.int32(0x007FFFFF), np.int32(0x3F800000), np.int32(0x3F3504F3)


@njit(**CALLED_WITHIN)
def jolt_row(jolts, step, row, keys, settings, pairs):  # type: ignore[no-untyped-def]
    """How far the noise turns each of the sites of a row in a step, in turns; the sites are so many pairs."""
    # In two loops, which are short enough for the processor to work on several pairs at once.
    words = jolts.view(np.uint32)
    for pair in range(pairs):
        for lane in range(LANES):
            place = np.uint32(
                np.uint32(np.uint32(keys[LANES + lane] + np.uint32(row)) * np.uint32(pairs)) + np.uint32(pair)
            )
            first, second = _threefry(keys[lane], np.uint32(step), place)
            words[pair * LANES + lane] = first
            words[(pairs + pair) * LANES + lane] = second
    for pair in range(pairs):
        for lane in range(LANES):
            uniform = (np.float32(np.int32(words[pair * LANES + lane] >> np.uint32(9))) + HALF) * _STEP_OF_UNIFORM
            length = settings[JOLT * LANES + lane] * np.sqrt(-TWO * _logarithm(uniform))
            turns = np.float32(np.int32(words[(pairs + pair) * LANES + lane] >> np.uint32(8))) * _STEP_OF_TURNS
            cosine, sine = rotation(turns)
            jolts[pair * LANES + lane] = length * cosine
            jolts[(pairs + pair) * LANES + lane] = length * sine


@inlined
def _threefry(key, x, y):  # type: ignore[no-untyped-def]
    """Threefry-2x32 of 13 rounds; see `noise.threefry`."""
    last = np.uint32(key ^ _STREAM ^ _PARITY)
    x, y = np.uint32(x + key), np.uint32(y + _STREAM)
    x, y = _round(x, y, _R0)
    x, y = _round(x, y, _R1)
    x, y = _round(x, y, _R2)
    x, y = _round(x, y, _R3)
    x, y = np.uint32(x + _STREAM), np.uint32(y + last + np.uint32(1))
    x, y = _round(x, y, _R4)
    x, y = _round(x, y, _R5)
    x, y = _round(x, y, _R6)
    x, y = _round(x, y, _R7)
    x, y = np.uint32(x + last), np.uint32(y + key + np.uint32(2))
    x, y = _round(x, y, _R0)
    x, y = _round(x, y, _R1)
    x, y = _round(x, y, _R2)
    x, y = _round(x, y, _R3)
    x, y = np.uint32(x + key), np.uint32(y + _STREAM + np.uint32(3))
    return _round(x, y, _R4)


@inlined
def _round(x, y, by):  # type: ignore[no-untyped-def]
    x = np.uint32(x + y)
    y = np.uint32(np.uint32(y << np.uint32(by)) | np.uint32(y >> np.uint32(32 - by)))
    return x, np.uint32(y ^ x)


@inlined
def _logarithm(value):  # type: ignore[no-untyped-def]
    """The natural logarithm of a number above 0, to 2e-7 of it or of 1.

    By s = (m - 1) / (m + 1) of the mantissa m, between the roots of 1/2 and 2: ln m = 2 artanh s.
    """
    bits = np.int32(np.float32(value).view(np.int32) - _ROOT_HALF_BITS)
    exponent = np.int32(bits >> np.int32(23))
    mantissa = np.int32(np.int32(bits & _MANTISSA) + _ROOT_HALF_BITS).view(np.float32)
    s = (mantissa - ONE) / (mantissa + ONE)
    u = s * s
    p = np.float32(2 / 9)
    p = p * u + np.float32(2 / 7)
    p = p * u + np.float32(2 / 5)
    p = p * u + np.float32(2 / 3)
    p = p * u + TWO
    return np.float32(exponent) * _LN_2 + p * s


@inlined
def rotation(turns):  # type: ignore[no-untyped-def]
    """Cosine and sine of a number of turns, to 2e-7.

    Of the nearest half turn and the rest of at most a quarter, for which Chebyshev fits in its square serve.
    """
    halves = np.rint(TWO * turns)
    r = turns - HALF * halves
    sign = ONE - TWO * abs(halves - TWO * np.rint(HALF * halves))
    u = r * r
    q = np.float32(7.536662054)
    q = q * u - np.float32(26.3949603)
    q = q * u + np.float32(60.24331263)
    q = q * u - np.float32(85.4567882)
    q = q * u + np.float32(64.93939372)
    q = q * u - np.float32(19.7392088)
    q = q * u + ONE
    p = np.float32(-14.39413551)
    p = p * u + np.float32(42.00980575)
    p = p * u - np.float32(76.70428132)
    p = p * u + np.float32(81.60522621)
    p = p * u - np.float32(41.34170212)
    p = p * u + np.float32(6.283185307)
    return sign * q, sign * p * r

"""How far the phases of a field are correlated in space: the correlation length."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, ifft2, next_fast_len
from scipy.sparse import csr_array

from oscillator_field.analysis.observables import State

BOUND = 1 / math.e
# Elements of a matrix that is multiplied as a whole: that of a lattice of 64 x 64. A sparse one sums in another order.
MOST_DENSE = 2**21


def correlation_length(z: State) -> NDArray[np.float64]:
    """The distance at which the spatial correlation of exp(i phase) falls below 1/e, in pixels; `(frame,)`.

    The correlation at a lag is Re mean(conj(z(x)) z(x + lag)) over all pairs of sites of a channel, averaged over the
    channels and over the directions: all lags whose length rounds to the same whole number. Between two of these the
    length is found by linear interpolation. NaN where the correlation never falls that low, as in a field in phase.

    The definition is that of Egolf and Greenside, Nature 369, 129 (1994), for a bound of 1/e in place of a fit.

    Args:
        z: states, complex64 `(frame, row, column, channel)`.
    """
    correlation = directional_mean(z)
    below = correlation < BOUND
    first = below.argmax(axis=1)
    found = below.any(axis=1)
    frame = np.arange(len(z))
    high, low = correlation[frame, first - 1], correlation[frame, first]
    with np.errstate(divide="ignore", invalid="ignore"):
        length = first - 1 + (high - BOUND) / (high - low)
    return np.where(found, length, np.nan)


def directional_mean(z: State) -> NDArray[np.float64]:
    """The correlation of each frame at lags of 0, 1, 2, ... pixels: `(frame, lag)`, 1 at lag 0.

    Lags are at most as long as the lattice's longer side.
    """
    padded, on_ring, pairs = _rings(*z.shape[1:3])
    return np.asarray(_lagged(z, padded) @ on_ring / (pairs * z.shape[-1]), np.float64)


@lru_cache(maxsize=2)
def _rings(rows: int, columns: int) -> tuple[list[int], Any, NDArray[np.float32]]:
    """Of a lattice: its padded size, the lags that round to each whole number, and how many pairs have them.

    The lags are a matrix `(lag, whole number)` of ones; of large lattices a sparse one.
    """
    padded = [next_fast_len(2 * size - 1) for size in (rows, columns)]
    down, right = (np.minimum(np.arange(size), size - np.arange(size)) for size in padded)
    ring = np.rint(np.hypot(down[:, np.newaxis], right)).astype(int)
    # Beyond the lattice there are no pairs; the transform leaves rounding there.
    ring[(down[:, np.newaxis] >= rows) | (right >= columns)] = max(rows, columns)
    if ring.size * max(rows, columns) <= MOST_DENSE:
        on_ring: Any = (ring.ravel()[:, np.newaxis] == np.arange(max(rows, columns))).astype(np.float32)
    else:
        [lags] = np.nonzero(ring.ravel() < max(rows, columns))
        numbers = ring.ravel()[lags]
        ones = np.ones(len(lags), np.float32)
        on_ring = csr_array((ones, (lags, numbers)), shape=(ring.size, max(rows, columns)))
    return padded, on_ring, _lagged(np.ones((1, rows, columns, 1), np.complex64), padded) @ on_ring


def _lagged(z: State, padded: list[int]) -> NDArray[np.float32]:
    """Re sum over sites and channels of conj(z(x)) z(x + lag): `(frame, lag)`, all lags in a row, from 0."""
    # Wiener-Khinchin, with zeros around, so that no border meets the other. A sum of channels is transformed back once.
    power = np.zeros((len(z), *padded), np.float32)
    for channel in range(z.shape[-1]):
        spectrum = fft2(z[..., channel], padded)
        power += spectrum.real**2 + spectrum.imag**2
    return ifft2(power).real.reshape(len(z), -1)

"""How far the phases of a field are correlated in space: the correlation length."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

# Its parts are imported when they are used: summaries and pages need none of them.
import scipy
from numpy.typing import NDArray

from oscillator_field.analysis.observables import State

BOUND = 1 / math.e


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
    padded, lags, first_lags, pairs = _rings(*z.shape[1:3])
    return _on_rings(_lagged(z, padded), lags, first_lags) / (pairs * z.shape[-1])


@lru_cache(maxsize=2)
def _rings(rows: int, columns: int) -> tuple[list[int], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Of a lattice: its padded size, and its lags, sorted by the whole number that their length rounds to.

    Returns:
        The padded size; the lags, of all those in a row; where the lags of each whole number begin; how many pairs of
        sites have these.
    """
    padded = [scipy.fft.next_fast_len(2 * size - 1) for size in (rows, columns)]
    down, right = (np.minimum(np.arange(size), size - np.arange(size)) for size in padded)
    ring = np.rint(np.hypot(down[:, np.newaxis], right)).astype(int)
    # Beyond the lattice there are no pairs; the transform leaves rounding there.
    ring[(down[:, np.newaxis] >= rows) | (right >= columns)] = max(rows, columns)
    lags = np.argsort(ring.ravel(), kind="stable")
    numbers = ring.ravel()[lags]
    lags = lags[numbers < max(rows, columns)]
    first_lags = np.searchsorted(numbers, np.arange(max(rows, columns)))
    return (
        padded,
        lags,
        first_lags,
        _on_rings(_lagged(np.ones((1, rows, columns, 1), np.complex64), padded), lags, first_lags),
    )


def _on_rings(
    lagged: NDArray[np.float32], lags: NDArray[np.int64], first_lags: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The sums over all lags of about one length: `(frame, whole number)`."""
    return np.add.reduceat(lagged[:, lags], first_lags, axis=1, dtype=np.float64)


def _lagged(z: State, padded: list[int]) -> NDArray[np.float32]:
    """Re sum over sites and channels of conj(z(x)) z(x + lag): `(frame, lag)`, all lags in a row, from 0."""
    # Wiener-Khinchin, with zeros around, so that no border meets the other. A sum of channels is transformed back once.
    power = np.zeros((len(z), *padded), np.float32)
    for channel in range(z.shape[-1]):
        # First the rows that are there, then all columns: half of the rows are zeros.
        spectrum = scipy.fft.fft(scipy.fft.fft(z[..., channel], padded[1], axis=2), padded[0], axis=1)
        power += spectrum.real**2 + spectrum.imag**2
    return scipy.fft.ifft2(power).real.reshape(len(z), -1)

"""Loops over sites and their neighbours, compiled: what observables would spend most of their time on in NumPy.

Each frame is added up by itself and in one order, so its numbers do not depend on which frames come together.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from oscillator_field.engines.compiled_cache import keep_compiled


@keep_compiled
@njit(nogil=True)
def order_of_neighbours(z, order):
    """Write |mean of z| over each site and its nearest neighbours to `order`; both `(frame, row, column, channel)`."""
    frames, rows, columns, channels = z.shape
    one = np.float32(1)
    for frame in range(frames):
        for row in range(rows):
            for column in range(columns):
                for channel in range(channels):
                    total, count = z[frame, row, column, channel], one
                    if row > 0:
                        total, count = total + z[frame, row - 1, column, channel], count + one
                    if row < rows - 1:
                        total, count = total + z[frame, row + 1, column, channel], count + one
                    if column > 0:
                        total, count = total + z[frame, row, column - 1, channel], count + one
                    if column < columns - 1:
                        total, count = total + z[frame, row, column + 1, channel], count + one
                    if channel > 0:
                        total, count = total + z[frame, row, column, channel - 1], count + one
                    if channel < channels - 1:
                        total, count = total + z[frame, row, column, channel + 1], count + one
                    length = np.sqrt(total.real * total.real + total.imag * total.imag)
                    order[frame, row, column, channel] = length / count


@keep_compiled
@njit(nogil=True)
def products_of_neighbours(z, products):
    """The sum of Re(conj(z) z') over all pairs of nearest neighbours, float64, written to `products`, `(frame,)`."""
    frames, rows, columns, channels = z.shape
    zero = np.complex64(0)
    for frame in range(frames):
        whole = 0.0
        for row in range(rows):
            for column in range(columns):
                for channel in range(channels):
                    own, before = z[frame, row, column, channel], zero
                    if row > 0:
                        before += z[frame, row - 1, column, channel]
                    if column > 0:
                        before += z[frame, row, column - 1, channel]
                    if channel > 0:
                        before += z[frame, row, column, channel - 1]
                    whole += own.real * before.real + own.imag * before.imag
        products[frame] = whole


@keep_compiled
@njit(nogil=True)
def sums_of_channels(z, sums):
    """The sum of z over the pixels of each channel, complex128, added to `sums`, `(frame, channel)`."""
    frames, rows, columns, channels = z.shape
    for frame in range(frames):
        for row in range(rows):
            for column in range(columns):
                for channel in range(channels):
                    sums[frame, channel] += z[frame, row, column, channel]

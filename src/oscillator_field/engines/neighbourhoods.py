"""Which pixels a site couples to within its channel, and how much: the weights of a neighbourhood, borders included."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import FieldParameters

# All neighbourhoods weigh as much as the four nearest pixels, so that `k_coupling` keeps its meaning.
WEIGHT = 4.0
# Of a gaussian, in standard deviations.
CUT_OFF = 3
_MODES = {"periodic": "wrap", "reflecting": "symmetric"}


def reach(neighbourhood: str, radius: float) -> int:
    """How many rows or columns away the farthest neighbour of a site may be."""
    return math.floor(radius) if neighbourhood == "disc" else math.ceil(CUT_OFF * radius)


def places(length: int, beyond: int, boundary: str) -> NDArray[np.int64]:
    """Which of `length` places each of `beyond + length + beyond` stands for; -1 outside of an open border."""
    inside = np.arange(length)
    if boundary == "open":
        return np.pad(inside, beyond, constant_values=-1)
    return np.pad(inside, beyond, mode=_MODES[boundary])  # type: ignore[call-overload]


def half_widths(radius: float) -> NDArray[np.int64]:
    """Of each row of a disc, from the highest: how far it extends to either side."""
    r = reach("disc", radius)
    return np.array([math.isqrt(math.floor(radius * radius) - row * row) for row in range(-r, r + 1)], np.int64)


def weight_of_disc(radius: float) -> float:
    """The weight of each site of a disc; the site itself has none."""
    return WEIGHT / float(np.sum(2 * half_widths(radius) + 1) - 1)


def neighbour_sum(z: NDArray[np.complexfloating], parameters: FieldParameters) -> NDArray[np.complexfloating]:
    """The weighted sum over the neighbours of each site; rows, columns and channels are the last axes of `z`.

    For those who need it now and then: engines have their own ways.
    """
    if parameters.neighbourhood == "global":
        total = np.broadcast_to(WEIGHT * z.mean(axis=(-3, -2), keepdims=True), z.shape).copy()
    else:
        total = np.empty_like(z)
        # One lattice at a time: with its borders each takes some times the room.
        for lattice in np.ndindex(z.shape[:-3]):
            total[lattice] = _SUMS[parameters.neighbourhood](z[lattice], parameters.radius, parameters.boundary)
    if parameters.channel_coupling:
        total[..., 1:] += z[..., :-1]
        total[..., :-1] += z[..., 1:]
    return total


def _bordered(z: NDArray[np.complexfloating], beyond: int, boundary: str) -> NDArray[np.complexfloating]:
    """A lattice with what lies beyond its borders."""
    for axis in range(2):
        place = places(z.shape[axis], beyond, boundary)
        z = np.take(z, place, axis) * (place >= 0).reshape([-1] + [1] * (2 - axis)).astype(np.float32)
    return z


def _sum_of_nearest(z: NDArray[np.complexfloating], radius: float, boundary: str) -> NDArray[np.complexfloating]:
    wide = _bordered(z, 1, boundary)
    return wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]


def _sum_of_disc(z: NDArray[np.complexfloating], radius: float, boundary: str) -> NDArray[np.complexfloating]:
    """By differences of sums along rows: one for each row of the disc, and not one for each site."""
    rows, columns, channels = z.shape
    beyond = reach("disc", radius)
    # In double precision, as small differences of long sums.
    sums = np.zeros((rows + 2 * beyond, columns + 2 * beyond + 1, channels), np.complex128)
    np.cumsum(_bordered(z, beyond, boundary), axis=1, out=sums[:, 1:])
    total = -z.astype(np.complex128)
    for row, half in enumerate(half_widths(radius).tolist()):
        part, first, end = sums[row : row + rows], beyond - half, beyond + half + 1
        total += part[:, end : end + columns] - part[:, first : first + columns]
    return total * weight_of_disc(radius)


def _sum_of_gaussian(z: NDArray[np.complexfloating], radius: float, boundary: str) -> NDArray[np.complexfloating]:
    """Along columns and then along rows, as its weights are products."""
    rows, columns, _ = z.shape
    taps, own = taps_of_gaussian(radius)
    wide = _bordered(z, reach("gaussian", radius), boundary)
    tall = sum(tap * wide[row : row + rows] for row, tap in enumerate(taps.tolist()))
    return sum(tap * tall[:, column : column + columns] for column, tap in enumerate(taps.tolist())) - own * z


_SUMS = {"nearest": _sum_of_nearest, "disc": _sum_of_disc, "gaussian": _sum_of_gaussian}


def taps_of_gaussian(radius: float) -> tuple[NDArray[np.float64], float]:
    """The factors of a row or column, whose products are the weights; and the weight of the site, to be left out.

    From the farthest before the site to the farthest after it.
    """
    r = reach("gaussian", radius)
    falling = np.exp(-(np.arange(-r, r + 1) ** 2) / (2 * radius * radius))
    taps = falling * math.sqrt(WEIGHT / (falling.sum() ** 2 - 1))
    return taps, float(taps[r] ** 2)

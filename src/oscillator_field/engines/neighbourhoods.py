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
    rows, columns, _ = z.shape[-3:]
    if parameters.neighbourhood == "global":
        total = np.broadcast_to(WEIGHT * z.mean(axis=(-3, -2), keepdims=True), z.shape).copy()
    else:
        weights = _weights(parameters.neighbourhood, parameters.radius)
        beyond = len(weights) // 2
        wide = z
        for axis, length in ((-3, rows), (-2, columns)):
            place = places(length, beyond, parameters.boundary)
            wide = np.take(wide, place, axis) * (place >= 0).reshape([-1] + [1] * (-1 - axis)).astype(np.float32)
        total = np.zeros_like(z)
        for row, column in np.argwhere(weights):
            total += weights[row, column] * wide[..., row : row + rows, column : column + columns, :]
    if parameters.channel_coupling:
        total[..., 1:] += z[..., :-1]
        total[..., :-1] += z[..., 1:]
    return total


def _weights(neighbourhood: str, radius: float) -> NDArray[np.float32]:
    """The weights around a site, a square of odd side."""
    if neighbourhood == "nearest":
        return np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    beyond = reach(neighbourhood, radius)
    weights: NDArray[np.floating]
    if neighbourhood == "gaussian":
        taps, _ = taps_of_gaussian(radius)
        weights = np.outer(taps, taps)
    else:
        away = np.arange(-beyond, beyond + 1)
        weights = (np.abs(away) <= half_widths(radius)[:, np.newaxis]) * weight_of_disc(radius)
    weights[beyond, beyond] = 0
    return weights.astype(np.float32)


def taps_of_gaussian(radius: float) -> tuple[NDArray[np.float64], float]:
    """The factors of a row or column, whose products are the weights; and the weight of the site, to be left out.

    From the farthest before the site to the farthest after it.
    """
    r = reach("gaussian", radius)
    falling = np.exp(-(np.arange(-r, r + 1) ** 2) / (2 * radius * radius))
    taps = falling * math.sqrt(WEIGHT / (falling.sum() ** 2 - 1))
    return taps, float(taps[r] ** 2)

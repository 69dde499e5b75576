"""Pixels to phases: the drive of the field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.images import WHITE
from oscillator_field.parameters import EncodingParameters


@dataclass(frozen=True)
class Statistics:
    """What `scale: standardised` takes for the middle and the width of the grey levels of a data set.

    Attributes:
        mean: of all training pixels, as a share of white.
        deviation: their standard deviation, likewise.
    """

    mean: float
    deviation: float


def statistics_of(level: NDArray[np.float64]) -> Statistics:
    """Those of one picture; of one grey level alone, it and no deviation, whatever rounding says."""
    if level.min() == level.max():
        return Statistics(float(level.flat[0]), 0.0)
    return Statistics(float(level.mean()), float(level.std()))


def levels(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Grey levels 0 to 255 as shares of white, 0 to 1.

    Raises:
        ValueError: the pixels are not unsigned bytes.
    """
    if pixels.dtype != np.uint8:
        raise ValueError(f"pixels: {pixels.dtype} is not a grey level from 0 to 255 (uint8)")
    return pixels.astype(np.float64) / WHITE


def as_pixels(level: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Shares of white as the nearest grey levels 0 to 255."""
    return np.rint(level * WHITE).astype(np.uint8)


def encode(level: NDArray[np.float64], parameters: EncodingParameters, statistics: Statistics) -> NDArray[np.float32]:
    """The input phase of each pixel, in radians, not wrapped.

    `scale: standardised` subtracts the mean and divides by the deviation, so that with an arc of 2 pi the phase of
    MNIST wraps about three times; `unit` leaves pixels in 0..1, where an arc of 2 pi makes black and white the same
    phase and an arc of pi aliases nothing.

    Args:
        level: shares of white 0 to 1, any shape.
        parameters: scale, arc and whether to invert.
        statistics: of the data set. Without any deviation the mean alone is subtracted, so all phases are 0.

    Returns:
        float32 of the same shape.
    """
    if parameters.scale == "standardised":
        level = (level - statistics.mean) / (statistics.deviation or 1.0)
    phase = level * parameters.arc
    return (2 * np.pi - phase if parameters.invert else phase).astype(np.float32)


def over_channels(phase: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """The same phase at every channel of a pixel: `(..., row, column)` to `(..., row, column, channel)`."""
    return np.repeat(phase[..., np.newaxis], channels, axis=-1)

"""Pixels to phases: the drive of the field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import EncodingParameters

# Mean and standard deviation of all training pixels of MNIST, as fractions of white.
MNIST_MEAN = 0.1307
MNIST_DEVIATION = 0.3081


def encode(pixels: NDArray[np.uint8], parameters: EncodingParameters) -> NDArray[np.float32]:
    """The input phase of each pixel, in radians, not wrapped.

    `scale: standardised` subtracts MNIST's mean and divides by its deviation, so that with an arc of 2 pi the
    phase wraps about three times; `unit` leaves pixels in 0..1, where an arc of 2 pi makes black and white the
    same phase and an arc of pi aliases nothing.

    Args:
        pixels: grey levels 0 to 255, any shape.
        parameters: scale, arc and whether to invert.

    Returns:
        float32 of the same shape.

    Raises:
        ValueError: the pixels are not unsigned bytes.
    """
    if pixels.dtype != np.uint8:
        raise ValueError(f"pixels: {pixels.dtype} is not a grey level from 0 to 255 (uint8)")
    level = pixels.astype(np.float64) / 255
    if parameters.scale == "standardised":
        level = (level - MNIST_MEAN) / MNIST_DEVIATION
    phase = level * parameters.arc
    return (2 * np.pi - phase if parameters.invert else phase).astype(np.float32)


def over_channels(phase: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """The same phase at every channel of a pixel: `(..., row, column)` to `(..., row, column, channel)`."""
    return np.repeat(phase[..., np.newaxis], channels, axis=-1)

"""What a classifier sees of a picture: an arm of the comparison. Angles are given as cosine and sine.

`pixels` are what there is without any physics, `input` is the encoding without dynamics, `field` is the state of the
lattice after some steps; after none, it is the start phases, the same for every picture, so nothing can be known, or
with `start: input` the input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.encoding import encode, levels, over_channels
from oscillator_field.named_run import Run
from oscillator_field.readout.arms import Arm
from oscillator_field.readout.fields import LEVELS, read_phases
from oscillator_field.readout.images import read_classes, read_images
from oscillator_field.starts import start_of


def read_features(
    arm: Arm, images: str | Path, shards: Sequence[str | Path]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The features `(image, feature)` and labels `(image,)` of a set.

    Args:
        arm: what the features are.
        images: store of the set.
        shards: stores of the field over the set; only looked at for the field after some steps.

    Raises:
        FileNotFoundError, ValueError: a store is missing, damaged, or lacks the step.
    """
    pixels, labels = read_images(images)
    count = len(pixels)
    if arm.kind == "pixels":
        return (pixels.reshape(count, -1) / np.float32(255)).astype(np.float32), labels
    run = Run.of(0, 0, arm.parameters)
    if arm.kind == "input":
        phase = encode(levels(pixels), run.encoding, read_classes(images).statistics)
        return _cosine_and_sine(phase.reshape(count, -1), 1), labels
    if arm.step == 0:
        settings = run.settings
        if settings.start == "input":
            # The field starts as its input, the same at all channels.
            phase = encode(levels(pixels), run.encoding, read_classes(images).statistics)
            return _cosine_and_sine(over_channels(phase, settings.channels).reshape(count, -1), 1), labels
        nothing = np.zeros((*pixels.shape[1:], settings.channels), np.float32)
        begin, _ = start_of(settings, nothing)
        return np.broadcast_to(_cosine_and_sine(begin.reshape(1, -1), 1), (count, 2 * begin.size)), labels
    coded = read_phases(shards, int(arm.step or 0))
    if len(coded) != count:
        raise ValueError(f"{images}: has {count} pictures, and its shards {len(coded)} (remove the shards, run again)")
    return _cosine_and_sine(coded.reshape(count, -1), math.pi / LEVELS), labels


def _cosine_and_sine(phase: NDArray[Any], unit: float) -> NDArray[np.float32]:
    """Cosines beside sines, a block of pictures at a time: the whole is large, what it takes on the way is not."""
    count, sites = phase.shape
    result = np.empty((count, 2 * sites), np.float32)
    for first in range(0, count, 1000):
        block = slice(first, first + 1000)
        angle = phase[block] * np.float32(unit)
        np.cos(angle, out=result[block, :sites])
        np.sin(angle, out=result[block, sites:])
    return result

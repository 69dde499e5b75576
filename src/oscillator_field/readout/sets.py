"""The sets of pictures of a readout by name: which train and which test, how many pictures each has, and its shards.

`training`, `training+augmentation=1` (the notebook's transform, drawn anew for each number), `test`,
`test+gaussian_noise=0.5` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oscillator_field.inputs.data_sets import TEST, TRAINING
from oscillator_field.parameters import value_text
from oscillator_field.ranges import slices

# What a strength means, and its unit.
CORRUPTIONS = {
    "gaussian_noise": ("standard deviation of the noise, of white", "1"),
    "salt_and_pepper": ("share of pixels that turn black or white", "1"),
    "occlusion": ("side of the square that is blackened", "pixel"),
}


def set_names(readout: Mapping[str, Any]) -> list[str]:
    """The sets that a readout needs: those for training first, then those for tests."""
    augmented = [f"{TRAINING}+augmentation={number}" for number in range(1, readout["augmentations"] + 1)]
    corrupted = [
        f"{TEST}+{kind}={value_text(strength)}" for kind in CORRUPTIONS for strength in readout["corruptions"][kind]
    ]
    return [TRAINING, *augmented, TEST, *corrupted]


def parts(name: str) -> tuple[str, str, str]:
    """Of a set the kind of its pictures, what is done to them, and how much: `test`, `occlusion`, `10`."""
    pictures, _, done = name.partition("+")
    kind, _, strength = done.partition("=")
    return pictures, kind, strength


def is_test(name: str) -> bool:
    """Whether a set is for tests."""
    return parts(name)[0] == TEST


def shards(count: int, size: int) -> list[slice]:
    """The pictures of a set in shards of a size, the last of which may be smaller."""
    return list(slices(count, size))

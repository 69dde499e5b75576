"""Stores of pictures for the readout: what they hold, what their labels mean, and which train and which validate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.encoding import Statistics
from oscillator_field.stores.zarr_stores import open_store


def read_images(path: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures `(image, row, column)` and labels `(image,)` of a set.

    Raises:
        FileNotFoundError, ValueError: it is missing or damaged.
    """
    group = open_store(path)
    return np.asarray(group["image"][...]), np.asarray(group["label"][...])


def read_drawn(path: str | Path) -> dict[str, Any]:
    """How a set was drawn: its name as `set`, `seed`, `rotation` and `translation`.

    Raises:
        FileNotFoundError, ValueError: it is missing or damaged.
    """
    return dict(open_store(path).attributes["drawn"])


@dataclass(frozen=True)
class Classes:
    """What the labels of a set mean.

    Attributes:
        names: of the class of each number, from 0; the number itself where there is no such class.
        statistics: of the data set, by which pictures are standardised.
    """

    names: tuple[str, ...]
    statistics: Statistics


def read_classes(path: str | Path) -> Classes:
    """What the labels of a set mean.

    Raises:
        FileNotFoundError, ValueError: it is missing or damaged.
    """
    attributes = open_store(path).attributes
    names = {int(number): name for number, name in attributes["classes"].items()}
    every = tuple(names.get(number, str(number)) for number in range(max(names) + 1))
    return Classes(every, Statistics(**attributes["standardised_by"]))


def split(count: int, validation_share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which pictures train and which validate: the notebook's random_split, the same for every arm.

    Returns:
        Two arrays of positions in the training set, each sorted.
    """
    # torch's randperm, from the same generator: to load torch takes longer than most classifiers.
    order = np.arange(count)
    words = np.random.RandomState(seed % 2**32).randint(0, 2**32, max(0, count - 1), np.uint32)
    for place, drawn in enumerate(words.tolist()):
        other = place + drawn % (count - place)
        order[place], order[other] = order[other], order[place]
    training = count - round(count * validation_share)
    return np.sort(order[:training]), np.sort(order[training:])

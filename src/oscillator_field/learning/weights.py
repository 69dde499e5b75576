"""The store of what was learned, weights.zarr: every weight of a model under its name, and how it was trained.

kernel                               (target_part, source_part, row, column): cosines of all channels, then sines
upper_omega                          (pair)  of channels, row by row
frequency, strength                  (channel)
step_size                            ()
...                                  the weights of drive and readout
training_loss, validation_loss, validation_accuracy   (epoch)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from oscillator_field.learning.arms import LEARNED, SIZES, Model
from oscillator_field.learning.controls import model_of
from oscillator_field.learning.model import LearnedField
from oscillator_field.stores.zarr_stores import add_values, new_store, open_store
from oscillator_field.training import CURVES

_DIMENSIONS = {
    "kernel": ("target_part", "source_part", "row", "column"),
    "upper_omega": ("pair",),
    "frequency": ("channel",),
    "strength": ("channel",),
    "step_size": (),
    "drive.arc": ("channel",),
    "drive.offset": ("channel",),
    "readout.linear.weight": ("class", "feature"),
    "readout.linear.bias": ("class",),
}
_UNITS = {"kernel": "1/s", "upper_omega": "1/s", "frequency": "rad/s", "strength": "1/s", "step_size": "s"}
_UNITS |= {"drive.arc": "rad", "drive.offset": "rad"}


@dataclass(frozen=True)
class Learned:
    """A trained model.

    Attributes:
        described: which it is.
        model: it, with its weights.
        shape: rows and columns of the pictures.
        classes: the name of the class of each label.
        curves: of its training, `(epoch,)`.
        settings: that it was trained with.
    """

    described: Model
    model: nn.Module
    shape: tuple[int, int]
    classes: tuple[str, ...]
    curves: Mapping[str, NDArray[np.float64]]
    settings: Mapping[str, Any]


def write_weights(
    path: str | Path,
    model: nn.Module,
    described: Model,
    *,
    shape: tuple[int, int],
    classes: Sequence[str],
    curves: Mapping[str, Sequence[float]],
    settings: Mapping[str, Any],
) -> None:
    """Write a model; arguments as `Learned` has them."""
    attributes = {
        "model": vars(described),
        "size": SIZES[described.size].numbers,
        "shape": list(shape),
        "classes": list(classes),
        "settings": dict(settings),
    }
    with new_store(path, title="Weights of a learned field", attributes=attributes, libraries=["torch"]) as group:
        for name, values in model.state_dict().items():
            usual = tuple(f"{name.replace('.', '_')}_{axis}" for axis in range(values.ndim))
            add_values(
                group,
                name.replace(".", "_"),
                _DIMENSIONS.get(name, usual),
                values.detach().cpu().numpy(),
                long_name=name.replace(".", " ").replace("_", " "),
                units=_UNITS.get(name, "1"),
            )
        for name in CURVES:
            units = "1" if name.endswith("accuracy") else "nat"
            add_values(group, name, ("epoch",), np.array(curves[name]), long_name=name.replace("_", " "), units=units)


def read_weights(path: str | Path) -> Learned:
    """A trained model, ready to be asked.

    Raises:
        FileNotFoundError, ValueError: it is missing, damaged, or of another make than this version's.
    """
    group = open_store(path)
    attributes = group.attributes
    stored = {name: torch.from_numpy(np.array(array[...])) for name, array in group.arrays()}
    try:
        described = Model(**attributes["model"])
        # Weights alone do not tell: those of another number of steps fit too.
        fits = attributes["size"] == SIZES[described.size].numbers
        (rows, columns), classes = attributes["shape"], tuple(attributes["classes"])
        model = model_of(described, rows, columns, len(classes))
        model.load_state_dict({name: stored[name.replace(".", "_")] for name in model.state_dict()})
        curves = {name: stored[name].numpy() for name in CURVES}
    except (KeyError, RuntimeError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(f"{path}: holds no weights that a model of this version has (train it again)")
    return Learned(described, model.eval(), (rows, columns), classes, curves, attributes["settings"])


def read_field(path: str | Path) -> tuple[Learned, LearnedField]:
    """A trained model that is a learned field.

    Raises:
        FileNotFoundError, ValueError: it is missing or damaged, or is no field.
    """
    learned = read_weights(path)
    if not isinstance(learned.model, LearnedField):
        raise ValueError(f"{path}: holds {learned.described.arm}, which is no field (allowed: for example {LEARNED})")
    return learned, learned.model

"""Evaluations side by side: what each arm reaches, over its seeds, as a table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscillator_field.learning.arms import MORE_STEPS, SIZES, Model
from oscillator_field.learning.weights import Learned, read_weights
from oscillator_field.stores.atomic import whole_file
from oscillator_field.stores.zarr_stores import open_store
from oscillator_field.training import best_epoch

VALIDATION = "validation"


@dataclass(frozen=True)
class Evaluation:
    """One trained model and what it says.

    Attributes:
        learned: it, with its weights.
        accuracy: on each set by its name, `validation` first.
        confusion: on the first set of tests, pictures of a label (row) that were said to be another (column).
        calibration_error: expected calibration error: the mean distance of confidence and accuracy.
        attacks: accuracy under each attack, by kind and strength.
        over_steps: `steps`, `accuracy` and `energy`; empty where there are no steps.
        parameters, multiplications: that it learns, and that one picture takes.
    """

    learned: Learned
    accuracy: Mapping[str, float]
    confusion: NDArray[np.int64]
    calibration_error: float
    attacks: Mapping[tuple[str, float], float]
    over_steps: Mapping[str, NDArray[Any]]
    parameters: int
    multiplications: int

    @property
    def described(self) -> Model:
        """Which model it is."""
        return self.learned.described

    @property
    def arm(self) -> tuple[str, str]:
        """Size and arm: what all its seeds share."""
        return self.described.size, self.described.arm

    @property
    def figures(self) -> dict[str, float]:
        """All that it is judged by, by the name of a column."""
        under = {f"{kind} {strength:g}": share for (kind, strength), share in self.attacks.items()}
        return {**self.accuracy, "calibration error": self.calibration_error, **under}


def read_evaluation(weights: str | Path, evaluation: str | Path) -> Evaluation:
    """A trained model and what it says.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged, or the two are of different models.
    """
    learned = read_weights(weights)
    group = open_store(evaluation)
    values = {name: np.asarray(array[...]) for name, array in group.arrays()}
    attributes = group.attributes
    if attributes["model"] != vars(learned.described):
        raise ValueError(f"{evaluation}: is of another model than {weights} (evaluate this one)")
    label, predictions = values["label"], values["prediction"]
    accuracy = {VALIDATION: float(learned.curves["validation_accuracy"][best_epoch(learned.curves) - 1])}
    for name, said in zip(values["set"], predictions, strict=True):
        accuracy[str(name)] = float((said == label).mean())
    confusion = np.zeros((len(learned.classes), len(learned.classes)), np.int64)
    np.add.at(confusion, (label, predictions[0]), 1)
    distance = np.abs(values["confidence"] - values["right"])
    over_steps = {
        name: values[stored]
        for name, stored in (("steps", "steps"), ("accuracy", "accuracy_after"), ("energy", "energy_after"))
        if stored in values
    }
    attacks = zip(values["attack"], values["strength"], values["accuracy_under"], strict=True)
    return Evaluation(
        learned,
        accuracy,
        confusion,
        float((distance * values["count"]).sum() / values["count"].sum()),
        {(str(kind), float(strength)): float(share) for kind, strength, share in attacks},
        over_steps,
        attributes["parameters"],
        attributes["multiplications"],
    )


def by_arm(evaluations: Sequence[Evaluation]) -> dict[tuple[str, str], list[Evaluation]]:
    """The evaluations of each size and arm, in the order in which they first come."""
    arms: dict[tuple[str, str], list[Evaluation]] = {}
    for one in evaluations:
        arms.setdefault(one.arm, []).append(one)
    return arms


def table(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """A row for each size and arm: means over its seeds, and their standard deviations."""
    rows = []
    for (size, arm), seeds in by_arm(evaluations).items():
        row: dict[str, Any] = {
            "size": size,
            "arm": arm,
            "seeds": len(seeds),
            "parameters": seeds[0].parameters,
            "multiplications": seeds[0].multiplications,
        }
        for name in seeds[0].figures:
            values = np.array([one.figures[name] for one in seeds])
            row[name] = values.mean()
            row[f"{name} deviation"] = values.std(ddof=1) if len(values) > 1 else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def trainings(evaluations: Sequence[Evaluation]) -> pd.DataFrame:
    """A row for each model by its seed, with accuracy and energy of fields after more steps than in training."""
    rows = []
    for one in evaluations:
        row: dict[str, Any] = {
            **vars(one.described),
            "parameters": one.parameters,
            "multiplications": one.multiplications,
            **one.figures,
        }
        for name, share in itertools.product(("accuracy", "energy"), (1, *MORE_STEPS)):
            step = round(share * SIZES[one.described.size].steps)
            row[f"{name} after {share:g} times the steps"] = one.over_steps[name][step] if one.over_steps else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def write_tables(path: str | Path, of_models: str | Path, evaluations: Sequence[Evaluation]) -> None:
    """Both tables as CSV: of arms, and of models."""
    for place, frame in ((path, table(evaluations)), (of_models, trainings(evaluations))):
        with whole_file(place) as temporary:
            frame.to_csv(temporary, index=False, float_format="%.5g")

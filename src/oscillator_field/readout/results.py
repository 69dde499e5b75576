"""What the predictions amount to: accuracies with their spread, confusions, curves, and the winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.readout.arms import Arm
from oscillator_field.stores.atomic import whole_file
from oscillator_field.stores.zarr_stores import open_store

if TYPE_CHECKING:
    import pandas as pd

VALIDATION = "validation"


@dataclass(frozen=True)
class Result:
    """One classifier on one arm.

    Attributes:
        arm: what it saw.
        classifier: its name.
        accuracy: of each set by its name, `validation` among them: float64 `(repetition,)`.
        confusion: on the first test set, how many pictures of a label (row) were said to be another (column), over all
            repetitions: `(label, label)`.
        classes: the name of the class of each label.
        curves: of a network, `(repetition, epoch)`.
        chosen: what was chosen on validation pictures, of each repetition.
        seconds: of training and predicting, of each repetition.
    """

    arm: Arm
    classifier: str
    accuracy: Mapping[str, NDArray[np.float64]]
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]
    curves: Mapping[str, NDArray[np.float64]]
    chosen: Sequence[Mapping[str, float]]
    seconds: Sequence[float]

    @property
    def validation(self) -> float:
        """Mean accuracy on the validation pictures, by which results are ranked."""
        return float(self.accuracy[VALIDATION].mean())


def read_result(path: str | Path) -> Result:
    """The result of a store of predictions.

    Raises:
        FileNotFoundError, ValueError: it is missing or damaged.
    """
    group = open_store(path)
    values = {name: np.asarray(array[...]) for name, array in group.arrays()}
    accuracy = {VALIDATION: (values["validation_prediction"] == values["validation_label"]).mean(axis=1)}
    for name, said in zip(values["set"], values["prediction"], strict=True):
        accuracy[str(name)] = (said == values["label"]).mean(axis=1)
    attributes = group.attributes
    classes = tuple(attributes["classes"])
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    said = values["prediction"][0]
    np.add.at(confusion, (np.broadcast_to(values["label"], said.shape), said), 1)
    return Result(
        Arm(**attributes["arm"]),
        attributes["classifier"],
        accuracy,
        confusion,
        classes,
        {name: values[name] for name in values if name.endswith(("_loss", "_accuracy"))},
        attributes["chosen"],
        attributes["seconds"],
    )


def read_results(paths: Sequence[str | Path]) -> list[Result]:
    """All results, in the order of the paths."""
    return [read_result(path) for path in paths]


def winner(results: Sequence[Result], kind: str | None = None) -> Result:
    """The result with the best mean accuracy on validation pictures, of all or of a kind of arm.

    Raises:
        ValueError: there is none.
    """
    return max((result for result in results if kind in (None, result.arm.kind)), key=lambda result: result.validation)


def table(results: Sequence[Result]) -> pd.DataFrame:
    """A row for each result: arm, classifier, mean and standard deviation of each accuracy, what was chosen."""
    import pandas as pd

    rows = []
    for result in results:
        row: dict[str, Any] = {
            "arm": result.arm.name,
            "kind": result.arm.kind,
            "step": result.arm.step,
            "classifier": result.classifier,
        }
        for name, values in result.accuracy.items():
            row[name] = values.mean()
            row[f"{name} deviation"] = values.std(ddof=1) if len(values) > 1 else np.nan
        row["repetitions"] = len(result.seconds)
        row["chosen"] = "; ".join(
            dict.fromkeys(", ".join(f"{key} {value:g}" for key, value in one.items()) for one in result.chosen)
        )
        row["seconds a repetition"] = float(np.mean(result.seconds))
        rows.append(row)
    return pd.DataFrame(rows).astype({"step": "Int64"})


def write_table(path: str | Path, results: Sequence[Result]) -> None:
    """The table as CSV."""
    with whole_file(path) as temporary:
        table(results).to_csv(temporary, index=False, float_format="%.5g")

"""The names of what is trained: models, and the sets of pictures that they learn from and are judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oscillator_field.inputs.data_sets import TRAINING
from oscillator_field.learning.arms import Model, models
from oscillator_field.readout.sets import is_test, set_names
from oscillator_field.study.names import known


@dataclass(frozen=True)
class Learning:
    """What is trained; all empty where nothing is.

    Attributes:
        models: by name.
        tests: names of the sets of test pictures, the plain one first.
    """

    models: Mapping[str, Model]
    tests: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Learning:
        """What a config asks for."""
        learning = config["learning"]
        if not learning["enabled"]:
            return cls({}, ())
        tests = tuple(name for name in set_names(config["readout"]) if is_test(name))
        return cls(models(learning["sizes"], learning["arms"], learning["seeds"]), tests)

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of all sets of pictures."""
        return (TRAINING, *self.tests) if self.models else ()

    def model(self, name: str) -> Model:
        """A model by its name."""
        return known(self.models, name, "model")

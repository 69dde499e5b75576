"""The names of a readout: its sets of pictures, their shards, the fields over them, the arms and their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oscillator_field.inputs.data_sets import TEST, TRAINING
from oscillator_field.inputs.sources import Source
from oscillator_field.readout.arms import Arm, arms_of, fields_of
from oscillator_field.readout.sets import is_test, set_names, shards
from oscillator_field.runs import Job
from oscillator_field.study.names import known


@dataclass(frozen=True)
class Readout:
    """What a readout is made of; all empty without one.

    Attributes:
        sets: names of the sets of pictures.
        shards: the pictures of each set in shards.
        fields: the parameters of each field by its name.
        arms: what is compared, by name.
        classifiers: what is trained on each arm.
    """

    sets: tuple[str, ...]
    shards: Mapping[str, list[slice]]
    fields: Mapping[str, Mapping[str, Any]]
    arms: Mapping[str, Arm]
    classifiers: tuple[str, ...]

    @classmethod
    def of(cls, readout: Mapping[str, Any], jobs: Iterable[Job], source: Source) -> Readout:
        """The readout that a config asks for.

        Args:
            readout: its section of the config.
            jobs: those of the study.
            source: of the pictures.
        """
        if not readout["enabled"]:
            return cls((), {}, {}, {}, ())
        sets = tuple(set_names(readout))
        jobs = list(jobs)
        return cls(
            sets,
            {name: shards(source.count(TEST if is_test(name) else TRAINING), readout["shard"]) for name in sets},
            fields_of(jobs),
            arms_of(jobs, sorted(readout["steps"])),
            tuple(readout["classifiers"]),
        )

    def arm(self, name: str) -> Arm:
        """An arm by its name."""
        return known(self.arms, name, "arm of the readout")

    def shards_of_arm(self, arm: str) -> list[str]:
        """The shards of an arm that is a field after some steps, over all sets, below the folder of the readout."""
        chosen = self.arm(arm)
        return self._shards_of_field(chosen.field) if chosen.step else []

    def predictions(self) -> list[str]:
        """The stores of all classifiers on all arms."""
        return [f"predictions/{arm}/{classifier}.zarr" for arm in self.arms for classifier in self.classifiers]

    def stores(self) -> list[str]:
        """All stores of the readout but its pictures, below the folder of the results."""
        fields = [shard for field in self.fields for shard in self._shards_of_field(field)]
        return [f"readout/{store}" for store in (*fields, *self.predictions())]

    def pictures(self, *, for_tests: bool) -> int:
        """How many pictures train, or test."""
        return sum(parts[-1].stop for name, parts in self.shards.items() if is_test(name) == for_tests)

    def _shards_of_field(self, field: str) -> list[str]:
        return [f"fields/{field}/{name}/{n}.zarr" for name in self.sets for n in range(len(self.shards[name]))]

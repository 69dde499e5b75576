"""What a readout compares, from a checked config. Pure: no file is touched.

An arm is named by its kind and by what differs from the library's defaults, as runs are: `pixels`, `input`,
`input+arc=3.14159`, `field+time=64`, `field+k_coupling=0.24+time=512`. The time is counted in steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from oscillator_field.named_run import JOINT, run_name
from oscillator_field.runs import Job

KINDS = ("pixels", "input", "field")
NETWORK = "network"
# All that learn from an arm: those without a training loop are in `classifiers`.
CLASSIFIERS = ("logistic_regression", "nearest_neighbours", "nearest_centroid", NETWORK)
# Of a run, these decide nothing in a readout, which has steps of its own, no spikes, no end, and no
# learned field.
UNUSED = ("steps", "spike_threshold", "stop_when_settled", "settled_for", "learned")


@dataclass(frozen=True)
class Arm:
    """One arm of the comparison.

    Attributes:
        kind: one of KINDS.
        parameters: of encoding and field, as far as the kind depends on them.
        step: after how many steps, for `field`.
    """

    kind: str
    parameters: Mapping[str, Any]
    step: int | None = None

    @property
    def field(self) -> str:
        """The name of the field that the arm reads, without its time."""
        return _named(self.kind, self.parameters)

    @property
    def name(self) -> str:
        """The name of the arm's results."""
        return self.field if self.step is None else f"{self.field}{JOINT}time={self.step}"


def fields_of(jobs: Iterable[Job]) -> dict[str, dict[str, Any]]:
    """The fields that a grid asks for, whatever the digit: their parameters by their names."""
    fields = {}
    for run in (run for job in jobs for run in job.runs):
        parameters = {name: value for name, value in run.parameters.items() if name not in UNUSED}
        fields[_named("field", parameters)] = parameters
    return fields


def arms_of(jobs: Sequence[Job], steps: Sequence[int]) -> dict[str, Arm]:
    """The arms of a readout by name: pixels, inputs, fields at the start and after each of `steps`."""
    arms = [Arm("pixels", {})]
    arms += [Arm("input", dict(sorted(asdict(run.encoding).items()))) for job in jobs for run in job.runs]
    arms += [Arm("field", parameters, step) for parameters in fields_of(jobs).values() for step in (0, *steps)]
    return {arm.name: arm for arm in arms}


def _named(kind: str, parameters: Mapping[str, Any]) -> str:
    return kind + run_name("all", 0, parameters).removeprefix("digit=all")

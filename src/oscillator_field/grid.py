"""From a checked config to the list of runs: axes, batches and names. Pure: no file is touched.

A run is a digit, an instance of it and a full set of parameters. Its name lists the digit, the instance if it
is not 0, and then only the parameters that differ from the library's defaults, sorted. So a name says what is
special about a run, and a new value or axis in the grid never renames one that exists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from typing import Any

from oscillator_field.axes import axis_names, grid_points
from oscillator_field.parameters import (
    DEFAULTS,
    EncodingParameters,
    FieldParameters,
    RunParameters,
    value_text,
)

# A plus joins the parts of a name, because Snakemake cuts the targets of remote jobs at commas.
JOINT = "+"
LONGEST_NAME = 200
# These change the shape of a store, so runs that differ in them cannot share one.
UNBATCHABLE = ("channels", "steps")
# Fewer points than that lie in any plane.
FEWEST_SAMPLES = 3


@dataclass(frozen=True)
class Run:
    """One digit, one instance of it and one full set of parameters."""

    digit: int
    instance: int
    encoding: EncodingParameters
    field: FieldParameters
    settings: RunParameters

    @classmethod
    def of(cls, digit: int, instance: int, values: Mapping[str, Any]) -> Run:
        """The run with these parameter values, all others at their defaults."""
        groups = [
            group(**{name: values[name] for name in group.__dataclass_fields__ if name in values})
            for group in (EncodingParameters, FieldParameters, RunParameters)
        ]
        return cls(digit, instance, *groups)  # type: ignore[arg-type]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Every parameter of the run in one flat dict, sorted by name."""
        return dict(sorted({**asdict(self.encoding), **asdict(self.field), **asdict(self.settings)}.items()))

    @cached_property
    def name(self) -> str:
        """The name of the run's results, for example `digit=3+k_coupling=0.24`."""
        return run_name(self.digit, self.instance, self.parameters)

    @cached_property
    def perturbation(self) -> str:
        """The name of the run's encoded digit: the digit, its instance and the encoding alone."""
        return run_name(self.digit, self.instance, asdict(self.encoding))

    def described(self) -> dict[str, Any]:
        """Digit, instance and every parameter, as one flat dict."""
        return {"digit": self.digit, "instance": self.instance, **self.parameters}


@dataclass(frozen=True)
class Job:
    """Runs that share one simulation job and one store, and the name they share (one run if none are batched)."""

    name: str
    runs: tuple[Run, ...]


def run_name(digit: int | str, instance: int | str, values: Mapping[str, Any]) -> str:
    """The name for a digit, an instance and parameter values; a value of `all` stands for a batched axis."""
    parts = [f"digit={digit}"]
    if instance != 0:
        parts.append(f"instance={instance}")
    parts += [f"{key}={value_text(value)}" for key, value in sorted(values.items()) if value != DEFAULTS[key]]
    name = JOINT.join(parts)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}{JOINT}{digest}"


def expand(config: Mapping[str, Any]) -> list[Job]:
    """The jobs that a checked config asks for: every digit and instance at every point of the grid.

    Raises:
        ValueError: the grid contradicts itself, two of its points are one run, or `batch` names something that is no
            axis or that changes the shape of a store.
    """
    constants = {**config["encoding"], **config["field"]}
    points = grid_points(config["grid"], config["field"]["seed"])
    batch = _checked_batch(config["batch"], axis_names(config["grid"]))

    runs_of_job: dict[str, list[Run]] = {}
    named: dict[str, Mapping[str, Any]] = {}
    for point, instance, digit in product(points, config["instances"], config["digits"]):
        run = Run.of(int(digit), int(instance), {**constants, **point})
        if named.setdefault(run.name, point) is not point:
            raise ValueError(f"grid: {dict(point)} and {dict(named[run.name])} are one run; each is allowed once")
        name = run_name(
            "all" if "digit" in batch else run.digit,
            "all" if "instance" in batch else run.instance,
            {key: "all" if key in batch else value for key, value in run.parameters.items()},
        )
        runs_of_job.setdefault(name, []).append(run)
    return [Job(name, tuple(runs)) for name, runs in runs_of_job.items()]


def perturbations(jobs: Iterable[Job]) -> dict[str, Run]:
    """The encoded digits that the jobs need: by name, any one of the runs that it drives."""
    return {run.perturbation: run for job in jobs for run in job.runs}


def sample_sets(jobs: Iterable[Job]) -> dict[str, list[Run]]:
    """Runs that differ in digit and instance alone, by the name of their set: those of FEWEST_SAMPLES or more.

    The name is that of a job that batches the digits (and the instances, if there are several).
    """
    sets: dict[tuple, list[Run]] = {}
    for run in (run for job in jobs for run in job.runs):
        sets.setdefault((run.encoding, run.field, run.settings), []).append(run)
    named = {}
    for runs in sets.values():
        instances = {run.instance for run in runs}
        name = run_name("all", instances.pop() if len(instances) == 1 else "all", runs[0].parameters)
        named[name] = sorted(runs, key=lambda run: (run.digit, run.instance))
    return {name: runs for name, runs in named.items() if len(runs) >= FEWEST_SAMPLES}


def _checked_batch(batch: Iterable[str], axes: Iterable[str]) -> frozenset[str]:
    allowed = ["digit", "instance", *(name for name in axes if name not in UNBATCHABLE)]
    for name in batch:
        if name not in allowed:
            raise ValueError(f"batch: {name!r} is not an axis that can share a store; allowed: {', '.join(allowed)}")
    return frozenset(batch)

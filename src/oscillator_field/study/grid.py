"""From a checked config to the list of runs: axes and batches. Pure: no file is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from oscillator_field.nouns import DIGIT, Label
from oscillator_field.run import ALL, Job, Run, run_name
from oscillator_field.study.axes import axis_names, grid_points, point_count

# These change the shape of a store or what computes it, so runs that differ in them cannot share one.
UNBATCHABLE = ("channels", "steps", "learned")
# Fewer points than that lie in any plane.
FEWEST_SAMPLES = 3


def expand(config: Mapping[str, Any], labels: Sequence[Label], noun: str = DIGIT) -> list[Job]:
    """The jobs that a checked config asks for: every picture at every point of the grid.

    Args:
        config: checked and complete.
        labels: of the pictures, each of which comes in all instances.
        noun: what a label is called.

    Raises:
        ValueError: there are more runs than `most_runs`, the grid contradicts itself, two of its points are one run, or
            `batch` names something that is no axis or that changes the shape of a store.
    """
    count = len(labels) * len(config["instances"]) * point_count(config["grid"])
    if count > config["most_runs"]:
        raise ValueError(
            f"most_runs: this config asks for {count:,} runs (allowed: {config['most_runs']:,}; "
            f"set most_runs to at least {count} if you mean it)"
        )
    constants = {**config["encoding"], **config["field"]}
    points = grid_points(config["grid"], config["field"]["seed"])
    batch = _checked_batch(config["batch"], noun, axis_names(config["grid"]))

    runs_of_job: dict[str, list[Run]] = {}
    named: dict[str, Mapping[str, Any]] = {}
    for point, instance, label in product(points, config["instances"], labels):
        run = Run.of(label, int(instance), {**constants, **point}, noun)
        if named.setdefault(run.name, point) is not point:
            raise ValueError(f"grid: {dict(point)} and {dict(named[run.name])} are one run (allowed: each run once)")
        name = run_name(
            ALL if noun in batch else run.label,
            ALL if "instance" in batch else run.instance,
            {key: ALL if key in batch else value for key, value in run.parameters.items()},
            noun,
        )
        runs_of_job.setdefault(name, []).append(run)
    return [Job(name, tuple(runs)) for name, runs in runs_of_job.items()]


def perturbations(jobs: Iterable[Job]) -> dict[str, Run]:
    """The encoded pictures that the jobs need: by name, any one of the runs that it drives."""
    return {run.perturbation: run for job in jobs for run in job.runs}


def sample_sets(jobs: Iterable[Job]) -> dict[str, list[Run]]:
    """Runs that differ in their picture alone, by the name of their set: those of FEWEST_SAMPLES or more.

    The name is that of a job that batches the labels (and the instances, if there are several).
    """
    sets: dict[tuple, list[Run]] = {}
    for run in (run for job in jobs for run in job.runs):
        sets.setdefault((run.encoding, run.field, run.settings), []).append(run)
    named = {}
    for runs in sets.values():
        instances = {run.instance for run in runs}
        first = runs[0]
        name = run_name(ALL, instances.pop() if len(instances) == 1 else ALL, first.parameters, first.noun)
        named[name] = sorted(runs, key=lambda run: (run.label, run.instance))
    return {name: runs for name, runs in named.items() if len(runs) >= FEWEST_SAMPLES}


def _checked_batch(batch: Iterable[str], noun: str, axes: Iterable[str]) -> frozenset[str]:
    allowed = [noun, "instance", *(name for name in axes if name not in UNBATCHABLE)]
    for name in batch:
        if name not in allowed:
            raise ValueError(f"batch: {name!r} is not an axis that can share a store (allowed: {', '.join(allowed)})")
    return frozenset(batch)

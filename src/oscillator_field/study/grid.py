"""From a checked config to the list of jobs: axes and batches. Pure: no file is touched.

A job is one value, or one block of values, of each axis; its runs are made when they are asked for. So a grid of a
million points costs as much as its axes are long and its jobs are many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from oscillator_field.named_run import ALL, Run, run_name
from oscillator_field.nouns import DIGIT, NOUNS, Label
from oscillator_field.parameters import EncodingParameters, value_text
from oscillator_field.runs import Job, Point, Runs
from oscillator_field.study.axes import grid_factors, point_count
from oscillator_field.study.batches import batch_of, blocks_of

# Fewer points than that lie in any plane.
FEWEST_SAMPLES = 3


def expand(
    config: Mapping[str, Any], labels: Sequence[Label], noun: str = DIGIT, *, pixels: Callable[[], int]
) -> list[Job]:
    """The jobs that a checked config asks for: every picture at every point of the grid.

    Args:
        config: checked and complete.
        labels: of the pictures, each of which comes in all instances.
        noun: what a label is called.
        pixels: of the lattice of runs that do not say their size; asked for only where they decide how large jobs are.

    Raises:
        ValueError: there are more runs than `most_runs`, the grid contradicts itself, two of its points are one run, or
            `batch` does not fit it.
    """
    along = config["continue"]
    count = len(labels) * len(config["instances"]) * point_count(config["grid"]) * (2 if along else 1)
    if count > config["most_runs"]:
        raise ValueError(
            f"most_runs: this config asks for {count:,} runs (allowed: {config['most_runs']:,}; "
            f"set most_runs to at least {count} if you mean it)"
        )
    constants = {**config["encoding"], **config["field"]}
    of_grid = grid_factors(config["grid"], constants["seed"])
    # A chain comes first: its runs at one value lie side by side.
    chain = [_chain(of_grid.pop(f"grid.{along}", []), along)] if along else []
    factors: list[Sequence[Point]] = [*chain, *(_completed(points, constants) for points in of_grid.values())]
    factors.append([{"instance": int(instance)} for instance in config["instances"]])
    factors.append([{noun: label} for label in labels])
    batch = batch_of(config, factors, noun, pixels)
    jobs = []
    for blocks in product(*(blocks_of(points, batch) for points in factors)):
        shown = {**constants, **{name: value for block in blocks for name, value in block.shown}}
        label, instance = shown.pop(noun), shown.pop("instance")
        name = run_name(label, instance, shown, noun)
        jobs.append(Job(name, Runs(constants, tuple(block.points for block in blocks), noun)))
    return jobs


def _chain(points: Sequence[Point], along: str) -> list[Point]:
    """The points of an axis in the order that a chain runs through them: up, and then down.

    Raises:
        ValueError: it is no axis of at least two numbers.
    """
    values = sorted(point[along] for point in points)
    if len(values) < 2 or isinstance(values[0], bool | str):
        raise ValueError(f"continue: {along} is no axis of the grid with at least two numbers (name one that is)")
    turned = [("up", value) for value in values] + [("down", value) for value in reversed(values)]
    return [{along: value, "direction": direction} for direction, value in turned]


def _completed(points: Sequence[Point], constants: Point) -> list[Point]:
    """The points of a factor, each with a value of all parameters that any of them sets.

    Raises:
        ValueError: two are alike then.
    """
    names = sorted({name for point in points for name in point})
    completed: list[Point] = [{name: point.get(name, constants[name]) for name in names} for point in points]
    known: dict[tuple[str, ...], Point] = {}
    for given, point in zip(points, completed, strict=True):
        other = known.setdefault(tuple(map(value_text, point.values())), given)
        if other is not given:
            raise ValueError(f"grid: {dict(given)} and {dict(other)} are one run (allowed: each run once)")
    return completed


def perturbations(jobs: Iterable[Job]) -> dict[str, Run]:
    """The encoded pictures that the jobs need: by name, any one of the runs that it drives."""
    deciding = (*NOUNS, "instance", *EncodingParameters.__dataclass_fields__)
    return {run.perturbation: run for job in jobs for run in job.runs.distinct(deciding)}


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

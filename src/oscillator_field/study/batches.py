"""Which values of an axis share a job: each by itself, all, or a block of so many. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oscillator_field.named_run import ALL, block_text
from oscillator_field.parameters import OWN_SIZE
from oscillator_field.runs import Point

AUTO = "auto"
# What is kept of a run: all frames, the last one, or none.
FRAMES, FINAL, NONE = KEPT = ("frames", "final", "none")
# How many values of an axis share a job: ALL or a count. An axis that is not here has a job for each value.
Batch = Mapping[str, Any]
# These change the shape of a store or what computes it, so runs that differ in them cannot share one.
UNBATCHABLE = ("channels", "size", "steps", "learned")
# What `auto` lets a job have at most: about a minute of one core, and this much on the disk. Neither is measured where
# the workflow runs, because names of jobs must not depend on a machine.
SITE_STEPS_A_JOB = 6e10
BYTES_A_JOB = 2e9
BYTES_A_SITE = 2.8
BYTES_OF_INPUTS = 40


@dataclass(frozen=True)
class Block:
    """Points of one factor of a grid that share a job.

    Attributes:
        shown: each of its parameters with what stands for it in the name of the job.
        points: the points.
    """

    shown: tuple[tuple[str, Any], ...]
    points: tuple[Point, ...]


def blocks_of(points: Sequence[Point], batch: Batch) -> list[Block]:
    """The points of a factor, which set the same parameters, in the blocks that share jobs."""
    lengths = [batch[name] for name in points[0] if isinstance(batch.get(name), int)]
    blocks: dict[tuple[tuple[str, Any], ...], list[Point]] = {}
    for number, point in enumerate(points):
        if lengths:
            shown = dict.fromkeys(point, block_text(number // lengths[0], lengths[0]))
        else:
            shown = {name: ALL if name in batch else value for name, value in point.items()}
        blocks.setdefault(tuple(shown.items()), []).append(point)
    return [Block(shown, tuple(block)) for shown, block in blocks.items()]


def batch_of(
    config: Mapping[str, Any], factors: Sequence[Sequence[Point]], noun: str, pixels: Callable[[], int]
) -> Batch:
    """The batch of a config, checked.

    Args:
        config: checked and complete, but for `batch`.
        factors: points that are combined; those of each set the same parameters, the label or the instance.
        noun: what the label is called.
        pixels: of the lattice of runs that do not say their size.

    Raises:
        ValueError: `batch` names something that is no axis or that changes the shape of a store, or axes that go in
            step have several lengths.
    """
    given, along = config["batch"], config["continue"]
    # The runs of a chain are one job.
    chain = {along: ALL, "direction": ALL} if along else {}
    if given == AUTO:
        return {**_automatic(config, factors, pixels), **chain}
    batch = given if isinstance(given, Mapping) else dict.fromkeys(given, ALL)
    if batch.get(along, ALL) != ALL:
        raise ValueError(
            f"batch: {along}: {batch[along]} is not allowed with continue: {along}, which is one job (all)"
        )
    names = [noun, "instance", *sorted(name for points in factors for name in points[0])]
    allowed = list(dict.fromkeys(name for name in names if name not in UNBATCHABLE))
    for name in batch:
        if name not in allowed:
            raise ValueError(f"batch: {name!r} is not an axis that can share a store (allowed: {', '.join(allowed)})")
    for points in factors:
        in_step = {name: batch[name] for name in points[0] if isinstance(batch.get(name), int)}
        if len(set(in_step.values())) > 1:
            told = ", ".join(f"{name}: {length}" for name, length in in_step.items())
            raise ValueError(f"batch: {told} is not allowed, because they go in step (one length for all of them)")
        fixed = [name for name in points[0] if name in UNBATCHABLE]
        if in_step and fixed and len(points) > 1:
            raise ValueError(
                f"batch: {next(iter(in_step))} goes in step with {fixed[0]}, whose runs cannot share a store "
                "(allowed: not to name it)"
            )
    return {**batch, **chain}


def _automatic(config: Mapping[str, Any], factors: Sequence[Sequence[Point]], pixels: Callable[[], int]) -> Batch:
    """Blocks of powers of two, the longest axes halved until a job is small enough.

    So a value that is added at the end of an axis leaves all jobs as they are but the last along it, until its count
    passes a power of two, or an axis that was whole has to be cut: then blocks have other lengths, and all is new.
    """
    sizes = set(_values("size", config, factors))
    sites = max(pixels() if size == OWN_SIZE else size**2 for size in sizes) * max(_values("channels", config, factors))
    site_steps = sites * max(_values("steps", config, factors))
    most = SITE_STEPS_A_JOB / site_steps
    if config["history"]["keep"] != NONE:
        # All inputs of a job with a history are in memory at once.
        most = min(most, BYTES_A_JOB / (BYTES_OF_INPUTS * sites))
    if config["history"]["keep"] == FRAMES:
        most = min(most, BYTES_A_JOB * config["history"]["every"] / (BYTES_A_SITE * site_steps))
    shared = [points for points in factors if {*UNBATCHABLE, config["continue"]}.isdisjoint(points[0])]
    most /= math.prod(len(points) for points in factors if config["continue"] in points[0])
    lengths = [2 ** math.ceil(math.log2(len(points))) for points in shared]
    while math.prod(lengths) > most and max(lengths) > 1:
        longest = lengths.index(max(lengths))
        lengths[longest] //= 2
    return {
        name: ALL if length >= len(points) else length
        for points, length in zip(shared, lengths, strict=True)
        for name in points[0]
        if length > 1
    }


def _values(name: str, config: Mapping[str, Any], factors: Sequence[Sequence[Point]]) -> list[int]:
    """All values of a parameter: those of an axis, or the one that the config states."""
    varied = [point[name] for points in factors for point in points if name in point]
    return varied or [{**config["encoding"], **config["field"]}[name]]

"""From the grid of a config to its points: lists, ranges, counts of seeds, zipped axes, points and designs. Pure.

A point is a dict of the parameters that the grid sets; all others stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oscillator_field.parameters import checked, value_text
from oscillator_field.runs import Point
from oscillator_field.study.designs import design_count, design_points

ZIPPED, POINTS, SAMPLE = "zip", "points", "sample"
# Keys of a grid that are no parameter.
OTHERS = (ZIPPED, POINTS, SAMPLE)


def grid_factors(grid: Mapping[str, Any], seed: int) -> dict[str, Sequence[Point]]:
    """The factors of a checked grid by their place in the config: axes, zipped axes, explicit points, a design.

    Args:
        grid: values for parameters, and `zip`, `points` and `sample`.
        seed: the first of the seeds where the grid names their count.

    Raises:
        ValueError: a value or a point is listed twice, two axes set one parameter, zipped axes differ in length,
            or a range or a design does not fit its parameters.
    """
    factors: dict[str, Sequence[Point]] = {}
    for name, values in sorted(grid.items()):
        if name not in OTHERS:
            factors[f"grid.{name}"] = [{name: value} for value in axis_values(name, values, seed)]
    for number, group in enumerate(grid.get(ZIPPED, [])):
        factors[f"grid.{ZIPPED}[{number}]"] = _zipped(f"grid.{ZIPPED}[{number}]", group, seed)
    if POINTS in grid:
        factors[f"grid.{POINTS}"] = _distinct_points(f"grid.{POINTS}", grid[POINTS])
    if SAMPLE in grid:
        factors[f"grid.{SAMPLE}"] = design_points(f"grid.{SAMPLE}", grid[SAMPLE])
    _check_apart(factors)
    return factors


def point_count(grid: Mapping[str, Any]) -> int:
    """How many points a grid has, without making them."""
    counts = [_length(values) for name, values in grid.items() if name not in OTHERS]
    counts += [max(_length(values) for values in group.values()) for group in grid.get(ZIPPED, [])]
    counts += [len(grid[POINTS])] if POINTS in grid else []
    counts += [design_count(f"grid.{SAMPLE}", grid[SAMPLE])] if SAMPLE in grid else []
    return math.prod(counts)


def _length(values: Any) -> int:
    if isinstance(values, Mapping):
        return int(values["steps"])
    return values if isinstance(values, int) else len(values)


def axis_names(grid: Mapping[str, Any]) -> list[str]:
    """The parameters that a grid sets, sorted."""
    groups = [*grid.get(ZIPPED, []), *grid.get(POINTS, []), grid[SAMPLE]["over"] if SAMPLE in grid else {}]
    single = {name for name in grid if name not in OTHERS}
    return sorted(single | {name for group in groups for name in group})


def axis_values(name: str, values: Any, seed: int, within: str = "grid") -> list[Any]:
    """The values of one axis in the type of its parameter: of a list, a range, or a count of seeds.

    Raises:
        ValueError: a value is listed twice or is of a wrong type, or a logarithmic range touches zero.
    """
    label = f"{within}.{name}"
    if isinstance(values, Mapping):
        values = _range(label, values)
    elif name == "seed" and isinstance(values, int):
        values = range(seed, seed + values)
    distinct: dict[Any, None] = {}
    for value in (checked(name, value, label) for value in values):
        if value in distinct:
            raise ValueError(f"{label}: {value_text(value)} is listed twice (allowed: each value once)")
        distinct[value] = None
    return list(distinct)


def _range(label: str, described: Mapping[str, Any]) -> Iterable[float]:
    first, last, steps = described["from"], described["to"], described["steps"]
    if described.get("scale", "linear") == "linear":
        return _evenly(first, last, steps)
    if first <= 0 or last <= 0:
        raise ValueError(f"{label}: a logarithmic range from {first} to {last} is not allowed (both above 0)")
    exponents = _evenly(math.log10(first), math.log10(last), steps)
    # To the digits that parameters have, so that whole numbers are whole.
    return [first, *(float(f"{10**exponent:.12g}") for exponent in exponents[1:-1]), last]


def _evenly(first: float, last: float, steps: int) -> list[float]:
    """As `numpy.linspace` has them, operation by operation: other roundings would rename runs that exist."""
    step = (last - first) / (steps - 1)
    values = [number * step + first for number in range(steps - 1)]
    # But what is left of zero by rounding is zero: a parameter that is off, and the run that others name so.
    rounding = 1e-12 * max(abs(first), abs(last))
    return [first, *(0.0 if abs(value) < rounding else value for value in values[1:]), last]


def _zipped(label: str, group: Mapping[str, Any], seed: int) -> list[Point]:
    columns = {name: axis_values(name, values, seed, label) for name, values in sorted(group.items())}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        raise ValueError(f"{label}: {told}; zipped axes are as long as each other")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _distinct_points(label: str, points: Iterable[Mapping[str, Any]]) -> list[Point]:
    distinct: list[Point] = []
    for point in points:
        values = {name: checked(name, value, f"{label}.{name}") for name, value in sorted(point.items())}
        if values in distinct:
            told = ", ".join(f"{name} {value_text(value)}" for name, value in values.items())
            raise ValueError(f"{label}: {told} is listed twice (allowed: each point once)")
        distinct.append(values)
    return distinct


def _check_apart(factors: Mapping[str, Sequence[Point]]) -> None:
    seen: dict[str, str] = {}
    for label, points in factors.items():
        for name in {name for point in points for name in point}:
            if name in seen:
                raise ValueError(f"{label}: {name} is set by {seen[name]} too; only one may")
            seen[name] = label

"""Designs that fill a box of parameters with points, for grids that would be too fine along each axis. Pure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oscillator_field.parameters import checked, value_text


@dataclass(frozen=True)
class Design:
    """A way to fill a box.

    Attributes:
        engine: the name of its class in `scipy.stats.qmc`.
        meaning: for people.
    """

    engine: str
    meaning: str


# By the key that says how many points there are.
DESIGNS = {
    "sobol": Design(
        "Sobol",
        "is a scrambled Sobol sequence: more points leave the old ones in place, and powers of two fill the box best",
    ),
    "latin_hypercube": Design(
        "LatinHypercube",
        "cuts each parameter into as many strata as there are points, with one point in each; another count moves all",
    ),
}


def design_points(label: str, described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The points of a design.

    Args:
        label: where it stands in the config.
        described: a design and its count, `over`, the ends of each parameter, and `seed`, 0 if it is not there.

    Raises:
        ValueError: there is not one design, or a range has no room for the points.
    """
    kind, count = _kind(label, described), design_count(label, described)
    ends = {name: tuple(pair) for name, pair in sorted(described["over"].items())}
    for name, (low, high) in ends.items():
        if low >= high:
            told = f"[{value_text(low)}, {value_text(high)}]"
            raise ValueError(f"{label}.over.{name}: {told} is not allowed (two different numbers, the lower first)")
    points = [
        {
            name: checked(name, low + (high - low) * place, f"{label}.over.{name}")
            for (name, (low, high)), place in zip(ends.items(), row, strict=True)
        }
        for row in _in_a_unit_box(DESIGNS[kind].engine, len(ends), count, described.get("seed", 0))
    ]
    if len({tuple(point.values()) for point in points}) < count:
        raise ValueError(f"{label}.over: has no room for {count} points of twelve digits (allowed: wider ranges)")
    return points


def design_count(label: str, described: Mapping[str, Any]) -> int:
    """How many points a design has.

    Raises:
        ValueError: there is not one design.
    """
    return int(described[_kind(label, described)])


def _kind(label: str, described: Mapping[str, Any]) -> str:
    named = [name for name in DESIGNS if name in described]
    if len(named) != 1:
        told = " and ".join(named) or "no design"
        raise ValueError(f"{label}: {told} is not allowed (one of {', '.join(DESIGNS)}, with a count of points)")
    return named[0]


def _in_a_unit_box(engine: str, parameters: int, count: int, seed: int) -> list[list[float]]:
    """Points `(point, parameter)` in 0..1."""
    # A Snakemake without other packages reads this module too, and scipy.stats takes a second.
    from numpy.random import default_rng
    from scipy.stats import qmc

    with warnings.catch_warnings():
        # That a count is no power of two; the config's table says what that means.
        warnings.filterwarnings("ignore", "The balance properties of Sobol'")
        points: list[list[float]] = getattr(qmc, engine)(parameters, rng=default_rng(seed)).random(count).tolist()
    return points

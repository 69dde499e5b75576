"""Designs that fill a box of parameters with points, for grids that would be too fine along each axis. Pure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import checked, value_text

# What each is, by the key that says how many points it has.
DESIGNS = {
    "sobol": "a scrambled Sobol sequence: more points leave the old ones in place, and powers of two fill the box best",
    "latin_hypercube": "along each parameter as many strata as points, one in each; another count moves all",
}


def design_points(label: str, described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The points of a design.

    Args:
        label: where it stands in the config.
        described: a design and its count, `over`, the ends of each parameter, and `seed`, 0 if it is not there.

    Raises:
        ValueError: there is not one design, or the ends of a parameter are no range.
    """
    count = design_count(label, described)
    ends = {name: tuple(pair) for name, pair in sorted(described["over"].items())}
    for name, (low, high) in ends.items():
        if low >= high:
            raise ValueError(
                f"{label}.over.{name}: [{value_text(low)}, {value_text(high)}] is not allowed (the lower first)"
            )
    kind = next(name for name in DESIGNS if name in described)
    low, high = np.array(list(ends.values()), float).T
    places = low + (high - low) * _in_a_unit_box(kind, len(ends), count, described.get("seed", 0))
    return [
        {name: checked(name, value, f"{label}.over.{name}") for name, value in zip(ends, row, strict=True)}
        for row in places.tolist()
    ]


def design_count(label: str, described: Mapping[str, Any]) -> int:
    """How many points a design has.

    Raises:
        ValueError: there is not one design.
    """
    named = [name for name in DESIGNS if name in described]
    if len(named) != 1:
        raise ValueError(f"{label}: {len(named)} designs are not allowed (one of {', '.join(DESIGNS)}, and its points)")
    return int(described[named[0]])


def _in_a_unit_box(kind: str, parameters: int, count: int, seed: int) -> NDArray[np.float64]:
    """Points `(point, parameter)` in 0..1."""
    # It takes a second to import, which other plans need not wait for.
    from scipy.stats import qmc

    generator = np.random.default_rng(seed)
    if kind == "latin_hypercube":
        return qmc.LatinHypercube(parameters, rng=generator).random(count)
    with warnings.catch_warnings():
        # That counts are no powers of two; the config's table says what that means.
        warnings.filterwarnings("ignore", "The balance properties of Sobol'")
        return qmc.Sobol(parameters, rng=generator).random(count)

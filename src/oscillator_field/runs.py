"""The runs of a job: every combination of some points, made one by one when they are asked for. Pure.

A study of a million runs is planned without making any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, overload

from oscillator_field.named_run import Run
from oscillator_field.parameters import DEFAULTS, NOT_LEARNED, FieldParameters, RunParameters
from oscillator_field.terms import OF_TERMS, STRENGTHS, terms_of

# Runs of a job that are in memory at once while they are measured: fewer of large lattices, which have maps, and of
# many frames, which have numbers.
MOST_RUNS, MOST_SITES, MOST_FRAMES = 1024, 2**22, 2**20
# Some parameters, the label (by what it is called) or the instance of a run.
Point = Mapping[str, Any]


@dataclass(frozen=True)
class Runs(Sequence[Run]):
    """Runs that share some parameters, and are all combinations of points for the others.

    Attributes:
        shared: what all have, beside defaults.
        parts: points; each run has one of each part, and the last part changes fastest. The points of a part set the
            same parameters, which no other part sets.
        noun: what a label is called.
    """

    shared: Point
    parts: tuple[tuple[Point, ...], ...]
    noun: str

    def __len__(self) -> int:
        return math.prod(len(part) for part in self.parts)

    @overload
    def __getitem__(self, index: int) -> Run: ...
    @overload
    def __getitem__(self, index: slice) -> list[Run]: ...
    def __getitem__(self, index: int | slice) -> Run | list[Run]:
        """A run, or some in a list."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"run {index} of {len(self)}")
        rest, points = index % len(self), []
        for part in reversed(self.parts):
            rest, place = divmod(rest, len(part))
            points.append(part[place])
        return self._run(points)

    def __iter__(self) -> Iterator[Run]:
        return map(self._run, product(*self.parts))

    def _run(self, points: Iterable[Point]) -> Run:
        values = {**self.shared, **{name: value for point in points for name, value in point.items()}}
        return Run.of(values[self.noun], values["instance"], values, self.noun)

    @property
    def links(self) -> int:
        """How many runs of a chain follow each other, the first part being the chain; 1 where each begins by itself."""
        return len(self.parts[0]) if self.parts and "direction" in self.parts[0][0] else 1

    def distinct(self, names: Iterable[str]) -> Runs:
        """One run for each combination of the values of these parameters, the first that has it.

        Of parameters that take a million values together, mostly few matter.
        """
        wanted = set(names)

        def first_of_each(part: tuple[Point, ...]) -> tuple[Point, ...]:
            names = [name for name in part[0] if name in wanted]
            firsts: dict[tuple[Any, ...], Point] = {}
            for point in part if names else part[:1]:
                firsts.setdefault(tuple(point[name] for name in names), point)
            return tuple(firsts.values())

        return Runs(self.shared, tuple(first_of_each(part) for part in self.parts), self.noun)

    @property
    def terms(self) -> frozenset[str]:
        """The terms that are on in any of them."""
        return frozenset().union(*(terms_of(run.field, run.settings) for run in self.distinct(OF_TERMS)))

    def described(self) -> dict[str, Any]:
        """The same as JSON values, alike for the same runs whichever of their parameters are axes."""
        varied = {name for part in self.parts if len(part) > 1 for point in part for name in point}
        return {
            "noun": self.noun,
            "parts": [[dict(sorted(point.items())) for point in part] for part in self.parts if len(part) > 1],
            "shared": {name: value for name, value in sorted(self[0].described().items()) if name not in varied},
        }

    @classmethod
    def from_description(cls, described: Mapping[str, Any]) -> Runs:
        """The runs that `described` describes."""
        return cls(described["shared"], tuple(map(tuple, described["parts"])), described["noun"])


def physics_of(
    runs: Runs, shape_of: Callable[[Run], tuple[int, int]]
) -> dict[tuple[tuple[int, int], FieldParameters, RunParameters], None]:
    """Each kind of lattice, field and settings among some runs that may contradict itself, once."""
    return dict.fromkeys((shape_of(run), run.field, run.settings) for run in _differing(runs))


def _differing(runs: Runs) -> Runs:
    """Of some runs as many as may contradict themselves: how strong the forces are matters to few integrators."""
    kinds = runs.distinct(["integrator", "learned"])
    # What a learned field takes no notice of is refused, whatever it is.
    if any(run.settings.learned != NOT_LEARNED for run in kinds):
        return runs
    every_step_is_fine = all(run.field.integrator == "euler" for run in kinds)
    return runs.distinct(DEFAULTS.keys() - {"seed", *(STRENGTHS if every_step_is_fine else ())})


def runs_at_once(sites: int, frames: int) -> int:
    """How many runs of so many sites, measured so often, are measured before their numbers are written."""
    return max(1, min(MOST_RUNS, MOST_SITES // sites, MOST_FRAMES // frames))


@dataclass(frozen=True)
class Job:
    """Runs that share one simulation job and one store, and the name they share (one run if none are batched)."""

    name: str
    runs: Runs

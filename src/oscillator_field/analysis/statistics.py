"""Means over runs, and where an observable crosses a level, each with an interval from a bootstrap.

A time that some runs had not reached at their end has a median instead, to which these count as later than all: a mean
of the others would be too early.

The bootstrap draws members anew with replacement, here runs that differ in what is averaged over (seeds, pictures), and
takes the middle 95 % of what comes of it: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
Over several axes each axis is drawn by itself, for all pictures of a seed share its start: Owen, "The pigeonhole
bootstrap" (2007). Axes that go in step, as those that are zipped, are drawn as one. Where axes are no grid
otherwise, their runs are drawn one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.analysis.summary import read_varied
from oscillator_field.nouns import NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.ranges import slices
from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd

DRAWN, SEED = 1000, 0
# Numbers that are drawn together at most.
AT_ONCE = 4_000_000
INTERVAL = (2.5, 97.5)


def write_tables(
    summary: str | Path,
    paths: Mapping[str, str | Path],
    *,
    statistics: Sequence[Mapping[str, Any]],
    thresholds: Sequence[Mapping[str, Any]],
) -> None:
    """Write the tables of a study.

    Args:
        summary: the table of its runs.
        paths: where `statistics` and `thresholds` belong, of those that are wanted.
        statistics: what to average, each as `of` and `over`.
        thresholds: which crossings to look for, each as `of`, `along`, `level`, and `over`.

    Raises:
        ValueError: the summary is damaged.
    """
    import pandas as pd

    shared, table = read_varied(summary)
    # A number that all runs share, or lack, is no column there.
    table = table.assign(
        **{name: np.nan if shared[name] is None else shared[name] for name in SCALARS if name in shared}
    )
    differing = [name for name in (*NOUNS, "instance", *METADATA) if name in table.columns]

    def rest(*used: str) -> list[str]:
        return [name for name in differing if name not in used]

    made = {
        "statistics": [means_over(table, one["of"], one["over"], rest(*one["over"])) for one in statistics],
        "thresholds": [
            crossings_along(table, one["of"], one["along"], one["level"], over, rest(one["along"], *over))
            for one, over in ((one, one.get("over", [])) for one in thresholds)
        ],
    }
    for kind, path in paths.items():
        with whole_file(path) as temporary:
            pd.concat(made[kind]).to_csv(temporary, index=False)


def means_over(table: pd.DataFrame, observable: str, over: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """The mean of an observable over some columns, for each combination of the others.

    Args:
        table: a row a run.
        observable: a column; runs that lack it are counted, and left out but of the median of a time.
        over: columns whose runs are averaged.
        by: the other columns that differ.

    Returns:
        A row for each combination of `by`: `runs`, `missing`, `mean`, `deviation` (of single runs, NaN of one),
        `median`, and the ends of the interval of the mean, `low` and `high`. Of a time, `mean` and `deviation` are NaN
        where a run is missing, the interval is that of the median, and what is later than the ends of runs is NaN.
    """
    import pandas as pd

    rows = []
    censored = SCALARS[observable].censored
    for key, part in _groups(table, by):
        values = part[observable].to_numpy(np.float64)
        there = values[~np.isnan(values)]
        late = censored and len(there) < len(values)
        counted = np.where(np.isnan(values), np.inf, values) if censored else there
        average = partial(_median, end=np.inf) if censored else _mean
        drawn = _drawn(
            # One run says nothing of a spread, however many have no number.
            _grid(part, over) if len(counted) > 1 else np.arange(1),
            1,
            lambda chosen, values=values[:, np.newaxis], of=average: of(values[chosen])[:, 0],
        )
        low, high = _interval(drawn)
        rows.append(
            {
                **key,
                "observable": observable,
                "over": " ".join(over),
                "runs": len(there),
                "missing": len(values) - len(there),
                "mean": there.mean() if len(there) and not late else np.nan,
                "deviation": there.std(ddof=1) if len(there) > 1 and not late else np.nan,
                "median": _known(np.median(counted)) if len(counted) else np.nan,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def crossings_along(
    table: pd.DataFrame, observable: str, along: str, level: float, over: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """Where the mean of an observable first crosses a level along a column, for each combination of the others.

    Between two values of the column the mean is taken to be a straight line. Of a time it is the median; where that is
    later than the ends of the runs, it is taken to be their end, which no level may lie beyond.

    Args:
        table: a row a run; the runs of a combination are a grid of `along` and `over`.
        observable: a column; a mean is of the runs that have it, a median of all.
        along: a column of numbers.
        level: what is crossed, upwards or downwards.
        over: columns whose runs are averaged.
        by: the other columns that differ.

    Returns:
        A row for each combination of `by`: `members`, how many are averaged, `missing`, how many runs have no number,
        `crossing`, NaN where there is none or where a number is missing before it, the ends of its interval, `low` and
        `high`, and `found`, the share of the drawn means that cross.
    """
    import pandas as pd

    rows = []
    censored = SCALARS[observable].censored
    for key, part in _groups(table, by):
        # Where they end counts, and not where those end that have settled.
        end = float(part.loc[part[observable].isna(), "end_time"].min()) if censored else np.nan
        average = partial(_median, end=end if end > level else np.nan) if censored else _mean
        at = np.sort(part[along].unique()).astype(np.float64)
        if over:
            wide = part.pivot(index=list(over), columns=along, values=observable)
            curves, grid = wide.to_numpy(np.float64), _grid(wide.index.to_frame(), over)
        else:
            curves, grid = part.sort_values(along)[observable].to_numpy(np.float64)[np.newaxis], np.arange(1)
        members, places = curves.shape
        drawn = _drawn(
            grid,
            places,
            lambda chosen, at=at, curves=curves, of=average: _crossings(at, of(curves[chosen]), level),
        )
        low, high = _interval(drawn)
        rows.append(
            {
                **key,
                "observable": observable,
                "along": along,
                "level": level,
                "over": " ".join(over),
                "members": members,
                "missing": int(np.isnan(curves).sum()),
                "crossing": float(_crossings(at, average(curves[np.newaxis]), level)[0]),
                "low": low,
                "high": high,
                "found": float(np.mean(~np.isnan(drawn))) if len(drawn) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _groups(table: pd.DataFrame, by: Sequence[str]) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    if not by:
        return [({}, table)]
    return [(dict(zip(by, key, strict=True)), part) for key, part in table.groupby(list(by), sort=False)]


def _grid(members: pd.DataFrame, over: Sequence[str]) -> NDArray[np.int64]:
    """The index of each member by its values on the axes, of which those that go in step are one.

    Along one axis where they are no grid of them.
    """
    axes: list[NDArray[np.int64]] = []
    for name in over:
        codes = members[name].factorize()[0]
        for other in list(axes):
            both = np.unique(other * (codes.max() + 1) + codes, return_inverse=True)[1]
            if both.max() + 1 < (other.max() + 1) * (codes.max() + 1):
                axes = [one for one in axes if one is not other]
                codes = both
        axes.append(codes)
    shape = [int(codes.max()) + 1 for codes in axes]
    if not over or len(members) != np.prod(shape) or members.duplicated(list(over)).any():
        return np.arange(len(members))
    grid = np.empty(shape, np.int64)
    grid[tuple(axes)] = np.arange(len(members))
    return grid


def _drawn(grid: NDArray[np.int64], places: int, of: Any) -> NDArray[np.float64]:
    """What comes of members that are drawn anew, along each axis of their grid by itself, each of so many numbers.

    Nothing comes of fewer than two members, which say nothing of their spread.
    """
    if grid.size < 2:
        return np.empty(0)
    generators = [np.random.default_rng(SEED + axis) for axis in range(grid.ndim)]
    found = []
    # Some at a time: a thousand draws of a million members would fill the memory.
    for part in slices(DRAWN, max(1, AT_ONCE // (grid.size * places))):
        chosen = [
            generator.integers(0, size, (part.stop - part.start, size)).reshape(
                -1, *(size if axis == other else 1 for other in range(grid.ndim))
            )
            for axis, (generator, size) in enumerate(zip(generators, grid.shape, strict=True))
        ]
        found.append(np.asarray(of(grid[tuple(chosen)].reshape(len(chosen[0]), -1)), np.float64))
    return np.concatenate(found)


def _interval(drawn: NDArray[np.float64]) -> tuple[float, float]:
    there = drawn[~np.isnan(drawn)]
    if not len(there):
        return np.nan, np.nan
    # Between a number and one that is later than all lies nothing.
    low, high = np.percentile(there, INTERVAL, method="linear" if np.isfinite(there).all() else "inverted_cdf")
    return _known(low), _known(high)


def _known(value: float) -> float:
    """A number; NaN for one that is later than all."""
    return float(value) if np.isfinite(value) else np.nan


def _mean(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over members `(..., member, place)`, of those that have a number there."""
    counts = (~np.isnan(curves)).sum(axis=-2)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = np.nansum(curves, axis=-2) / counts
    return means


def _median(curves: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    """The median over members `(..., member, place)`, of which those without a number are late; `end` if it is late."""
    medians = np.median(np.where(np.isnan(curves), np.inf, curves), axis=-2)
    return np.where(np.isfinite(medians), medians, end)


def _crossings(at: NDArray[np.float64], curves: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Where each curve `(curve, place)` first crosses a level, or begins on it.

    NaN where it never does, or where it has a gap before that: nobody knows what it does there.
    """
    above = curves - level
    known = ~np.isnan(above).cumsum(axis=1, dtype=bool)
    here, after = above[:, :-1], above[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        # By their signs: a product of small numbers is zero.
        crosses = ((np.sign(here) * np.sign(after) < 0) | (after == 0)) & known[:, 1:]
        share = here / (here - after)
    first = crosses.argmax(axis=1)
    each = np.arange(len(curves))
    where = at[first] + share[each, first] * (at[first + 1] - at[first])
    found = np.where(crosses.any(axis=1), where, np.nan)
    return np.where(above[:, 0] == 0, at[0], found)

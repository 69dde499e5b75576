"""How many runs the engine for CPUs computes together, and in how many threads; plans know it without a compiler."""

from __future__ import annotations

import math
from collections.abc import Set

LANES = 16
# Measured: sixteen runs of more sites each are computed faster one by one, in bands of rows.
MOST_SITES_SIDE_BY_SIDE = 50_000
# But not where bands differ much: so many times the rows of a lattice are computed at most.
MOST_ROWS_OF_BANDS = 1.5
# Measured: threads that meet twice in a step need so many sites each, in all lanes, to gain by it.
SITES_A_THREAD = 2**18
# Terms that reach beyond the nearest row.
FAR = frozenset({"disc", "gaussian"})


def can_lie_in_bands(rows: int, terms: Set[str]) -> bool:
    """Whether each lane can take a band of rows: it knows one row of either neighbour, so no site may reach farther."""
    return rows >= LANES and not terms & FAR


def runs_together(rows: int, sites: int, terms: Set[str]) -> int:
    """How many runs of so many rows and sites are computed together at most."""
    computed = LANES * math.ceil(rows / LANES) / rows
    pays = sites > MOST_SITES_SIDE_BY_SIDE and computed <= MOST_ROWS_OF_BANDS
    return 1 if pays and can_lie_in_bands(rows, terms) else LANES


def useful_threads(threads: int, sites: int) -> int:
    """Of some threads those that may share the rows of so many sites in lanes."""
    return max(1, min(threads, sites // SITES_A_THREAD))

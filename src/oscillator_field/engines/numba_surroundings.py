"""What surrounds the state of a lattice in lanes, made anew between steps: borders, and sums over far neighbours.

A band finds the rows beside it in the border of its own lane. A periodic or reflecting lattice finds its other side, or
itself, in its border; an open one finds the zeros that lie there. Sums over far neighbours are laid out as the input
is. Everything is summed in an order that does not depend on how the runs lie in the lanes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from oscillator_field.engines.compiled_cache import keep_compiled
from oscillator_field.engines.lanes import LANES
from oscillator_field.engines.numba_lattice import (
    BITS,
    CALLED_WITHIN,
    NEEDS_COMPILER,
    OPTIONS,
    ZERO,
    lattice_of,
    written_in,
)


class Ground(NamedTuple):
    """What far neighbours are summed up with; what a neighbourhood does not need is empty.

    Attributes:
        sums: float32, room for sums along rows: `(row, part, column + 1 or 1, channel * lane)`.
        totals: float64, `(part, channel * lane)`, room for sums over all rows.
        rows, columns: int64, which one each place stands for, from the farthest before the first on; -1 for none.
        widths: int64 `(row of the disc,)`, how far it extends to either side.
        taps: float32 `(place,)`, the factors of a row or column of a gaussian.
        weight: float64, of a site: of the disc, or of the channel for its mean.
        own: float32, the weight of the site itself, to be left out.
    """

    sums: Any
    totals: Any
    rows: Any
    columns: Any
    widths: Any
    taps: Any
    weight: Any
    own: Any


@lru_cache(maxsize=16)
def complete_of(columns: int, channels: int, terms: int, bands: bool) -> Any:
    """A function that makes the surroundings of a state, see `complete`."""

    @keep_compiled
    @njit(**OPTIONS)
    def complete_state(state, pulls, ground, whole):  # type: ignore[no-untyped-def]
        complete(state, pulls, ground, whole, columns, channels, terms, bands)

    return complete_state


def complete(state, pulls, ground, whole, columns, channels, terms, bands):  # type: ignore[no-untyped-def]
    """Make the borders of a state, and the sums over its far neighbours."""
    raise RuntimeError(NEEDS_COMPILER)


@overload(complete, jit_options=CALLED_WITHIN, prefer_literal=True)
def _complete_of(state, pulls, ground, whole, columns, channels, terms, bands):  # type: ignore[no-untyped-def]
    bits, in_bands = terms.literal_value, bands.literal_value
    lattice = lattice_of(columns.literal_value, channels.literal_value, bits)
    periodic, reflecting = bits & BITS["periodic"] > 0, bits & BITS["reflecting"] > 0
    to_all = bits & BITS["global"] > 0
    far_sum = {BITS["disc"]: _sum_discs, BITS["gaussian"]: _sum_gaussians}.get(bits & (BITS["disc"] | BITS["gaussian"]))

    if far_sum is not None:

        def surround(state, pulls, ground, whole, columns, channels, terms, bands):  # type: ignore[no-untyped-def]
            far_sum(state, pulls, ground, lattice)

    elif to_all:

        def surround(state, pulls, ground, whole, columns, channels, terms, bands):  # type: ignore[no-untyped-def]
            _mean_fields(state, pulls, ground, whole, lattice, in_bands)

    else:

        def surround(state, pulls, ground, whole, columns, channels, terms, bands):  # type: ignore[no-untyped-def]
            if periodic or reflecting:
                _close_columns(state, periodic, lattice)
            if in_bands:
                _exchange_borders(state, whole, periodic, reflecting)
            elif periodic or reflecting:
                rows = state.shape[0] - 2
                state[0] = state[rows] if periodic else state[1]
                state[rows + 1] = state[1] if periodic else state[rows]

    return surround


@written_in
def _close_columns(state, periodic, lattice):  # type: ignore[no-untyped-def]
    """Fill the border columns of each row: with those of the other side, or with those beside them."""
    for row in range(1, state.shape[0] - 1):
        for part in range(2):
            border = part * lattice.imaginary
            first, last = border + lattice.column, border + lattice.columns * lattice.column
            left, right = (last, first) if periodic else (first, last)
            for place in range(lattice.column):
                state[row, border + place] = state[row, left + place]
                state[row, last + lattice.column + place] = state[row, right + place]


@njit(**CALLED_WITHIN)
def _exchange_borders(z, whole, periodic, reflecting):  # type: ignore[no-untyped-def]
    """Copy the first and last row of each band to the borders of its neighbours.

    The first `whole` bands have all rows of `z` but its borders, the others one less: their border comes a row sooner.
    """
    height = z.shape[0] - 2
    _border_above(z[0], z[height], z[height - 1], z[1], whole, periodic, reflecting)
    _border_below(z[height + 1], z[height], z[height - 1], z[1], whole, periodic, reflecting)


@njit(**CALLED_WITHIN)
def _border_above(border, last, last_but_one, first, whole, periodic, reflecting):  # type: ignore[no-untyped-def]
    """The border above each band: the last row of the band before, in the lane before; above the first the boundary."""
    # In whole vectors, so what is shifted out of a site comes into the next, and is replaced there.
    for site in range(0, border.shape[0] - LANES, LANES):
        for lane in range(LANES):
            border[site + lane + 1] = last[site + lane] if lane < whole else last_but_one[site + lane]
    end = LANES - 1
    for site in range(0, border.shape[0], LANES):
        if periodic:
            border[site] = last[site + end] if end < whole else last_but_one[site + end]
        else:
            border[site] = first[site] if reflecting else ZERO


@njit(**CALLED_WITHIN)
def _border_below(border, last, last_but_one, first, whole, periodic, reflecting):  # type: ignore[no-untyped-def]
    """The border below each band: the first row of the band after, in the lane after; below the last the boundary."""
    end = LANES - 1
    for site in range(0, border.shape[0] - LANES, LANES):
        for lane in range(LANES):
            below = first[site + lane + 1]
            border[site + lane] = below
            last[site + lane] = last[site + lane] if lane < whole else below
    for site in range(0, border.shape[0], LANES):
        beyond = first[site] if periodic else ZERO
        if reflecting:
            beyond = last[site + end] if end < whole else last_but_one[site + end]
        border[site + end] = beyond
        if end >= whole:
            last[site + end] = beyond


@written_in
def _mean_fields(state, pulls, ground, whole, lattice, bands):  # type: ignore[no-untyped-def]
    """The weighted sum over all pixels of each channel, for every column of a row.

    Summed along each row first, in float32, then over the rows of the lattice in their order, in float64: the same
    numbers whether a lane holds a run or a band of one.
    """
    sums, totals = ground.sums, ground.totals
    rows, width = sums.shape[0], lattice.column_of_input
    totals[:] = 0
    for row in range(rows):
        for part in range(2):
            first = part * lattice.imaginary + lattice.column + LANES
            _sum_of_row(sums[row, part, 0], state[row + 1, first:], lattice)
    for part in range(2):
        if not bands:
            for row in range(rows):
                of_row, total = sums[row, part, 0], totals[part]
                for place in range(width):
                    total[place] += of_row[place]
        else:
            for channel in range(lattice.channels):
                whole_total = 0.0
                for band in range(LANES):
                    for row in range(rows if band < whole else rows - 1):
                        whole_total += sums[row, part, 0, channel * LANES + band]
                totals[part, channel * LANES : (channel + 1) * LANES] = whole_total
        for column in range(lattice.columns):
            place = part * lattice.imaginary_of_input + column * width
            for lane in range(width):
                pulls[0, place + lane] = np.float32(ground.weight * totals[part, lane])


@written_in
def _sum_of_row(total, values, lattice):  # type: ignore[no-untyped-def]
    """The sum over the columns of a row, of each channel in each lane; by fours, for fewer trips to memory."""
    column = lattice.column
    total[:] = ZERO
    for block in range(lattice.columns // 4):
        first = 4 * block * column
        for place in range(lattice.column_of_input):
            at = first + place
            total[place] += (values[at] + values[at + column]) + (values[at + 2 * column] + values[at + 3 * column])
    for number in range(lattice.columns // 4 * 4, lattice.columns):
        for place in range(lattice.column_of_input):
            total[place] += values[number * column + place]


@written_in
def _sum_discs(state, pulls, ground, lattice):  # type: ignore[no-untyped-def]
    """The weighted sum over the disc around each site, by differences of sums along its rows."""
    sums, width = ground.sums, lattice.column_of_input
    beyond = ground.widths.shape[0] // 2
    for row in range(sums.shape[0]):
        for part in range(2):
            sums[row, part, 0, :] = ZERO
            for place in range(ground.columns.shape[0]):
                before, after, column = sums[row, part, place], sums[row, part, place + 1], ground.columns[place]
                if column < 0:
                    after[:] = before
                    continue
                first = part * lattice.imaginary + (column + 1) * lattice.column + LANES
                values = state[row + 1, first : first + width]
                for site in range(width):
                    after[site] = before[site] + values[site]
    weight = np.float32(ground.weight)
    for row in range(sums.shape[0]):
        total = pulls[row]
        for part in range(2):
            for column in range(lattice.columns):
                first = part * lattice.imaginary + (column + 1) * lattice.column + LANES
                here = part * lattice.imaginary_of_input + column * lattice.column_of_input
                around, values = total[here : here + width], state[row + 1, first : first + width]
                for site in range(width):
                    around[site] = -values[site]
                for line in range(ground.widths.shape[0]):
                    source = ground.rows[row + line]
                    if source < 0:
                        continue
                    reach = ground.widths[line]
                    left = sums[source, part, column + beyond - reach]
                    right = sums[source, part, column + beyond + reach + 1]
                    for site in range(width):
                        around[site] += right[site] - left[site]
                for site in range(width):
                    around[site] *= weight


@written_in
def _sum_gaussians(state, pulls, ground, lattice):  # type: ignore[no-untyped-def]
    """The weighted sum over the square around each site, along rows first and then along columns."""
    sums, width = ground.sums, lattice.column_of_input
    for row in range(sums.shape[0]):
        for part in range(2):
            for column in range(lattice.columns):
                total = sums[row, part, column]
                total[:] = ZERO
                for number in range(ground.taps.shape[0]):
                    source, tap = ground.columns[column + number], ground.taps[number]
                    if source < 0:
                        continue
                    first = part * lattice.imaginary + (source + 1) * lattice.column + LANES
                    values = state[row + 1, first : first + width]
                    for site in range(width):
                        total[site] += tap * values[site]
    for row in range(sums.shape[0]):
        for part in range(2):
            for column in range(lattice.columns):
                first = part * lattice.imaginary + (column + 1) * lattice.column + LANES
                here = part * lattice.imaginary_of_input + column * lattice.column_of_input
                around, values = pulls[row, here : here + width], state[row + 1, first : first + width]
                for site in range(width):
                    around[site] = -ground.own * values[site]
                for number in range(ground.taps.shape[0]):
                    source, tap = ground.rows[row + number], ground.taps[number]
                    if source < 0:
                        continue
                    of_row = sums[source, part, column]
                    for site in range(width):
                        around[site] += tap * of_row[site]

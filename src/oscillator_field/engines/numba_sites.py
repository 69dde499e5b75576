"""One stage of a row of sites: the small functions that are put into its loops, made for one lattice and its terms.

What is off is left out before anything is compiled, which keeps compiling short; hence functions that make functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from oscillator_field.engines.lanes import LANES
from oscillator_field.engines.numba_lattice import (
    BIAS,
    CHORD_SQUARED,
    COUPLING,
    EULER,
    FOLLOW,
    HALF,
    HEUN_FIRST,
    HEUN_LAST,
    LAG,
    ONE,
    RK4_FIRST,
    RK4_LAST,
    RK4_THIRD,
    SIXTH,
    THIRD,
    TINY,
    UNROLLED,
    ZERO,
    Lattice,
    inlined,
    inlined_in,
)
from oscillator_field.engines.numba_noise import rotation

# Stages that end a step, and those that begin it.
_LAST, _FIRST = (EULER, HEUN_LAST, RK4_LAST), (EULER, HEUN_FIRST, RK4_FIRST)


class Rows(NamedTuple):
    """The rows of one stage. Where two are one row, code must read both by one name, or it would not be vectorised."""

    around: Any  # of the state that pulls: the row above, this one and the row below, as one
    base: Any  # the state at the begin of the step
    second: Any  # the states of the stages in between
    third: Any
    out: Any
    drive: Any  # the same of the input, `drive` being beside `around`
    drive_base: Any
    drive_second: Any
    drive_third: Any
    drive_out: Any
    spikes: Any
    mixed: Any
    frequencies: Any
    jolts: Any
    pulls: Any


class _Four(NamedTuple):
    """Four sites that are computed at once: of so many channels and columns, and where the last three are."""

    channels: int
    columns: int
    channel_1: int
    channel_2: int
    channel_3: int
    column_1: int
    column_2: int
    column_3: int


FOUR_CHANNELS = _Four(4, 1, 1, 2, 3, 0, 0, 0)
TWO_CHANNELS = _Four(2, 2, 1, 0, 1, 0, 1, 1)
ONE_CHANNEL = _Four(1, 4, 0, 0, 0, 1, 2, 3)


@lru_cache(maxsize=64)
def loops_of(lattice: Lattice) -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """Three loops over the sites of a row: one that mixes many channels, one over four sites at once, one over each."""
    pulled, put, count, follow = _pulled_of(lattice), _put_of(lattice), _count_of(lattice), _follow_of(lattice)
    before_of = _before_of(lattice)

    @inlined_in(lattice)
    def mix(rows, weights):  # type: ignore[no-untyped-def]
        """Mix the channels of a row, where they are too many to be unrolled in `pulled`."""
        here, mixed = rows.around, rows.mixed
        mixed[: 2 * lattice.imaginary_of_input] = ZERO
        for column in range(lattice.columns):
            for target in range(lattice.channels):
                for part in range(2):
                    to = column * lattice.column_of_input + target * LANES + part * lattice.imaginary_of_input
                    for block in range(lattice.sources // UNROLLED):
                        site = (
                            lattice.row
                            + (column + 1) * lattice.column
                            + (block * UNROLLED + 1) * LANES
                            + part * lattice.imaginary
                        )
                        table = (target * lattice.sources + block * UNROLLED) * LANES
                        for lane in range(LANES):
                            total = mixed[to + lane]
                            for k in range(UNROLLED):
                                total += weights[table + k * LANES + lane] * here[site + k * LANES + lane]
                            mixed[to + lane] = total

    @inlined_in(lattice)
    def four_sites(four, first, blocks, rows, settings, weights):  # type: ignore[no-untyped-def]
        """One stage of some blocks of channels of a row, from the first given, four sites at once.

        The four are taken through each stage side by side: while one waits for its root, the others are worked on.
        """
        for stretch in range(lattice.columns // four.columns):
            for block in range(blocks):
                t_0 = first + block * four.channels
                t_1, t_2, t_3 = t_0 + four.channel_1, t_0 + four.channel_2, t_0 + four.channel_3
                for lane in range(LANES):
                    column = stretch * four.columns
                    site_0 = (column + 1) * lattice.column + LANES + lane
                    site_1 = site_0 + four.column_1 * lattice.column
                    site_2 = site_0 + four.column_2 * lattice.column
                    site_3 = site_0 + four.column_3 * lattice.column
                    place_0 = column * lattice.column_of_input + lane
                    place_1 = place_0 + four.column_1 * lattice.column_of_input
                    place_2 = place_0 + four.column_2 * lattice.column_of_input
                    place_3 = place_0 + four.column_3 * lattice.column_of_input
                    before_0 = before_of(t_0, site_0, rows)
                    before_1 = before_of(t_1, site_1, rows)
                    before_2 = before_of(t_2, site_2, rows)
                    before_3 = before_of(t_3, site_3, rows)
                    x_0 = pulled(t_0, site_0, place_0, lane, rows, settings, weights)
                    x_1 = pulled(t_1, site_1, place_1, lane, rows, settings, weights)
                    x_2 = pulled(t_2, site_2, place_2, lane, rows, settings, weights)
                    x_3 = pulled(t_3, site_3, place_3, lane, rows, settings, weights)
                    z_0 = put(t_0, site_0, place_0, before_0, x_0, rows)
                    z_1 = put(t_1, site_1, place_1, before_1, x_1, rows)
                    z_2 = put(t_2, site_2, place_2, before_2, x_2, rows)
                    z_3 = put(t_3, site_3, place_3, before_3, x_3, rows)
                    count(t_0, place_0, lane, before_0, z_0, rows, settings)
                    count(t_1, place_1, lane, before_1, z_1, rows, settings)
                    count(t_2, place_2, lane, before_2, z_2, rows, settings)
                    count(t_3, place_3, lane, before_3, z_3, rows, settings)
                    follow(t_0, site_0, place_0, lane, z_0, rows, settings)
                    follow(t_1, site_1, place_1, lane, z_1, rows, settings)
                    follow(t_2, site_2, place_2, lane, z_2, rows, settings)
                    follow(t_3, site_3, place_3, lane, z_3, rows, settings)

    @inlined_in(lattice)
    def one_site(target, rows, settings, weights):  # type: ignore[no-untyped-def]
        """One stage of a channel of a row, one site after the other."""
        for column in range(lattice.columns):
            for lane in range(LANES):
                site = (column + 1) * lattice.column + LANES + lane
                offset = column * lattice.column_of_input + lane
                before = before_of(target, site, rows)
                x = pulled(target, site, offset, lane, rows, settings, weights)
                z = put(target, site, offset, before, x, rows)
                count(target, offset, lane, before, z, rows, settings)
                follow(target, site, offset, lane, z, rows, settings)

    return mix, four_sites, one_site


@inlined
def state_at(target, site, row, imaginary):  # type: ignore[no-untyped-def]
    """State or input of a channel."""
    return row[site + target * LANES], row[site + target * LANES + imaginary]


def _before_of(lattice: Lattice) -> Any:
    first, last = lattice.stage in _FIRST, lattice.stage in _LAST
    distance, row = lattice.imaginary, lattice.row

    @inlined_in(lattice)
    def before_of(target, site, rows):  # type: ignore[no-untyped-def]
        """The state of a channel before the step."""
        if first:
            return state_at(target, row + site, rows.around, distance)
        if last:
            return state_at(target, site, rows.out, distance)
        return state_at(target, site, rows.base, distance)

    return before_of


def _pulled_of(lattice: Lattice) -> Any:
    far, apart, lagging, turning = lattice.far, lattice.apart, lattice.lag, lattice.frequencies
    many, column, distance, distance_of_input = (
        *(lattice.channels > UNROLLED, lattice.column),
        *(lattice.imaginary, lattice.imaginary_of_input),
    )
    sources, row = lattice.sources, lattice.row

    @inlined_in(lattice)
    def summed(place, place_of_input, rows):  # type: ignore[no-untyped-def]
        """One part of the sum over the neighbours."""
        around = rows.around
        if far:
            total = rows.pulls[place_of_input]
        else:
            total = (around[place - row] + around[place + row]) + (around[place - column] + around[place + column])
        if not apart:
            total = total + (around[place - LANES] + around[place + LANES])
        return total

    @inlined_in(lattice)
    def pulled(target, site, offset, lane, rows, settings, weights):  # type: ignore[no-untyped-def]
        """What a channel is pulled to, of any modulus."""
        here, drive = rows.around, rows.drive
        coupling, bias = settings[COUPLING * LANES + lane], settings[BIAS * LANES + lane]
        r = row + site + target * LANES
        i = r + distance
        r_of_input = offset + target * LANES
        i_of_input = r_of_input + distance_of_input
        # In this order, which decides what is fused with a sum, and so the last bit.
        x_real = bias * drive[r_of_input]
        n_real = summed(r, r_of_input, rows)
        x_real += coupling * n_real
        x_imaginary = bias * drive[i_of_input]
        n_imaginary = summed(i, i_of_input, rows)
        x_imaginary += coupling * n_imaginary
        if lagging:
            lag = settings[LAG * LANES + lane]
            x_real -= lag * n_imaginary
            x_imaginary += lag * n_real
        if turning:
            turn = rows.frequencies[r_of_input]
            x_real -= turn * here[i]
            x_imaginary += turn * here[r]
        if many:
            x_real += rows.mixed[r_of_input]
            x_imaginary += rows.mixed[i_of_input]
        else:
            # The rest of z is among the weights, on their diagonal.
            for source in range(sources):
                weight = weights[(target * sources + source) * LANES + lane]
                x_real += weight * here[row + site + source * LANES]
                x_imaginary += weight * here[row + site + source * LANES + distance]
        return x_real, x_imaginary

    return pulled


def _put_of(lattice: Lattice) -> Any:
    distance = lattice.imaginary
    in_stages, noise, last = lattice.stage != EULER, lattice.noise, lattice.stage in _LAST
    staged: Any = _STATE_OF_STAGE.get(lattice.stage, _state_on_the_way)(lattice)

    @inlined_in(lattice)
    def put(target, site, offset, before, x, rows):  # type: ignore[no-untyped-def]
        """Put what a stage makes of a channel where it belongs; at the end of a step, on the circle."""
        if in_stages:
            x = staged(target, site, offset, before, x, rows)
        elif noise:
            x = jolted(target, offset, x, rows)
        if last:
            scale = ONE / np.sqrt(x[0] * x[0] + x[1] * x[1] + TINY)
            x = x[0] * scale, x[1] * scale
        rows.out[site + target * LANES] = x[0]
        rows.out[site + target * LANES + distance] = x[1]
        return x

    return put


@inlined
def slope_at(here, x):  # type: ignore[no-untyped-def]
    """The slope along the circle: x is the state and delta_t times its pull, and what is along the state drops out."""
    turn = here[0] * x[1] - here[1] * x[0]
    return -turn * here[1], turn * here[0]


@inlined
def jolted(target, offset, x, rows):  # type: ignore[no-untyped-def]
    """A state, turned by the noise of this step."""
    cosine, sine = rotation(rows.jolts[offset + target * LANES])
    return x[0] * cosine - x[1] * sine, x[1] * cosine + x[0] * sine


@inlined
def all_four(first, second, third, fourth, slope):  # type: ignore[no-untyped-def]
    """The sum of the method of Runge and Kutta: the states of its stages hold the first three slopes."""
    return THIRD * ((second - first) + (third + third) + fourth) + SIXTH * slope


def _state_on_the_way(lattice: Lattice) -> Any:
    distance, row, noise = lattice.imaginary, lattice.row, lattice.noise
    part = ONE if lattice.stage in (HEUN_FIRST, RK4_THIRD) else HALF

    @inlined_in(lattice)
    def staged(target, site, offset, before, x, rows):  # type: ignore[no-untyped-def]
        """As far along the slope as the stage goes."""
        slope = slope_at(state_at(target, row + site, rows.around, distance), x)
        reached = before[0] + part * slope[0], before[1] + part * slope[1]
        if noise:
            reached = jolted(target, offset, reached, rows)
        return reached

    return staged


def _state_of_heun(lattice: Lattice) -> Any:
    distance, row, noise = lattice.imaginary, lattice.row, lattice.noise

    @inlined_in(lattice)
    def staged(target, site, offset, before, x, rows):  # type: ignore[no-untyped-def]
        """The mean of both slopes: the state of the first stage holds the first, and is jolted."""
        here = state_at(target, row + site, rows.around, distance)
        slope = slope_at(here, x)
        base = before
        if noise:
            base = jolted(target, offset, before, rows)
        return HALF * ((base[0] + here[0]) + slope[0]), HALF * ((base[1] + here[1]) + slope[1])

    return staged


def _state_of_rk4(lattice: Lattice) -> Any:
    distance, row = lattice.imaginary, lattice.row

    @inlined_in(lattice)
    def staged(target, site, offset, before, x, rows):  # type: ignore[no-untyped-def]
        """The weighted mean of all four slopes."""
        here = state_at(target, row + site, rows.around, distance)
        slope = slope_at(here, x)
        second, third = state_at(target, site, rows.second, distance), state_at(target, site, rows.third, distance)
        real = all_four(before[0], second[0], third[0], here[0], slope[0])
        return real, all_four(before[1], second[1], third[1], here[1], slope[1])

    return staged


_STATE_OF_STAGE = {HEUN_LAST: _state_of_heun, RK4_LAST: _state_of_rk4}


def _count_of(lattice: Lattice) -> Any:
    last = lattice.stage in _LAST

    @inlined_in(lattice)
    def count(target, offset, lane, before, z, rows, settings):  # type: ignore[no-untyped-def]
        """Count a spike if the chord from the state before is longer than that of the threshold."""
        if last:
            real, imaginary = z[0] - before[0], z[1] - before[1]
            is_spike = real * real + imaginary * imaginary > settings[CHORD_SQUARED * LANES + lane]
            rows.spikes[offset + target * LANES] += is_spike

    return count


def _follow_of(lattice: Lattice) -> Any:
    distance, row, distance_of_input = lattice.imaginary, lattice.row, lattice.imaginary_of_input
    at_once, of_heun, of_rk4 = (lattice.stage == stage for stage in (EULER, HEUN_LAST, RK4_LAST))
    first, last, part = (
        lattice.stage in _FIRST,
        lattice.stage in _LAST,
        ONE if lattice.stage in (HEUN_FIRST, RK4_THIRD) else HALF,
    )

    @inlined_in(lattice)
    def follow(target, site, offset, lane, z, rows, settings):  # type: ignore[no-untyped-def]
        """Let the input follow; where it does not, its rate is 0 and its scale 1, so it stays what it is."""
        rate = settings[FOLLOW * LANES + lane]
        r = offset + target * LANES
        i = r + distance_of_input
        drive = rows.drive
        if at_once:  # noqa: SIM108 (where it is not, there is no such row)
            out = drive
        else:
            out = rows.drive_out
        if first:
            before = drive
        elif last:
            before = out
        else:
            before = rows.drive_base
        if at_once:
            c_real, c_imaginary = drive[r] + rate * (z[0] - drive[r]), drive[i] + rate * (z[1] - drive[i])
        else:
            here = state_at(target, row + site, rows.around, distance)
            turn = rate * (drive[r] * here[1] - drive[i] * here[0])
            slope = -turn * drive[i], turn * drive[r]
            base = state_at(target, offset, before, distance_of_input)
            if of_heun:
                c_real = HALF * ((base[0] + drive[r]) + slope[0])
                c_imaginary = HALF * ((base[1] + drive[i]) + slope[1])
            elif of_rk4:
                second = state_at(target, offset, rows.drive_second, distance_of_input)
                third = state_at(target, offset, rows.drive_third, distance_of_input)
                c_real = all_four(base[0], second[0], third[0], drive[r], slope[0])
                c_imaginary = all_four(base[1], second[1], third[1], drive[i], slope[1])
            else:
                c_real, c_imaginary = base[0] + part * slope[0], base[1] + part * slope[1]
            # Sums of stages would round an input that stays what it is.
            c_real, c_imaginary = (c_real if rate != ZERO else base[0]), (c_imaginary if rate != ZERO else base[1])
        if last:
            scale = ONE / np.sqrt(c_real * c_real + c_imaginary * c_imaginary + TINY)
            scale = scale if rate != ZERO else ONE
            c_real, c_imaginary = c_real * scale, c_imaginary * scale
        out[r], out[i] = c_real, c_imaginary

    return follow

"""The compiled loops of the engine for CPUs: the model for sixteen interleaved runs, or bands of one run.

How a lattice lies in memory stands in `numba_lattice`. Its sizes are constants to the compiler: all values in a row are
then at fixed offsets from one pointer, and it need not test two dozen arrays for overlap. They reach the functions as
the values of literal types, which numba gives to `overload`s alone; the entries know nothing but numbers, as code that
is to be found again on disk must. The loops over sites are made in `numba_sites`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from oscillator_field.engines.compiled_cache import keep_compiled
from oscillator_field.engines.lanes import LANES
from oscillator_field.engines.noise import pairs_in_a_row
from oscillator_field.engines.numba_lattice import (
    BITS,
    CALLED_WITHIN,
    EULER,
    FAR,
    HEUN_FIRST,
    HEUN_LAST,
    NEEDS_COMPILER,
    OPTIONS,
    RK4_FIRST,
    RK4_LAST,
    RK4_SECOND,
    RK4_THIRD,
    TINY,
    UNROLLED,
    ZERO,
    inlined,
    lattice_of,
)
from oscillator_field.engines.numba_noise import jolt_row
from oscillator_field.engines.numba_sites import FOUR_CHANNELS, ONE_CHANNEL, TWO_CHANNELS, Rows, loops_of
from oscillator_field.engines.numba_surroundings import complete

_PI, _HALF_PI = np.float32(np.pi), np.float32(np.pi / 2)
# Of each stage: which state pulls, and which is computed.
PULLS = {EULER: 0, HEUN_FIRST: 0, HEUN_LAST: 1, RK4_FIRST: 0, RK4_SECOND: 1, RK4_THIRD: 2, RK4_LAST: 3}
COMPUTED = {EULER: 1, HEUN_FIRST: 1, HEUN_LAST: 0, RK4_FIRST: 1, RK4_SECOND: 2, RK4_THIRD: 3, RK4_LAST: 0}


class Arrays(NamedTuple):
    """The arrays of a group of runs in lanes, beside its states; those of terms that are off are empty.

    Attributes:
        inputs: each `(row, ...)`: the input, then those of the stages.
        spikes: counts since the frame before, `(row, column * channel * lane)`.
        settings, weights: what is constant in a step, see `numba_layouts`.
        frequencies: radians a step, `(row, column * channel * lane)`.
        jolts: turns by which the noise moves each site in this step, `(row, site or none * lane)`.
        pulls: sums of far neighbours, `(row, or one for all, part * column * channel * lane)`.
        keys: uint32, the seed of each lane, then the first row of its band.
        ground: what far neighbours are summed up with, see `numba_surroundings`.
    """

    inputs: Any
    spikes: Any
    settings: Any
    weights: Any
    frequencies: Any
    jolts: Any
    pulls: Any
    keys: Any
    ground: Any


@lru_cache(maxsize=16)
def compute_frames_of(columns: int, channels: int, terms: int, bands: bool, first_stage: int) -> Any:
    """A function that computes frames of a group, compiled for a lattice of so many columns and channels.

    With `bands` the lanes hold bands of rows of one run, `whole` of which have all rows. `terms` are BITS; the first
    stage tells the integrator.
    """

    @keep_compiled
    @njit(**OPTIONS)
    def compute_frames(first, last, kept, states, arrays, scratch, phase, counts, whole):  # type: ignore[no-untyped-def]
        """Take the steps after the first up to the last, write those that are kept, and return the states then."""
        frame = np.searchsorted(kept, first + 1)
        complete(states[0], arrays.pulls, arrays.ground, whole, columns, channels, terms, bands)
        for step in range(first + 1, last + 1):
            states = _advance(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage)
            if step == kept[frame]:
                _write_frame(states[0], arrays.spikes, scratch, frame, phase, counts, columns, channels)
                frame += 1
        return states

    return compute_frames


@lru_cache(maxsize=16)
def advance_rows_of(columns: int, channels: int, terms: int, stage: int) -> Any:
    """A function that computes a stage of some rows of a step, for threads that share the rows."""

    @keep_compiled
    @njit(**OPTIONS)
    def advance_rows(first, last, step, states, arrays, scratch):  # type: ignore[no-untyped-def]
        _advance_rows(first, last, step, states, arrays, scratch, columns, channels, terms, stage)

    return advance_rows


@lru_cache(maxsize=16)
def write_frame_of(columns: int, channels: int) -> Any:
    """A function that writes one frame."""

    @keep_compiled
    @njit(**OPTIONS)
    def write_frame(z, spikes, scratch, frame, phase, counts):  # type: ignore[no-untyped-def]
        _write_frame(z, spikes, scratch, frame, phase, counts, columns, channels)

    return write_frame


def _advance(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage):  # type: ignore[no-untyped-def]
    """One step: the states after it."""
    raise RuntimeError(NEEDS_COMPILER)


@overload(_advance, jit_options=CALLED_WITHIN, prefer_literal=True)
def _advance_of(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage):  # type: ignore[no-untyped-def]
    if first_stage.literal_value == EULER:

        def advance(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage):  # type: ignore[no-untyped-def]
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, EULER)
            return states[1], states[0]

    elif first_stage.literal_value == HEUN_FIRST:

        def advance(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage):  # type: ignore[no-untyped-def]
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, HEUN_FIRST)
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, HEUN_LAST)
            return states

    else:

        def advance(step, states, arrays, scratch, whole, columns, channels, terms, bands, first_stage):  # type: ignore[no-untyped-def]
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, RK4_FIRST)
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, RK4_SECOND)
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, RK4_THIRD)
            _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, RK4_LAST)
            return states

    return advance


def _stage(step, states, arrays, scratch, whole, columns, channels, terms, bands, stage):  # type: ignore[no-untyped-def]
    """One stage of all rows, and what surrounds the state that it computes."""
    raise RuntimeError(NEEDS_COMPILER)


@overload(_stage, jit_options=CALLED_WITHIN, prefer_literal=True)
def _stage_of(step, states, arrays, scratch, whole, columns, channels, terms, bands, stage):  # type: ignore[no-untyped-def]
    computed = COMPUTED[stage.literal_value]

    def of_all_rows(step, states, arrays, scratch, whole, columns, channels, terms, bands, stage):  # type: ignore[no-untyped-def]
        rows = arrays.spikes.shape[0]
        _advance_rows(0, rows, step, states, arrays, scratch, columns, channels, terms, stage)
        complete(states[computed], arrays.pulls, arrays.ground, whole, columns, channels, terms, bands)

    return of_all_rows


def _advance_rows(first, last, step, states, arrays, scratch, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
    """One stage of some rows."""
    raise RuntimeError(NEEDS_COMPILER)


@overload(_advance_rows, jit_options=CALLED_WITHIN, prefer_literal=True)
def _advance_rows_of(first, last, step, states, arrays, scratch, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
    number, bits = stage.literal_value, terms.literal_value
    pulling, computed = PULLS[number], COMPUTED[number]
    # The input has no second state where there is but one stage.
    drive_pulling, drive_computed = (0, 0) if number == EULER else (pulling, computed)
    in_stages, at_end = number != EULER, number == RK4_LAST
    noise, turning, far = (bits & mask > 0 for mask in (BITS["noise"], BITS["frequencies"], FAR))
    width = lattice_of(columns.literal_value, channels.literal_value).row
    new_jolts = noise and number in (EULER, HEUN_FIRST)
    pairs = pairs_in_a_row(columns.literal_value, channels.literal_value)

    def advance_rows(first, last, step, states, arrays, scratch, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
        state, inputs = states[pulling].reshape(-1), arrays.inputs
        # What a stage does not read is None, which costs nothing to hand on.
        base = drive_base = drive_out = second = third = drive_second = drive_third = None
        frequencies = jolts = pulls = None
        for row in range(first, last):
            if new_jolts:
                jolt_row(arrays.jolts[row], step, row, arrays.keys, arrays.settings, pairs)
            if noise:
                jolts = arrays.jolts[row]
            if turning:
                frequencies = arrays.frequencies[row]
            if far:
                pulls = arrays.pulls[row % arrays.pulls.shape[0]]
            if in_stages:
                base, drive_base, drive_out = states[0][row + 1], inputs[0][row], inputs[drive_computed][row]
            if at_end:
                second, third = states[1][row + 1], states[2][row + 1]
                drive_second, drive_third = inputs[1][row], inputs[2][row]
            rows = Rows(
                state[row * width : (row + 3) * width],
                base,
                second,
                third,
                states[computed][row + 1],
                inputs[drive_pulling][row],
                drive_base,
                drive_second,
                drive_third,
                drive_out,
                arrays.spikes[row],
                scratch,
                frequencies,
                jolts,
                pulls,
            )
            _advance_row(rows, arrays.settings, arrays.weights, columns, channels, terms, stage)

    return advance_rows


def _advance_row(rows, settings, weights, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
    """One stage of a row.

    A function of its own: within its caller, the rows would be parts of one array, at unknown offsets.
    """
    raise RuntimeError(NEEDS_COMPILER)


@overload(_advance_row, jit_options=CALLED_WITHIN, prefer_literal=True)
def _advance_row_of(rows, settings, weights, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
    columns, channels = columns.literal_value, channels.literal_value
    lattice = lattice_of(columns, channels, terms.literal_value, stage.literal_value)
    mix, four_sites, one_site = loops_of(lattice)
    many = channels > UNROLLED
    blocks_of_four = channels // 4
    has_two, has_one = channels & 2 > 0, channels & 1 > 0
    two, one = channels // 4 * 4, channels // 2 * 2
    fit_by_two, fit_by_four = columns % 2 == 0, columns % 4 == 0

    def advance_row(rows, settings, weights, columns, channels, terms, stage):  # type: ignore[no-untyped-def]
        # With few channels each block has code of its own, so that all weights are at fixed offsets.
        if many:
            mix(rows, weights)
            four_sites(FOUR_CHANNELS, 0, blocks_of_four, rows, settings, weights)
        elif blocks_of_four > 0:
            four_sites(FOUR_CHANNELS, 0, 1, rows, settings, weights)
            if blocks_of_four > 1:
                four_sites(FOUR_CHANNELS, 4, 1, rows, settings, weights)
        if has_two:
            if fit_by_two:
                four_sites(TWO_CHANNELS, two, 1, rows, settings, weights)
            else:
                one_site(two, rows, settings, weights)
                one_site(two + 1, rows, settings, weights)
        if has_one:
            if fit_by_four:
                four_sites(ONE_CHANNEL, one, 1, rows, settings, weights)
            else:
                one_site(one, rows, settings, weights)

    return advance_row


def _write_frame(z, spikes, angles, frame, phase, counts, columns, channels):  # type: ignore[no-untyped-def]
    """Write phases and spike counts to a frame, and let the counts start again from 0."""
    raise RuntimeError(NEEDS_COMPILER)


@overload(_write_frame, jit_options=CALLED_WITHIN, prefer_literal=True)
def _write_frame_of(z, spikes, angles, frame, phase, counts, columns, channels):  # type: ignore[no-untyped-def]
    lattice = lattice_of(columns.literal_value, channels.literal_value)

    def write_frame(z, spikes, angles, frame, phase, counts, columns, channels):  # type: ignore[no-untyped-def]
        for row in range(spikes.shape[0]):
            state, count_of_row = z[row + 1], spikes[row]
            # The zeros between columns are included, so that this is one long loop.
            for i in range(lattice.column, lattice.imaginary - lattice.column):
                angles[i] = _angle(state[i + lattice.imaginary], state[i])
            for run in range(phase.shape[0]):
                phase_of_run = phase[run, frame, row]
                for column in range(lattice.columns):
                    for channel in range(lattice.channels):
                        site = (column + 1) * lattice.column + (channel + 1) * LANES + run
                        phase_of_run[column * lattice.channels + channel] = angles[site]
            for run in range(phase.shape[0]):
                count_of_run = counts[run, frame, row]
                for offset in range(lattice.columns * lattice.channels):
                    count_of_run[offset] = count_of_row[offset * LANES + run]
        spikes[:] = 0

    return write_frame


@inlined
def _angle(imaginary, real):  # type: ignore[no-untyped-def]
    """The angle in (-pi, pi], within 3e-7 rad; a polynomial, because a call of arctan2 cannot be vectorised.

    Chebyshev fit of arctan(t) / t in t * t over 0..1, off by 1.2e-8 at most before rounding.
    """
    x, y = abs(real), abs(imaginary)
    t = min(x, y) / max(max(x, y), TINY)
    u = t * t
    p = np.float32(0.0028340643)
    p = p * u - np.float32(0.0160050305)
    p = p * u + np.float32(0.0425876075)
    p = p * u - np.float32(0.0749544544)
    p = p * u + np.float32(0.106367541)
    p = p * u - np.float32(0.142025705)
    p = p * u + np.float32(0.199924836)
    p = p * u - np.float32(0.333330668)
    p = (p * u + np.float32(0.999999984)) * t
    p = p if x >= y else _HALF_PI - p
    p = p if real >= ZERO else _PI - p
    return -p if imaginary < ZERO and p < _PI else p

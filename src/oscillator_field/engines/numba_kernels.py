"""The compiled loops of the engine for CPUs: the model for sixteen interleaved runs, or bands of one run.

A row of the state lies in memory as `(part, column, channel, lane)`, the part being real or imaginary, with a column
of zeros on either side and a channel of zeros before each column, which stand for the outside of the lattice (the
channel after the last is the one before the next column). A row of the input lies there as
`(part, column, channel, lane)` too, but without zeros.

Sizes of the lattice are constants to the compiler: all values in a row are then at fixed offsets from one pointer,
and it need not test two dozen arrays for overlap. They reach `_advance_row` and `_write_frame` as the values of
literal types, which numba gives to its `overload`s alone; `compute_frames` knows nothing but numbers, as code that is
to be found again on disk must. What the sites of a loop have in common stands in small functions, which are put into
the loop before it is turned into vectors. In them, `site` is where the channels of a column begin in a row of the
state, and `offset` where they begin in a row of the input, both for one lane.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

from oscillator_field.engines.compiled_cache import keep_compiled

LANES = 16
# Up to so many channels are mixed within the loop over sites, which takes a short loop that can be unrolled.
UNROLLED = 8

# Rows of the table of settings.
COUPLING, BIAS, CHORD_SQUARED, FOLLOW = range(4)

# All fast-math flags but reassociation, which would make long chains of short trees of sums. No NaN or infinity occurs.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"nnan", "ninf", "nsz", "arcp", "contract", "afn"},
}
_inlined = njit(inline="always", **_OPTIONS)
# Added under the root instead of the model's 1e-12 after it: the same in float32 unless |x| is about that small.
_TINY = np.float32(1e-24)
_ZERO, _ONE = np.float32(0), np.float32(1)
_PI, _HALF_PI = np.float32(np.pi), np.float32(np.pi / 2)
_NEEDS_COMPILER = "simulate.engine: numba computes nothing without numba's compiler (is NUMBA_DISABLE_JIT set?)"


class _Lattice(NamedTuple):
    """Sizes of a lattice, and distances in a row of it."""

    columns: int
    channels: int
    sources: int
    column: int  # from a column to the next, in a row of the state
    imaginary: int  # from a real part to its imaginary part, in a row of the state
    column_of_input: int
    imaginary_of_input: int


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


_FOUR_CHANNELS = _Four(4, 1, 1, 2, 3, 0, 0, 0)
_TWO_CHANNELS = _Four(2, 2, 1, 0, 1, 0, 1, 1)
_ONE_CHANNEL = _Four(1, 4, 0, 0, 0, 1, 2, 3)


def _lattice(columns: int, channels: int) -> _Lattice:
    return _Lattice(
        columns,
        channels,
        sources_read(channels),
        (channels + 1) * LANES,
        (columns + 2) * (channels + 1) * LANES,
        channels * LANES,
        columns * channels * LANES,
    )


def sources_read(channels: int) -> int:
    """How many channels the mixing of a channel reads: the weights of those beyond the last are 0."""
    return channels if channels <= UNROLLED else -(-channels // UNROLLED) * UNROLLED


@keep_compiled
@njit(**_OPTIONS)
def exchange_borders(z, whole):  # type: ignore[no-untyped-def]
    """Copy the first and last row of each band to the borders of its neighbours.

    The first `whole` bands have all rows of `z` but its borders, the others one less: their border comes a row sooner.
    """
    height = z.shape[0] - 2
    _border_above(z[0], z[height], z[height - 1], whole)
    _border_below(z[height + 1], z[height], z[1], whole)


@njit(**_OPTIONS)
def _border_above(border, last, last_but_one, whole):  # type: ignore[no-untyped-def]
    """The border above each band: the last row of the band before, in the lane before; none above the first."""
    # In whole vectors, so what is shifted out of a site comes into the next, and is removed there.
    for site in range(0, border.shape[0] - LANES, LANES):
        for lane in range(LANES):
            border[site + lane + 1] = last[site + lane] if lane < whole else last_but_one[site + lane]
    for site in range(0, border.shape[0], LANES):
        border[site] = _ZERO


@njit(**_OPTIONS)
def _border_below(border, last, first, whole):  # type: ignore[no-untyped-def]
    """The border below each band: the first row of the band after, in the lane after; none below the last."""
    for site in range(0, border.shape[0] - LANES, LANES):
        for lane in range(LANES):
            below = first[site + lane + 1]
            border[site + lane] = below
            last[site + lane] = last[site + lane] if lane < whole else below
    for site in range(LANES - 1, border.shape[0], LANES):
        border[site] = _ZERO
        last[site] = last[site] if whole == LANES else _ZERO


@lru_cache(maxsize=8)
def compute_frames_of(columns: int, channels: int, bands: bool) -> Any:
    """A function that computes frames of a group, compiled for a lattice of so many columns and channels.

    With `bands` the lanes hold bands of rows of one run, `whole` of which have all rows.
    """

    @keep_compiled
    @njit(**_OPTIONS)
    def compute_frames(first, last, kept, z, z_next, c, spikes, settings, weights, scratch, phase, counts, whole):  # type: ignore[no-untyped-def]
        """Take the steps after the first up to the last, write those that are kept, and return the two states then."""
        frame = np.searchsorted(kept, first + 1)
        for step in range(first + 1, last + 1):
            for row in range(c.shape[0]):
                around, drive = (z[row], z[row + 1], z[row + 2]), c[row]
                _advance_row(around, z_next[row + 1], drive, spikes[row], scratch, settings, weights, columns, channels)
            z, z_next = z_next, z
            if bands:
                exchange_borders(z, whole)
            if step == kept[frame]:
                _write_frame(z, spikes, scratch, frame, phase, counts, columns, channels)
                frame += 1
        return z, z_next

    return compute_frames


def _advance_row(around, here_next, drive, spikes, mixed, settings, weights, columns, channels):  # type: ignore[no-untyped-def]
    """One step of a row.

    A function of its own: within its caller, the rows would be parts of one array, at unknown offsets.
    """
    raise RuntimeError(_NEEDS_COMPILER)


@overload(_advance_row, jit_options=_OPTIONS, prefer_literal=True)
def _advance_row_of(around, here_next, drive, spikes, mixed, settings, weights, columns, channels):  # type: ignore[no-untyped-def]
    columns, channels = columns.literal_value, channels.literal_value
    lattice = _lattice(columns, channels)
    many = channels > UNROLLED
    blocks_of_four = channels // 4
    has_two, has_one = channels & 2 > 0, channels & 1 > 0
    two, one = channels // 4 * 4, channels // 2 * 2
    fit_by_two, fit_by_four = columns % 2 == 0, columns % 4 == 0

    def advance_row(around, here_next, drive, spikes, mixed, settings, weights, columns, channels):  # type: ignore[no-untyped-def]
        rows = around, here_next, drive, spikes, mixed
        # With few channels each block has code of its own, so that all weights are at fixed offsets.
        if many:
            _mix(rows, weights, lattice)
            _four_sites(_FOUR_CHANNELS, 0, blocks_of_four, rows, settings, weights, lattice)
        elif blocks_of_four > 0:
            _four_sites(_FOUR_CHANNELS, 0, 1, rows, settings, weights, lattice)
            if blocks_of_four > 1:
                _four_sites(_FOUR_CHANNELS, 4, 1, rows, settings, weights, lattice)
        if has_two:
            if fit_by_two:
                _four_sites(_TWO_CHANNELS, two, 1, rows, settings, weights, lattice)
            else:
                _one_site(two, rows, settings, weights, lattice)
                _one_site(two + 1, rows, settings, weights, lattice)
        if has_one:
            if fit_by_four:
                _four_sites(_ONE_CHANNEL, one, 1, rows, settings, weights, lattice)
            else:
                _one_site(one, rows, settings, weights, lattice)

    return advance_row


@_inlined
def _four_sites(four, first, blocks, rows, settings, weights, lattice):  # type: ignore[no-untyped-def]
    """One step of some blocks of channels of a row, from the first given, four sites at once.

    The four are taken through each stage side by side: while one waits for its root, the others are worked on.
    """
    around, here_next, drive, spikes, mixed = rows
    here = around[1]
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
                before_0 = _state_at(t_0, site_0, here, lattice)
                before_1 = _state_at(t_1, site_1, here, lattice)
                before_2 = _state_at(t_2, site_2, here, lattice)
                before_3 = _state_at(t_3, site_3, here, lattice)
                x_0 = _pulled(t_0, site_0, place_0, lane, around, drive, mixed, settings, weights, lattice)
                x_1 = _pulled(t_1, site_1, place_1, lane, around, drive, mixed, settings, weights, lattice)
                x_2 = _pulled(t_2, site_2, place_2, lane, around, drive, mixed, settings, weights, lattice)
                x_3 = _pulled(t_3, site_3, place_3, lane, around, drive, mixed, settings, weights, lattice)
                z_0 = _put(t_0, site_0, x_0, here_next, lattice)
                z_1 = _put(t_1, site_1, x_1, here_next, lattice)
                z_2 = _put(t_2, site_2, x_2, here_next, lattice)
                z_3 = _put(t_3, site_3, x_3, here_next, lattice)
                _count(t_0, place_0, lane, before_0, z_0, spikes, settings)
                _count(t_1, place_1, lane, before_1, z_1, spikes, settings)
                _count(t_2, place_2, lane, before_2, z_2, spikes, settings)
                _count(t_3, place_3, lane, before_3, z_3, spikes, settings)
                _follow(t_0, place_0, lane, z_0, drive, settings, lattice)
                _follow(t_1, place_1, lane, z_1, drive, settings, lattice)
                _follow(t_2, place_2, lane, z_2, drive, settings, lattice)
                _follow(t_3, place_3, lane, z_3, drive, settings, lattice)


@_inlined
def _one_site(target, rows, settings, weights, lattice):  # type: ignore[no-untyped-def]
    """One step of a channel of a row, one site after the other."""
    around, here_next, drive, spikes, mixed = rows
    here = around[1]
    for column in range(lattice.columns):
        for lane in range(LANES):
            site = (column + 1) * lattice.column + LANES + lane
            offset = column * lattice.column_of_input + lane
            before = _state_at(target, site, here, lattice)
            x = _pulled(target, site, offset, lane, around, drive, mixed, settings, weights, lattice)
            z = _put(target, site, x, here_next, lattice)
            _count(target, offset, lane, before, z, spikes, settings)
            _follow(target, offset, lane, z, drive, settings, lattice)


@_inlined
def _state_at(target, site, here, lattice):  # type: ignore[no-untyped-def]
    """The state of a channel."""
    return here[site + target * LANES], here[site + target * LANES + lattice.imaginary]


@_inlined
def _pulled(target, site, offset, lane, around, drive, mixed, settings, weights, lattice):  # type: ignore[no-untyped-def]
    """What a channel is pulled to, of any modulus."""
    up, here, down = around
    coupling, bias = settings[COUPLING * LANES + lane], settings[BIAS * LANES + lane]
    column = lattice.column
    r = site + target * LANES
    i = r + lattice.imaginary
    r_of_input = offset + target * LANES
    i_of_input = r_of_input + lattice.imaginary_of_input
    x_real = bias * drive[r_of_input] + coupling * (
        (up[r] + down[r]) + (here[r - column] + here[r + column]) + (here[r - LANES] + here[r + LANES])
    )
    x_imaginary = bias * drive[i_of_input] + coupling * (
        (up[i] + down[i]) + (here[i - column] + here[i + column]) + (here[i - LANES] + here[i + LANES])
    )
    if lattice.channels > UNROLLED:
        return x_real + mixed[r_of_input], x_imaginary + mixed[i_of_input]
    # The rest of z is among the weights, on their diagonal.
    for source in range(lattice.sources):
        weight = weights[(target * lattice.sources + source) * LANES + lane]
        x_real += weight * here[site + source * LANES]
        x_imaginary += weight * here[site + source * LANES + lattice.imaginary]
    return x_real, x_imaginary


@_inlined
def _put(target, site, x, here_next, lattice):  # type: ignore[no-untyped-def]
    """Put what a channel is pulled to where it belongs, brought to modulus one."""
    scale = _ONE / np.sqrt(x[0] * x[0] + x[1] * x[1] + _TINY)
    real, imaginary = x[0] * scale, x[1] * scale
    here_next[site + target * LANES] = real
    here_next[site + target * LANES + lattice.imaginary] = imaginary
    return real, imaginary


@_inlined
def _count(target, offset, lane, before, z, spikes, settings):  # type: ignore[no-untyped-def]
    """Count a spike if the chord from the state before is longer than that of the threshold."""
    real, imaginary = z[0] - before[0], z[1] - before[1]
    is_spike = real * real + imaginary * imaginary > settings[CHORD_SQUARED * LANES + lane]
    spikes[offset + target * LANES] += is_spike


@_inlined
def _follow(target, offset, lane, z, drive, settings, lattice):  # type: ignore[no-untyped-def]
    """Let the input follow; where it does not, its rate is 0 and its scale 1, so it stays what it is."""
    rate = settings[FOLLOW * LANES + lane]
    r = offset + target * LANES
    i = r + lattice.imaginary_of_input
    c_real, c_imaginary = drive[r] + rate * (z[0] - drive[r]), drive[i] + rate * (z[1] - drive[i])
    scale = _ONE / np.sqrt(c_real * c_real + c_imaginary * c_imaginary + _TINY)
    scale = scale if rate != _ZERO else _ONE
    drive[r], drive[i] = c_real * scale, c_imaginary * scale


@_inlined
def _mix(rows, weights, lattice):  # type: ignore[no-untyped-def]
    """Mix the channels of a row, where they are too many to be unrolled in `_pulled`."""
    here, mixed = rows[0][1], rows[4]
    mixed[: 2 * lattice.imaginary_of_input] = _ZERO
    for column in range(lattice.columns):
        for target in range(lattice.channels):
            for part in range(2):
                to = column * lattice.column_of_input + target * LANES + part * lattice.imaginary_of_input
                for block in range(lattice.sources // UNROLLED):
                    site = (column + 1) * lattice.column + (block * UNROLLED + 1) * LANES + part * lattice.imaginary
                    table = (target * lattice.sources + block * UNROLLED) * LANES
                    for lane in range(LANES):
                        total = mixed[to + lane]
                        for k in range(UNROLLED):
                            total += weights[table + k * LANES + lane] * here[site + k * LANES + lane]
                        mixed[to + lane] = total


def _write_frame(z, spikes, angles, frame, phase, counts, columns, channels):  # type: ignore[no-untyped-def]
    """Write phases and spike counts to a frame, and let the counts start again from 0."""
    raise RuntimeError(_NEEDS_COMPILER)


@overload(_write_frame, jit_options=_OPTIONS, prefer_literal=True)
def _write_frame_of(z, spikes, angles, frame, phase, counts, columns, channels):  # type: ignore[no-untyped-def]
    lattice = _lattice(columns.literal_value, channels.literal_value)

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


@_inlined
def _angle(imaginary, real):  # type: ignore[no-untyped-def]
    """The angle in (-pi, pi], within 3e-7 rad; a polynomial, because a call of arctan2 cannot be vectorised.

    Chebyshev fit of arctan(t) / t in t * t over 0..1, off by 1.2e-8 at most before rounding.
    """
    x, y = abs(real), abs(imaginary)
    t = min(x, y) / max(max(x, y), _TINY)
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
    p = p if real >= _ZERO else _PI - p
    return -p if imaginary < _ZERO and p < _PI else p

"""The random numbers of the noise: each follows from seed, step and site alone, so no order of computing shows.

Threefry-2x32 of 13 rounds (Salmon, Moraes, Dror and Shaw, SC'11, 2011) makes two words of a counter, and Box and Muller
(Ann. Math. Stat. 29, 610, 1958) two normal numbers of the two words. The counter holds the step, and the pair of sites:
`row * pairs_in_a_row + pair`. The first number is for the site `pair` of the row, `column * channels + channel`, the
second for the site `pair + pairs_in_a_row`. Compiled engines have the same in their own words; this one is for the
reference, in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import FieldParameters

# The second word of the key: it sets this stream apart from any other of the same seed.
STREAM = 0x6E6F6973
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
ROUNDS = 13
# Skein's constant of the key schedule.
PARITY = 0x1BD11BDA


def pairs_in_a_row(columns: int, channels: int) -> int:
    """How many pairs the sites of a row make, a multiple of four; the last ones may have one site, or none."""
    return -(-columns * channels // 8) * 4


def turns_a_step(parameters: Sequence[FieldParameters]) -> NDArray[np.float64]:
    """The standard deviation of the jolt of each run in a step, in turns: sqrt(2 noise delta_t) / (2 pi)."""
    return np.array([math.sqrt(2 * each.noise * each.delta_t) / (2 * math.pi) for each in parameters])


def threefry(
    key_0: NDArray[np.uint32], key_1: int, counter_0: NDArray[np.uint32], counter_1: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The two words of counters of two words; all broadcast."""
    keys = key_0, np.uint32(key_1), key_0 ^ np.uint32(key_1) ^ np.uint32(PARITY)
    x, y = counter_0 + keys[0], counter_1 + keys[1]
    for number in range(ROUNDS):
        rotation = ROTATIONS[number % len(ROTATIONS)]
        x = x + y
        y = ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation))) ^ x
        if number % 4 == 3:
            passed = number // 4 + 1
            x = x + keys[passed % 3]
            y = y + keys[(passed + 1) % 3] + np.uint32(passed)
    return x, y


def normal_numbers(seeds: NDArray[np.uint32], step: int, rows: int, columns: int, channels: int) -> NDArray[np.float64]:
    """The normal numbers of a step, `(run, row, column, channel)`; steps count from 1."""
    pairs = pairs_in_a_row(columns, channels)
    pair = np.arange(rows * pairs, dtype=np.uint32)[np.newaxis]
    words = threefry(seeds[:, np.newaxis], STREAM, np.full_like(pair, step), pair)
    # Of 23 bits, in the middle of its interval, so that it is not 0, and float32 holds it.
    uniform = ((words[0] >> np.uint32(9)).astype(np.float64) + 0.5) * 2.0**-23
    turns = (words[1] >> np.uint32(8)).astype(np.float64) * 2.0**-24
    radius = np.sqrt(-2 * np.log(uniform))
    of_rows = [(radius * part(2 * np.pi * turns)).reshape(-1, rows, pairs) for part in (np.cos, np.sin)]
    row = np.concatenate(of_rows, axis=-1)[..., : columns * channels]
    return row.reshape(-1, rows, columns, channels)

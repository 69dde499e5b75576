"""The kernels of the engine for NVIDIA GPUs: the model for one thread, which holds a pixel with all its channels.

State and input lie in global memory as `(run, part, channel, pixel)`, the part being real or imaginary, so that
neighbouring threads read neighbouring numbers. Where a lattice fits into one block, a block computes all steps of a
run: the state stays in registers, and shared memory holds a second copy, in which a thread finds its neighbours.
Larger lattices take one launch a step, any number of blocks a run, and find their neighbours in global memory.

Sizes of the lattice are constants to the compiler, which unrolls the loops over channels and keeps the little
arrays of a thread in registers; so is what is on, and terms that are off leave no trace. A run's bits depend on nothing
but the run: no thread sees another run.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import config, cuda, float32, int32, int64

from oscillator_field.engines.noise import PARITY, ROTATIONS, ROUNDS, STREAM, pairs_in_a_row

# numba warns of small grids, which a batch of few runs has; its message begins with the code for bold letters.
warnings.filterwarnings("ignore", message=".*Grid size .* low occupancy")

THREADS_A_BLOCK = 256
MOST_PIXELS_ON_CHIP = 1024  # threads that a block may have
SHARED_BYTES = 48 * 2**10  # shared memory that a block may have without asking the driver for more

# Up to this many channels a thread keeps the weights in registers; with more it reads them in each step.
FEW_CHANNELS = 8

# Columns of the table of settings.
COUPLING, BIAS, COSINE, SINE, FOLLOW, LAG, JOLT = range(7)
SETTINGS = 7

# Added under the root instead of the model's 1e-12 after it: the same in float32 unless |x| is about that small.
_TINY = np.float32(1e-24)
_ZERO, _ONE, _PI = np.float32(0), np.float32(1), np.float32(np.pi)
_TWO_PI, _HALF = np.float32(2 * np.pi), np.float32(0.5)
_STEP_OF_UNIFORM, _STEP_OF_TURNS = np.float32(2.0**-23), np.float32(2.0**-24)
_WORD = 2**32 - 1


def fits_on_chip(rows: int, columns: int, channels: int) -> bool:
    """Whether one block can hold a run: a thread for each pixel, and the state with its border in shared memory."""
    bordered = (rows + 2) * (columns + 2)
    return rows * columns <= MOST_PIXELS_ON_CHIP and 2 * 4 * channels * bordered <= SHARED_BYTES


@lru_cache(maxsize=8)
def kernels(rows: int, columns: int, channels: int, terms: frozenset[str] = frozenset()) -> SimpleNamespace:
    """The kernels for a lattice and the terms that are on, each compiled when it is first launched.

    `to_circle(phase, state)`, `whole_course(...)`, `one_step(...)`, `write_frame(...)`, `write_input(...)`.
    """
    pixels, stride = rows * columns, columns + 2
    bordered = (rows + 2) * stride
    shared_size = channels * bordered
    few = channels <= FEW_CHANNELS
    pairs = channels * channels if few else 1
    lagging, turning, noise = ("lag" in terms), ("frequencies" in terms), ("noise" in terms)
    apart, periodic, reflecting = ("channels apart" in terms), ("periodic" in terms), ("reflecting" in terms)
    pairs_of_row = pairs_in_a_row(columns, channels)

    @cuda.jit(device=True, inline="always")
    def beside(place, length, by):  # type: ignore[no-untyped-def]
        """The place beside a row or column, `by` being 1 or -1; -1 for none."""
        other = place + by
        if 0 <= other < length:
            return other
        if periodic:
            return other % length
        return place if reflecting else -1

    @cuda.jit(device=True, inline="always", fastmath=True)
    def state_at(run, channel, row, column, state):  # type: ignore[no-untyped-def]
        """The state of a channel at a place as `beside` gives it: 0 where there is none."""
        if row < 0 or column < 0:
            return _ZERO, _ZERO
        pixel = row * columns + column
        return state[run, 0, channel, pixel], state[run, 1, channel, pixel]

    @cuda.jit(device=True, inline="always", fastmath=True)
    def normal_number(seed, step, pixel, channel):  # type: ignore[no-untyped-def]
        """The random number of a site in a step, see `noise`; in 64 bits, which a simulator does not overflow."""
        place = pixel % columns * channels + channel
        pair = place % pairs_of_row
        keys = cuda.local.array(3, int64)
        keys[0], keys[1], keys[2] = seed, STREAM, seed ^ STREAM ^ PARITY
        x = (step + keys[0]) & _WORD
        y = (pixel // columns * pairs_of_row + pair + keys[1]) & _WORD
        for number in range(ROUNDS):
            by = ROTATIONS[number % 8]
            x = (x + y) & _WORD
            y = (((y << by) & _WORD) | (y >> (32 - by))) ^ x
            if number % 4 == 3:
                passed = number // 4 + 1
                x = (x + keys[passed % 3]) & _WORD
                y = (y + keys[(passed + 1) % 3] + passed) & _WORD
        uniform = (np.float32(x >> 9) + _HALF) * _STEP_OF_UNIFORM
        angle_of_pair = _TWO_PI * (np.float32(y >> 8) * _STEP_OF_TURNS)
        length = math.sqrt(np.float32(-2) * math.log(uniform))
        return length * (math.cos(angle_of_pair) if place < pairs_of_row else math.sin(angle_of_pair))

    @cuda.jit(device=True, inline="always", fastmath=True)
    def angle(imaginary, real):  # type: ignore[no-untyped-def]
        phase = math.atan2(imaginary, real)
        return phase if phase > -_PI else _PI

    @cuda.jit(device=True, inline="always", fastmath=True)
    def load_constants(run, settings, weights, s, w):  # type: ignore[no-untyped-def]
        """Of the weights, those above the diagonal and one of it: the rest follows."""
        for setting in range(SETTINGS):
            s[setting] = settings[run, setting]
        if few:
            for target in range(channels):
                for source in range(target, channels):
                    w[target * channels + source] = weights[run, target, source]

    @cuda.jit(device=True, inline="always", fastmath=True)
    def weight(run, target, source, weights, w):  # type: ignore[no-untyped-def]
        if not few:
            return weights[run, target, source]
        if source == target:
            return w[0]
        return w[target * channels + source] if source > target else -w[source * channels + target]

    @cuda.jit(device=True, inline="always", fastmath=True)
    def load_pixel(run, pixel, state, re, im):  # type: ignore[no-untyped-def]
        for channel in range(channels):
            re[channel], im[channel] = state[run, 0, channel, pixel], state[run, 1, channel, pixel]

    @cuda.jit(device=True, inline="always", fastmath=True)
    def store_pixel(run, pixel, state, re, im):  # type: ignore[no-untyped-def]
        for channel in range(channels):
            state[run, 0, channel, pixel], state[run, 1, channel, pixel] = re[channel], im[channel]

    @cuda.jit(device=True, inline="always", fastmath=True)
    def advance(run, pixel, step, x_re, x_im, z_re, z_im, c_re, c_im, count, s, weights, w, frequencies, seeds):  # type: ignore[no-untyped-def]
        """One step of a pixel, from 1 on; `x` comes in as the sum of the neighbouring pixels, and is used up."""
        for target in range(channels):
            n_re, n_im = x_re[target], x_im[target]
            if target > 0 and not apart:
                n_re, n_im = n_re + z_re[target - 1], n_im + z_im[target - 1]
            if target < channels - 1 and not apart:
                n_re, n_im = n_re + z_re[target + 1], n_im + z_im[target + 1]
            re = s[BIAS] * c_re[target] + s[COUPLING] * n_re
            im = s[BIAS] * c_im[target] + s[COUPLING] * n_im
            if lagging:
                re, im = re - s[LAG] * n_im, im + s[LAG] * n_re
            if turning:
                turn = frequencies[run, target, pixel]
                re, im = re - turn * z_im[target], im + turn * z_re[target]
            for source in range(channels):
                re += weight(run, target, source, weights, w) * z_re[source]
                im += weight(run, target, source, weights, w) * z_im[source]
            x_re[target], x_im[target] = re, im
        for target in range(channels):
            re, im = x_re[target], x_im[target]
            if noise:
                turned = s[JOLT] * normal_number(seeds[run], step, pixel, target)
                along, across = math.cos(turned), math.sin(turned)
                re, im = re * along - im * across, im * along + re * across
            scale = _ONE / math.sqrt(re * re + im * im + _TINY)
            re, im = re * scale, im * scale
            # |angle| > threshold, as sin(|angle| - threshold) > 0, which holds up to pi.
            along = re * z_re[target] + im * z_im[target]
            # From differences, so that a site that keeps still turns by exactly 0.
            across = abs((im - z_im[target]) * z_re[target] - (re - z_re[target]) * z_im[target])
            count[target] += np.int32(across * s[COSINE] > along * s[SINE])
            z_re[target], z_im[target] = re, im
            if s[FOLLOW] != _ZERO:
                re = c_re[target] + s[FOLLOW] * (re - c_re[target])
                im = c_im[target] + s[FOLLOW] * (im - c_im[target])
                scale = _ONE / math.sqrt(re * re + im * im + _TINY)
                c_re[target], c_im[target] = re * scale, im * scale

    @cuda.jit(fastmath=True)
    def to_circle(phase, state):  # type: ignore[no-untyped-def]
        """Real and imaginary part of phases `(run, pixel, channel)`, taken in float64 as every engine does."""
        i = cuda.grid(1)
        if i < phase.size:
            run, rest = i // (pixels * channels), i % (pixels * channels)
            pixel, channel = rest // channels, rest % channels
            exact = np.float64(phase[run, pixel, channel])
            state[run, 0, channel, pixel] = np.float32(math.cos(exact))
            state[run, 1, channel, pixel] = np.float32(math.sin(exact))

    @cuda.jit(fastmath=True, **_at_most(pixels))
    def whole_course(z, c, settings, weights, frequencies, seeds, step, last_steps, first, phase, spikes):  # type: ignore[no-untyped-def]
        """The frames of a piece, from `first` on, each kept after its last step: a block a run."""
        shared_re = cuda.shared.array(shared_size, float32)
        shared_im = cuda.shared.array(shared_size, float32)
        z_re, z_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        c_re, c_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        x_re, x_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        s, w = cuda.local.array(SETTINGS, float32), cuda.local.array(pairs, float32)
        count = cuda.local.array(channels, int32)
        run, pixel = cuda.blockIdx.x, cuda.threadIdx.x
        row, column = pixel // columns, pixel % columns
        here = (row + 1) * stride + column + 1
        above, below, left, right = here - stride, here + stride, here - 1, here + 1
        if periodic or reflecting:
            # There is no border of zeros, but another pixel.
            above = here + (beside(row, rows, -1) - row) * stride
            below = here + (beside(row, rows, 1) - row) * stride
            left, right = here + beside(column, columns, -1) - column, here + beside(column, columns, 1) - column

        for i in range(pixel, shared_size, pixels):
            shared_re[i], shared_im[i] = _ZERO, _ZERO
        cuda.syncthreads()
        load_constants(run, settings, weights, s, w)
        load_pixel(run, pixel, z, z_re, z_im)
        load_pixel(run, pixel, c, c_re, c_im)
        for channel in range(channels):
            count[channel] = 0
            shared_re[channel * bordered + here] = z_re[channel]
            shared_im[channel * bordered + here] = z_im[channel]
        cuda.syncthreads()

        for frame in range(phase.shape[1]):
            last_step = last_steps[first + frame]
            while step < last_step:
                for channel in range(channels):
                    plane = channel * bordered
                    x_re[channel] = (shared_re[plane + above] + shared_re[plane + below]) + (
                        shared_re[plane + left] + shared_re[plane + right]
                    )
                    x_im[channel] = (shared_im[plane + above] + shared_im[plane + below]) + (
                        shared_im[plane + left] + shared_im[plane + right]
                    )
                # No thread writes before all have read.
                cuda.syncthreads()
                step += 1
                advance(run, pixel, step, x_re, x_im, z_re, z_im, c_re, c_im, count, s, weights, w, frequencies, seeds)
                for channel in range(channels):
                    shared_re[channel * bordered + here] = z_re[channel]
                    shared_im[channel * bordered + here] = z_im[channel]
                cuda.syncthreads()
            for channel in range(channels):
                phase[run, frame, pixel, channel] = angle(z_im[channel], z_re[channel])
                spikes[run, frame, pixel, channel] = count[channel]
                count[channel] = 0
        store_pixel(run, pixel, z, z_re, z_im)
        store_pixel(run, pixel, c, c_re, c_im)

    @cuda.jit(fastmath=True)
    def one_step(z, z_next, c, counts, settings, weights, frequencies, seeds, step):  # type: ignore[no-untyped-def]
        """One step of all pixels; counts are int32 `(run, channel, pixel)`."""
        z_re, z_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        c_re, c_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        x_re, x_im = cuda.local.array(channels, float32), cuda.local.array(channels, float32)
        s, w = cuda.local.array(SETTINGS, float32), cuda.local.array(pairs, float32)
        count = cuda.local.array(channels, int32)
        run, pixel = cuda.blockIdx.x, cuda.blockIdx.y * cuda.blockDim.x + cuda.threadIdx.x
        if pixel < pixels:
            row, column = pixel // columns, pixel % columns
            above, below = beside(row, rows, -1), beside(row, rows, 1)
            left, right = beside(column, columns, -1), beside(column, columns, 1)
            load_constants(run, settings, weights, s, w)
            load_pixel(run, pixel, z, z_re, z_im)
            load_pixel(run, pixel, c, c_re, c_im)
            for channel in range(channels):
                count[channel] = counts[run, channel, pixel]
                # Added in pairs, as on the chip.
                above_re, above_im = state_at(run, channel, above, column, z)
                below_re, below_im = state_at(run, channel, below, column, z)
                left_re, left_im = state_at(run, channel, row, left, z)
                right_re, right_im = state_at(run, channel, row, right, z)
                x_re[channel] = (above_re + below_re) + (left_re + right_re)
                x_im[channel] = (above_im + below_im) + (left_im + right_im)
            advance(run, pixel, step, x_re, x_im, z_re, z_im, c_re, c_im, count, s, weights, w, frequencies, seeds)
            store_pixel(run, pixel, z_next, z_re, z_im)
            store_pixel(run, pixel, c, c_re, c_im)
            for channel in range(channels):
                counts[run, channel, pixel] = count[channel]

    @cuda.jit(fastmath=True)
    def write_frame(z, counts, frame, phase, spikes):  # type: ignore[no-untyped-def]
        """Phases and counts to their place in a piece; the counts start again from 0."""
        run, pixel = cuda.blockIdx.x, cuda.blockIdx.y * cuda.blockDim.x + cuda.threadIdx.x
        if pixel < pixels:
            for channel in range(channels):
                phase[run, frame, pixel, channel] = angle(z[run, 1, channel, pixel], z[run, 0, channel, pixel])
                spikes[run, frame, pixel, channel] = counts[run, channel, pixel]
                counts[run, channel, pixel] = 0

    @cuda.jit(fastmath=True)
    def write_input(c, input_phase):  # type: ignore[no-untyped-def]
        """The phases of the input, `(run, pixel, channel)`."""
        run, pixel = cuda.blockIdx.x, cuda.blockIdx.y * cuda.blockDim.x + cuda.threadIdx.x
        if pixel < pixels:
            for channel in range(channels):
                input_phase[run, pixel, channel] = angle(c[run, 1, channel, pixel], c[run, 0, channel, pixel])

    return SimpleNamespace(
        to_circle=to_circle,
        whole_course=whole_course,
        one_step=one_step,
        write_frame=write_frame,
        write_input=write_input,
    )


def _at_most(threads: int) -> dict[str, Any]:
    """Options of a kernel whose blocks have so many threads: their registers are shared out accordingly."""
    return {} if config.ENABLE_CUDASIM else {"launch_bounds": min(threads, MOST_PIXELS_ON_CHIP)}

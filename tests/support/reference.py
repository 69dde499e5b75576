"""The model once more, in float64 NumPy complex numbers, written from its equations and from nothing in src/."""

import dataclasses

import numpy as np
from scipy import ndimage

BORDERS = {"open": "constant", "periodic": "grid-wrap", "reflecting": "reflect"}


def simulate_float64(input_phase, initial_phase, omega, steps, *, delta_t, k_coupling, k_omega, k_bias, input_rate,
                     evolve_input, spike_threshold, phase_lag=0, noise=0, neighbourhood="nearest", radius=3,
                     channel_coupling=True, boundary="open", integrator="euler", drive_onset=0, drive_end=1e6,
                     frequency=None, seed=0):  # fmt: skip
    """Phases after each step and the phase change of each step, `(step, row, column, channel)`, and the final input."""
    z = np.exp(1j * initial_phase.astype(np.float64))
    c = np.exp(1j * input_phase.astype(np.float64))
    mixing = omega.astype(np.float64)
    own = 0 if frequency is None else frequency.astype(np.float64)
    weights = weights_of(neighbourhood, radius, z.shape)

    def neighbours(z):
        if neighbourhood == "global":
            total = np.broadcast_to(4 * z.mean(axis=(0, 1)), z.shape).copy()
        else:
            total = np.stack([_convolved(z[..., k], weights, boundary) for k in range(z.shape[-1])], axis=-1)
        if channel_coupling:
            total[..., 1:] += z[..., :-1]
            total[..., :-1] += z[..., 1:]
        return total

    def pull(z, c, acts):
        coupled = k_coupling * (np.exp(-1j * phase_lag) * neighbours(z) - z)
        return coupled + k_omega * np.einsum("ij,rcj->rci", mixing, z) + acts * k_bias * (c - z) + 1j * own * z

    def slopes(z, c, acts):
        follows = input_rate * evolve_input * acts
        return 1j * (z.conj() * pull(z, c, acts)).imag * z, 1j * follows * (c.conj() * z).imag * c

    phases, changes = [], []
    for step in range(steps):
        begin = step * delta_t
        acts = float(drive_onset <= begin + 1e-9 and begin + 1e-9 < drive_end)
        jolt = np.exp(1j * np.sqrt(2 * noise * delta_t) * normal_numbers(seed, step + 1, z.shape)) if noise else 1
        if integrator == "euler":
            z_next = _normalise((z + delta_t * pull(z, c, acts)) * jolt)
            if evolve_input:
                c = _normalise(c + delta_t * input_rate * acts * (z_next - c))
        elif integrator == "heun":
            one, one_of_c = slopes(z, c, acts)
            there = (z + delta_t * one) * jolt
            two, two_of_c = slopes(there, c + delta_t * one_of_c, acts)
            z_next = _normalise((z + delta_t / 2 * one) * jolt + delta_t / 2 * two)
            c = _normalise(c + delta_t / 2 * (one_of_c + two_of_c))
        else:
            one, one_of_c = slopes(z, c, acts)
            two, two_of_c = slopes(z + delta_t / 2 * one, c + delta_t / 2 * one_of_c, acts)
            three, three_of_c = slopes(z + delta_t / 2 * two, c + delta_t / 2 * two_of_c, acts)
            four, four_of_c = slopes(z + delta_t * three, c + delta_t * three_of_c, acts)
            z_next = _normalise(z + delta_t / 6 * (one + 2 * two + 2 * three + four))
            c = _normalise(c + delta_t / 6 * (one_of_c + 2 * two_of_c + 2 * three_of_c + four_of_c))
        changes.append(np.angle(z_next * np.conj(z)))
        z = z_next
        phases.append(np.angle(z))
    return np.array(phases), np.array(changes), np.angle(c)


def weights_of(neighbourhood, radius, shape):
    """How much each site around a site counts, as a square of odd side."""
    if neighbourhood == "global":
        return None
    if neighbourhood == "nearest":
        return ndimage.generate_binary_structure(2, 1).astype(float) - np.pad([[1.0]], 1)
    r = int(np.floor(radius)) if neighbourhood == "disc" else int(np.ceil(3 * radius))
    away = np.hypot(*np.mgrid[-r : r + 1, -r : r + 1])
    weights = (away <= radius).astype(float) if neighbourhood == "disc" else np.exp(-((away / radius) ** 2) / 2)
    weights[r, r] = 0
    return 4 * weights / weights.sum()


def _convolved(plane, weights, boundary):
    parts = (ndimage.correlate(part, weights, mode=BORDERS[boundary]) for part in (plane.real, plane.imag))
    return next(parts) + 1j * next(parts)


def normal_numbers(seed, step, shape):
    """The numbers of the noise, one site after the other, from Python's whole numbers."""
    rows, columns, channels = shape
    half = 4 * int(np.ceil(columns * channels / 8))
    numbers = np.empty((rows, columns * channels))
    for row in range(rows):
        for pair in range(half):
            first, second = threefry_2x32(seed, 0x6E6F6973, step, row * half + pair)
            length = np.sqrt(-2 * np.log(((first >> 9) + 0.5) / 2**23))
            turn = 2 * np.pi * (second >> 8) / 2**24
            if pair < columns * channels:
                numbers[row, pair] = length * np.cos(turn)
            if half + pair < columns * channels:
                numbers[row, half + pair] = length * np.sin(turn)
    return numbers.reshape(shape)


def threefry_2x32(key_0, key_1, x, y, rounds=13):
    """Two words of 32 bits, as table 2 of Salmon et al. (2011) has them."""
    word = 2**32
    keys = [key_0, key_1, 0x1BD11BDA ^ key_0 ^ key_1]
    x, y = (x + key_0) % word, (y + key_1) % word
    for number in range(rounds):
        by = (13, 15, 26, 6, 17, 29, 16, 24)[number % 8]
        x = (x + y) % word
        y = ((y << by) % word | y >> (32 - by)) ^ x
        if number % 4 == 3:
            count = (number + 1) // 4
            x = (x + keys[count % 3]) % word
            y = (y + keys[(count + 1) % 3] + count) % word
    return x, y


def apart(phase, other):
    """The distance of two phases on the circle, rad."""
    return np.abs(np.angle(np.exp(1j * (np.asarray(phase, np.float64) - np.asarray(other, np.float64)))))


def assert_agrees(history, setting, parameters, steps, error):
    """Each run of a history, every step kept, is right: no phase is off by `error`, rad, and no input by half of it."""
    runs = len(setting["input_phase"])
    each = [parameters] * runs if dataclasses.is_dataclass(parameters) else parameters
    seeds = np.broadcast_to(setting.get("seed", 0), runs).tolist()
    for run in range(runs):
        values = (setting[name][run] for name in ("input_phase", "initial_phase", "omega"))
        more = {"frequency": setting["frequency"][run]} if setting.get("frequency") is not None else {}
        phases, changes, final_input = simulate_float64(
            *values, steps, **dataclasses.asdict(each[run]), **more, seed=seeds[run]
        )
        assert apart(history.phase[run], phases).max() < error
        assert apart(history.final_input_phase[run], final_input).max() < error / 2
        # A spike may differ only where the change is within rounding of the threshold.
        clear = np.abs(np.abs(changes) - each[run].spike_threshold) > max(1e-5, error / 20)
        assert clear.mean() > 0.97
        assert (history.spikes[run] == (np.abs(changes) > each[run].spike_threshold))[clear].all()


def _normalise(x):
    return x / (np.abs(x) + 1e-12)

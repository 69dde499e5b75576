"""The model once more, in float64 NumPy complex numbers, written from its equations and from nothing in src/."""

import dataclasses

import numpy as np


def simulate_float64(input_phase, initial_phase, omega, steps, *, delta_t, k_coupling, k_omega, k_bias, input_rate,
                     evolve_input, spike_threshold):  # fmt: skip
    """Phases after each step and the phase change of each step, `(step, row, column, channel)`, and the final input."""
    z = np.exp(1j * initial_phase.astype(np.float64))
    c = np.exp(1j * input_phase.astype(np.float64))
    mixing = omega.astype(np.float64)
    phases, changes = [], []
    for _ in range(steps):
        padded = np.pad(z, 1)
        inner = slice(1, -1)
        neighbours = (
            padded[:-2, inner, inner]
            + padded[2:, inner, inner]
            + padded[inner, :-2, inner]
            + padded[inner, 2:, inner]
            + padded[inner, inner, :-2]
            + padded[inner, inner, 2:]
        )
        mixed = np.einsum("ij,rcj->rci", mixing, z)
        pull = k_coupling * (neighbours - z) + k_omega * mixed + k_bias * (c - z)
        z_next = _normalise(z + delta_t * pull)
        changes.append(np.angle(z_next * np.conj(z)))
        if evolve_input:
            c = _normalise(c + delta_t * input_rate * (z_next - c))
        z = z_next
        phases.append(np.angle(z))
    return np.array(phases), np.array(changes), np.angle(c)


def apart(phase, other):
    """The distance of two phases on the circle, rad."""
    return np.abs(np.angle(np.exp(1j * (np.asarray(phase, np.float64) - np.asarray(other, np.float64)))))


def assert_agrees(history, setting, parameters, steps, error):
    """A history of one run, every step kept, is right: no phase is off by `error`, rad, and no input by half of it."""
    values = (setting[name][0] for name in ("input_phase", "initial_phase", "omega"))
    phases, changes, final_input = simulate_float64(*values, steps, **dataclasses.asdict(parameters))
    assert apart(history.phase[0], phases).max() < error
    assert apart(history.final_input_phase[0], final_input).max() < error / 2
    # A spike may differ only where the change is within rounding of the threshold.
    clear = np.abs(np.abs(changes) - parameters.spike_threshold) > 1e-5
    assert clear.mean() > 0.99
    assert (history.spikes[0] == (np.abs(changes) > parameters.spike_threshold))[clear].all()


def _normalise(x):
    return x / (np.abs(x) + 1e-12)

"""The field against theory: each check gives what was measured beside what theory says.

usage: python benchmarks/theory.py [--json FILE]

The tests hold the same figures to their tolerances; docs/theory.md draws them.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from scipy import integrate, special

from oscillator_field import FieldParameters, simulate
from oscillator_field.analysis.observables import singularity_charge
from oscillator_field.parameters import RunParameters
from oscillator_field.starts import frequencies_of, start_of

# Nothing pulls but what a check asks for.
FREE = {"k_coupling": 0, "k_omega": 0, "k_bias": 0, "input_rate": 0, "evolve_input": False}


def course(begin, steps, every=1, *, drive=None, omega=None, frequency=None, seed=0, **values):
    """Phases of runs, `(run, frame, row, column, channel)`, with the parameters `values` and nothing else."""
    mixing = np.zeros((begin.shape[-1],) * 2) if omega is None else omega
    return simulate(
        begin if drive is None else drive,
        initial_phase=begin,
        omega=mixing,
        parameters=FieldParameters(**{**FREE, **values}),
        steps=steps,
        every=every,
        frequency=frequency,
        seed=seed,
        engine="numba",
    ).phase


def orders_of_convergence():
    """The largest error of each integrator after 4 s at several time steps, and the slope of a fit."""
    generator = np.random.default_rng(5)
    shape = (4, 5, 2)
    begin, drive, frequency = generator.uniform(0, 2, (3, *shape))
    pulls = {"k_coupling": 0.5, "k_omega": 0.4, "k_bias": 0.8, "input_rate": 0.5}
    omega = np.array([[0, 0.7], [-0.7, 0]])

    def slope(_, phases):
        z, c = np.exp(1j * phases.reshape(2, *shape))
        wide = np.pad(z, 1)
        neighbours = sum(np.roll(wide, by, axis)[1:-1, 1:-1, 1:-1] for axis in range(3) for by in (1, -1))
        pull = pulls["k_coupling"] * neighbours + pulls["k_omega"] * z @ omega.T + pulls["k_bias"] * c
        of_input = pulls["input_rate"] * (c.conj() * z).imag
        return np.concatenate([((z.conj() * pull).imag + frequency).ravel(), of_input.ravel()])

    seconds = 4
    both = np.concatenate([begin.ravel(), drive.ravel()])
    exact = integrate.solve_ivp(slope, (0, seconds), both, method="DOP853", rtol=1e-11, atol=1e-11).y[:, -1]
    exact = exact[: begin.size].reshape(shape)
    found = {}
    for integrator, counts in (("euler", (40, 80, 160, 320)), ("heun", (20, 40, 80, 160)), ("rk4", (32, 40, 50, 64))):
        errors = []
        for steps in counts:
            final = course(
                begin[np.newaxis],
                steps,
                steps,
                drive=drive[np.newaxis],
                omega=omega,
                frequency=frequency[np.newaxis],
                delta_t=seconds / steps,
                integrator=integrator,
                evolve_input=True,
                **pulls,
            )[0, -1]
            errors.append(float(np.abs(np.angle(np.exp(1j * (final - exact)))).max()))
        widths = [seconds / steps for steps in counts]
        fitted = float(np.polyfit(np.log(widths), np.log(errors), 1)[0])
        found[integrator] = {"delta_t": widths, "error": errors, "order": fitted}
    return found


def beat_of_one_oscillator():
    """The mean frequency of one driven oscillator, over its natural frequency: Adler, Proc. IRE 34, 351 (1946)."""
    k_bias, seconds, delta_t = 1.0, 2000.0, 0.02
    own = np.linspace(0, 3, 31)
    begin = np.zeros((len(own), 1, 1, 1))
    frequency = own.reshape(-1, 1, 1, 1)
    steps = round(seconds / delta_t)
    phase = course(begin, steps, 10, frequency=frequency, delta_t=delta_t, k_bias=k_bias, integrator="heun")
    turned = np.unwrap(phase[:, :, 0, 0, 0], axis=1)
    half = turned.shape[1] // 2
    measured = (turned[:, -1] - turned[:, half]) / (delta_t * 10 * (turned.shape[1] - 1 - half))
    theory = np.sqrt(np.maximum(own**2 - k_bias**2, 0))
    return {"frequency": own.tolist(), "measured": measured.tolist(), "theory": theory.tolist()}


def free_diffusion():
    """The variance of phases that nothing but noise moves, over time: 2 D t."""
    noise, steps, delta_t = 0.05, 200, 0.01
    begin = np.zeros((4, 28, 28, 4))
    phase = course(begin, steps, 20, noise=noise, delta_t=delta_t, seed=[1, 2, 3, 4])
    times = delta_t * 20 * np.arange(1, phase.shape[1] + 1)
    return {
        "time": times.tolist(),
        "measured": phase.var(axis=(0, 2, 3, 4)).tolist(),
        "theory": (2 * noise * times).tolist(),
    }


def chain_at_a_temperature():
    """The correlation of nearest neighbours in an open chain with noise: I1(K/D) / I0(K/D), exact in one dimension."""
    strengths, coupling = [0.25, 0.5, 1.0, 2.0, 4.0], 1.0
    measured = []
    for noise in strengths:
        # Neighbours in the rows of a chain, none beside it: one column.
        phase = course(
            np.zeros((16, 1, 256, 1)),
            6000,
            60,
            k_coupling=coupling,
            noise=noise,
            delta_t=0.02,
            integrator="heun",
            seed=range(16),
        )
        settled = phase[:, phase.shape[1] // 3 :, 0, :, 0]
        measured.append(float(np.cos(np.diff(settled, axis=-1)).mean()))
    ratio = coupling / np.array(strengths)
    return {"noise": strengths, "measured": measured, "theory": (special.i1(ratio) / special.i0(ratio)).tolist()}


def synchronisation():
    """Order and frequency of globally coupled sites of Lorentzian frequencies: Ott and Antonsen, Chaos 18 (2008)."""
    spread, lag, side = 0.5, 0.6, 100
    couplings = [0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8]
    settings = RunParameters(seed=3, frequency_distribution="lorentzian", frequency_spread=spread)
    own = frequencies_of(settings, side, side, 1)[np.newaxis]
    begin, _ = start_of(RunParameters(seed=1), np.zeros((side, side, 1), np.float32))
    delta_t, seconds, every = 0.02, 60.0, 10
    found = {"coupling": [4 * one for one in couplings], "spread": spread, "lag": lag}
    for name, angle in (("plain", 0.0), ("lagging", lag)):
        order, turning, theory, theory_turning = [], [], [], []
        for coupling in couplings:
            phase = course(
                begin[np.newaxis],
                round(seconds / delta_t),
                every,
                frequency=own,
                neighbourhood="global",
                k_coupling=coupling,
                phase_lag=angle,
                delta_t=delta_t,
            )[0]
            mean = np.exp(1j * phase[phase.shape[0] // 2 :].astype(float)).mean(axis=(1, 2, 3))
            order.append(float(np.abs(mean).mean()))
            turned = np.unwrap(np.angle(mean))
            turning.append(float((turned[-1] - turned[0]) / (every * delta_t * (len(turned) - 1))))
            strength = 4 * coupling
            squared = max(0.0, 1 - 2 * spread / (strength * np.cos(angle)))
            theory.append(float(np.sqrt(squared)))
            theory_turning.append(float(-strength / 2 * np.sin(angle) * (1 + squared)))
        found[name] = {"order": order, "frequency": turning, "theory": theory, "theory_frequency": theory_turning}
    return found


def fluctuations():
    """How the order of sites that are out of step falls with their number.

    Theory: linear response of the incoherent state, mean of N r^2 = 1 / (1 - coupling / threshold).
    """
    spread, seeds, delta_t, seconds = 0.5, range(64), 0.02, 40.0
    found = {"sites": [], "coupling": [], "measured": [], "theory": []}
    for side in (14, 28):
        settings = [
            RunParameters(seed=seed, frequency_distribution="lorentzian", frequency_spread=spread) for seed in seeds
        ]
        own = np.stack([frequencies_of(one, side, side, 1) for one in settings])
        begin = np.stack([start_of(one, np.zeros((side, side, 1), np.float32))[0] for one in settings])
        for coupling in (0.05, 0.15):
            steps = round(seconds / delta_t)
            phase = course(
                begin,
                steps,
                # The second half is far from the start.
                steps // 8,
                frequency=own,
                neighbourhood="global",
                k_coupling=coupling,
                delta_t=delta_t,
            )[:, 4:]
            squared = np.abs(np.exp(1j * phase.astype(float)).mean(axis=(2, 3, 4))) ** 2
            found["sites"].append(side**2)
            found["coupling"].append(4 * coupling)
            found["measured"].append(float(squared.mean() * side**2))
            found["theory"].append(float(1 / (1 - 4 * coupling / (2 * spread))))
    return found


def twisted_states():
    """Whether twisted states of a ring last: Wiley, Strogatz and Girvan, Chaos 16, 015103 (2006)."""
    sites, windings = 40, list(range(15))
    drive = np.zeros((1, sites, 1), np.float32)
    starts = [start_of(RunParameters(start="twisted", winding_columns=turns), drive)[0] for turns in windings]
    begin = np.stack(starts) + 0.01 * np.random.default_rng(1).standard_normal((len(windings), 1, sites, 1))
    phase = course(begin, 4000, 4000, k_coupling=1, boundary="periodic", delta_t=0.05, integrator="heun")[
        :, -1, 0, :, 0
    ]
    differences = np.angle(np.exp(1j * (np.roll(phase, -1, axis=1) - phase)))
    left = np.rint(differences.sum(axis=1) / (2 * np.pi)).astype(int)
    return {"winding": windings, "of_a_turn": [turns / sites for turns in windings], "left": left.tolist()}


def vortices():
    """The vortices of a torus from random phases: their charges add up to 0, and their number falls."""
    begin, _ = start_of(RunParameters(seed=4), np.zeros((64, 64, 1), np.float32))
    phase = course(begin[np.newaxis], 2000, 20, k_coupling=1, boundary="periodic", delta_t=0.05, integrator="heun")[0]
    whole = np.concatenate([begin[np.newaxis], phase])
    # The plaquettes across the border too.
    charge = singularity_charge(np.pad(whole, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="wrap"))
    times = 0.05 * np.concatenate([[0], 20 * np.arange(1, len(phase) + 1)])
    return {
        "time": times.tolist(),
        "number": np.abs(charge).sum(axis=(1, 2, 3)).tolist(),
        "charge": charge.sum(axis=(1, 2, 3)).astype(int).tolist(),
    }


def chimera():
    """Local order along a ring with non-local coupling that lags: Kuramoto and Battogtokh (2002), from their start."""
    sites, radius, lag, starts = 256, 90, 1.45, 8
    place = np.arange(sites) / sites
    random = np.random.default_rng(2).uniform(-0.5, 0.5, (starts, sites))
    begin = (6 * random * np.exp(-30 * (place - 0.5) ** 2)).reshape(starts, 1, sites, 1)
    phase = course(
        begin,
        4000,
        40,
        neighbourhood="disc",
        radius=radius,
        boundary="periodic",
        phase_lag=lag,
        k_coupling=1,
        delta_t=0.05,
        integrator="heun",
    )[:, :, 0, :, 0]
    z = np.exp(1j * phase[:, phase.shape[1] // 2 :])
    window = sum(np.roll(z, by, axis=-1) for by in range(-5, 6)) / 11
    order = np.abs(window).mean(axis=1)
    # The run that is drawn is one with as much in step as usual.
    middle = int(np.argsort((order > 0.99).mean(axis=1))[starts // 2])
    return {
        "in_step": (order > 0.99).mean(axis=1).tolist(),
        "apart": (order < 0.7).mean(axis=1).tolist(),
        "site": list(range(sites)),
        "order": order[middle].tolist(),
        "phase": phase[middle, -1].tolist(),
    }


CHECKS = {
    "orders_of_convergence": orders_of_convergence,
    "beat_of_one_oscillator": beat_of_one_oscillator,
    "free_diffusion": free_diffusion,
    "chain_at_a_temperature": chain_at_a_temperature,
    "synchronisation": synchronisation,
    "twisted_states": twisted_states,
    "vortices": vortices,
    "chimera": chimera,
}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    found = {name: check() for name, check in CHECKS.items()}
    print(json.dumps(found, indent=2))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

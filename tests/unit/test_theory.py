"""The field against theory, to stated tolerances; docs/theory.md shows the same figures."""

import numpy as np
import pytest

from benchmarks import theory

pytestmark = pytest.mark.slow


def test_integrators_have_the_orders_that_they_are_named_for():
    found = theory.orders_of_convergence()
    for integrator, order, within in (("euler", 1, 0.1), ("heun", 2, 0.15), ("rk4", 4, 0.4)):
        assert found[integrator]["order"] == pytest.approx(order, abs=within), integrator


def test_a_driven_oscillator_locks_or_beats_as_adler_says():
    found = theory.beat_of_one_oscillator()
    own, measured, expected = (np.array(found[name]) for name in ("frequency", "measured", "theory"))
    assert np.abs(measured[own < 0.999]).max() < 1e-6
    # Whole beats fit into the time but for one.
    assert np.abs(measured - expected)[own > 1.001].max() < 0.01


def test_free_phases_diffuse_as_two_d_t():
    found = theory.free_diffusion()
    assert np.abs(np.divide(found["measured"], found["theory"]) - 1).max() < 0.05


def test_a_chain_at_a_temperature_has_its_exact_correlation():
    found = theory.chain_at_a_temperature()
    assert np.abs(np.subtract(found["measured"], found["theory"])).max() < 0.01


def test_globally_coupled_sites_synchronise_as_ott_and_antonsen_say():
    found = theory.synchronisation()
    # Of 10,000 sites, the order of none in step is about 0.01.
    for name in ("plain", "lagging"):
        assert np.abs(np.subtract(found[name]["order"], found[name]["theory"])).max() < 0.09
        locked = np.array(found[name]["theory"]) > 0.6
        assert np.abs(np.subtract(found[name]["order"], found[name]["theory"]))[locked].max() < 0.02
        turning = np.subtract(found[name]["frequency"], found[name]["theory_frequency"])[locked]
        assert np.abs(turning).max() < 0.05
    threshold = 2 * found["spread"]
    coupling, order = np.array(found["coupling"]), np.array(found["plain"]["order"])
    assert order[coupling < 0.9 * threshold].max() < 0.05
    assert order[coupling > 1.15 * threshold].min() > 0.3


def test_sites_out_of_step_fluctuate_as_their_number_and_coupling_say():
    found = theory.fluctuations()
    # Each mean is of 64 seeds and four times, which are not quite independent: 12 % at most.
    assert np.abs(np.divide(found["measured"], found["theory"]) - 1).max() < 0.36


def test_twisted_states_last_below_a_quarter_turn_and_not_above():
    found = theory.twisted_states()
    of_a_turn, kept = np.array(found["of_a_turn"]), np.equal(found["winding"], found["left"])
    assert kept[of_a_turn < 0.249].all()
    assert not kept[of_a_turn > 0.251].any()


def test_vortices_on_a_torus_annihilate_in_pairs():
    found = theory.vortices()
    number = np.array(found["number"])
    assert not np.any(found["charge"])
    assert (number % 2 == 0).all()
    assert number[0] > 1000
    assert 0 < number[-1] < number[0] / 50


def test_non_local_coupling_that_lags_splits_a_ring():
    found = theory.chimera()
    # From each of eight starts.
    assert min(found["in_step"]) > 0.1
    assert min(found["apart"]) > 0.3

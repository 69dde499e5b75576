"""Observables by hand on small lattices, and against SciPy's circular statistics."""

import numpy as np
import pytest
from reference import apart
from scipy import stats

from oscillator_field.figures.phase import arithmetic_mean, circular_mean
from oscillator_field.observables import channel_order_parameter, order_parameter, phase_velocity, spike_share


@pytest.fixture
def phase():
    return np.random.default_rng(0).uniform(-np.pi, np.pi, (2, 3, 5, 4, 6)).astype(np.float32)


def test_order_parameter_by_hand():
    one_way = np.full((1, 2, 2, 1), 2.5, np.float32)
    opposed = np.array([0, np.pi, 0, np.pi], np.float32).reshape(1, 2, 2, 1)
    quarter = np.array([0, np.pi / 2, 0, np.pi / 2], np.float32).reshape(1, 2, 2, 1)
    expected = [[1.0], [0.0], [np.sqrt(0.5)]]
    np.testing.assert_allclose(order_parameter(np.stack([one_way, opposed, quarter])), expected, atol=1e-7)


def test_order_parameters_are_one_minus_the_circular_variance(phase):
    expected = 1 - stats.circvar(phase.astype(np.float64), axis=(-3, -2, -1))
    np.testing.assert_allclose(order_parameter(phase), expected, atol=1e-12)
    expected = 1 - stats.circvar(phase.astype(np.float64), axis=(-3, -2))
    np.testing.assert_allclose(channel_order_parameter(phase), expected, atol=1e-12)


def test_spike_share_counts_sites_and_steps():
    spikes = np.zeros((1, 2, 2, 2, 1), np.uint8)
    spikes[0, 0, 0, 0] = 1
    spikes[0, 1, :, 0] = 3
    np.testing.assert_allclose(spike_share(spikes, np.array([1, 3])), [[0.25, 0.5]])


def test_phase_velocity_goes_the_short_way_round():
    before = np.full((1, 1, 1, 1, 2), 3.1, np.float32)
    phase = np.array([-3.1, 3.0], np.float32).reshape(1, 1, 1, 1, 2)
    change = ((2 * np.pi - 6.2) + 0.1) / 2
    np.testing.assert_allclose(phase_velocity(phase, before, np.array([[0.5]])), [[change / 0.5]], rtol=1e-5)


def test_circular_mean_is_scipys(phase):
    assert apart(circular_mean(phase), stats.circmean(phase.astype(np.float64), axis=-1)).max() < 1e-5


def test_the_arithmetic_mean_is_wrong_at_the_cut():
    phase = np.array([np.pi - 0.1, -np.pi + 0.1], np.float32)
    assert apart(circular_mean(phase), np.pi) < 1e-6
    assert abs(arithmetic_mean(phase)) < 1e-6

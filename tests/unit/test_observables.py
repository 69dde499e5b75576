"""Observables by hand on small lattices, against SciPy's circular statistics, and against plain loops in float64."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from oscillator_field.analysis import observables as observe
from oscillator_field.figures.views.phase import arithmetic_mean, circular_mean
from oscillator_field.parameters import FieldParameters
from tests.support.reference import apart

ROWS, COLUMNS, CHANNELS = 5, 4, 3
SITES = list(itertools.product(range(ROWS), range(COLUMNS), range(CHANNELS)))


@pytest.fixture
def phase():
    return np.random.default_rng(0).uniform(-np.pi, np.pi, (3, ROWS, COLUMNS, CHANNELS)).astype(np.float32)


def neighbours(site):
    """The nearest sites of a site, by its coordinates."""
    for axis, step in itertools.product(range(3), (-1, 1)):
        other = list(site)
        other[axis] += step
        if tuple(other) in SITES:
            yield tuple(other)


def test_order_parameter_by_hand():
    one_way = np.full((2, 2, 1), 2.5, np.float32)
    opposed = np.array([0, np.pi, 0, np.pi], np.float32).reshape(2, 2, 1)
    quarter = np.array([0, np.pi / 2, 0, np.pi / 2], np.float32).reshape(2, 2, 1)
    order = observe.order_parameter(observe.state(np.stack([one_way, opposed, quarter])))
    np.testing.assert_allclose(order, [1.0, 0.0, np.sqrt(0.5)], atol=1e-6)


def test_order_parameters_are_one_minus_the_circular_variance(phase):
    z = observe.state(phase)
    expected = 1 - stats.circvar(phase.astype(np.float64), axis=(-3, -2, -1))
    np.testing.assert_allclose(observe.order_parameter(z), expected, atol=1e-6)
    expected = 1 - stats.circvar(phase.astype(np.float64), axis=(-3, -2))
    np.testing.assert_allclose(observe.channel_order_parameter(z), expected, atol=1e-6)


def test_local_order_is_the_mean_over_each_neighbourhood(phase):
    z = np.exp(1j * phase.astype(np.float64))
    for frame, found in enumerate(observe.local_order_parameter(observe.state(phase))):
        each = [abs(np.mean([z[frame][place] for place in (site, *neighbours(site))])) for site in SITES]
        assert found == pytest.approx(np.mean(each), abs=1e-6)


def test_local_order_of_a_smooth_wave_is_high_and_its_global_order_low():
    wave = np.broadcast_to(np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, np.newaxis, np.newaxis], (40, 6, 2))
    z = observe.state(wave[np.newaxis].astype(np.float32))
    assert observe.local_order_parameter(z)[0] > 0.99
    assert observe.order_parameter(z)[0] < 1e-6


def test_alignment_is_one_for_a_turned_picture(phase):
    picture = phase[0]
    aligned = observe.input_alignment(observe.state(np.stack([picture + np.float32(1), phase[1]])), picture)
    assert aligned[0] == pytest.approx(1, abs=1e-6)
    expected = 1 - stats.circvar((phase[1] - picture).astype(np.float64).ravel())
    assert aligned[1] == pytest.approx(expected, abs=1e-6)


def test_spike_share_counts_sites_and_steps():
    spikes = np.zeros((2, 2, 2, 1), np.uint8)
    spikes[0, 0, 0] = 1
    spikes[1, :, 0] = 3
    np.testing.assert_allclose(observe.spike_share(spikes, np.array([1, 3])), [0.25, 0.5])


@given(st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=2), st.floats(0.001, 10))
def test_speed_goes_the_short_way_round(angles, seconds):
    before, after = (np.full((1, 1, 1, 1), angle, np.float32) for angle in angles)
    [found] = observe.speeds(after, before, np.array([seconds])).ravel()
    assert found == pytest.approx(apart(angles[0], angles[1]) / seconds, rel=1e-4, abs=1e-5 / seconds)


def test_singularities_are_the_turns_around_plaquettes(phase):
    charge = observe.singularity_charge(phase)
    exact = phase.astype(np.float64)
    for frame, row, column, channel in itertools.product(
        range(3), range(ROWS - 1), range(COLUMNS - 1), range(CHANNELS)
    ):
        corners = [(row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1), (row, column)]
        path = [exact[frame, y, x, channel] for y, x in corners]
        turn = sum(np.angle(np.exp(1j * (b - a))) for a, b in itertools.pairwise(path))
        assert charge[frame, row, column, channel] == round(turn / (2 * np.pi))
    assert set(np.unique(charge)) == {-1, 0, 1}


def test_a_vortex_is_one_singularity_at_its_core():
    row, column = np.meshgrid(np.arange(8) - 2.5, np.arange(9) - 4.5, indexing="ij")
    vortex = np.arctan2(row, column)[np.newaxis, :, :, np.newaxis].astype(np.float32)
    for sign in (1, -1):
        charge = observe.singularity_charge(sign * vortex)[0, :, :, 0]
        assert charge[2, 4] == -sign
        assert np.abs(charge).sum() == 1


def test_energies_are_their_sums(phase):
    exact = phase.astype(np.float64)
    generator = np.random.default_rng(1)
    uniform = generator.uniform(size=(CHANNELS, CHANNELS))
    omega = (uniform - uniform.T).astype(np.float32)
    picture = generator.uniform(-3, 3, (ROWS, COLUMNS, CHANNELS)).astype(np.float32)
    z = observe.state(phase)
    for frame in range(3):
        angle = exact[frame]
        pairs = {frozenset((site, other)) for site in SITES for other in neighbours(site)}
        coupling = -0.3 * sum(np.cos(angle[one] - angle[other]) for one, other in map(tuple, pairs)) / len(SITES)
        assert observe.coupling_energy(z, FieldParameters(k_coupling=0.3))[frame] == pytest.approx(coupling, abs=1e-6)
        bias = -2 * np.cos(angle - picture).mean()
        assert observe.bias_energy(z, picture, 2.0)[frame] == pytest.approx(bias, abs=1e-6)
        mixed = sum(
            omega[a, b] * np.sin(angle[..., b] - angle[..., a]).sum() for a in range(CHANNELS) for b in range(CHANNELS)
        )
        assert observe.omega_energy(z, omega, 0.7)[frame] == pytest.approx(-0.35 * mixed / len(SITES), abs=1e-6)


def test_the_gradients_of_the_energies_are_the_pulls_of_the_model(phase):
    # Central differences of the energies of all sites, against the tangential part of the model's pull.
    angle = phase[0].astype(np.float64)
    picture = phase[1]
    site = (2, 1, 1)
    step = 0.05

    def energy(shift):
        moved = angle.copy()
        moved[site] += shift
        z = observe.state(moved[np.newaxis].astype(np.float32))
        return (observe.coupling_energy(z, FieldParameters(k_coupling=0.4)) + observe.bias_energy(z, picture, 1.5))[
            0
        ] * len(SITES)

    pull = 0.4 * sum(np.exp(1j * angle[other]) for other in neighbours(site)) + 1.5 * np.exp(1j * picture[site])
    tangential = (pull * np.exp(-1j * angle[site])).imag
    assert (energy(-step) - energy(step)) / (2 * step) == pytest.approx(tangential, abs=5e-3)


@pytest.mark.parametrize(
    ("share", "expected"),
    [([0.5, 0.01, 0.5, 0.01, 0.01], 4.0), ([0.01, 0.01], 1.0), ([0.01, 0.5], None), ([0.5, 0.05], None)],
)
def test_a_field_has_settled_when_few_sites_spike_for_good(share, expected):
    found = observe.settling_time(np.array(share), np.arange(1.0, len(share) + 1), 0.05)
    assert np.isnan(found) if expected is None else found == expected


def test_circular_mean_is_scipys(phase):
    assert apart(circular_mean(phase), stats.circmean(phase.astype(np.float64), axis=-1)).max() < 1e-5


def test_the_arithmetic_mean_is_wrong_at_the_cut():
    phase = np.array([np.pi - 0.1, -np.pi + 0.1], np.float32)
    assert apart(circular_mean(phase), np.pi) < 1e-6
    assert abs(arithmetic_mean(phase)) < 1e-6

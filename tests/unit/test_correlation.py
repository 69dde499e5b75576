"""The correlation length, against sums over all pairs, and against fields whose correlation is known."""

import numpy as np
import pytest

from oscillator_field.analysis.correlation import BOUND, correlation_length, directional_mean


def by_pairs(z):
    """The correlation at whole lags of one frame, pair by pair."""
    rows, columns, channels = z.shape
    total, pairs = np.zeros(max(rows, columns)), np.zeros(max(rows, columns))
    for row, column, other_row, other_column in np.ndindex(rows, columns, rows, columns):
        lag = int(np.rint(np.hypot(row - other_row, column - other_column)))
        if lag < len(total):
            total[lag] += (z[row, column].conj() * z[other_row, other_column]).real.sum()
            pairs[lag] += channels
    return total / pairs


@pytest.mark.parametrize("shape", [(7, 5, 3), (1, 9, 1), (4, 4, 2)])
def test_it_is_the_mean_over_all_pairs_at_a_distance(shape):
    phase = np.random.default_rng(1).uniform(-np.pi, np.pi, (2, *shape))
    z = np.exp(1j * phase).astype(np.complex64)
    found = directional_mean(z)
    assert found[:, 0] == pytest.approx(1, abs=1e-6)
    for frame in range(2):
        np.testing.assert_allclose(found[frame], by_pairs(z[frame]), atol=2e-6)


def test_random_phases_are_correlated_within_a_pixel():
    phase = np.random.default_rng(2).uniform(-np.pi, np.pi, (1, 40, 40, 2))
    # From 1 at lag 0 to about 0 at lag 1, in a straight line.
    assert correlation_length(np.exp(1j * phase).astype(np.complex64))[0] == pytest.approx(1 - BOUND, abs=0.03)


def test_a_field_in_phase_has_none():
    z = np.full((1, 6, 6, 2), np.exp(0.3j), np.complex64)
    assert np.isnan(correlation_length(z)).all()


def test_a_longer_wave_is_correlated_farther():
    column = np.arange(60)
    lengths = [
        correlation_length(
            np.exp(1j * 2 * np.pi * column / wave).astype(np.complex64).repeat(60).reshape(1, 60, 60, 1)
        )[0]
        for wave in (12, 24)
    ]
    # The mean over directions of cos(q r cos(angle)) is the Bessel function J0(q r), which is 1/e at q r = 1.73.
    assert lengths == pytest.approx([1.7302 * wave / (2 * np.pi) for wave in (12, 24)], rel=0.1)

"""Pixels to phases, by hand."""

import math

import numpy as np
import pytest

from oscillator_field.inputs.encoding import Statistics, as_pixels, encode, levels, over_channels
from oscillator_field.parameters import EncodingParameters

GREYS = levels(np.array([0, 51, 255], np.uint8))
MNIST = Statistics(0.1307, 0.3081)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        # (0 - 0.1307) / 0.3081 * 2 pi, and so on: 51 is a fifth of white.
        ({}, [-2.665408, 1.413258, 17.727923]),
        ({"scale": "unit"}, [0.0, 2 * math.pi / 5, 2 * math.pi]),
        ({"scale": "unit", "arc": math.pi}, [0.0, math.pi / 5, math.pi]),
        ({"scale": "unit", "arc": math.pi, "invert": True}, [2 * math.pi, 2 * math.pi - math.pi / 5, math.pi]),
        ({"invert": True}, [8.948594, 4.869927, -11.444737]),
    ],
)
def test_phases_by_hand(parameters, expected):
    phase = encode(GREYS, EncodingParameters(**parameters), MNIST)
    assert phase.dtype == np.float32
    np.testing.assert_allclose(phase, expected, atol=2e-5)


def test_black_and_white_are_one_phase_in_a_full_circle_of_unit_pixels():
    black, white = encode(np.array([0.0, 1.0]), EncodingParameters(scale="unit"), MNIST)
    assert abs(np.exp(1j * black) - np.exp(1j * white)) < 1e-6


def test_every_channel_gets_the_same_phase():
    phase = np.arange(6, dtype=np.float32).reshape(2, 3)
    channels = over_channels(phase, 5)
    assert channels.shape == (2, 3, 5)
    assert (channels == phase[:, :, np.newaxis]).all()


def test_pixels_that_are_no_grey_levels_are_refused():
    with pytest.raises(ValueError, match="float64 is not a grey level"):
        levels(np.zeros((2, 2)))


def test_grey_levels_come_back_from_their_shares():
    greys = np.arange(256, dtype=np.uint8)
    assert np.array_equal(as_pixels(levels(greys)), greys)

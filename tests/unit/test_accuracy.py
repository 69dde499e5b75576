"""How exact the compiled engine is over the notebook's 512 steps, beside a plain complex64 run of the same."""

import dataclasses

import numpy as np
import pytest

from benchmarks import baseline
from oscillator_field import EncodingParameters, FieldParameters, simulate
from oscillator_field.inputs.encoding import encode, over_channels
from oscillator_field.starts import start
from tests.support.pictures import as_picture, sample_digit
from tests.support.reference import apart, simulate_float64

pytestmark = pytest.mark.slow

STEPS = 512


@pytest.mark.slow
def test_errors_are_no_larger_than_those_of_complex64():
    parameters = FieldParameters()
    begin, omega = start(42, 28, 28, 4)
    picture = as_picture(np.stack([sample_digit(digit) for digit in range(10)]))
    drive = over_channels(encode(picture.level, EncodingParameters(), picture.statistics), 4)
    history = simulate(
        drive,
        initial_phase=np.stack([begin] * 10),
        omega=omega,
        parameters=parameters,
        steps=STEPS,
        engine="numba",
        threads=2,
    )
    ours, plain, wrong_spikes = [], [], 0
    for digit in range(10):
        exact, changes, _ = simulate_float64(drive[digit], begin, omega, STEPS, **dataclasses.asdict(parameters))
        ours.append(apart(history.phase[digit], exact).ravel())
        plain.append(apart(baseline.run(drive[digit], begin, omega, parameters, STEPS)[0], exact).ravel())
        different = history.spikes[digit] != (np.abs(changes) > parameters.spike_threshold)
        wrong_spikes += different.sum()
        # Spikes differ only where the change is within float32 rounding of the threshold.
        margin = np.abs(np.abs(changes) - parameters.spike_threshold)
        assert margin[different].max(initial=0) < 5e-6
    ours, plain = np.concatenate(ours), np.concatenate(plain)
    quantiles = [(np.quantile(errors, 0.999), errors.max()) for errors in (ours, plain)]
    print(f"compiled {quantiles[0]}, complex64 {quantiles[1]} rad; {wrong_spikes} of {ours.size} spikes differ")
    assert quantiles[0][0] <= 2 * quantiles[1][0]
    assert quantiles[0][1] <= 2 * quantiles[1][1]
    assert wrong_spikes < 1e-4 * ours.size


def test_thresholds_up_to_pi_count_what_they_should():
    # Large pulls, so that changes of all sizes occur.
    generator = np.random.default_rng(3)
    drive, begin = generator.uniform(-np.pi, np.pi, (2, 1, 9, 8, 3)).astype(np.float32)
    omega = np.zeros((3, 3), np.float32)
    for threshold in (0, 1e-3, 1.0, np.pi / 2, 2.5, 3.0, np.pi):
        parameters = FieldParameters(delta_t=1, k_bias=5, k_coupling=0, k_omega=0, spike_threshold=threshold)
        history = simulate(drive, initial_phase=begin, omega=omega, parameters=parameters, steps=1, engine="numba")
        _, changes, _ = simulate_float64(drive[0], begin[0], omega, 1, **dataclasses.asdict(parameters))
        clear = np.abs(np.abs(changes) - threshold) > 1e-5
        assert (history.spikes[0] == (np.abs(changes) > threshold))[clear].all(), threshold

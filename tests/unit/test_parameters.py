"""Defaults are frozen; values are cast and checked; `help` says what each parameter is."""

import inspect
import math
from dataclasses import fields

import numpy as np
import pytest

from oscillator_field import EncodingParameters, FieldParameters
from oscillator_field.parameters import DEFAULTS, GROUPS, RunParameters, value_text


def test_the_defaults_that_name_every_result_are_frozen():
    # To change one is to rename, hence to lose, the results of everybody.
    assert {
        "scale": "standardised",
        "arc": 2 * math.pi,
        "invert": False,
        "size": 0,
        "delta_t": 0.01,
        "k_coupling": 0.12,
        "k_omega": 0.12,
        "k_bias": 1.25,
        "input_rate": 0.1,
        "evolve_input": True,
        "spike_threshold": 0.00035,
        "channels": 4,
        "steps": 512,
        "seed": 42,
        "phase_lag": 0,
        "noise": 0,
        "neighbourhood": "nearest",
        "radius": 3,
        "channel_coupling": True,
        "boundary": "open",
        "integrator": "euler",
        "drive_onset": 0,
        "drive_end": 1e6,
        "start": "random",
        "winding_rows": 0,
        "winding_columns": 1,
        "frequency_distribution": "none",
        "frequency_mean": 0,
        "frequency_spread": 0,
        "stop_when_settled": 0,
        "settled_for": 1,
        "learned": "none",
        "direction": "none",
    } == DEFAULTS


@pytest.mark.parametrize(
    ("group", "values", "message"),
    [
        (FieldParameters, {"delta_t": 0}, "delta_t: 0.0 is not allowed .more than 0."),
        (FieldParameters, {"delta_t": 1.5}, "delta_t: 1.5 is not allowed .at most 1."),
        (FieldParameters, {"k_bias": "1e-5"}, "k_bias: '1e-5' is not a finite number"),
        (FieldParameters, {"k_bias": math.nan}, "k_bias: nan is not a finite number"),
        (FieldParameters, {"k_bias": True}, "k_bias: True is not a finite number"),
        (FieldParameters, {"evolve_input": 1}, "evolve_input: 1 is not true or false"),
        (
            RunParameters,
            {"learned": "a+b"},
            "learned: 'a.b' is not allowed .letters, digits, dots, dashes, underscores",
        ),
        (EncodingParameters, {"scale": "log"}, "scale: 'log' is not allowed .one of standardised, unit."),
    ],
)
def test_parameters_refuse_what_lies_outside_their_range(group, values, message):
    with pytest.raises(ValueError, match=message):
        group(**values)


def test_numbers_of_numpy_are_numbers():
    assert RunParameters(seed=np.int64(3)) == RunParameters(seed=3)
    assert FieldParameters(evolve_input=np.False_) == FieldParameters(evolve_input=False)
    assert FieldParameters(k_coupling=np.float32(0.5), noise=np.array(2)) == FieldParameters(k_coupling=0.5, noise=2)
    with pytest.raises(ValueError, match="is not a finite number"):
        FieldParameters(k_coupling=np.array([0.5]))


def test_help_tells_meaning_unit_default_and_limits_of_each_parameter():
    for group in GROUPS:
        text = inspect.getdoc(group)
        for entry in fields(group):
            [line] = [line for line in text.splitlines() if line.strip().startswith(f"{entry.name}: ")]
            assert entry.metadata["meaning"] in line
            assert f"default {value_text(entry.default)}" in line
            assert entry.metadata["unit"] in line or entry.metadata["unit"] == "1"
    assert "delta_t: time step; default 0.01; s; more than 0; at most 1." in inspect.getdoc(FieldParameters)

"""Defaults are frozen, and config, schema and library say the same."""

import inspect
import math
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from oscillator_field import EncodingParameters, FieldParameters
from oscillator_field.parameters import DEFAULTS, GROUPS, METADATA, value_text

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())


def test_the_defaults_that_name_every_result_are_frozen():
    # To change one is to rename, hence to lose, the results of everybody.
    assert {
        "scale": "standardised",
        "arc": 2 * math.pi,
        "invert": False,
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
    } == DEFAULTS


def test_the_shipped_config_runs_the_defaults():
    assert {**CONFIG["encoding"], **CONFIG["field"]} == DEFAULTS


def test_schema_and_library_agree_on_defaults_and_ranges():
    for name, default in DEFAULTS.items():
        entry = SCHEMA["$defs"][name]
        assert entry["default"] == default, name
        limits = dict(METADATA[name]["limits"])
        if "enum" in limits:
            limits["enum"] = list(limits["enum"])
        told = {key: entry[key] for key in ("minimum", "exclusiveMinimum", "maximum", "enum") if key in entry}
        assert told == pytest.approx(limits) if "enum" not in limits else told == limits, name


def test_schema_says_the_unit_of_every_parameter_that_has_one():
    for name, metadata in METADATA.items():
        if metadata["unit"] != "1":
            assert SCHEMA["$defs"][name]["description"].count(metadata["unit"]) >= 1, name


def test_every_parameter_stands_in_the_schema_once_and_can_be_an_axis():
    encoding, *field = GROUPS
    assert set(SCHEMA["properties"]["encoding"]["properties"]) == set(encoding.__dataclass_fields__)
    assert set(SCHEMA["properties"]["field"]["properties"]) == {
        name for group in field for name in group.__dataclass_fields__
    }
    grid = SCHEMA["properties"]["grid"]["properties"]
    assert set(grid) - {"zip", "points"} == set(DEFAULTS)
    assert set(grid["points"]["items"]["properties"]) == set(DEFAULTS)


def test_the_shipped_config_is_complete():
    def compare(config, schema, place):
        assert set(config) == set(schema["properties"]), place
        assert schema["additionalProperties"] is False, place
        for key, value in config.items():
            entry = schema["properties"][key]
            if entry.get("type") == "object" and key != "grid":
                compare(value, entry, f"{place}.{key}")

    compare(CONFIG, SCHEMA, "config")


def test_every_key_is_explained_in_the_readme_of_the_config():
    text = (ROOT / "config/README.md").read_text()

    def keys(schema, place):
        for key, entry in schema["properties"].items():
            whole = SCHEMA["$defs"].get(str(entry.get("$ref")).rpartition("/")[2], entry)
            inner = whole.get("type") == "object" and key != "grid"
            yield from keys(whole, f"{place}{key}.") if inner else [f"{place}{key}"]

    named = (set(keys(SCHEMA, "")) - {"grid"}) | {"grid.<parameter>", "grid.zip", "grid.points"}
    missing = [key for key in named if f"`{key}`" not in text]
    assert missing == []


@pytest.mark.parametrize(
    ("group", "values", "message"),
    [
        (FieldParameters, {"delta_t": 0}, "delta_t: 0.0 is not allowed .more than 0."),
        (FieldParameters, {"delta_t": 1.5}, "delta_t: 1.5 is not allowed .at most 1."),
        (FieldParameters, {"k_bias": "1e-5"}, "k_bias: '1e-5' is not a finite number"),
        (FieldParameters, {"k_bias": math.nan}, "k_bias: nan is not a finite number"),
        (FieldParameters, {"k_bias": True}, "k_bias: True is not a finite number"),
        (FieldParameters, {"evolve_input": 1}, "evolve_input: 1 is not true or false"),
        (EncodingParameters, {"scale": "log"}, "scale: 'log' is not allowed .one of standardised, unit."),
    ],
)
def test_parameters_refuse_what_lies_outside_their_range(group, values, message):
    with pytest.raises(ValueError, match=message):
        group(**values)


def test_help_tells_meaning_unit_default_and_limits_of_each_parameter():
    for group in GROUPS:
        text = inspect.getdoc(group)
        for entry in fields(group):
            [line] = [line for line in text.splitlines() if line.strip().startswith(f"{entry.name}: ")]
            assert entry.metadata["meaning"] in line
            assert f"default {value_text(entry.default)}" in line
            assert entry.metadata["unit"] in line or entry.metadata["unit"] == "1"
    assert "delta_t: time step; default 0.01; s; more than 0; at most 1." in inspect.getdoc(FieldParameters)

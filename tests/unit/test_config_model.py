"""The config model, and what is generated from it: schema, default config, tables."""

import shutil
import subprocess
import sys

import pytest
import yaml

from oscillator_field.parameters import DEFAULTS, METADATA, SET_BY_OTHERS
from oscillator_field.study.config_model import CONFIG, config_schema
from oscillator_field.study.configuration import ConfigError, checked_config
from tests.support.projects import ROOT

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"


def test_what_is_generated_is_not_stale():
    done = subprocess.run([sys.executable, ROOT / "tools" / "generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_stale_file_is_told_with_the_difference(tmp_path):
    tools = tmp_path / "tools"
    for name in ("config", "workflow/schemas", "tools", "docs", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy2(ROOT / "CITATION.cff", tmp_path)
    stale = tmp_path / "config" / "config.yaml"
    stale.write_text(stale.read_text().replace("k_bias: 1.25", "k_bias: 1.26"))
    done = subprocess.run([sys.executable, tools / "generate.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "-  k_bias: 1.26" in done.stderr
    assert "run `make generate`" in done.stderr
    subprocess.run([sys.executable, tools / "generate.py"], check=True)
    assert stale.read_text() == (ROOT / "config" / "config.yaml").read_text()


def test_the_shipped_config_is_the_default_of_every_key():
    assert yaml.safe_load((ROOT / "config" / "config.yaml").read_text()) == CONFIG.defaults()


def test_the_encoding_and_the_field_are_those_of_the_library():
    own = {name: value for name, value in DEFAULTS.items() if name not in SET_BY_OTHERS}
    assert {**CONFIG.defaults()["encoding"], **CONFIG.defaults()["field"]} == own
    properties = config_schema()["properties"]
    described = {**properties["encoding"]["properties"], **properties["field"]["properties"]}
    for name, parameter in ((name, METADATA[name]) for name in own):
        limits = {kind: list(limit) if kind == "enum" else limit for kind, limit in parameter["limits"].items()}
        assert limits.items() <= described[name].items()
        assert parameter["unit"] in ("1", *described[name]["description"].split(", "))
    grid = properties["grid"]["properties"]
    assert set(grid) - {"zip", "points", "sample"} == set(own)
    assert set(grid["points"]["items"]["properties"]) == set(own)


def test_every_key_of_the_model_stands_in_the_tables():
    text = (ROOT / "config" / "README.md").read_text()
    assert [name for name, _ in CONFIG.walk() if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"render": {"png": {}}},
        {"field": {"steps": 16}, "digits": [3]},
        {"readout": {"corruptions": {"occlusion": []}}},
    ],
)
def test_what_a_config_leaves_out_takes_its_default(written):
    def laid_over(defaults, values):
        return {
            name: laid_over(default, values.get(name, {}))
            if isinstance(default, dict) and default
            else values.get(name, default)
            for name, default in defaults.items()
        }

    assert checked_config(written, SCHEMA) == laid_over(CONFIG.defaults(), written)


def test_a_key_of_an_earlier_version_says_what_it_is_called_now():
    with pytest.raises(ConfigError, match=r"readout.times: no such key \(it is called readout.steps now\)"):
        checked_config({"readout": {"times": [8]}}, SCHEMA)


def test_defaults_are_not_shared():
    one, other = checked_config({}, SCHEMA), checked_config({}, SCHEMA)
    one["instances"].append(77)
    assert 77 not in other["instances"]

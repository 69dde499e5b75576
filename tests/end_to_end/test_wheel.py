"""The package by itself, as `pip install` brings it: built, installed into an empty environment, and used there."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from oscillator_field._version import __version__
from tests.support.projects import ROOT

pytestmark = pytest.mark.slow
UV = Path(sys.prefix) / "bin" / "uv"
# What fields in Python do without.
WORKFLOW_ALONE = ("snakemake", "torch", "sklearn", "kaleido", "pyarrow", "openTSNE")
CODE = f"""
import importlib.util, warnings
warnings.simplefilter("error", FutureWarning)
assert not [name for name in {WORKFLOW_ALONE} if importlib.util.find_spec(name)]
import oscillator_field as of
assert of.__version__ == "{__version__}"
field = of.run(digit=3, steps=32)
assert field["phase"].shape == (33, 28, 28, 4)
assert "<iframe" in of.show(field)._repr_html_()
assert of.observe(k_coupling=[0.1, 0.3], steps=32)["order_parameter"].shape == (2, 1)
of.animate(field, "field.html", "order_parameter")
try:
    of.animate(field, "field.png")
except ModuleNotFoundError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    command = [UV, "build", "--quiet", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT]
    subprocess.run(command, check=True)
    return folder


def test_both_packages_hold_pictures_pages_and_licences(built):
    [wheel] = built.glob("*.whl")
    [source] = built.glob("*.tar.gz")
    inside = zipfile.ZipFile(wheel).namelist()
    with tarfile.open(source) as packed:
        packed_names = packed.getnames()
    for ending in (
        "mnist_sample/train-images-idx3-ubyte.gz",
        "pages/live.html",
        "pages/model.js",
        ".min.js",
        "py.typed",
    ):
        assert any(name.endswith(ending) for name in inside), ending
        assert any(name.endswith(ending) for name in packed_names), ending
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert not any(name.startswith(("tests", "results")) for name in inside)
    assert wheel.stat().st_size < 3 * 2**20


def test_fields_need_nothing_of_the_workflow(built, tmp_path):
    environment = tmp_path / "environment"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    [wheel] = built.glob("*.whl")
    inside = {**os.environ, "VIRTUAL_ENV": str(environment)}
    subprocess.run([UV, "pip", "install", "--quiet", wheel], check=True, env=inside)
    inside.pop("PYTHONPATH", None)
    done = subprocess.run(
        [environment / "bin" / "python", "-c", CODE], cwd=tmp_path, env=inside, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "pictures need kaleido (pip install 'oscillator-field[pictures]')" in done.stdout
    assert (tmp_path / "field.html").stat().st_size > 10**6

"""What is installed, locked and declared fits together."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
# Names that differ between the package index and conda-forge.
CONDA_NAMES = {"torch": "pytorch", "kaleido": "python-kaleido"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What the workflow needs.
NEEDED = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["workflow"]


@pytest.mark.slow
def test_torch_and_torchvision_fit_each_other():
    import torch
    import torchvision

    # A pair that does not fit fails here: "operator torchvision::nms does not exist".
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    assert torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist() == [0]


def test_conda_users_get_the_same_names_and_ranges():
    declared = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {}
    for entry in declared:
        name, limits = re.fullmatch(r"([a-z0-9-]+)(.*)", entry).groups()
        conda[name] = limits
    expected = {"python": PROJECT["requires-python"]}
    for text in NEEDED:
        requirement = Requirement(text)
        name = CONDA_NAMES.get(requirement.name, requirement.name)
        expected[name] = ",".join(sorted(map(str, requirement.specifier), reverse=True))
    ordered = {name: ",".join(sorted(limits.split(","), reverse=True)) for name, limits in conda.items()}
    assert ordered == expected


def test_the_lock_covers_every_dependency_with_hashes_and_names_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert "--index-url" not in lock
    pinned = re.findall(r"^([a-z0-9._-]+)==", lock, flags=re.MULTILINE)
    declared = NEEDED + PROJECT["optional-dependencies"]["test"]
    assert {Requirement(text).name for text in declared} <= set(pinned)
    assert lock.count("--hash=sha256:") > len(pinned)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("oscillator_field", {"numpy", "torch", "zarr"}),
        ("oscillator_field.figures.animate", {"torch", "pandas", "sklearn", "kaleido", "xarray"}),
        ("oscillator_field.figures.painters.png", {"torch", "pandas", "sklearn", "xarray"}),
        ("oscillator_field.simulation", {"torch", "pandas", "sklearn", "plotly", "xarray"}),
        ("oscillator_field.analysis.embedding", {"torch", "pandas", "sklearn", "plotly", "xarray"}),
        ("oscillator_field.study.configuration", {"torch", "pandas", "sklearn", "plotly", "xarray", "zarr"}),
    ],
)
def test_a_job_loads_only_what_it_uses(module, unwanted):
    program = f"import sys, {module}; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert unwanted & set(loaded) == set()


def test_the_library_knows_nothing_of_snakemake():
    for path in (ROOT / "src").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        named = {node.id for node in nodes if isinstance(node, ast.Name)}
        assert "snakemake" not in {name.partition(".")[0] for name in imported | named}, path


@pytest.mark.parametrize("folder", ["benchmarks", "scripts", "tools", "tests/torture"])
def test_what_is_run_by_hand_imports_names_that_are_there(folder):
    """No other test runs most of these files."""
    asked = {
        (path.name, node.module, alias.name)
        for path in (ROOT / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("oscillator_field")
        for alias in node.names
    }
    assert asked
    for path, module, name in sorted(asked):
        owner = importlib.import_module(module)
        is_module = hasattr(owner, "__path__") and importlib.util.find_spec(f"{module}.{name}")
        assert is_module or hasattr(owner, name), f"{path}: {module} has no {name}"

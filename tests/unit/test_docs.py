"""What the docs show is run: examples of the public face, snippets of Python and YAML, links between files."""

import doctest
import re

import numpy as np
import pytest
import yaml

import oscillator_field
from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.summary import summarise
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.named_run import Run
from oscillator_field.parameters import EncodingParameters
from oscillator_field.simulation import simulate_runs
from tests.support.pictures import as_picture
from tests.support.projects import ROOT, study_of

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "config" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
PUBLIC = [name for name in oscillator_field.__all__ if name not in ("__version__", "History")]


def snippets(language):
    return [
        pytest.param(text, id=f"{page.name} {number}")
        for page in PAGES
        for number, text in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of two digits, as a default run has them."""
    folder = tmp_path_factory.mktemp("docs")
    generator = np.random.default_rng(0)
    for run in (Run.of(3, 0, {}), Run.of(4, 0, {})):
        job = folder / "results" / "runs" / run.name
        job.mkdir(parents=True)
        place = folder / f"{run.perturbation}.zarr"
        picture = as_picture(generator.integers(0, 256, (28, 28), np.uint8))
        write_perturbation(place, picture, EncodingParameters(), {"digit": run.label, "instance": 0})
        simulate_runs([run], [place], job / "history.zarr")
        measure(job / "history.zarr", job / "observables.zarr", settled_share=0.05)
    stores = sorted((folder / "results" / "runs").glob("*/observables.zarr"))
    summarise(stores, folder / "results" / "summary.csv", folder / "results" / "summary.parquet")
    return folder


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_public_name_is_true(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    examples = [
        one for one in doctest.DocTestFinder(recurse=False).find(getattr(oscillator_field, name)) if one.examples
    ]
    assert examples, f"{name} shows no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for one in examples:
        runner.run(one)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize("text", snippets("python"))
def test_a_snippet_of_python_runs(text, folder, monkeypatch):
    monkeypatch.chdir(folder)
    exec(compile(text, "snippet", "exec"), {})


@pytest.mark.parametrize("notebook", sorted((ROOT / "docs" / "notebooks").glob("*.md")), ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = re.findall(r"```python\n(.*?)```", notebook.read_text(), flags=re.DOTALL)
    assert len(cells) > 3
    names = {}
    for number, cell in enumerate(cells):
        exec(compile(cell, f"{notebook.name}, cell {number}", "exec"), names)


@pytest.mark.parametrize("text", snippets("yaml"))
def test_a_snippet_of_yaml_is_a_config(text):
    assert yaml.safe_load(text)
    study_of(text)


def test_links_between_files_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120

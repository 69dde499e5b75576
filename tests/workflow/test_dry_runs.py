"""Every shipped config plans what it promises, from nothing."""

import gzip
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from oscillator_field.figures.views import VIEWS
from oscillator_field.inputs.data_sets import BUNDLED, FILES, TRAINING
from oscillator_field.inputs.idx import pack

ROOT = Path(__file__).parents[2]
DRAWN = [name for name, view in VIEWS.items() if not view.has_methods] + ["trajectory-pca", "trajectory-tsne"]
CONFIGS = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))


@pytest.fixture(scope="module")
def project(new_project):
    return new_project("dry")


@pytest.mark.parametrize("name", CONFIGS)
def test_each_shipped_config_can_be_planned(project, name):
    planned = project.planned(None, "--configfile", f"config/{name}")
    starts = ("Simulate and measure ", "Simulate ")
    made = [message for message in planned if re.match("Simulate (?!.* over )", message)]
    simulated = {re.sub(f"^({'|'.join(starts)})", "", message) for message in made}
    # Image files are read where they lie.
    assert ("Fetch MNIST" in planned) != all(name.startswith("picture=") for name in simulated)
    assert any(name.startswith(("digit=3", "digit=all", "picture=")) for name in simulated)
    on_the_way = {f"Simulate and measure {job}" for job in simulated}
    assert {f"Measure {job}" for job in simulated} <= planned or on_the_way <= planned
    assert {"Summarise the runs", "Write the gallery"} <= planned


@pytest.mark.parametrize(
    ("name", "made"), [("learned-mnist", "Train small-learned-0"), ("readout", "Compare the readouts")]
)
def test_other_idx_files_take_the_same_file(project, name, made):
    pictures = f"pictures={{dataset: idx, source: directory, directory: {BUNDLED}}}"
    config = ["--config", pictures, "study={name: letters}", "digits=null"]
    planned = project.planned(None, "--configfile", f"config/{name}.yaml", *config)
    assert made in planned
    simulated = {found[1] for message in planned if (found := re.match(r"Simulate (label=\d)\b", message))}
    assert len(simulated) == 10


def test_the_default_draws_every_view_of_ten_digits(project):
    outcome = project.snakemake("--summary")
    planned = project.planned()
    for digit in range(10):
        assert {f"Draw digit={digit} as HTML", f"Embed digit={digit} by tsne"} <= planned
        for view in DRAWN:
            assert f"results/runs/digit={digit}/{view}.html" in outcome.output
    assert "Draw the samples of digit=all as HTML" in planned
    assert len([message for message in planned if message.startswith("Simulate")]) == 10


def test_batched_digits_are_one_job(project):
    planned = project.planned({"digits": [1, 2, 3], "batch": ["digit"], "embed": {"methods": []}})
    assert {message for message in planned if message.startswith(("Simulate", "Encode"))} == {
        "Encode digit=1",
        "Encode digit=2",
        "Encode digit=3",
        "Simulate digit=all",
    }


def test_the_workflow_runs_from_another_folder(new_project, tmp_path):
    project = new_project("elsewhere")
    assert "Simulate digit=3" in project.planned({"digits": [3]}, "--directory", str(tmp_path))


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("cuda", 1)])
def test_a_gpu_is_asked_for_only_if_the_config_wants_one(new_project, device, gpus):
    project = new_project("gpu")
    with (project.folder / "Snakefile").open("a") as snakefile:
        print('\nprint("GPUs:", {resources.gpus(STUDY, job=job) for job in STUDY.jobs})', file=snakefile)
    outcome = project.snakemake("--dry-run", config={"simulate": {"device": device}})
    assert f"GPUs: {{{gpus}}}\n" in outcome.output


def test_a_clone_below_a_folder_with_braces_is_refused_by_one_line(new_project, tmp_path):
    project = new_project("braces")
    project.folder = project.folder.rename(tmp_path / "a{b}c")
    outcome = project.snakemake("--dry-run", check=False)
    assert outcome.code == 1
    assert outcome.output.splitlines()[-1].endswith(
        "a{b}c: Snakemake takes the braces in this path for wildcards (move the clone elsewhere)"
    )


def test_pictures_may_lie_below_a_folder_with_braces(new_project, tmp_path):
    project = new_project("pictures")
    folder = tmp_path / "{digit} and {run}"
    shutil.copytree(BUNDLED, folder)
    config = {"digits": [3], "field": {"steps": 2}, "pictures": {"source": "directory", "directory": str(folder)}}
    perturbation = "results/perturbations/digit=3.zarr"
    project.snakemake(perturbation, config=config)
    assert (project.folder / perturbation / "zarr.json").exists()


def test_a_folder_of_other_pictures_is_refused_before_any_job(new_project, tmp_path):
    project = new_project("labels")
    folder = tmp_path / "labels"
    shutil.copytree(BUNDLED, folder)
    labels = folder / f"{FILES[TRAINING][1]}.gz"
    labels.write_bytes(gzip.compress(pack(np.zeros((300, 10), np.uint8))))
    config = {"pictures": {"source": "directory", "directory": str(folder)}}
    outcome = project.snakemake(config=config, check=False)
    assert outcome.code == 1
    assert outcome.output.splitlines()[-1] == (
        f"config: {labels}: shape (300, 10) is not one of labels (allowed: (picture,) of unsigned bytes)"
    )
    assert not (project.folder / "results").exists()

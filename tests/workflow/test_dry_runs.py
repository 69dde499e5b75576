"""Every shipped config plans what it promises, from nothing."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VIEWS = ("phase", "spikes", "phase_velocity", "order_parameter", "trajectory-pca", "trajectory-tsne")
CONFIGS = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))


@pytest.fixture(scope="module")
def project(new_project):
    return new_project("dry")


@pytest.mark.parametrize("name", CONFIGS)
def test_each_shipped_config_can_be_planned(project, name):
    planned = project.planned(None, "--configfile", f"config/{name}")
    assert "Fetch MNIST" in planned
    simulated = {message.removeprefix("Simulate ") for message in planned if message.startswith("Simulate digit=")}
    assert any(name.startswith(("digit=3", "digit=all")) for name in simulated)
    assert {f"Measure {job}" for job in simulated} <= planned
    assert {"Summarise the runs", "Write the gallery"} <= planned


def test_the_default_draws_every_view_of_ten_digits(project):
    outcome = project.snakemake("--dry-run")
    planned = project.planned()
    for digit in range(10):
        assert {f"Draw digit={digit} as HTML", f"Embed digit={digit} by tsne"} <= planned
        for view in VIEWS:
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
        print('\nprint("GPUs:", rules.simulate.rule.resources["gpu"].value)', file=snakefile)
    outcome = project.snakemake("--dry-run", config={"simulate": {"device": device}})
    assert f"GPUs: {gpus}\n" in outcome.output

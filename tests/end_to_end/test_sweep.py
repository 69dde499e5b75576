"""A small sweep, run for real: its table, gallery and plan; what an added, removed and restored value runs; pruning."""

import copy
import re
import shlex

import pandas as pd
import pytest
import yaml

from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.figures.painters.browser import find_browser

SWEEP = {
    "digits": [3, 8],
    "field": {"steps": 16},
    "grid": {"k_coupling": [0.06, 0.12], "k_bias": {"from": 1, "to": 2, "steps": 2}},
    "batch": ["digit"],
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": ["phase"], "png": {"frames": 4}},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at the gallery with"),
]


def with_grid(**grid):
    config = copy.deepcopy(SWEEP)
    config["grid"].update(grid)
    return config


def name(k_coupling, k_bias):
    special = {"k_bias": k_bias, "k_coupling": k_coupling, "steps": 16}
    usual = {"k_bias": 1.25, "k_coupling": 0.12}
    return "+".join(["digit=all", *(f"{key}={value:g}" for key, value in special.items() if usual.get(key) != value)])


def jobs(*names):
    kinds = ("Simulate {}", "Measure {}", "Draw {} as HTML", "Draw {} as PNG")
    return {kind.format(name) for name in names for kind in kinds}


STUDY = {"Summarise the runs", "Plot the summary", "Write the gallery"}


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("sweep")
    project.snakemake(config=SWEEP)
    return project


def test_the_table_has_every_run(project):
    table = pd.read_csv(project.folder / "results" / "summary.csv")
    assert len(table) == 8
    assert set(table["job"]) == {name(k_coupling, k_bias) for k_coupling in (0.06, 0.12) for k_bias in (1, 2)}
    sweep = open_sweep(project.folder / "results", "observables")
    for row in table.to_dict("records"):
        here = sweep.sel({axis: row[axis] for axis in ("digit", "k_bias", "k_coupling")})
        assert float(here["order_parameter"][-1]) == pytest.approx(row["final_order_parameter"])


def test_nothing_is_left_to_do(project):
    assert "Nothing to be done" in project.snakemake(config=SWEEP).output
    assert "Nothing to be done." in project.snakemake("plan", config=SWEEP).output


def test_an_added_value_runs_what_is_new_and_a_removed_one_the_summary(project):
    added = with_grid(k_coupling=[0.06, 0.12, 0.24])
    assert project.planned(added) == jobs(name(0.24, 1), name(0.24, 2)) | STUDY
    plan = project.snakemake("plan", config=added).output
    assert "12 runs in 6 jobs: 2 new, 0 recomputed, 4 unchanged" in plan
    assert f"new          {name(0.24, 1)}" in plan
    assert project.planned(with_grid(k_coupling=[0.12])) == STUDY
    other_axis = with_grid(k_omega=[0.12, 0.5])
    assert not {job for job in project.planned(other_axis) if job.startswith("Simulate") and "k_omega" not in job}


def test_going_back_to_an_earlier_value_runs_the_summary_alone(project):
    project.snakemake(config=with_grid(k_coupling=[0.12]))
    assert project.planned(SWEEP) == STUDY
    project.snakemake(config=SWEEP)


def test_a_report_holds_the_study(project):
    project.snakemake("--report", "report.zip", config=SWEEP)
    assert 10**5 < (project.folder / "report.zip").stat().st_size < 20 * 2**20


def test_orphans_are_listed_and_removed_only_when_asked_for(project):
    fewer = with_grid(k_coupling=[0.12])
    gone = project.folder / "results" / "runs" / name(0.06, 1)
    (gone / "notes.txt").write_text("mine")
    listed = project.snakemake("prune", config=fewer).output
    assert str(gone.relative_to(project.folder)) in listed
    assert "2 results are there that the config does not ask for" in listed
    assert (gone / "history.zarr").exists()
    # The wrong grid, and another list than the one that was shown.
    for config, said in (
        (with_grid(k_coupling=[0.5]), "no run that this config asks for is there"),
        (SWEEP, "The config asks for all results that are there."),
        (with_grid(k_coupling=[0.06]), "is the key of another list"),
    ):
        key = re.search(r"prune=(remove-[0-9a-f]{10})", listed).group(1)
        assert said in project.snakemake("prune", "--config", f"prune={key}", config=config, check=False).output
    assert (gone / "history.zarr").exists()
    # As it is printed.
    [line] = [line for line in listed.splitlines() if line.startswith("To remove them: snakemake prune")]
    (project.folder / "override.yaml").write_text(yaml.safe_dump(fewer))
    removed = project.snakemake(*shlex.split(line.removeprefix("To remove them: snakemake ")), check=False).output
    assert f"kept: {(gone / 'notes.txt').relative_to(project.folder)} (not made by this workflow)" in removed
    assert "1 of 2 results removed whole; of the others all but what is named above." in removed
    assert [path.name for path in gone.iterdir()] == ["notes.txt"]
    assert (project.folder / "results" / "runs" / name(0.12, 1) / "history.zarr").exists()

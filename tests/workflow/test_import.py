"""The workflow in other hands: imported as a module, deployed, in other folders, parsed by a bare Snakemake."""

import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from tests.support.projects import ROOT, Project

SMALL = {
    "digits": [3],
    "field": {"steps": 16},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": ["phase"], "png": {"enabled": False}},
}
RUN = "digit=3+steps=16"
# A rule of the importing workflow, which needs all results.
MINE = """
rule everything:
    default_target: True
    input: rules.field_all.input
    output: touch("mine.txt")
"""


@pytest.fixture(scope="module")
def clone(new_project):
    return new_project("clone")


def elsewhere(folder, clone):
    """Snakemake, called in another folder than that of the clone."""
    folder.mkdir(parents=True, exist_ok=True)
    return Project(folder, clone.server)


def test_another_workflow_imports_it_with_a_prefix(clone, tmp_path):
    mine = elsewhere(tmp_path / "mine", clone)
    snakefile = tmp_path / "repository" / "workflow" / "Snakefile"
    snakefile.parent.mkdir(parents=True)
    # As the docs show it.
    [shown] = re.findall(r"```snakemake\n(.*?)```", (ROOT / "docs" / "importing.md").read_text(), flags=re.DOTALL)
    snakefile.write_text(shown.replace("/path/to/oscillator-field", str(clone.folder)) + MINE)
    mine.snakemake("--snakefile", str(snakefile))
    made = mine.folder / "field" / "results"
    assert (made / "runs" / RUN / "history.zarr" / "zarr.json").exists()
    assert (made / "index.html").exists()
    assert (mine.folder / "mine.txt").exists()
    assert not (mine.folder / "results").exists()
    assert list((mine.folder / "field" / "logs" / "simulate").iterdir())
    # And the next call has nothing to do; `plan` and `prune` look at the same folders.
    assert "Nothing to be done" in mine.snakemake("--snakefile", str(snakefile)).output
    plan = mine.snakemake("--snakefile", str(snakefile), "field_plan").output
    assert "1 runs in 1 jobs: 0 new, 0 recomputed, 1 unchanged" in plan
    assert "Nothing to be done." in plan
    (made / "runs" / "digit=7").mkdir()
    listed = mine.snakemake("--snakefile", str(snakefile), "field_prune").output
    assert "field/results/runs/digit=7" in listed
    [line] = [line for line in listed.splitlines() if line.startswith("To remove them: ")]
    assert line.startswith(f"To remove them: snakemake field_prune --cores 1 --snakefile {snakefile}")
    # As it is printed; what is not a run of ours stays.
    kept = made / "runs" / "digit=7" / "notes.txt"
    kept.write_text("mine")
    removed = mine.snakemake(*shlex.split(line.removeprefix("To remove them: snakemake ")), check=False).output
    assert "notes.txt (not made by this workflow)" in removed
    assert (made / "runs" / RUN / "history.zarr").exists()


def test_an_importing_workflow_keeps_its_own_default(clone, tmp_path):
    mine = elsewhere(tmp_path / "mine", clone)
    (mine.folder / "config").mkdir()
    (mine.folder / "config" / "config.yaml").write_text("samples: 3\n")  # of the importing workflow
    (mine.folder / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n'
        'rule first:\n    output: touch("mine.txt")\n    message: "Mine"\n'
        f'module field:\n    snakefile: "{clone.folder}/workflow/Snakefile"\n'
        "use rule * from field as field_*\n"
    )
    assert mine.planned() == {"Mine"}
    assert "Simulate digit=3" in mine.planned(None, "field_all")


def test_snakedeploy_deploys_it(clone, tmp_path):
    deployed = elsewhere(tmp_path / "deployed", clone)
    command = [Path(sys.executable).with_name("snakedeploy"), "deploy-workflow", clone.folder, deployed.folder]
    done = subprocess.run([*command, "--tag", "v0.2.0"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    snakefile = deployed.folder / "workflow" / "Snakefile"
    # In place of the address of a repository.
    text = re.sub(
        r'snakefile:\s+"workflow/Snakefile"', f'snakefile: "{clone.folder}/workflow/Snakefile"', snakefile.read_text()
    )
    snakefile.write_text(text.replace(f"module {clone.folder}", "module oscillator_field"))
    (deployed.folder / "config" / "config.yaml").write_text(yaml.safe_dump(SMALL))
    deployed.snakemake()
    assert (deployed.folder / "results" / "runs" / RUN / "phase.html").exists()


def test_the_config_of_the_working_directory_is_laid_over_the_default(clone, tmp_path):
    study = elsewhere(tmp_path / "study", clone)
    (study.folder / "config").mkdir()
    (study.folder / "config" / "config.yaml").write_text(yaml.safe_dump(SMALL))
    for options in (
        ["--snakefile", str(clone.folder / "Snakefile")],
        ["--snakefile", str(clone.folder / "workflow/Snakefile")],
    ):
        assert f"Simulate {RUN}" in study.planned(None, *options)
    in_clone = Project(clone.folder, clone.server)
    assert f"Simulate {RUN}" in in_clone.planned(None, "--directory", str(study.folder))
    # What the call names is laid over both.
    assert "Simulate digit=4+steps=16" in study.planned({"digits": [4]}, "--snakefile", str(clone.folder / "Snakefile"))


def test_folders_have_other_names_by_pathvars(clone, tmp_path):
    study = elsewhere(tmp_path / "study", clone)
    config = {**SMALL, "pathvars": {"results": "out/results", "logs": "out/logs", "resources": "data"}}
    study.snakemake("--snakefile", str(clone.folder / "Snakefile"), config=config)
    assert (study.folder / "out" / "results" / "runs" / RUN / "phase.html").exists()
    assert (study.folder / "out" / "logs" / "simulate" / f"{RUN}.log").exists()
    assert (study.folder / "data" / "mnist" / "provenance.json").exists()
    assert {path.name for path in study.folder.iterdir()} == {".snakemake", "override.yaml", "out", "data"}
    (study.folder / "out" / "results" / "runs" / "digit=7").mkdir()
    plan = study.snakemake("--snakefile", str(clone.folder / "Snakefile"), "plan", config=config).output
    assert "0 new, 0 recomputed, 1 unchanged" in plan
    assert "1 results are there that the config does not ask for" in plan


def test_a_bare_snakemake_parses_it(clone, tmp_path):
    """So that it can make the environments of the jobs: by --sdm conda or apptainer."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "bare"], check=True)
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, f"snakemake=={version('snakemake')}"], check=True
    )
    assert subprocess.run([python, "-c", "import numpy"], capture_output=True).returncode != 0
    (tmp_path / "study").mkdir()
    command = [python, "-m", "snakemake", "--snakefile", clone.folder / "Snakefile", "--cores", "1", "--dry-run"]
    configs = [clone.folder / "config" / f"{name}.yaml" for name in ("sweep", "readout")]
    done = subprocess.run(
        [*command, "--configfile", *configs, "--config", "most_runs=270"],
        cwd=tmp_path / "study",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert re.search(r"^fit_nearest_centroid +\d+$", done.stdout, re.MULTILINE)

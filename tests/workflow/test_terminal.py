"""What a call says on the terminal: how far it is, what was made, what failed and where to look; and no more."""

import re
import subprocess
import sys

import pytest
import yaml

CONFIG = {
    "digits": [3, 4],
    "field": {"steps": 8},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": [], "png": {"enabled": False}},
}
LAST = """\
{made} made, {unchanged} unchanged, in \\d+ s\\.
Gallery: file://.*/results/index\\.html
Table: results/summary\\.csv
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("terminal")
    project.first = project.snakemake(config=CONFIG).output
    return project


def last_lines(output):
    return "".join(f"{line}\n" for line in output.splitlines()[-3:])


def test_a_call_says_how_far_it_is_and_where_the_results_are(project):
    assert re.fullmatch(LAST.format(made="2 runs", unchanged=0), last_lines(project.first))
    lines = project.first.splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 120
    assert re.search(r"^\d+ of \d+ steps \(100%\) done$", project.first, flags=re.MULTILINE)


def test_what_is_there_is_counted_as_unchanged(project):
    output = project.snakemake(config={**CONFIG, "digits": [3, 4, 5]}).output
    assert re.fullmatch(LAST.format(made="1 run", unchanged=2), last_lines(output))
    assert "Nothing to be done" in project.snakemake(config={**CONFIG, "digits": [3, 4, 5]}).output


def test_answers_stand_alone(project):
    for rule, answer in (("plan", r"\d+ runs in \d+ jobs: .*"), ("prune", r"(The config asks|results/).*")):
        output = project.snakemake(rule, config=CONFIG).output
        lines = [line for line in output.splitlines() if not line.startswith("Using workflow specific profile")]
        assert re.fullmatch(answer, lines[0])
        assert "steps (" not in output
        assert "Gallery" not in output


def test_studies_with_names_know_nothing_of_each_other(project):
    named = {**CONFIG, "digits": [9], "study": {"name": "nine"}}
    assert "1 run made, 0 unchanged" in project.snakemake(config=named).output
    other = {**named, "digits": [8]}
    plan = project.snakemake("plan", config=other).output
    assert "1 runs in 1 jobs: 1 new, 0 recomputed, 0 unchanged" in plan
    # Of this study's folder, and of no other, one run and one input are left over.
    assert "2 results are there that the config does not ask for" in plan
    listed = project.snakemake("prune", config=other).output
    assert re.findall(r"^results\S+", listed, flags=re.MULTILINE) == [
        "results/nine/perturbations/digit=9.zarr",
        "results/nine/runs/digit=9+steps=8",
    ]
    assert "nine" not in project.snakemake("plan", config=CONFIG).output
    assert (project.folder / "logs" / "nine" / "simulate").is_dir()
    assert 'href="nine/index.html"' not in (project.folder / "results" / "index.html").read_text()
    assert '"nine/index.html"' in (project.folder / "results" / "studies.js").read_text()


def test_what_failed_is_named_with_its_log(project):
    script = project.folder / "scripts" / "simulate.py"
    before = script.read_text()
    script.write_text(before.replace("    settings = ", "    raise MemoryError('no room left')\n    settings = ", 1))
    output = project.snakemake("--keep-going", config={**CONFIG, "digits": [6, 7]}, check=False).output
    script.write_text(before)
    assert "2 jobs failed. What was finished stays:" in output
    for digit in (6, 7):
        run = f"digit={digit}+steps=8"
        assert f"  simulate {run}: logs/simulate/{run}.log" in output
    assert max(map(len, output.splitlines())) <= 160


def test_snakemakes_own_lines_are_there_for_whoever_asks(project):
    config = {**CONFIG, "field": {"steps": 9}}
    output = project.snakemake("--quiet", "host", config=config).output
    assert "Select jobs to execute" in output
    assert "Reason: " in output
    assert "2 runs made" in output
    assert project.snakemake("--quiet", "all", config={**CONFIG, "field": {"steps": 10}}).output.count("\n") <= 1


def test_bars_take_the_place_of_lines(project):
    # A process of its own: the plugin has threads, which a fork does not take along.
    (project.folder / "bars.yaml").write_text(yaml.safe_dump({**CONFIG, "field": {"steps": 11}}))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--logger", "rich", "--configfile", "bars.yaml"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 runs made, 0 unchanged" in done.stderr
    assert "Select jobs" not in done.stderr

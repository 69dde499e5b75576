"""Jobs killed in the midst of their work: nothing half-written stays, and a second call goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest
from processes import find_processes, wait_for, without_shells

from oscillator_field import open_history

CONFIG = {"digits": [3], "field": {"steps": 30_000}, "embed": {"methods": []}, "render": {"views": []}}
RUN = "digit=3+steps=30000"
pytestmark = pytest.mark.slow


def test_a_killed_job_leaves_no_store_and_a_second_call_makes_it(new_project):
    project = new_project("killed")
    run = project.folder / "results" / "runs" / RUN
    arguments = ["--cores", "1", "--configfile", "override.yaml"]
    project.snakemake("--dry-run", config=CONFIG)  # writes override.yaml
    command = [sys.executable, "-m", "snakemake", *arguments]
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        # In the midst of writing: chunks are there, and the store is not.
        wait_for(lambda: list(run.glob(".history.zarr.*.tmp/whole/phase/c.0.*")), 60, "chunks")
        for process in without_shells(find_processes("simulate.py", folder=project.folder)):
            os.kill(process, signal.SIGKILL)
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert b"Error in rule simulate" in output
    assert not (run / "history.zarr").exists()

    outcome = project.snakemake(config={**CONFIG, "field": {"steps": 30_000}, "history": {"every": 100}})
    assert "Simulate" in outcome.output
    assert open_history(run / "history.zarr")["phase"].shape[:2] == (1, 300)
    assert not list(run.glob(".*.tmp"))


def test_ctrl_c_in_compiled_code_says_interrupted(new_project):
    project = new_project("interrupted")
    run = project.folder / "results" / "runs" / "digit=3+steps=1000000"
    config = {**CONFIG, "field": {"steps": 1_000_000}, "history": {"every": 1000}}
    project.snakemake("--dry-run", config=config)  # writes override.yaml
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--configfile", "override.yaml"]
    with subprocess.Popen(
        command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as running:
        wait_for(lambda: list(run.glob(".history.zarr.*.tmp/whole/spikes/zarr.json")), 60, "the field to run")
        # The code is compiled by then, or it is not: either way there is one line.
        time.sleep(6)
        os.killpg(running.pid, signal.SIGINT)
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    log = project.folder / "logs" / "simulate" / f"{run.name}.log"
    assert f"interrupted (log in {log.relative_to(project.folder)})" in output
    assert log.read_text().endswith("interrupted\n")
    assert "Traceback" not in log.read_text()
    assert not list(run.glob("*"))

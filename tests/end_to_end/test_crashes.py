"""Jobs killed in the midst of their work: nothing half-written stays, and a second call goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from oscillator_field import open_history
from tests.support.processes import find_processes, wait_for, without_shells

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
    assert b"1 job failed. What was finished stays:" in output
    assert b"  simulate digit=" in output
    assert not (run / "history.zarr").exists()

    outcome = project.snakemake(config={**CONFIG, "field": {"steps": 30_000}, "history": {"every": 100}})
    assert "1 run made" in outcome.output
    assert open_history(run / "history.zarr")["phase"].shape[:2] == (1, 300)
    assert not list(run.glob(".*.tmp"))


INTERRUPTED = """
import sys
import numpy as np
from oscillator_field import FieldParameters, simulate
from oscillator_field.logs import log_to

phase = np.zeros((1, 28, 28, 4))
with log_to(sys.argv[1]):
    for steps in (1, 1_000_000):
        print("simulating", steps, file=sys.__stdout__, flush=True)
        simulate(
            phase,
            initial_phase=phase,
            omega=np.zeros((4, 4)),
            parameters=FieldParameters(),
            steps=steps,
            every=steps,
            engine="numba",
        )
"""


@pytest.mark.parametrize("seconds", [0.0, 0.3, 0.5])
def test_ctrl_c_in_compiled_code_says_interrupted(tmp_path, seconds):
    log = tmp_path / "job.log"
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as job:
        while job.stdout.readline() != "simulating 1000000\n":
            pass
        time.sleep(seconds)
        job.send_signal(signal.SIGINT)
        _, said = job.communicate(timeout=60)
    assert said == f"interrupted (log in {log})\n"
    assert job.returncode == 130
    assert log.read_text() == "interrupted\n"

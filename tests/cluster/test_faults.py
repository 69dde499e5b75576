"""Jobs and daemons that die: the run ends well or says what failed, a second call goes on, no store is half-written."""

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from oscillator_field import open_history
from tests.support.processes import alive, find_processes, wait_for, without_shells

# Some seconds of simulation, and few bytes.
LONG = {
    "digits": [3],
    "field": {"steps": 100_000},
    "history": {"every": 5_000},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": []},
}
ALONE = ("--group-components", "simulate=1")


def simulating(cluster):
    """The processes that run the script of `simulate`, without the shells around them."""
    return set(without_shells(find_processes("/.snakemake/scripts/", "simulate.py", variable=cluster.mark)))


def writing(project):
    """The stores under way, which have other names as long as they are."""
    return list(project.folder.glob("results/runs/*/.history.zarr.*.tmp/whole"))


def running(cluster, known):
    """The jobs that simulate and run, of those that were not known before."""
    return [
        job
        for job in cluster.jobs()
        if job["number"] not in known and job["state"] == "RUNNING" and "simulate" in job["comment"]
    ]


@pytest.fixture
def known(cluster):
    return {job["number"] for job in cluster.jobs()}


@pytest.fixture
def project(new_project):
    """A project that has its inputs, so that a call on the cluster starts with the simulation."""
    made = new_project("faults")
    made.snakemake("results/perturbations/digit=3.zarr", config=LONG)
    return made


def place(run):
    return f"results/runs/{run}/history.zarr"


def history_of(project, run):
    return project.folder / place(run)


def test_a_cancelled_job_is_named_and_a_second_call_goes_on_without_the_controller(cluster, project, submit, known):
    run = "digit=3+steps=100000"
    submission = submit(project, LONG, "--retries", "0", *ALONE, "--", place(run))
    wait_for(lambda: writing(project), 90, "a simulation")
    (job,) = running(cluster, known)
    cluster.cancel(job["number"])
    assert submission.end() == 1
    # Snakemake names the rule and Slurm's log, and that says why.
    assert "Error in rule simulate" in submission.output
    (log,) = re.findall(rf"log: (\S+/{job['number']}\.log) \(check", submission.output)
    assert "CANCELLED" in Path(log).read_text()
    assert not history_of(project, run).exists()

    again = submit(project, LONG, *ALONE, "--", place(run))
    wait_for(lambda: writing(project), 90, "a simulation")
    cluster.stop_controller()
    time.sleep(8)
    cluster.start_controller()
    assert again.end() == 0, again.output[-5000:]
    assert_whole(project, run)


def test_jobs_that_lose_their_time_or_their_node_run_again_and_a_dead_twin_does_no_harm(
    cluster, project, submit, known
):
    runs = [f"digit=3+k_coupling={k}+steps=100000" for k in ("0.06", "0.24")]
    config = {**LONG, "grid": {"k_coupling": [0.06, 0.24]}}
    targets = ["--", *map(place, runs)]
    # A node each; one minute at first, the least that Slurm knows, then more.
    limits = ["--set-threads", "simulate=2", "--set-resources", "simulate:runtime=attempt*3-2"]
    submission = submit(project, config, *ALONE, *limits, *targets)
    wait_for(lambda: len(writing(project)) == 2, 90, "two stores under way")
    lost = {job["node"]: job["number"] for job in running(cluster, known)}
    assert lost.keys() == {"n1", "n2"}
    stopped = simulating(cluster)
    (twin,) = (process for process in stopped if node_of(process) == "n2")
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    cluster.kill_node("n2")
    try:
        assert submission.end(400) == 0, submission.output[-5000:]
        before = {run: fingerprint(history_of(project, run)) for run in runs}
        # Given up for dead an age ago, it wakes, finds that another has taken over, and ends.
        assert alive(twin)
        os.kill(twin, signal.SIGCONT)
        wait_for(lambda: not list(find_processes(variable=cluster.mark)), 120, "the end of the twin and its Snakemake")
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        cluster.start_node("n2")
        wait_for(lambda: cluster.states() == {"n1": "idle", "n2": "idle"}, 60, "the node to come back")
    ended = {job["number"]: job["state"] for job in cluster.jobs()}
    assert (ended[lost["n1"]], ended[lost["n2"]]) == ("TIMEOUT", "NODE_FAIL")
    for run in runs:
        assert_whole(project, run)
        assert fingerprint(history_of(project, run)) == before[run]
    again = submit(project, config, *targets)
    assert again.end() == 0
    assert "Nothing to be done" in again.output


def assert_whole(project, run):
    """The store is there, whole, right to the last frame, and nothing unfinished lies beside it."""
    history = open_history(history_of(project, run))
    assert history["phase"].shape[:2] == (1, 20)
    phase = history["phase"][...]
    assert phase.min() > -np.float32(np.pi)
    assert phase.max() <= np.float32(np.pi)
    # Each of its frames was written: a chunk that is not there reads as zeros.
    assert (phase != 0).mean(axis=(0, 2, 3, 4)).min() > 0.99
    assert not list(history_of(project, run).parent.glob(".*.tmp"))


def node_of(process):
    """The node of a job's process; both are this machine, but Slurm tells it."""
    environment = Path(f"/proc/{process}/environ").read_bytes()
    return re.search(rb"SLURMD_NODENAME=(\w+)", environment)[1].decode()


def fingerprint(store):
    """Every file of a store with its bytes."""
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}

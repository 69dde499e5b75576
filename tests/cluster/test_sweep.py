"""A small sweep on the cluster: it runs there, on both nodes, with GPUs if asked, and gives the bits of a local run."""

import re

import numpy as np
import pytest
import zarr

SWEEP = {
    "digits": [1, 2, 3],
    "field": {"steps": 64},
    "grid": {"k_coupling": [0.06, 0.24]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": [], "png": {"enabled": False}},
}
BATCHED = {
    **SWEEP,
    "batch": ["digit"],
    "embed": {**SWEEP["embed"], "methods": ["pca"]},
    "render": {**SWEEP["render"], "views": ["phase"]},
}


def arrays(results):
    """Every array of every store, by its place."""
    found = {}
    for store in sorted(results.rglob("*.zarr")):
        group = zarr.open_group(store, mode="r")
        for name, array in group.arrays():
            found[f"{store.relative_to(results)}/{name}"] = array[...]
    return found


@pytest.mark.parametrize(("config", "gpus"), [(SWEEP, 0), (BATCHED, 1)], ids=["unbatched", "batched-gpu"])
def test_a_sweep_runs_on_both_nodes_and_gives_the_bits_of_a_local_run(cluster, new_project, submit, config, gpus):
    project, local = new_project("sweep"), new_project("local")
    known = {job["number"] for job in cluster.jobs()}
    # The config leaves the device open, and the machine that submits has no GPU: so the request is made here.
    submission = submit(project, config, *(["--set-resources", f"simulate:gpu={gpus}"] if gpus else []))
    assert submission.end() == 0, submission.output[-5000:]

    jobs = [job for job in cluster.jobs() if job["number"] not in known]
    assert {job["number"] for job in jobs} == set(submission.jobs())
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    # The few jobs of a batch may follow each other on one node.
    nodes = {job["node"] for job in jobs}
    assert nodes == {"n1", "n2"} if config is SWEEP else nodes <= {"n1", "n2"}
    # Groups: six or two runs by three rules, and more, in a handful of submissions.
    assert len(jobs) < 10

    simulating = [job for job in jobs if "simulate" in job["comment"]]
    assert simulating
    for job in simulating:
        assert bool(re.search(r"gres[:/]gpu[:=]1", cluster.details(job["number"]))) == bool(gpus)
    logs = [path.read_text() for path in project.folder.glob("logs/simulate/*.log")]
    assert len(logs) == (2 if gpus else 6)
    # Slurm hands out the number of a device; without a GPU of its own, a job must not take what the node has.
    assert all(re.search(r"GPUs given to this job: " + (r"\d" if gpus else "none"), log) for log in logs)

    local.snakemake(config=config)
    here, there = arrays(local.folder / "results"), arrays(project.folder / "results")
    assert len(here) > 20
    assert here.keys() == there.keys()
    for place, values in here.items():
        assert np.array_equal(values, there[place], equal_nan=values.dtype.kind == "f"), place

    again = submit(project, config)
    assert again.end() == 0
    assert "Nothing to be done" in again.output
    # Neither for the workstation that shares the results.
    assert "Nothing to be done" in project.snakemake(config=config).output

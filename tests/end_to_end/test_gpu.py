"""The engine for GPUs in a run of the workflow, and its benchmark; in numba's simulator where no GPU is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from oscillator_field import FieldParameters, open_history, simulate
from tests.support.reference import apart

ROOT = Path(__file__).parents[2]


def test_a_run_on_the_engine_for_gpus_ends_in_the_same_store(new_project):
    project = new_project("gpu")
    config = {
        "digits": [3],
        "field": {"channels": 2, "steps": 3},
        "simulate": {"engine": "cuda"},
        "embed": {"methods": [], "samples": {"methods": []}},
        "render": {"views": []},
    }
    run = "digit=3+channels=2+steps=3"
    place = f"results/runs/{run}/history.zarr"
    project.snakemake(place, config=config)
    history = open_history(project.folder / place)
    expected = simulate(
        history["input_phase"][...],
        initial_phase=history["initial_phase"][...],
        omega=history["omega"][...],
        parameters=FieldParameters(),
        steps=3,
        engine="numba",
    )
    assert apart(history["phase"][...], expected.phase).max() < 1e-5
    assert (history["spikes"][...] == expected.spikes).mean() > 0.999
    assert "1 runs by engine cuda" in (project.folder / "logs" / "simulate" / f"{run}.log").read_text()
    assert project.planned(config, place) == set()


@pytest.mark.slow
def test_the_benchmark_goes_through_in_rehearsal(tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, ROOT / "benchmarks" / "gpu.py", "--rehearse", "--json", figures]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(figures.read_text())
    assert found["machine"] == "a simulator, times mean nothing"
    for speeds in (found["final"], found["every_step"]):
        assert speeds.keys() == {"torch, batched", "torch.compile, batched", "kernel"}
        assert all(np.isfinite(list(of_batch.values())).all() and len(of_batch) == 3 for of_batch in speeds.values())

"""Runs that begin with the end of the one before: up an axis and down again, which is how hysteresis is found."""

import numpy as np
import pandas as pd
import pytest

from oscillator_field import open_history, simulate
from oscillator_field.analysis.measuring import measure, simulate_and_measure
from oscillator_field.analysis.summary import summarise
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.parameters import EncodingParameters
from oscillator_field.simulation import simulate_runs
from oscillator_field.study import grid
from tests.support.pictures import as_picture
from tests.unit.test_grid import config
from tests.unit.test_measuring import assert_same

VALUES = (0.0, 0.5, 2.0)


def jobs_of(**changes):
    settings = config(**changes)
    return grid.expand(settings, settings["digits"], pixels=lambda: 784)


@pytest.fixture
def pictures(tmp_path):
    for digit in (3, 8):
        pixels = np.random.default_rng(digit).integers(0, 256, (12, 9), np.uint8)
        picture, source = as_picture(pixels), {"source": "bundled"}
        write_perturbation(tmp_path / f"digit={digit}.zarr", picture, EncodingParameters(), source)
    return [tmp_path / f"digit={digit}.zarr" for digit in (3, 8)]


def test_a_chain_goes_up_and_down_and_is_one_job():
    jobs = jobs_of(digits=[3, 4], grid={"k_bias": [2, 0.5, 1.25], "seed": [1, 2]}, **{"continue": "k_bias"})
    assert [job.name for job in jobs] == [
        f"digit={digit}+direction=all+k_bias=all+seed={seed}" for seed in (1, 2) for digit in (3, 4)
    ]
    assert [run.name for run in jobs[0].runs] == [
        "digit=3+direction=up+k_bias=0.5+seed=1",
        "digit=3+direction=up+seed=1",
        "digit=3+direction=up+k_bias=2+seed=1",
        "digit=3+direction=down+k_bias=2+seed=1",
        "digit=3+direction=down+seed=1",
        "digit=3+direction=down+k_bias=0.5+seed=1",
    ]
    assert jobs[0].runs.links == 6


def test_chains_can_share_a_job_and_automatic_jobs_cut_none():
    changes = {"digits": [3, 4], "grid": {"k_bias": [0, 1], "k_omega": [0, 1]}, "continue": "k_bias"}
    [job] = jobs_of(**changes, batch=["digit", "k_omega"])
    assert job.runs.links == 4
    assert len(job.runs) == 16
    # The runs at one value lie side by side.
    assert [run.field.k_bias for run in job.runs] == [0] * 4 + [1] * 8 + [0] * 4
    fine = {"from": 0, "to": 1, "steps": 500}
    grid_of_both = {"k_bias": fine, "k_coupling": fine}
    automatic = jobs_of(
        grid=grid_of_both, batch="auto", history={"keep": "none"}, most_runs=10**6, **{"continue": "k_bias"}
    )
    assert len(automatic) > 5
    assert {job.runs.links for job in automatic} == {1000}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"continue": "k_bias"}, "continue: k_bias is no axis of the grid with at least two numbers"),
        ({"continue": "k_bias", "grid": {"k_bias": [1]}}, "continue: k_bias is no axis of the grid with at least two"),
        ({"continue": "start", "grid": {"start": ["random", "input"]}}, "continue: start is no axis"),
        (
            {"continue": "k_bias", "grid": {"zip": [{"k_bias": [1, 2], "seed": [1, 2]}]}},
            "continue: k_bias is no axis",
        ),
        (
            {"continue": "k_bias", "grid": {"k_bias": [1, 2, 3]}, "batch": {"k_bias": 2}},
            "batch: k_bias: 2 is not allowed with continue: k_bias, which is one job",
        ),
        ({"continue": "k_bias", "grid": {"k_bias": list(range(501))}}, "most_runs: this config asks for 1,002 runs"),
    ],
)
def test_chains_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        jobs_of(**changes)


@pytest.mark.parametrize("threads", [1, 2])
def test_each_run_begins_with_the_end_of_the_one_before(pictures, tmp_path, threads):
    field = {**config()["field"], "steps": 30, "channels": 2, "boundary": "periodic"}
    axes = {"k_bias": list(VALUES), "k_coupling": [0.1, 1]}
    [job] = jobs_of(digits=[3, 8], grid=axes, field=field, batch=["digit", "k_coupling"], **{"continue": "k_bias"})
    simulate_runs(job.runs, pictures, tmp_path / "history.zarr", every=7, threads=threads)
    history = open_history(tmp_path / "history.zarr")
    names = history["run"][:].tolist()
    assert names == [run.name for run in job.runs]
    ends = {}
    for place, run in enumerate(job.runs):
        chain = (run.label, run.field.k_coupling)
        if chain in ends:
            np.testing.assert_array_equal(history["initial_phase"][place], ends[chain])
        alone = simulate(
            history["input_phase"][place][np.newaxis],
            initial_phase=history["initial_phase"][place][np.newaxis],
            omega=history["omega"][place],
            parameters=run.field,
            steps=30,
            every=7,
        )
        np.testing.assert_array_equal(history["phase"][place], alone.phase[0])
        ends[chain] = alone.phase[0, -1]
    assert len(ends) == 4

    measure(tmp_path / "history.zarr", tmp_path / "observables.zarr", settled_share=0.2)
    simulate_and_measure(job.runs, pictures, tmp_path / "way.zarr", settled_share=0.2, every=7, threads=threads)
    assert_same(tmp_path / "way.zarr", tmp_path / "observables.zarr")


def test_a_twisted_state_has_a_loop_and_an_even_one_has_none(pictures, tmp_path):
    """A rising bias unwinds a twist on a torus, and a falling one does not wind it again."""
    field = {
        **config()["field"],
        **{"start": "twisted", "boundary": "periodic", "k_coupling": 2, "k_omega": 0, "evolve_input": False},
        **{"steps": 2000, "delta_t": 0.02, "channels": 2},
    }
    encoding = {"scale": "unit", "arc": 3.0, "invert": False}
    axes = {"k_bias": {"from": 0, "to": 4, "steps": 9}, "winding_columns": [0, 1]}
    [job] = jobs_of(field=field, encoding=encoding, grid=axes, batch=["winding_columns"], **{"continue": "k_bias"})
    picture = as_picture(np.pad(np.full((6, 5), 255, np.uint8), ((3, 3), (2, 2))))
    parameters = EncodingParameters(**encoding)
    write_perturbation(tmp_path / f"{job.runs[0].perturbation}.zarr", picture, parameters, {"source": "bundled"})
    store = tmp_path / "chain" / "observables.zarr"
    store.parent.mkdir()
    simulate_and_measure(
        job.runs,
        [tmp_path / f"{job.runs[0].perturbation}.zarr"],
        store,
        settled_share=0.05,
        every=2000,
        observables=["order_parameter"],
    )
    summarise([store], tmp_path / "summary.csv", tmp_path / "summary.parquet")
    table = pd.read_parquet(tmp_path / "summary.parquet")
    order = table.pivot(index=["winding_columns", "k_bias"], columns="direction", values="final_order_parameter")
    even, twisted = order.loc[0], order.loc[1]
    assert (even["down"] - even["up"]).abs().max() < 0.01
    assert twisted["up"][0.0] < 0.01
    assert twisted["down"][0.0] > 0.99
    assert twisted["up"][4.0] == pytest.approx(twisted["down"][4.0], abs=1e-3)

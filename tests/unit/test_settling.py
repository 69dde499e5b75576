"""Runs that end when they have settled: when they do, what is kept of them, and what readers make of it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from oscillator_field import FieldParameters, observe, open_history, simulate
from oscillator_field.analysis.embedding import embed_samples, embed_sites
from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.registry import OVER_TIME
from oscillator_field.analysis.summary import summarise
from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.engines import numba_layouts
from oscillator_field.field import open_course, problem
from oscillator_field.figures.animate import animation
from oscillator_field.figures.animation import named_scale
from oscillator_field.figures.pages.preview import write_previews
from oscillator_field.named_run import Run
from oscillator_field.stores import history_writing as stores
from oscillator_field.stores.zarr_stores import open_store
from tests.support.histories import write_small_history
from tests.support.random_settings import random_setting
from tests.support.reference import apart, simulate_float64

SHARE, SECONDS, STEPS = 0.9, 0.3, 600
# From slow to fast; with none, nothing is ever quiet.
STRENGTHS = (0, 0.5, 1.0, 2.0, 4.0)


def parameters_of(strengths=STRENGTHS):
    return [
        FieldParameters(k_bias=k, k_coupling=k, k_omega=2, input_rate=2, spike_threshold=0.002 * (k > 0))
        for k in strengths
    ]


def settled_at(spiked, intervals, delta_t=0.01):
    """The frame that a run ends with, or its last: written from the definition. `spiked` is `(frame, ...)`, counts."""
    quiet = 0.0
    for frame, (counts, steps) in enumerate(zip(spiked, intervals, strict=True)):
        share = 1 - counts.astype(float).mean() / steps
        quiet = quiet + steps * delta_t if share >= SHARE - 1e-12 else 0.0
        if quiet >= SECONDS - 1e-9:
            return frame
    return len(spiked) - 1


@pytest.mark.parametrize("engine", ["numba", "torch"])
@pytest.mark.parametrize("every", [1, 7])
def test_a_run_ends_where_the_definition_says_and_is_the_same_until_then(engine, every):
    setting = random_setting(2, len(STRENGTHS), (11, 9, 2))
    arguments = {"parameters": parameters_of(), "steps": STEPS, "every": every, "engine": engine}
    whole = simulate(**setting, **arguments)
    found = simulate(**setting, **arguments, stop_when_settled=SHARE, settled_for=SECONDS)
    intervals = np.diff(whole.step, prepend=0)
    expected = [settled_at(run, intervals) for run in whole.spikes]
    assert found.last_frame.tolist() == expected
    assert expected[0] == len(whole.step) - 1
    assert len(set(expected)) >= 4
    for run, last in enumerate(expected):
        for name in ("phase", "spikes"):
            assert np.array_equal(getattr(found, name)[run, : last + 1], getattr(whole, name)[run, : last + 1])
        assert np.isnan(found.phase[run, last + 1 :]).all()
        assert (found.spikes[run, last + 1 :] == np.iinfo(found.spikes.dtype).max).all()
        alone = {name: values[run : run + 1] for name, values in setting.items()}
        as_long = {**arguments, "parameters": parameters_of()[run], "steps": int(whole.step[last])}
        assert np.array_equal(found.final_input_phase[run], simulate(**alone, **as_long).final_input_phase[0])


def test_the_end_is_that_of_float64():
    setting = random_setting(2, 1, (11, 9, 2))
    parameters = parameters_of([1.0])[0]
    found = simulate(**setting, parameters=parameters, steps=STEPS, stop_when_settled=SHARE, settled_for=SECONDS)
    single = {name: values[0] for name, values in setting.items()}
    _, changes, _ = simulate_float64(**single, steps=STEPS, **dataclasses.asdict(parameters))
    expected = settled_at(np.abs(changes) > parameters.spike_threshold, np.ones(STEPS))
    assert abs(int(found.last_frame[0]) - expected) <= 1


@pytest.mark.parametrize(("lanes", "threads", "frames_a_piece"), [(0, 1, 64), (1000, 1, 64), (1000, 2, 9), (0, 2, 1)])
def test_the_end_depends_on_neither_lanes_nor_threads_nor_pieces(lanes, threads, frames_a_piece, monkeypatch):
    monkeypatch.setattr(numba_layouts, "MOST_LANES_OF_BANDS", lanes)
    setting = random_setting(2, len(STRENGTHS), (20, 3, 2))
    task = {"parameters": parameters_of(), "steps": STEPS, "every": 3, "stop_when_settled": [0, *[SHARE] * 4]}
    task["settled_for"] = SECONDS
    expected = simulate(**setting, **task, engine="torch")
    course = open_course(problem(**setting, **task), engine="numba", threads=threads, frames_a_piece=frames_a_piece)
    ended = {}
    for piece in course.pieces:
        for place, run in enumerate(range(piece.runs.start, piece.runs.stop)):
            assert piece.frames.start <= expected.last_frame[piece.runs].max()
            ended[run] = int(piece.last_frame[place])
    assert [ended[run] for run in range(len(STRENGTHS))] == expected.last_frame.tolist()


VALUES = {"steps": STEPS, "stop_when_settled": SHARE, "settled_for": SECONDS, "spike_threshold": 0.002}
PANELS = {"every": 5, "panels": 16}
SETTINGS = {
    "phase": {"every": 5, "channels": "mean", "channel_mean": "circular", "colours": "Phase"},
    "trajectory-pca": {"colour_by": "ink", "colours": "Agsunset"},
}


def runs_of(*biases):
    return [Run.of(3, 0, {**VALUES, "k_bias": k_bias}) for k_bias in biases]


def write_job(folder, runs, pieces=64):
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(1).integers(0, 256, (1, 9, 7), np.uint8)
    pixels = np.broadcast_to(pixels, (len(runs), 9, 7))
    write_small_history(folder / "history.zarr", runs, pixels, steps=STEPS, frames_a_piece=pieces)
    measure(folder / "history.zarr", folder / "observables.zarr", settled_share=0.05)
    embed_sites(folder / "history.zarr", folder / "embedding-pca.zarr", method="pca", every=5, fit="all")
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A job of three runs, and each of them in a job of its own."""
    folder = tmp_path_factory.mktemp("settled")
    # Chunks of ten frames of one run: of those that settle first, later chunks hold nothing.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "CHUNK_BYTES", 4 * 10 * 9 * 7 * 4)
        patch.setattr(stores, "RUNS_A_CHUNK", 1)
        write_job(folder / "together", runs_of(2, 8, 20), 10)
    for number, run in enumerate(runs_of(2, 8, 20)):
        write_job(folder / "runs" / run.name, [run])
        assert open_history(folder / "runs" / run.name / "history.zarr")["phase"].shape[0] == 1, number
    write_job(folder / "other", runs_of(8, 2))
    return folder


def test_a_store_says_when_a_run_ended_and_has_no_frames_after_it(results):
    together = open_history(results / "together" / "history.zarr")
    ends = together["end_step"][:]
    assert len(set(ends.tolist())) == 3
    assert together["step"][:][-1] == ends.max() < STEPS
    with xr.open_zarr(results / "together" / "history.zarr") as opened:
        dataset = opened.load()
    for run, name in enumerate(together["run"][:]):
        alone = open_history(results / "runs" / name / "history.zarr")
        frames = int(ends[run])
        assert alone["phase"].shape[1] == frames
        for kind in ("phase", "spikes"):
            assert np.array_equal(together[kind][run, :frames], alone[kind][0])
            assert dataset[kind][run, :frames].notnull().all()
            assert dataset[kind][run, frames:].isnull().all()
        assert np.array_equal(together["final_input_phase"][run], alone["final_input_phase"][0])


def test_bounded_phases_are_absent_too(results, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.support.histories.write_history", lambda *given, **more: stores.write_history(
        *given, **more | {"precision": 1e-3}))  # fmt: skip
    job = write_job(tmp_path / "job", runs_of(2, 8, 20))
    coded, exact = open_history(job / "history.zarr"), open_history(results / "together" / "history.zarr")
    assert coded["phase"].zarr.dtype == np.int16
    assert np.nanmax(apart(coded["phase"][:], exact["phase"][:])) < 1.01e-3
    assert np.array_equal(np.isnan(coded["phase"][:]), np.isnan(exact["phase"][:]))
    assert np.isnan(coded["phase"][1, -1]).all()
    with xr.open_zarr(job / "history.zarr") as dataset:
        assert np.array_equal(dataset["phase"].transpose("run", "frame", ...).isnull(), np.isnan(exact["phase"][:]))


def test_observables_and_positions_are_those_of_the_run_alone(results):
    for store, names in (("observables", OVER_TIME), ("embedding-pca", ("trustworthiness", "displacement"))):
        together = open_store(results / "together" / f"{store}.zarr")
        for run, name in enumerate(together["run"][:]):
            alone = open_store(results / "runs" / name / f"{store}.zarr")
            for kind in names:
                values, own = together[kind][run], alone[kind][0]
                assert np.array_equal(values[: len(own)], own, equal_nan=True), kind
                assert np.isnan(values[len(own) :]).all(), kind


def test_a_summary_has_the_last_values_of_each_run_and_its_end(results, tmp_path):
    tables = []
    for number, jobs in enumerate(([results / "together"], sorted((results / "runs").iterdir()))):
        csv, parquet = tmp_path / f"{number}.csv", tmp_path / f"{number}.parquet"
        summarise([job / "observables.zarr" for job in jobs], csv, parquet)
        tables.append(pd.read_parquet(parquet).drop(columns="job").sort_values("run", ignore_index=True))
    pd.testing.assert_frame_equal(*tables)
    ends = tables[0].set_index("k_bias")["end_time"]
    assert ends[2] > ends[8] > ends[20]


def test_a_run_that_settles_by_its_first_frame_has_a_settling_time():
    settings = {"digit": 3, "steps": 300, "stop_when_settled": 0.96, "settled_for": 0.3, "spike_threshold": 0.1}
    still = {"k_bias": [1, 0.2], "k_omega": 0, "k_coupling": 0}
    for every, expected in ((1, 0.01), (10, 0.1), (100, 1)):
        found = observe(**settings, **still, every=every)
        assert found["settling_time"].values.tolist() == [expected] * 2
        assert np.isfinite(found["phase_velocity"]).all()


@pytest.mark.parametrize(
    ("view", "settings"),
    [
        ("phase", {"channels": "mean", "channel_mean": "circular", "colours": "Phase"}),
        ("spikes", {"threshold": "relative", "factor": 2.0, "colours": "Inferno"}),
        ("spikes", {"threshold": "run", "factor": 2.0, "colours": "Inferno"}),
        ("phase_velocity", {"colours": "Viridis"}),
        ("local_order", {"colours": "Cividis"}),
    ],
)
def test_a_panel_stays_at_the_last_frame_of_its_run(results, view, settings):
    shown = animation(view, results / "together", {**settings, **PANELS})
    ends = open_history(results / "together" / "history.zarr")["end_step"][:]
    for run, panel in enumerate(shown.panels):
        assert np.isfinite(panel.values).all()
        after = np.flatnonzero(shown.steps >= ends[run])
        assert (panel.values[after] == panel.values[after[0]]).all()
        name = runs_of(2, 8, 20)[run].name
        alone = animation(view, results / "runs" / name, {**settings, **PANELS}).panels[0]
        if view != "phase_velocity":  # whose values are cut off below the fastest pixel that is shown
            np.testing.assert_array_equal(panel.values[after[-1]], alone.values[-1])
    assert shown.panels[0].title == f"k_bias 2 1/s, settled at step {ends[0]}"


def test_curves_and_points_end_with_their_run(results):
    ends = open_history(results / "together" / "history.zarr")["end_step"][:]
    curves = animation("order_parameter", results / "together", PANELS)
    assert [panel.values.shape[1] for panel in curves.panels] == ends.tolist()
    points = animation("trajectory-pca", results / "together", {"colour_by": "ink", "colours": "Agsunset", "panels": 9})
    assert all(np.isfinite(panel.positions).all() for panel in points.panels)
    assert not any("undefined" in text for text in points.frame_texts)
    longest_of_two = animation("order_parameter", results / "other", {**PANELS, "panels": 1})
    assert longest_of_two.steps[-1] == ends[1]
    assert "nan" not in "".join(longest_of_two.frame_texts)
    for view in ("phase", "trajectory-pca"):
        assert animation(view, results / "other", {**SETTINGS[view], "panels": 1}).steps[-1] in (ends[1], ends[1] + 1)
    alone = animation("order_parameter", results / "runs" / runs_of(8)[0].name, PANELS)
    assert alone.title.endswith(f"settled at step {ends[1]}")


def test_previews_have_the_frames_of_their_run(results, tmp_path):
    history = open_history(results / "together" / "history.zarr")
    observables = open_store(results / "together" / "observables.zarr")
    write_previews(tmp_path / "preview", history, observables, scale=named_scale("Phase"))
    for run, end in enumerate(history["end_step"][:]):
        text = (tmp_path / "preview" / f"{run}.js").read_text()
        assert f",{end}]," in text.partition('"seconds"')[0]
        assert "NaN" not in text


def test_samples_that_settled_stay_where_they_are(results, tmp_path):
    runs = runs_of(2, 8, 20)
    paths = [results / "runs" / run.name / "history.zarr" for run in runs]
    names = [run.name for run in runs]
    embed_samples(
        paths, names, tmp_path / "samples.zarr", set_name="set", method="pca", every=4, fit="all"
    )  # fmt: skip
    store = open_store(tmp_path / "samples.zarr")
    assert store["step"][:][-1] == max(open_history(path)["step"][:][-1] for path in paths)
    assert np.isfinite(store["position"][:]).all()
    # Of a store of several runs, those of the set alone count.
    together = [results / "together" / "history.zarr"]
    embed_samples(together, names[1:], tmp_path / "two.zarr", set_name="set", method="pca", every=4, fit="all")
    two = open_store(tmp_path / "two.zarr")
    assert two["step"][:][-1] == two["end_step"][0] == open_history(paths[1])["end_step"][0]


def test_a_sweep_has_as_many_frames_as_its_longest_run(results):
    for store in ("history", "observables"):
        sweep = open_sweep(results, store)
        frames = sweep.sizes["frame"]
        assert sweep["step"].values[-1] == frames == sweep["end_step"].max()
        for k_bias in (2, 8, 20):
            one = sweep.sel(k_bias=k_bias)
            there = one["phase" if store == "history" else "order_parameter"].notnull()
            there = there.all([axis for axis in there.dims if axis != "frame"]).values
            assert there.tolist() == [frame < int(one["end_step"]) for frame in range(frames)]


def test_frames_of_a_sweep_are_the_same_in_any_order(results):
    phase = open_sweep(results)["phase"]
    whole = phase.values
    for part in (slice(None, None, -1), slice(-2, 3, -3), slice(1, None, 2), slice(5, 5)):
        shown = phase.isel(frame=part)
        np.testing.assert_array_equal(shown, whole[:, part] if phase.dims[1] == "frame" else None)
    np.testing.assert_array_equal(phase.isel(k_bias=slice(None, None, -1), frame=np.int64(3)), whole[::-1, 3])


def test_a_run_that_ends_before_the_first_frame_to_embed_is_embedded_at_its_end(results, tmp_path):
    ends = open_history(results / "together" / "history.zarr")["end_step"][:]
    every = int(ends.min()) + 5
    embed_sites(results / "together" / "history.zarr", tmp_path / "e.zarr", method="pca", every=every, fit="all")
    positions = open_store(tmp_path / "e.zarr")["position"][:]
    assert np.isfinite(positions[2, 0]).all()
    assert np.isnan(positions[2, 1:]).all()


def test_a_sweep_of_embeddings_is_that_of_runs_in_one_store(results):
    sweep = open_sweep(results, "embedding-pca")
    together = open_store(results / "together" / "embedding-pca.zarr")
    assert np.array_equal(sweep["step"], together["step"][:])
    for run, k_bias in enumerate((2, 8, 20)):
        here = sweep["position"].sel(k_bias=k_bias).transpose("frame", "site", "component")
        assert np.array_equal(here, together["position"][run], equal_nan=True)


def test_a_sweep_over_time_steps_has_a_time_for_each(tmp_path):
    for delta_t in (0.01, 0.02):
        write_job(tmp_path / "runs" / f"{delta_t}", [Run.of(3, 0, {**VALUES, "k_bias": 20.0, "delta_t": delta_t})])
    sweep = open_sweep(tmp_path)
    for delta_t in (0.01, 0.02):
        one = sweep.sel(delta_t=delta_t)
        np.testing.assert_allclose(one["time"], one["step"] * delta_t)
    assert len(set(sweep["end_step"].values.tolist())) == 2


def test_runs_whose_frames_differ_otherwise_are_no_sweep(tmp_path):
    for name, every in (("a", 5), ("b", 7)):
        write_job(tmp_path / "runs" / name, [Run.of(3, 0, {"steps": STEPS, "seed": every})])
        embed_sites(
            tmp_path / "runs" / name / "history.zarr", tmp_path / "runs" / name / "embedding-x.zarr", method="pca",
            every=300 - every, fit="all",
        )  # fmt: skip
    with pytest.raises(ValueError, match="differ in the steps after which frames were kept"):
        open_sweep(tmp_path, "embedding-x")

"""Runs that are measured while they are simulated have the numbers of those that are measured from their history."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from oscillator_field import field
from oscillator_field.analysis import measuring, observed_runs
from oscillator_field.analysis.measuring import measure, simulate_and_measure
from oscillator_field.analysis.observed_runs import columns_of
from oscillator_field.analysis.observer import Observer
from oscillator_field.analysis.registry import OBSERVABLES, SCALARS, TIMES
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.parameters import EncodingParameters, FieldParameters
from oscillator_field.runs import Runs
from oscillator_field.simulation import simulate_runs
from oscillator_field.stores import history_writing
from tests.support.histories import rows_of
from tests.support.pictures import as_picture

STEPS = 100
K_COUPLING = tuple({"k_coupling": value} for value in (0.0, 0.3, 3.0))
STRONG = {"k_bias": 4.0, "input_rate": 2.0, "spike_threshold": 0.002}
COURSES = {
    "the notebook's field": {},
    "a field on a torus with noise": {"boundary": "periodic", "noise": 0.1},
    "runs that end early": {**STRONG, "stop_when_settled": 0.5, "settled_for": 0.1},
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two encoded pictures of 9 by 7 pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    for digit in (3, 8):
        pixels = np.random.default_rng(digit).integers(0, 256, (9, 7), np.uint8)
        picture, source = as_picture(pixels), {"source": "bundled"}
        write_perturbation(folder / f"digit={digit}.zarr", picture, EncodingParameters(), source)
    return [folder / f"digit={digit}.zarr" for digit in (3, 8)]


def runs_of(**shared):
    digits = ({"digit": 3}, {"digit": 8})
    return Runs({"instance": 0, "channels": 3, "steps": STEPS, **shared}, (K_COUPLING, digits), "digit")


def contents(store):
    """All arrays of a store, by name, and the rows of its runs."""
    with xr.open_zarr(store) as opened:
        values = {name: np.asarray(each) for name, each in opened.load().variables.items()}
    return values, rows_of(store)


def assert_same(store, other):
    (values, rows), (expected, expected_rows) = contents(store), contents(other)
    assert values.keys() == expected.keys()
    for name, each in expected.items():
        assert values[name].dtype == each.dtype, name
        np.testing.assert_array_equal(values[name], each, err_msg=name)
    assert rows == expected_rows


def test_one_engine_computes_all_runs_of_a_job(pictures, tmp_path, monkeypatch):
    """Some of them alone could have another: a GPU computes those that its kernels can."""
    asked = []
    choose = field.engine_for
    monkeypatch.setattr(field, "engine_for", lambda *words: asked.append(words) or choose(*words))
    monkeypatch.setattr(measuring, "runs_at_once", lambda sites, frames: 2)
    near_and_far = tuple({"neighbourhood": value} for value in ("nearest", "global"))
    runs = Runs({"instance": 0, "steps": 4}, (near_and_far, ({"digit": 3}, {"digit": 8})), "digit")
    simulate_and_measure(runs, pictures, tmp_path / "way.zarr", settled_share=0.2)
    assert len(asked) == 3
    assert {terms for *_, terms in asked} == {frozenset({"global"})}


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize(("every", "threads"), [(1, 1), (16, 2)])
def test_on_the_way_and_from_a_history_are_the_same_bits(pictures, tmp_path, monkeypatch, course, every, threads):
    # Several parts, whose runs come in several groups.
    monkeypatch.setattr(measuring, "runs_at_once", lambda sites, frames: 4)
    monkeypatch.setattr(observed_runs, "runs_at_once", lambda sites, frames: 4)
    runs = runs_of(**COURSES[course])
    simulate_and_measure(runs, pictures, tmp_path / "way.zarr", settled_share=0.2, every=every, threads=threads)
    simulate_runs(runs, pictures, tmp_path / "history.zarr", every=every)
    measure(tmp_path / "history.zarr", tmp_path / "observables.zarr", settled_share=0.2)
    assert_same(tmp_path / "way.zarr", tmp_path / "observables.zarr")
    if "stop_when_settled" in COURSES[course]:
        with xr.open_zarr(tmp_path / "way.zarr") as opened:
            assert opened["end_step"].values.min() < STEPS


@pytest.mark.parametrize(("every", "chunk_bytes"), [(5, 2**22), (30, 1), (64, 10_000), (1000, 1)])
def test_every_n_th_frame_of_a_fine_history_is_a_coarse_one(pictures, tmp_path, monkeypatch, every, chunk_bytes):
    # Spikes are counted across chunks, down to those of one frame.
    monkeypatch.setattr(history_writing, "CHUNK_BYTES", chunk_bytes)
    runs = runs_of()
    simulate_runs(runs, pictures, tmp_path / "fine.zarr", every=5 if every % 5 == 0 else 1)
    measure(tmp_path / "fine.zarr", tmp_path / "thinned.zarr", settled_share=0.2, every=every)
    simulate_runs(runs, pictures, tmp_path / "coarse.zarr", every=every)
    measure(tmp_path / "coarse.zarr", tmp_path / "observables.zarr", settled_share=0.2)
    assert_same(tmp_path / "thinned.zarr", tmp_path / "observables.zarr")


def test_frames_that_are_not_there_are_refused(pictures, tmp_path):
    simulate_runs(runs_of(), pictures, tmp_path / "history.zarr", every=10)
    with pytest.raises(ValueError, match="has no frames after every 25 steps"):
        measure(tmp_path / "history.zarr", tmp_path / "observables.zarr", settled_share=0.2, every=25)


def test_one_frame_after_many_steps_does_not_say_how_a_run_went(pictures, tmp_path):
    simulate_and_measure(runs_of(), pictures, tmp_path / "end.zarr", settled_share=1, every=STEPS)
    simulate_and_measure(runs_of(), pictures, tmp_path / "course.zarr", settled_share=1)
    with xr.open_zarr(tmp_path / "end.zarr") as end, xr.open_zarr(tmp_path / "course.zarr") as course:
        for name in ("spike_share", "phase_velocity", "phase_velocity_quantile", "phase_locking", "settling_time"):
            assert np.isnan(end[name]).all(), name
            assert np.isfinite(course[name]).any(), name
        for name in ("order_parameter", "correlation_length", "singularities"):
            np.testing.assert_array_equal(end[name][:, -1], course[name][:, -1])
        np.testing.assert_array_equal(end["spike_count"], course["spike_count"])


def test_only_what_is_wanted_is_measured(pictures, tmp_path):
    simulate_and_measure(runs_of(), pictures, tmp_path / "all.zarr", settled_share=0.2, every=20)
    some = ["singularities", "spike_count"]
    simulate_and_measure(runs_of(), pictures, tmp_path / "some.zarr", settled_share=0.2, every=20, observables=some)
    (every, rows), (few, few_rows) = contents(tmp_path / "all.zarr"), contents(tmp_path / "some.zarr")
    assert OBSERVABLES.keys() & few.keys() == {*some, *TIMES}
    for name in few:
        np.testing.assert_array_equal(few[name], every[name])
    there = {name for name, one in SCALARS.items() if one.made_of in (*some, *TIMES)}
    for row, whole in zip(few_rows, rows, strict=True):
        assert row == {name: None if name in SCALARS and name not in there else value for name, value in whole.items()}


def test_columns_that_runs_share_are_stored_once(pictures, tmp_path):
    simulate_and_measure(runs_of(), pictures, tmp_path / "all.zarr", settled_share=0.2, every=20)
    columns = columns_of(tmp_path / "all.zarr")
    assert {len(each) for each in columns.values()} == {6}
    assert columns["k_coupling"] == [0.0, 0.0, 0.3, 0.3, 3.0, 3.0]
    assert columns["channels"] == [3] * 6
    metadata = json.loads((tmp_path / "all.zarr" / "zarr.json").read_text())
    assert json.loads(metadata["attributes"]["labels"])["channels"] == 3


@given(cuts=st.lists(st.integers(1, 39), unique=True, max_size=6))
def test_numbers_do_not_depend_on_how_frames_come(cuts):
    generator = np.random.default_rng(7)
    phase = generator.uniform(-np.pi, np.pi, (40, 6, 5, 2)).astype(np.float32)
    spikes = generator.integers(0, 3, phase.shape).astype(np.uint8)
    intervals = np.full(40, 2)

    def observed(borders):
        observer = Observer(
            OBSERVABLES,
            FieldParameters(k_coupling=0.7, k_bias=0.3),
            has_energies=True,
            initial_phase=phase[3],
            input_phase=phase[5],
            omega=np.array([[0, 1], [-1, 0]], np.float32),
        )
        for start, stop in zip([0, *borders], [*borders, 40], strict=True):
            observer.add(phase[start:stop], spikes[start:stop], intervals[start:stop])
        return observer.measured({}, 0.5).observed

    expected = observed([])
    for name, values in observed(sorted(cuts)).items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)


def test_a_block_has_a_method_for_each_observable():
    from oscillator_field.analysis.block import Block

    assert {name for name in OBSERVABLES if not hasattr(Block, name)} == set(TIMES)


def test_runs_come_in_parts_of_a_bounded_size():
    from oscillator_field.runs import runs_at_once

    assert runs_at_once(28 * 28 * 4, 8) == 1024
    assert runs_at_once(28 * 28 * 4, 100_000) == 10
    assert runs_at_once(2048 * 2048 * 4, 8) == 1

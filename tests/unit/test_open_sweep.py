"""All runs of a study as one labelled dataset: axes, blocks, runs that lack something, several kinds of stores."""

import itertools
import re

import numpy as np
import pytest
import xarray as xr

from oscillator_field.analysis.embedding import embed_samples, embed_sites
from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.named_run import Run
from oscillator_field.stores import many
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import DamagedStoreError
from tests.support.histories import STEPS, runs_of, write_job, write_runs, write_small_history


def test_a_full_grid_opens_with_its_axes_as_dimensions(tmp_path):
    runs = runs_of(k_bias=[1.25, 2.0], seed=[1, 2])
    write_runs(tmp_path, runs)
    sweep = open_sweep(tmp_path)
    assert dict(sweep.sizes) | {"digit": 2, "k_bias": 2, "seed": 2} == dict(sweep.sizes)
    assert float(sweep["delta_t"]) == 0.01
    for run in runs:
        phase = open_history(tmp_path / "runs" / run.name / "history.zarr")["phase"][0]
        here = sweep["phase"].sel(digit=run.label, k_bias=run.field.k_bias, seed=run.settings.seed)
        np.testing.assert_array_equal(here.transpose("frame", "row", "column", "channel"), phase)
    assert "order_parameter" in open_sweep(tmp_path, "observables")


def test_runs_that_are_no_full_grid_keep_one_dimension(tmp_path):
    write_runs(tmp_path, runs_of(k_bias=[1.25, 2.0])[:3])
    sweep = open_sweep(tmp_path)
    assert sweep.sizes["run"] == 3
    assert sweep["k_bias"].values.tolist() == [1.25, 2.0, 1.25]
    assert sweep["digit"].values.tolist() == [3, 3, 4]


def test_runs_of_one_axis_and_of_a_batch_open_alike(tmp_path):
    write_runs(tmp_path / "alone", runs_of())
    write_job(tmp_path / "batch" / "runs" / "digit=all", runs_of())
    for place in ("alone", "batch"):
        sweep = open_sweep(tmp_path / place)
        assert sweep["phase"].dims[0] == "digit"
        assert sweep["digit"].values.tolist() == [3, 4]


def test_runs_of_different_shapes_are_refused(tmp_path):
    write_runs(tmp_path, runs_of(digits=[3]))
    other = Run.of(3, 0, {"steps": STEPS, "seed": 9})
    write_job(tmp_path / "runs" / other.name, [other])
    history = tmp_path / "runs" / other.name / "history.zarr"
    write_small_history(history, [other], np.zeros((1, 4, 3), np.uint8), steps=9)
    with pytest.raises(ValueError, match="the runs differ in the steps after which frames were kept"):
        open_sweep(tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"no embedding-pca.zarr in any of its runs \(there: history, observables\)"
    ):
        open_sweep(tmp_path, "embedding-pca")


def test_a_run_that_is_there_twice_is_refused(tmp_path):
    write_runs(tmp_path, runs_of())
    write_job(tmp_path / "runs" / "digit=all", runs_of())
    with pytest.raises(ValueError, match=r"digit=3.* is both in .*digit=3.* and in .*digit=all.*prune"):
        open_sweep(tmp_path)


@pytest.mark.parametrize(
    ("array", "message"),
    [("digit", "1 of 1 chunks of 'digit' are missing"), ("spikes", "1 of 1 chunks of 'spikes' are missing")],
)
def test_a_lost_chunk_is_refused_and_not_read_as_zeros(tmp_path, array, message):
    runs = runs_of(k_bias=[1.25, 2.0])
    write_runs(tmp_path, runs)
    store = tmp_path / "runs" / runs[0].name / "history.zarr"
    next((store / array).glob("c.*")).unlink()
    with pytest.raises(DamagedStoreError, match=f"{re.escape(str(store))}: damaged, {message}"):
        open_sweep(tmp_path)


def test_numbers_are_read_as_the_checked_root_file_describes_them(tmp_path):
    write_runs(tmp_path, runs_of(k_bias=[1.25, 2.0]))
    expected = open_sweep(tmp_path)["phase"].load()
    for path in tmp_path.glob("runs/*/history.zarr/phase/zarr.json"):
        path.write_text(path.read_text().replace('"endian": "little"', '"endian": "big"').replace("float32", "int32"))
    xr.testing.assert_identical(open_sweep(tmp_path)["phase"].load(), expected)
    for path in tmp_path.glob("runs/*/history.zarr/phase/zarr.json"):
        path.unlink()
    xr.testing.assert_identical(open_sweep(tmp_path)["phase"].load(), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "axes", [{}, {"k_bias": [1.25, 2.0]}, {"k_bias": [1.25, 2.0], "scale": ["standardised", "unit"]}]
)
def test_a_sweep_can_be_written(tmp_path, axes):
    write_runs(tmp_path, runs_of(**axes))
    for store in ("history", "observables"):
        sweep = open_sweep(tmp_path, store)
        zarr, netcdf = tmp_path / f"{store}.zarr", tmp_path / f"{store}.nc"
        sweep.to_zarr(zarr)
        sweep.to_netcdf(netcdf)
        with xr.open_zarr(zarr) as as_zarr, xr.open_dataset(netcdf) as as_netcdf:
            xr.testing.assert_equal(as_zarr.load(), sweep.load())
            xr.testing.assert_equal(as_netcdf.load(), sweep)


def test_results_of_two_kinds_of_labels_are_refused(tmp_path):
    runs = [Run.of(3, 0, {"steps": STEPS}), Run.of("sneaker", 0, {"steps": STEPS}, "label")]
    for run in runs:
        write_small_history(
            tmp_path / "runs" / run.name / "history.zarr", [run], np.zeros((1, 4, 3), np.uint8), steps=STEPS
        )
    with pytest.raises(ValueError, match=r"of different data sets, a digit in .* and a label in .*label=sneaker"):
        open_sweep(tmp_path)


def test_samples_of_several_digits_open_too(tmp_path):
    runs = runs_of(digits=[3, 4, 5])
    write_runs(tmp_path, runs)
    embed_samples(
        [tmp_path / "runs" / run.name / "history.zarr" for run in runs],
        [run.name for run in runs],
        tmp_path / "runs" / "digit=all" / "samples-pca.zarr",
        set_name="digit=all",
        method="pca",
        every=2,
        fit="all",
    )
    assert open_sweep(tmp_path, "samples-pca")["position"].sizes["sample"] == 3


def test_one_value_is_selected_like_any_other(tmp_path):
    write_runs(tmp_path, runs_of(digits=[3]))
    phase = open_sweep(tmp_path)["phase"]
    assert phase.sel(digit=3, k_bias=1.25, instance=0).dims == ("frame", "row", "column", "channel")
    assert str(open_sweep(tmp_path)["run"].values) == "digit=3+steps=5"
    with pytest.raises(KeyError, match=r"k_bias: 2 \(all runs have 1.25\)"):
        phase.sel(k_bias=2)
    for wanted, method in (([1.25], None), (slice(0, 2), None), (1.2, "nearest")):
        with pytest.raises(ValueError, match=r"k_bias: all runs have 1.25, so it is no axis"):
            phase.sel(k_bias=wanted, method=method)
    assert phase.expand_dims("k_bias").sel(k_bias=[1.25]).sizes["k_bias"] == 1
    write_runs(tmp_path / "other", runs_of(digits=[3], k_bias=[2.0]))
    other = open_sweep(tmp_path / "other")["phase"]
    with pytest.raises(ValueError, match=r"k_bias is 1.25 in one and 2.0 in the other: drop it of both"):
        phase - other
    assert (phase.drop_vars("k_bias") - other.drop_vars("k_bias")).shape == phase.shape


def test_blocks_of_several_axes_are_put_in_order(tmp_path, monkeypatch):
    couplings, biases, digits = [0.1, 0.2, 0.3], [2.0, 1.0, 3.0, 4.0], (4, 3)
    for number, (k, b) in enumerate(itertools.product(([0.1, 0.2], [0.3]), ([2.0, 1.0], [3.0, 4.0]))):
        write_job(tmp_path / "runs" / f"block{number}", runs_of(digits, k_coupling=k, k_bias=b))
    # Room for one run at once: what one store holds is cut.
    for room in (many._BYTES_AT_ONCE, 1):
        monkeypatch.setattr(many, "_BYTES_AT_ONCE", room)
        sweep = open_sweep(tmp_path)
        assert sweep["phase"].dims == ("digit", "k_coupling", "k_bias", "frame", "row", "column", "channel")
        assert sweep["phase"].chunksizes["k_bias"] == ((2, 2) if room > 1 else (1, 1, 1, 1))
        for job in (tmp_path / "runs").iterdir():
            history = open_history(job / "history.zarr")
            for run in range(len(history["run"][:])):
                at = {name: history[name][run] for name in ("digit", "k_bias", "k_coupling")}
                np.testing.assert_array_equal(sweep["phase"].sel(at), history["phase"][run])
        assert sorted(sweep["k_bias"].values) == sorted(biases)
        assert sweep["k_coupling"].values.tolist() == couplings
        part = sweep["phase"].isel(digit=1, k_coupling=[2, 0], k_bias=slice(1, None), frame=slice(1, 4, 2), row=-1)
        np.testing.assert_array_equal(part, sweep["phase"].values[1, [2, 0], 1:, 1:4:2, -1])


def test_runs_without_frequencies_have_none(tmp_path):
    write_runs(tmp_path, runs_of(digits=[3], frequency_distribution=["none", "normal"], frequency_spread=[2.0]))
    frequency = open_sweep(tmp_path)["frequency"]
    there = frequency.notnull().all(["row", "column", "channel"])
    assert there.sel(frequency_distribution=["none", "normal"]).values.tolist() == [False, True]


def test_runs_of_other_lattices_and_codings_are_refused(tmp_path):
    [one, other] = runs_of(digits=(3, 4))
    write_job(tmp_path / "runs" / one.name, [one])
    path = tmp_path / "runs" / other.name / "history.zarr"
    write_small_history(path, [other], np.zeros((1, 5, 3), np.uint8), steps=STEPS)
    with pytest.raises(ValueError, match=r"the runs differ in the shape of '\w+', .*'row': 4.* and .*'row': 5"):
        open_sweep(tmp_path)
    write_small_history(path, [other], np.zeros((1, 4, 3), np.uint8), steps=STEPS, precision=1e-3)
    with pytest.raises(ValueError, match="the runs differ in how 'phase' is stored"):
        open_sweep(tmp_path)


def test_several_kinds_of_stores_are_one_dataset(tmp_path):
    write_runs(tmp_path, runs_of(k_bias=[1.25, 2.0]))
    both = open_sweep(tmp_path, ["history", "observables"])
    assert both["phase"].dims[:3] == both["order_parameter"].dims[:3] == ("digit", "k_bias", "frame")
    xr.testing.assert_identical(both["phase"].load(), open_sweep(tmp_path)["phase"].load())
    for folder in (tmp_path / "runs").iterdir():
        embed_sites(folder / "history.zarr", folder / "embedding-pca.zarr", method="pca", every=2, fit="all")
    with pytest.raises(ValueError, match=r"observables and embedding-pca have other frames"):
        open_sweep(tmp_path, ["observables", "embedding-pca"])
    for path in tmp_path.glob("runs/*/history.zarr"):
        (path.parent / "history2.zarr").symlink_to(path)
    with pytest.raises(ValueError, match=r"history and history2 both have .*phase"):
        open_sweep(tmp_path, ["history", "history2"])
    next(tmp_path.glob("runs/*/observables.zarr")).rename(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"history and observables have other runs \(.* differs\)"):
        open_sweep(tmp_path, ["history", "observables"])
    with pytest.raises(ValueError, match="no kind of stores is named"):
        open_sweep(tmp_path, [])

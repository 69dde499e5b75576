"""The stores: written in pieces, read back to the bit, opened by xarray, damage seen."""

import asyncio
import dataclasses
import json
import random
import shutil
import warnings

import numpy as np
import pytest
import xarray as xr

from oscillator_field import FieldParameters, open_history, simulate
from oscillator_field.analysis import observables
from oscillator_field.analysis.embedding import embed_sites
from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.registry import OBSERVABLES
from oscillator_field.inputs.encoding import over_channels
from oscillator_field.inputs.perturbation import read_perturbations, write_perturbation
from oscillator_field.logs import log_to
from oscillator_field.named_run import Run
from oscillator_field.parameters import DEFAULTS, METADATA, EncodingParameters
from oscillator_field.simulation import simulate_runs
from oscillator_field.starts import start
from oscillator_field.stores import history_writing
from oscillator_field.stores.phase_codes import phase_codes
from oscillator_field.stores.zarr_stores import DamagedStoreError, open_store
from tests.support.histories import rows_of
from tests.support.pictures import as_picture
from tests.support.reference import apart

STEPS, EVERY, SIDE = 150, 2, 12


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A batch of three runs, simulated and measured."""
    folder = tmp_path_factory.mktemp("stores")
    generator = np.random.default_rng(5)
    runs = [
        Run.of(digit, 0, {"steps": STEPS, "channels": 3, **values})
        for digit, values in [(3, {}), (8, {}), (3, {"k_bias": 2.0})]
    ]
    for run in runs:
        picture = as_picture(generator.integers(0, 256, (SIDE, SIDE), np.uint8))
        attributes = {"digit": run.label, "instance": 0}
        write_perturbation(folder / f"{run.perturbation}.zarr", picture, run.encoding, attributes)
    names = dict.fromkeys(run.perturbation for run in runs)
    simulate_runs(runs, [folder / f"{name}.zarr" for name in names], folder / "history.zarr", every=EVERY)
    measure(folder / "history.zarr", folder / "observables.zarr", settled_share=0.2)
    embed_sites(folder / "history.zarr", folder / "embedding-pca.zarr", method="pca", every=10, fit="all")
    return folder, runs


def test_a_history_holds_what_simulate_gives(stores):
    folder, runs = stores
    history = open_history(folder / "history.zarr")
    for place, run in enumerate(runs):
        phase, _, _ = read_perturbations([folder / f"{run.perturbation}.zarr"])[0]
        begin, omega = start(run.settings.seed, SIDE, SIDE, 3)
        expected = simulate(
            over_channels(phase, 3)[np.newaxis],
            initial_phase=begin[np.newaxis],
            omega=omega,
            parameters=run.field,
            steps=STEPS,
            every=EVERY,
        )
        for name in ("phase", "spikes", "final_input_phase"):
            assert np.array_equal(history[name][place], getattr(expected, name)[0]), name
        assert np.array_equal(history["step"][:], expected.step)
        assert np.array_equal(history["initial_phase"][place], begin)
        assert np.array_equal(history["omega"][place], omega)


@pytest.mark.parametrize("name", ["history", "observables", "embedding-pca"])
def test_xarray_opens_every_store_without_a_warning(stores, name):
    folder, runs = stores
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xr.open_zarr(folder / f"{name}.zarr") as opened:
            dataset = opened.load()
    assert dataset["run"].values.tolist() == [run.name for run in runs]
    assert set(DEFAULTS) <= set(dataset.coords)
    assert dataset["k_bias"].values.tolist() == [1.25, 1.25, 2.0]
    assert dataset["k_bias"].attrs["units"] == METADATA["k_bias"]["unit"]
    assert dataset["time"].attrs["units"] == "s"
    np.testing.assert_allclose(dataset["time"], dataset["step"] * 0.01)
    for variable in dataset.data_vars.values():
        assert {"units", "long_name"} <= set(variable.attrs), variable.name
    assert "versions" in dataset.attrs
    attributes = open_store(folder / f"{name}.zarr").attributes
    assert attributes.get("source", attributes.get("history", {}).get("source")) == {"source": "bundled"}


def test_a_history_is_labelled_and_selected_by_name(stores):
    folder, _ = stores
    with xr.open_zarr(folder / "history.zarr") as dataset:
        assert dataset["phase"].dims == ("run", "frame", "row", "column", "channel")
        assert dataset["phase"].dtype == np.float32
        assert dataset["spikes"].dtype.kind == "u"
        assert dataset["omega"].dims == ("run", "channel", "source_channel")
        one = dataset.sel(run="digit=8+channels=3+steps=150")
        assert int(one["digit"]) == 8


@pytest.mark.parametrize("name", ["history", "bounded", "observables", "embedding-pca", "digit=3"])
def test_xarray_writes_every_store_whole_or_in_part(stores, tmp_path, name):
    folder, runs = stores
    if name == "bounded":
        folder = tmp_path
        perturbations = sorted({stores[0] / f"{run.perturbation}.zarr" for run in runs})
        simulate_runs(runs, perturbations, folder / "bounded.zarr", every=EVERY, precision=1e-3)
    with xr.open_zarr(folder / f"{name}.zarr") as opened:
        for number, part in enumerate((opened, opened.isel(run=0, row=3, missing_dims="ignore"))):
            part.to_netcdf(tmp_path / f"{number}.nc")
            part.to_zarr(tmp_path / f"{number}.zarr")
            with xr.open_dataset(tmp_path / f"{number}.nc") as again:
                xr.testing.assert_equal(again.load(), part.load())
            with xr.open_zarr(tmp_path / f"{number}.zarr") as again:
                xr.testing.assert_identical(again.load(), part.load())


def test_a_perturbation_opens_too(stores):
    folder, runs = stores
    with xr.open_zarr(folder / f"{runs[0].perturbation}.zarr") as dataset:
        assert dataset["input_phase"].dims == ("row", "column")
        assert json.loads(dataset.attrs["encoding"]) == {
            "scale": "standardised",
            "arc": DEFAULTS["arc"],
            "invert": False,
            "size": 0,
        }


def test_observables_are_those_of_the_frames(stores):
    folder, runs = stores
    history = open_history(folder / "history.zarr")
    phase = history["phase"][:].astype(np.float64)
    with xr.open_zarr(folder / "observables.zarr") as opened:
        dataset = opened.load()
    for name, one in OBSERVABLES.items():
        assert dataset[name].dims == ("run", *one.axes)
        assert dataset[name].attrs["units"] == one.unit
    z = np.exp(1j * phase)
    np.testing.assert_allclose(dataset["order_parameter"], np.abs(z.mean(axis=(2, 3, 4))), atol=1e-6)
    shares = history["spikes"][:].mean(axis=(2, 3, 4)) / EVERY
    np.testing.assert_allclose(dataset["spike_share"], shares, rtol=1e-12)
    np.testing.assert_array_equal(dataset["spike_count"], history["spikes"][:].sum(axis=1))
    phases = np.concatenate([history["initial_phase"][:][:, np.newaxis], phase], axis=1)
    speeds = np.abs(np.angle(np.exp(1j * np.diff(phases, axis=1)))) / (EVERY * 0.01)
    np.testing.assert_allclose(dataset["phase_velocity"], speeds.mean(axis=(2, 3, 4)), rtol=1e-4)
    quantiles = np.quantile(speeds.reshape(*speeds.shape[:2], -1), dataset["quantile"], axis=-1)
    np.testing.assert_allclose(dataset["phase_velocity_quantile"], np.moveaxis(quantiles, 0, -1), rtol=1e-2, atol=1e-4)
    mean_field = np.angle(z.mean(axis=(2, 3, 4), keepdims=True))
    locking = np.abs(np.exp(1j * (phase - mean_field)).mean(axis=1))
    np.testing.assert_allclose(dataset["phase_locking"], locking, atol=1e-5)
    for run, time in enumerate(dataset["settling_time"].values):
        below = shares[run] < 0.2
        settled = [number for number in range(len(below)) if below[number:].all()]
        assert time == pytest.approx((settled[0] + 1) * EVERY * 0.01) if settled else np.isnan(time)
    for row, run in zip(rows_of(folder / "observables.zarr"), runs, strict=True):
        assert row["run"] == run.name
        assert {name: row[name] for name in run.parameters} == run.parameters
        here = dataset.isel(run=[other.name for other in runs].index(run.name))
        assert row["final_order_parameter"] == float(here["order_parameter"][-1])
        assert row["spikes_a_site"] == float(here["spike_count"].mean())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda store: next(store.glob("phase/c.*")).unlink(), "damaged, .* chunks of 'phase' are missing"),
        (lambda store: shutil.rmtree(store / "spikes"), "damaged, .* chunks of 'spikes' are missing"),
        (lambda store: (store / "zarr.json").write_text("{"), "damaged"),
        (lambda store: next(store.glob("omega/c.*")).write_bytes(b""), "damaged, 1 of 1 chunks of 'omega' are missing"),
    ],
)
def test_damage_is_an_error_and_not_a_wrong_picture(stores, tmp_path, damage, message):
    folder, _ = stores
    store = shutil.copytree(folder / "history.zarr", tmp_path / "history.zarr")
    damage(store)
    with pytest.raises(ValueError, match=message):
        open_history(store)


@pytest.mark.parametrize("bound", [5e-5, 1e-4, 1e-2])
def test_a_bounded_history_is_within_its_bound_and_small(stores, tmp_path, bound):
    folder, runs = stores
    perturbations = {folder / f"{run.perturbation}.zarr" for run in runs}
    simulate_runs(runs, sorted(perturbations), tmp_path / "history.zarr", every=EVERY, precision=bound)
    exact = open_history(folder / "history.zarr")["phase"][:]
    bounded = open_history(tmp_path / "history.zarr")
    assert apart(bounded["phase"][:], exact).max() <= 1.01 * bound
    assert np.array_equal(bounded["phase"].oindex[1, [0, 3]], bounded["phase"][1, [0, 3]])
    whole, same = (open_history(store / "history.zarr")["phase"] for store in (folder, tmp_path))
    assert (same.shape, same.dtype) == (whole.shape, whole.dtype)
    assert len(same.chunks) == len(whole.chunks)
    chosen = np.arange(len(runs)) == 1
    assert np.array_equal(same[chosen], same[:][chosen])
    assert np.array_equal(same.oindex[chosen, :2], same[:][chosen, :2])
    assert np.array_equal(bounded["spikes"][:], open_history(folder / "history.zarr")["spikes"][:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xr.open_zarr(tmp_path / "history.zarr") as dataset:
            decoded = dataset["phase"].transpose("run", "frame", "row", "column", "channel").values
            one = dataset["phase"].isel(run=1, frame=3).values
    np.testing.assert_allclose(bounded["phase"][1, 3], one, atol=1e-6)
    np.testing.assert_allclose(bounded["phase"][1, -1, 2:4], bounded["phase"][:][1, -1, 2:4])
    np.testing.assert_allclose(bounded["phase"][..., 0], bounded["phase"][:][..., 0])
    assert apart(decoded, exact).max() <= 1.01 * bound
    assert np.abs(decoded).max() <= np.pi * (1 + 1e-6)
    np.testing.assert_allclose(decoded, bounded["phase"][:], atol=1e-6)


def test_a_history_of_many_chunks_is_the_same(stores, tmp_path, monkeypatch):
    folder, runs = stores
    monkeypatch.setattr(history_writing, "CHUNK_BYTES", 20 * 4 * SIDE * SIDE * 4)  # twenty frames of phases
    perturbations = sorted({folder / f"{run.perturbation}.zarr" for run in runs})
    simulate_runs(runs, perturbations, tmp_path / "history.zarr", every=EVERY)
    cut, whole = open_history(tmp_path / "history.zarr"), open_history(folder / "history.zarr")
    assert cut["phase"].zarr.nchunks == 9
    assert cut["spikes"].zarr.nchunks == 3
    for name in ("phase", "spikes", "final_input_phase"):
        assert np.array_equal(cut[name][...], whole[name][...]), name


@pytest.mark.parametrize("runs", [slice(0, 16), slice(3, 21), slice(5, 6), slice(8, 12)])
def test_runs_are_cut_where_chunks_end(runs):
    parts = list(history_writing._by_chunks(runs, 4))
    assert [number for part in parts for number in range(part.start, part.stop)] == list(range(runs.start, runs.stop))
    assert all(part.start // 4 == (part.stop - 1) // 4 for part in parts)


def test_inputs_that_are_missing_or_damaged_are_named(stores, tmp_path):
    folder, runs = stores
    good = folder / f"{runs[0].perturbation}.zarr"
    with pytest.raises(FileNotFoundError, match=r"none\.zarr: no Zarr store there"):
        read_perturbations([good, tmp_path / "none.zarr"])
    for array, damage, message in (
        ("pixel", lambda chunk: chunk.unlink(), r"bad\.zarr: damaged, 1 of 1 chunks of 'pixel' are missing"),
        ("input_phase", lambda chunk: chunk.write_bytes(chunk.read_bytes()[:-1]), r"bad\.zarr: damaged, .*checksum"),
    ):
        bad = shutil.copytree(good, tmp_path / "bad.zarr")
        damage(next(bad.glob(f"{array}/c.*")))
        with pytest.raises(ValueError, match=message):
            read_perturbations([good, bad])
        shutil.rmtree(bad)


def test_inputs_are_read_where_an_event_loop_runs(stores):
    folder, runs = stores

    async def in_a_loop():
        return read_perturbations([folder / f"{runs[0].perturbation}.zarr"])

    ((phase, pixels, _),) = asyncio.run(in_a_loop())
    assert phase.shape == pixels.shape


@pytest.mark.parametrize("bound", [5e-5, 1e-4, 0.3])
def test_a_bounded_phase_near_minus_pi_stays_on_the_circle(bound):
    scale = np.pi / np.ceil(np.pi / (2 * bound))
    just_above = np.nextafter(-np.float32(np.pi), np.float32(0))
    coded = phase_codes(np.full((1, 17, 1, 1, 1), just_above), scale)
    assert np.allclose(coded * scale, np.pi)


@pytest.mark.parametrize("array", ["phase", "spikes", "omega", "run", "time"])
def test_a_flipped_bit_in_any_chunk_is_an_error(stores, tmp_path, array):
    folder, _ = stores
    store = shutil.copytree(folder / "history.zarr", tmp_path / "history.zarr")
    chunk = max(store.glob(f"{array}/c.*"), key=lambda path: path.stat().st_size)
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 4
    chunk.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"(?i)checksum") as refused:
        open_history(store)[array][...]
    assert str(refused.value).startswith(f"{store}: damaged, a chunk of '{array}' cannot be read: ")
    assert str(refused.value).endswith("(remove the store and run again)")


def test_a_job_that_reads_damage_names_the_store(stores, tmp_path, capsys):
    folder, _ = stores
    store = shutil.copytree(folder / "history.zarr", tmp_path / "history.zarr")
    chunk = next(store.glob("phase/c.*"))
    chunk.write_bytes(chunk.read_bytes()[:-7])
    log = tmp_path / "measure.log"
    with pytest.raises(SystemExit), log_to(log):
        measure(store, tmp_path / "observables.zarr", settled_share=0.2)
    assert f"{store}: damaged, a chunk of 'phase'" in capsys.readouterr().err
    assert "Traceback" in log.read_text()


def everything(path):
    """All that a store says: its arrays, what made it, and the rows of a summary if it has them."""
    store = open_store(path)
    read = [(name, array.shape, array[...].tolist(), dict(array.attrs)) for name, array in store.arrays()]
    return repr((read, store.attributes, rows_of(path) if path.name == "observables.zarr" else None))


@pytest.mark.parametrize("name", ["history", "observables", "embedding-pca", "digit=3"])
def test_a_flipped_digit_in_the_metadata_is_an_error_or_has_no_effect(stores, tmp_path, name):
    folder, _ = stores
    store = shutil.copytree(folder / f"{name}.zarr", tmp_path / f"{name}.zarr")
    root, chosen = store / "zarr.json", random.Random(name)
    whole, expected = root.read_bytes(), everything(store)
    for position in chosen.sample([place for place, byte in enumerate(whole) if chr(byte).isalnum()], 40):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        root.write_bytes(damaged)
        try:
            assert everything(store) == expected, position
        except DamagedStoreError as refused:
            assert str(store) in str(refused)  # noqa: PT017


def test_a_store_whose_metadata_has_no_digest_is_refused(stores, tmp_path):
    folder, _ = stores
    store = shutil.copytree(folder / "history.zarr", tmp_path / "history.zarr")
    document = json.loads((store / "zarr.json").read_text())
    del document["attributes"]["metadata_sha256"]
    (store / "zarr.json").write_text(json.dumps(document))
    with pytest.raises(DamagedStoreError, match="its metadata has no digest"):
        open_history(store)


def test_a_wrong_name_of_an_array_is_no_damage(stores):
    folder, _ = stores
    with pytest.raises(KeyError):
        open_history(folder / "history.zarr")["phases"]
    with pytest.raises(IndexError):
        open_history(folder / "history.zarr")["phase"][99]


def open_with(change, module, monkeypatch):
    """Let a module open courses whose pieces go through `change`."""
    real = module.open_course

    def opened(*arguments, **named):
        course = real(*arguments, **named)
        return dataclasses.replace(course, pieces=change(course.pieces))

    monkeypatch.setattr(module, "open_course", opened)


@pytest.mark.parametrize(
    ("array", "value", "message"),
    [
        ("phase", np.nan, "phase: values from nan"),
        ("phase", 3.2, "phase: values from .* which no field can have"),
        ("spikes", EVERY + 1, "spikes: values from .* which no field can have"),
        ("input_phase", np.inf, "input_phase: values from .* which no field can have"),
    ],
)
@pytest.mark.parametrize("precision", ["exact", 1e-3])
def test_a_history_that_cannot_be_is_not_stored(stores, tmp_path, monkeypatch, array, value, message, precision):
    folder, runs = stores
    from oscillator_field import simulation as module

    def wrong(pieces):
        for piece in pieces:
            getattr(piece, array)[0, ..., -1] = value
            yield piece

    open_with(wrong, module, monkeypatch)
    with pytest.raises(RuntimeError, match=message):
        simulate_runs(
            runs[:1],
            [folder / f"{runs[0].perturbation}.zarr"],
            tmp_path / "history.zarr",
            every=EVERY,
            precision=precision,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_share_above_one_is_not_stored(stores, tmp_path, monkeypatch):
    folder, _ = stores
    monkeypatch.setattr(observables, "spike_share", lambda spikes, intervals: 22.99 * np.ones(len(intervals)))
    with pytest.raises(RuntimeError, match=r"spike_share: values from 22\.99 to 22\.99 were computed"):
        measure(folder / "history.zarr", tmp_path / "observables.zarr", settled_share=0.2)
    assert list(tmp_path.iterdir()) == []


def test_many_runs_of_few_frames_share_chunks(tmp_path):
    write_perturbation(tmp_path / "digit=0.zarr", as_picture(np.zeros((5, 4), np.uint8)), EncodingParameters(), {})
    runs = [Run.of(0, 0, {"steps": 9, "seed": seed}) for seed in range(40)]
    simulate_runs(runs, [tmp_path / "digit=0.zarr"], tmp_path / "history.zarr", every=9, threads=2)
    history = open_history(tmp_path / "history.zarr")
    assert history["phase"].shape == (40, 1, 5, 4, 4)
    assert history["phase"].chunks == (16, 1, 5, 4, 4)
    begin, omega = start(33, 5, 4, 4)
    drive = over_channels(read_perturbations([tmp_path / "digit=0.zarr"])[0][0], 4)[np.newaxis]
    alone = simulate(
        drive, initial_phase=begin[np.newaxis], omega=omega, parameters=FieldParameters(), steps=9, every=9
    )
    for name in ("phase", "spikes", "final_input_phase"):
        assert np.array_equal(history[name][33], getattr(alone, name)[0]), name


def test_another_store_is_no_history(stores):
    folder, _ = stores
    with pytest.raises(ValueError, match="not a history of this version, it has no initial_phase, omega, phase,"):
        open_history(folder / "observables.zarr")


def test_a_store_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no Zarr store there"):
        open_history(tmp_path / "history.zarr")


def test_a_simulation_that_fails_leaves_no_store(stores, tmp_path, monkeypatch):
    folder, runs = stores
    from oscillator_field import simulation as module

    def breaking(pieces):
        yield from list(pieces)[:1]
        raise MemoryError("no room")

    open_with(breaking, module, monkeypatch)
    with pytest.raises(MemoryError):
        simulate_runs(runs[:1], [folder / f"{runs[0].perturbation}.zarr"], tmp_path / "history.zarr")
    assert list(tmp_path.iterdir()) == []


def test_runs_of_a_batch_may_differ_in_their_time_step(tmp_path):
    picture = np.zeros((4, 4), np.uint8)
    write_perturbation(tmp_path / "digit=0.zarr", as_picture(picture), EncodingParameters(), {})
    runs = [Run.of(0, 0, {"steps": 6, "delta_t": delta_t}) for delta_t in (0.01, 0.02)]
    simulate_runs(runs, [tmp_path / "digit=0.zarr"], tmp_path / "history.zarr", every=3)
    with xr.open_zarr(tmp_path / "history.zarr") as dataset:
        np.testing.assert_allclose(dataset["time"], [[0.03, 0.06], [0.06, 0.12]])
    assert FieldParameters().delta_t == 0.01

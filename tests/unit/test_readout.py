"""The readout: pictures, fields, arms, classifiers, and what their predictions amount to."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
import zarr
from hypothesis import example, given
from hypothesis import strategies as st
from torch.utils.data import random_split

from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.encoding import encode, over_channels
from oscillator_field.inputs.fetch import fetch
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.named_run import Run
from oscillator_field.parameters import DEFAULTS, EncodingParameters, FieldParameters
from oscillator_field.readout.arms import UNUSED, Arm, arms_of, fields_of
from oscillator_field.readout.classifiers import FITS
from oscillator_field.readout.features import read_features
from oscillator_field.readout.fields import LEVELS, read_phases, simulate_shard
from oscillator_field.readout.images import split
from oscillator_field.readout.images_writing import augmented, corrupted, write_images
from oscillator_field.readout.network import train
from oscillator_field.readout.predictions import write_predictions
from oscillator_field.readout.results import read_result, read_results, table, winner
from oscillator_field.readout.sets import set_names, shards
from oscillator_field.starts import start
from oscillator_field.stores.zarr_stores import DamagedStoreError
from oscillator_field.study.grid import expand
from tests.support.pictures import as_picture, fetched_sample
from tests.support.reference import apart, simulate_float64

ROOT = Path(__file__).parents[2]
SAMPLE = BUNDLED
PARAMETERS = {name: value for name, value in DEFAULTS.items() if name not in UNUSED}
READOUT = {
    "augmentations": 1,
    "corruptions": {"gaussian_noise": [0.5], "salt_and_pepper": [], "occlusion": [10]},
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Three sets of pictures, and the field over them after 3 and 8 steps, in shards of 40 pictures."""
    folder = tmp_path_factory.mktemp("readout")
    small = fetched_sample(folder, 100, 50)
    images, fields = {}, {}
    for name in ("training", "training+augmentation=1", "test"):
        images[name] = folder / f"{name}.zarr"
        write_images(images[name], small, name, seed=0, rotation=35, translation=0.1)
        fields[name] = []
        for number, chosen in enumerate(shards(50 if name == "test" else 100, 40)):
            fields[name].append(folder / name / f"{number}.zarr")
            simulate_shard(fields[name][-1], images[name], chosen, run=PARAMETERS, steps=[3, 8], threads=1)
    return images, fields


def test_sets_and_their_sizes():
    assert set_names(READOUT) == [
        "training",
        "training+augmentation=1",
        "test",
        "test+gaussian_noise=0.5",
        "test+occlusion=10",
    ]
    for folder, counts in ((SAMPLE, [5000, 1000]), (None, [60_000, 10_000])):
        assert [IdxSource("mnist", folder).count(kind) for kind in ("training", "test")] == counts


@pytest.mark.slow
@pytest.mark.parametrize("name", ["training+augmentation=1", "test+gaussian_noise=0.5", "test+salt_and_pepper=0.3"])
def test_what_is_drawn_depends_on_the_seed_and_the_name_alone(tmp_path, name):
    fetch(tmp_path / "mnist", IdxSource("mnist", SAMPLE), origin={})

    def drawn(place, seed, name=name):
        write_images(tmp_path / place, tmp_path / "mnist", name, seed=seed, rotation=35, translation=0.1)
        return zarr.open_group(tmp_path / place)["image"][...]

    first = drawn("a", 1)
    assert np.array_equal(first, drawn("b", 1))
    assert not np.array_equal(first, drawn("c", 2))


@given(
    st.sampled_from(["gaussian_noise", "salt_and_pepper", "occlusion"]),
    st.integers(1, 28),
    st.integers(0, 2**32 - 1),
)
def test_corruptions_do_what_they_say(kind, strength, seed):
    images = np.full((20, 28, 28), 128, np.uint8)
    share = strength / 28
    result = corrupted(images, kind, strength if kind == "occlusion" else share, np.random.default_rng(seed))
    assert result.shape == images.shape
    assert (images == 128).all()
    if kind == "occlusion":
        assert ((result == 0).sum(axis=(1, 2)) == strength**2).all()
        assert ((result == 0).any(axis=1).sum(axis=1) == strength).all()
    elif kind == "salt_and_pepper":
        hit = result != 128
        assert set(np.unique(result[hit])) <= {0, 255}
        assert abs(hit.mean() - share) < 0.03
    elif share < 0.15:  # hardly anything is clipped
        assert abs(result.std() / 255 - share) < 0.01


def test_augmented_pictures_stay_digits_that_are_turned_and_shifted():
    images = np.zeros((30, 28, 28), np.uint8)
    images[:, 10:18, 10:18] = 255
    still = augmented(images, np.random.default_rng(0), rotation=0, translation=0)
    assert np.array_equal(still, images)
    moved = augmented(images, np.random.default_rng(0), rotation=35, translation=0.1)
    assert len({picture.tobytes() for picture in moved}) > 20
    rows = np.array([np.argwhere(picture).mean(axis=0) for picture in moved])
    # A tenth of 28 pixels, and half a pixel for rounding.
    assert abs(rows - 13.5).max() <= 2.8 + 0.6
    assert abs((moved > 0).sum(axis=(1, 2)) - 64).max() < 12


@example(60_000, 0.2, 42)
@given(st.integers(2, 500), st.floats(0.1, 0.9), st.integers(0, 2**33))
def test_splits_are_those_of_the_notebook(count, share, seed):
    validating = round(count * share)
    parts = random_split(range(count), [count - validating, validating], torch.Generator().manual_seed(seed))
    for found, part in zip(split(count, share, seed), parts, strict=True):
        assert found.tolist() == sorted(part.indices)


def test_stored_phases_are_those_of_float64_and_xarray_reads_them(stores):
    images, fields = stores
    pixels = zarr.open_group(images["test"])["image"][...]
    begin, omega = start(42, 28, 28, 4)
    picture = as_picture(pixels[41:42])
    drive = over_channels(encode(picture.level, EncodingParameters(), picture.statistics), 4)
    expected, _, _ = simulate_float64(drive[0], begin, omega, 8, **asdict(FieldParameters()))
    for step in (3, 8):
        coded = read_phases(fields["test"], step)
        assert coded.shape == (50, 28, 28, 4)
        assert apart(coded[41] * (np.pi / LEVELS), expected[step - 1]).max() < 1e-4
    opened = xr.open_zarr(fields["test"][0])
    assert opened["phase"].sizes["image"] == 40
    assert opened["time"].values.tolist() == pytest.approx([0.03, 0.08])
    assert float(abs(opened["phase"]).max()) <= np.pi + 1e-6
    # One file a time, whatever the number of chunks.
    assert len(list(fields["test"][0].glob("phase/c.*"))) == 2
    with pytest.raises(ValueError, match=r"no phases after step 5 \(allowed: 3, 8\)"):
        read_phases(fields["test"], 5)


def test_each_picture_has_noise_of_its_own_whatever_its_shard(stores, tmp_path):
    images, _ = stores
    run = {**PARAMETERS, "noise": 2.0}
    shards_of = {"whole": [slice(0, 4)], "parts": [slice(0, 3), slice(3, 4)]}
    found = {}
    for name, parts in shards_of.items():
        paths = [tmp_path / f"{name}{part.start}.zarr" for part in parts]
        for path, part in zip(paths, parts, strict=True):
            simulate_shard(path, images["test"], part, run=run, steps=[8], threads=1)
        found[name] = read_phases(paths, 8)
    assert np.array_equal(found["whole"], found["parts"])
    simulate_shard(tmp_path / "still.zarr", images["test"], slice(0, 4), run=PARAMETERS, steps=[8], threads=1)
    still = read_phases([tmp_path / "still.zarr"], 8)
    moved = [apart(*pair) for pair in zip(found["whole"] * (np.pi / LEVELS), still * (np.pi / LEVELS), strict=True)]
    # By as much, but not alike: the sites of two pictures move together where they have one noise.
    assert np.std(moved) > 0.05
    assert abs(np.corrcoef([one.ravel() for one in moved])[np.triu_indices(4, 1)]).max() < 0.2


def test_a_shard_that_was_emptied_is_damaged_and_no_field_of_zeros(stores, tmp_path):
    images, _ = stores
    simulate_shard(tmp_path / "0.zarr", images["test"], slice(0, 20), run=PARAMETERS, steps=[3, 8], threads=1)
    assert read_phases([tmp_path / "0.zarr"], 8).any()
    sorted((tmp_path / "0.zarr" / "phase").glob("c.*"))[-1].write_bytes(b"")
    with pytest.raises(DamagedStoreError, match=r"0\.zarr: damaged, 1 of 2 chunks of 'phase' are missing or empty"):
        read_phases([tmp_path / "0.zarr"], 8)


def test_shards_do_not_change_the_phases(stores, tmp_path):
    images, fields = stores
    simulate_shard(tmp_path / "all.zarr", images["test"], slice(0, 50), run=PARAMETERS, steps=[8], threads=1)
    assert np.array_equal(read_phases([tmp_path / "all.zarr"], 8), read_phases(fields["test"], 8))


def test_arms_are_named_by_what_is_special_about_them():
    constants = {"scale": "standardised", "arc": 2 * np.pi, "invert": False}
    config = {
        "digits": [3, 4],
        "instances": [0],
        "encoding": constants,
        "field": {name: value for name, value in DEFAULTS.items() if name not in constants},
        "grid": {"k_coupling": [0.12, 0.24], "steps": [100, 200]},
        "most_runs": 100,
        "batch": [],
        "continue": None,
    }
    jobs = expand(config, config["digits"], pixels=lambda: 784)
    assert list(fields_of(jobs)) == ["field", "field+k_coupling=0.24"]
    arms = arms_of(jobs, [16, 64])
    assert list(arms) == [
        "pixels",
        "input",
        *(f"field{special}+time={step}" for special in ("", "+k_coupling=0.24") for step in (0, 16, 64)),
    ]
    assert arms["field+k_coupling=0.24+time=16"].field == "field+k_coupling=0.24"


def test_features_of_every_arm(stores):
    images, fields = stores
    pixels = zarr.open_group(images["test"])["image"][...]
    seen, labels = read_features(Arm("pixels", {}), images["test"], [])
    assert np.allclose(seen, pixels.reshape(50, -1) / 255)
    assert labels.shape == (50,)
    seen, _ = read_features(Arm("input", {"arc": np.pi, "scale": "unit", "invert": False}), images["test"], [])
    assert np.allclose(seen[:, :784], np.cos(np.pi * pixels.reshape(50, -1) / 255), atol=1e-6)
    begin, _ = read_features(Arm("field", PARAMETERS, 0), images["test"], [])
    assert begin.shape == (50, 2 * 3136)
    assert (begin == begin[0]).all()
    seen, _ = read_features(Arm("field", PARAMETERS, 8), images["test"], fields["test"])
    assert np.allclose(seen[:, :3136] ** 2 + seen[:, 3136:] ** 2, 1, atol=1e-5)
    with pytest.raises(ValueError, match="has 50 pictures, and its shards 40"):
        read_features(Arm("field", PARAMETERS, 8), images["test"], fields["test"][:1])


SETTINGS = {
    "logistic_regression": {"regularisation": [1e-6, 1.0], "iterations": 50},
    "nearest_neighbours": {"neighbours": [1, 25], "images": 1000, "as_they_are": 150},
    "nearest_centroid": {},
}


@pytest.mark.parametrize("name", FITS)
def test_classifiers_learn_blobs_and_choose_on_validation_pictures(name):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, 20)).astype(np.float32)
    # One digit is common, so that too strong a regularisation shows: it says that one alone.
    labels = rng.choice(10, 300, p=[0.55] + [0.05] * 9).astype(np.uint8)
    features = (centres[labels] + rng.normal(0, 0.2, (300, 20))).astype(np.float32)
    predict, said, chosen = FITS[name](features[:200], labels[:200], features[200:250], labels[200:250], SETTINGS[name])
    assert np.mean(predict(features[250:]) == labels[250:]) > 0.95
    assert np.array_equal(said, predict(features[200:250]))
    if name == "logistic_regression":
        assert chosen == {"regularisation": 1.0}


def test_neighbours_are_sought_in_all_of_a_set_that_is_sorted_by_class():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, 20)).astype(np.float32)
    labels = np.sort(rng.integers(0, 10, 900)).astype(np.uint8)
    features = (centres[labels] + rng.normal(0, 0.2, (900, 20))).astype(np.float32)
    # Moved versions of these, which come after them, lead astray here.
    features, labels = np.concatenate([features, features]), np.concatenate([labels, labels[::-1]])
    settings = {"neighbours": [1], "images": 100, "as_they_are": 900}
    predict, _, _ = FITS["nearest_neighbours"](features, labels, features[:9], labels[:9], settings)
    assert np.mean(predict(features[:900]) == labels[:900]) > 0.95


NETWORK = {"hidden": 16, "epochs": 12, "batch": 16, "learning_rate": 0.01, "patience": 3}


def blobs():
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(10, 20)).astype(np.float32)
    labels = np.arange(600, dtype=np.uint8) % 10
    features = (centres[labels] + rng.normal(0, 0.8, (600, 20))).astype(np.float32)
    return features[:400], labels[:400], features[400:], labels[400:]


def test_a_network_learns_stops_early_and_keeps_its_best_weights(tmp_path):
    settings = {**NETWORK, "epochs": 200}
    trained = train(*blobs(), settings, classes=10, seed=0, checkpoint=tmp_path / "c.pt")
    losses = trained.curves["validation_loss"]
    assert len(losses) == trained.epoch + settings["patience"] < 200
    assert min(losses) == losses[trained.epoch - 1]
    _, _, held, held_labels = blobs()
    accuracy = np.mean(trained.predict(held) == held_labels)
    assert accuracy == pytest.approx(trained.curves["validation_accuracy"][trained.epoch - 1])
    assert accuracy > 0.9


# Sleeps after each epoch, so that there is time to kill it.
SLOW_TRAINING = """
import sys, time
sys.path[:0] = {paths!r}
import torch
from oscillator_field.readout import network
from tests.unit.test_readout import NETWORK, blobs
save = torch.save
torch.save = lambda *arguments: (save(*arguments), time.sleep(0.3))
network.train(*blobs(), NETWORK, classes=10, seed=7, checkpoint=sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [1, 4])
def test_training_that_was_killed_goes_on_to_the_same_bits(tmp_path, epochs):
    checkpoint = tmp_path / "killed.pt"
    program = SLOW_TRAINING.format(paths=[str(ROOT / "src"), str(ROOT)])
    with subprocess.Popen([sys.executable, "-c", program, str(checkpoint)], stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if checkpoint.exists():
                done = len(torch.load(checkpoint, weights_only=True)["curves"]["training_loss"])
                if done >= epochs:
                    break
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    assert epochs <= done < NETWORK["epochs"]
    resumed = train(*blobs(), NETWORK, classes=10, seed=7, checkpoint=checkpoint)
    undisturbed = train(*blobs(), NETWORK, classes=10, seed=7, checkpoint=tmp_path / "other.pt")
    assert resumed.curves == undisturbed.curves
    for name, values in resumed.model.state_dict().items():
        assert torch.equal(values, undisturbed.model.state_dict()[name]), name


def test_a_checkpoint_of_another_training_is_not_gone_on_from(tmp_path):
    checkpoint = tmp_path / "c.pt"
    train(*blobs(), NETWORK, classes=10, seed=1, checkpoint=checkpoint)
    train(*blobs(), NETWORK, classes=10, seed=2, checkpoint=checkpoint, code="other")
    trained = train(*blobs(), NETWORK, classes=10, seed=2, checkpoint=checkpoint)
    assert trained.curves == train(*blobs(), NETWORK, classes=10, seed=2, checkpoint=tmp_path / "other.pt").curves


@pytest.mark.slow
@pytest.mark.parametrize("classifier", [*FITS, "network"])
def test_at_the_start_the_field_says_nothing_and_nothing_is_learnt(stores, tmp_path, classifier):
    write_predictions(
        tmp_path / "p.zarr",
        Arm("field", PARAMETERS, 0),
        classifier,
        stores[0],
        {},
        settings={},
        repetitions=2,
        seed=0,
        validation_share=0.2,
        checkpoints=tmp_path / "checkpoints",
    )
    result = read_result(tmp_path / "p.zarr")
    assert (result.confusion > 0).any(axis=0).sum() <= 2  # one digit a repetition
    assert result.accuracy["test"].max() < 0.25


@pytest.mark.slow
def test_predictions_hold_all_that_the_results_say(stores, tmp_path):
    images, fields = stores
    arms = [Arm("pixels", {}), Arm("field", PARAMETERS, 8)]
    settings = {**SETTINGS, "network": NETWORK}
    for arm in arms:
        for classifier in settings:
            write_predictions(
                tmp_path / f"{arm.name}-{classifier}.zarr",
                arm,
                classifier,
                images,
                fields if arm.kind == "field" else {},
                settings=settings[classifier],
                repetitions=2,
                seed=3,
                validation_share=0.2,
                checkpoints=tmp_path / "checkpoints",
            )
    assert not (tmp_path / "checkpoints").exists()
    paths = sorted(tmp_path.glob("*.zarr"))
    results = read_results(paths)
    assert len(results) == 8
    best = winner(results)
    assert best.validation == max(result.validation for result in results)
    for path in paths:
        opened, result = xr.open_zarr(path), read_result(path)
        by_hand = (opened["prediction"] == opened["label"]).mean("image").values
        assert np.allclose(by_hand[0], result.accuracy["test"])
        assert result.confusion.sum() == 2 * 50
        assert np.trace(result.confusion) == round(by_hand.sum() * 50)
        # A picture validates or trains, and its label is the one that the set has.
        at = opened["validation_image"].values
        assert np.array_equal(zarr.open_group(images["training"])["label"][...][at], opened["validation_label"].values)
        assert at.shape == (2, 20)
    rows = table(results)
    assert set(rows["classifier"]) == set(settings)
    assert rows["test"].between(0, 1).all()
    assert rows["step"].isna().sum() == 4


def test_a_run_of_the_field_is_what_a_digit_of_the_pipeline_is():
    run = Run.of(0, 0, PARAMETERS)
    assert run.parameters == {**DEFAULTS}

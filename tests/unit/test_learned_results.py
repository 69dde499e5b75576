"""Trained models stored, run as any other field, and judged."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from oscillator_field import open_history
from oscillator_field.figures.pages.learned import write_learned_page
from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import fetch
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.learning.arms import SIZES, STORE, Model
from oscillator_field.learning.evaluation import accuracy_under, calibration, evaluate_field
from oscillator_field.learning.fitting import Pictures, train_field
from oscillator_field.learning.history import courses, outputs_of, simulate_learned_runs
from oscillator_field.learning.results import by_arm, read_evaluation, table, trainings
from oscillator_field.learning.weights import read_field, read_weights, write_weights
from oscillator_field.named_run import Run
from oscillator_field.parameters import EncodingParameters
from oscillator_field.readout.images import read_images
from oscillator_field.readout.images_writing import write_images
from tests.support.learning import SETTINGS, course_apart, some_pictures
from tests.support.pictures import as_picture, fetched_sample
from tests.support.projects import ROOT


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Some bundled digits, a field trained on them for two epochs, and what it says of tests."""
    folder = tmp_path_factory.mktemp("learning")
    digits = fetched_sample(folder, 300, 60)
    images = {name: folder / f"{name}.zarr" for name in ("training", "test", "test+gaussian_noise=0.5")}
    for name, path in images.items():
        write_images(path, digits, name, seed=0, rotation=0, translation=0)
    models = {}
    for arm in ("learned", "pixels"):
        weights, evaluation = folder / arm / "weights.zarr", folder / arm / "evaluation.zarr"
        described = Model("standard", arm, 0)
        settings = {**SETTINGS, "epochs": 2}
        train_field(weights, images["training"], described, settings, checkpoint=folder / "checkpoint.pt")
        tests = {name: path for name, path in images.items() if name != "training"}
        evaluate_field(evaluation, weights, tests, attacked=30, strengths=[0.05, 0.2])
        models[arm] = weights, evaluation
    assert not (folder / "checkpoint.pt").exists()
    return images, models


def test_weights_come_back_as_they_were(stores, tmp_path):
    weights, _ = stores[1]["learned"]
    learned, model = read_field(weights)
    assert (learned.described, learned.shape) == (Model("standard", "learned", 0), (28, 28))
    assert learned.classes == tuple(map(str, range(10)))
    assert len(learned.curves["training_loss"]) == 2
    write_weights(
        tmp_path / "again.zarr",
        model,
        learned.described,
        shape=learned.shape,
        classes=learned.classes,
        curves={name: values.tolist() for name, values in learned.curves.items()},
        settings=learned.settings,
    )
    again = read_weights(tmp_path / "again.zarr").model.state_dict()
    assert all(torch.equal(values, again[name]) for name, values in model.state_dict().items())
    with xr.open_zarr(weights) as opened:
        assert opened["kernel"].dims == ("target_part", "source_part", "row", "column")
        assert opened["step_size"].attrs["units"] == "s"
    with pytest.raises(ValueError, match="holds pixels, which is no field"):
        read_field(stores[1]["pixels"][0])


def test_runs_of_a_learned_field_say_what_it_says(stores, tmp_path):
    """Test pictures through the workflow's own path: stored phases give the classes of training."""
    images, models = stores
    _, model = read_field(models["learned"][0])
    pixels, labels = read_images(images["test"])
    steps = model.size.steps
    runs = [Run.of(int(label), place, {"channels": 16, "steps": steps}) for place, label in enumerate(labels)]
    perturbations = [tmp_path / f"{run.perturbation}.zarr" for run in runs]
    for path, run, image in zip(perturbations, runs, pixels, strict=True):
        write_perturbation(path, as_picture(image), EncodingParameters(), {"digit": run.label})
    history = tmp_path / "history.zarr"
    simulate_learned_runs(runs, perturbations, models["learned"][0], history, every=3)
    opened = open_history(history)
    stored = np.asarray(opened["phase"][:])
    whole = courses(model, pixels, steps)
    kept = opened["step"][...]
    assert kept.tolist() == [3, 6, 8]
    # Pictures are computed one by one there, which moves the last bits.
    expected = whole.phase[kept].swapaxes(0, 1)
    assert np.abs(np.angle(np.exp(1j * (stored - expected)))).max() < 1e-3
    said = outputs_of(model, stored[:, -1]).argmax(axis=1)
    assert (said == whole.outputs.argmax(axis=1)).mean() >= 0.999
    # Every step counts, those between frames too.
    turned = np.abs(np.angle(np.exp(1j * np.diff(whole.phase, axis=0)))) > 0.00035
    counts = np.add.reduceat(turned.astype(int), [0, 3, 6], axis=0).swapaxes(0, 1)
    assert (np.asarray(opened["spikes"][:]) != counts).mean() < 1e-3
    assert np.asarray(opened["pixel"][:]).shape == (60, 14, 14)
    assert opened.attributes["source"]["learned"] == "standard-learned-0"
    # One that is run alone has the same bits.
    simulate_learned_runs(runs[7:8], perturbations[7:8], models["learned"][0], tmp_path / "alone.zarr", every=3)
    alone = open_history(tmp_path / "alone.zarr")
    for name in ("phase", "spikes", "input_phase", "initial_phase", "final_input_phase"):
        assert np.array_equal(alone[name][0], opened[name][7]), name
    wrong = tmp_path / "wrong" / f"{runs[0].perturbation}.zarr"
    write_perturbation(wrong, as_picture(pixels[0, :20]), EncodingParameters(), {"digit": 0})
    with pytest.raises(ValueError, match=r"is for pictures of \(28, 28\) pixels, and these have \(20, 28\)"):
        simulate_learned_runs(runs[:1], [wrong], models["learned"][0], tmp_path / "wrong.zarr")


@pytest.mark.parametrize("size", SIZES)
def test_the_fields_that_come_with_the_project_read_the_sample(tmp_path, size):
    sample = tmp_path / "sample"
    sample.mkdir()
    fetch(sample, IdxSource("mnist", BUNDLED), origin={})
    images = tmp_path / "test.zarr"
    write_images(images, sample, "test")
    folder = ROOT / "resources" / "examples" / "learned" / f"{size}-learned-0"
    learned, model = read_field(folder / STORE)
    assert learned.described.name == folder.name
    pixels, labels = read_images(images)
    said = courses(model, pixels, model.size.steps).outputs.argmax(axis=1)
    assert len(labels) == 1000
    assert (said == labels).mean() > 0.98
    few = pixels[::100]
    expected = np.angle(course_apart(model, few, model.size.steps)).transpose(0, 1, 3, 4, 2)
    away = np.abs(np.angle(np.exp(1j * (courses(model, few, model.size.steps).phase - expected))))
    # Where an input is nearly zero, roundings decide more.
    assert away.max() < 1e-3
    assert np.quantile(away, 0.9) < 1e-6
    assert sum(path.stat().st_size for path in folder.parent.rglob("*") if path.is_file()) < 500_000


@pytest.mark.parametrize("sizes", [{"standard": {"channels": 8}}, {"standard": {"steps": 9}}, {}], ids=str)
def test_weights_of_another_make_are_refused(stores, monkeypatch, sizes):
    weights, _ = stores[1]["learned"]
    own = SIZES["standard"]
    monkeypatch.delitem(SIZES, "standard")
    for name, other in sizes.items():
        monkeypatch.setitem(SIZES, name, replace(own, **other))
    with pytest.raises(ValueError, match="holds no weights that a model of this version has"):
        read_weights(weights)


def test_evaluations_say_what_the_model_says(stores):
    images, models = stores
    one = read_evaluation(*models["learned"])
    pixels, labels = read_images(images["test"])
    model = one.learned.model
    said = courses(model, pixels, model.size.steps).outputs.argmax(axis=1)
    assert one.accuracy["test"] == (said == labels).mean()
    share = torch.from_numpy(courses(model, pixels, model.size.steps).outputs).double().softmax(dim=1).numpy()
    sure, right = share.max(axis=1), said == labels
    bins = [np.floor(sure * 15) == number for number in range(15)]
    error = sum(abs(right[one].mean() - sure[one].mean()) * one.mean() for one in bins if one.any())
    assert one.calibration_error == pytest.approx(error)
    assert one.confusion.sum() == 60
    assert np.trace(one.confusion) == (said == labels).sum()
    assert list(one.accuracy) == ["validation", "test", "test+gaussian_noise=0.5"]
    trained = list(one.over_steps["steps"]).index(model.size.steps)
    assert one.over_steps["accuracy"][trained] == one.accuracy["test"]
    assert len(one.over_steps["steps"]) == 4 * model.size.steps + 1
    assert list(one.attacks) == [(kind, strength) for kind in ("fgsm", "pgd") for strength in (0.05, 0.2)]
    # Gradients through all steps lead somewhere.
    for kind in ("fgsm", "pgd"):
        assert one.attacks[kind, 0.2] < 0.5 * one.accuracy["test"]
    rows = table([one, read_evaluation(*models["pixels"])])
    assert list(rows["arm"]) == ["learned", "pixels"]
    assert list(rows["seeds"]) == [1, 1]
    twice = trainings([one, one])
    assert list(twice["seed"]) == [0, 0]
    for name in ("accuracy", "energy"):
        assert twice[f"{name} after 2 times the steps"][0] == one.over_steps[name][2 * model.size.steps]
    assert list(by_arm([one, one])) == [("standard", "learned")]
    assert read_evaluation(*models["pixels"]).over_steps == {}
    with pytest.raises(ValueError, match="is of another model than"):
        read_evaluation(models["learned"][0], models["pixels"][1])


@pytest.mark.parametrize(
    ("epochs", "said"), [(2, "as many epochs;"), (9, "at most as many epochs (standard pixels stop")]
)
def test_the_page_says_which_arms_stopped_before_the_others(stores, tmp_path, epochs, said):
    images, models = stores
    full, pixels = (read_evaluation(*models[arm]) for arm in ("learned", "pixels"))
    stopped = replace(pixels, learned=replace(pixels.learned, settings={**SETTINGS, "epochs": epochs}))
    page = tmp_path / "learned.html"
    write_learned_page(page, [full, stopped], images["test"], plotlyjs="shared", shared=["plotly.js"])
    assert f"All arms had the same pictures and movements, and {said}" in page.read_text()


def test_calibration_of_known_outputs():
    # Two thirds sure and right in half of the cases; quite sure and always right.
    outputs = torch.tensor([[np.log(2), 0.0]] * 4 + [[20.0, 0.0]] * 2)
    confidence, right, count = calibration(outputs, torch.tensor([0, 0, 1, 1, 0, 0]))
    assert count.sum() == 6
    assert count[-1] == 2
    assert count[10] == 4
    assert confidence[10] == pytest.approx(2 / 3)
    assert right[10] == 0.5
    assert confidence[-1] == pytest.approx(1)
    assert right[-1] == 1


def test_attacks_move_no_pixel_further_than_they_say():
    seen = []

    class Watched(torch.nn.Linear):
        def forward(self, pictures):
            seen.append(pictures.detach().clone())
            return super().forward(pictures.flatten(1))

    torch.manual_seed(0)
    model = Watched(144, 3).requires_grad_(False)
    images = some_pictures(20).images
    # What it says is right, so that it has something to lose.
    grey = Pictures(images, np.zeros(20, np.uint8)).grey(slice(None))
    pictures = Pictures(images, model(grey).argmax(dim=1).numpy())
    for kind, steps in (("fgsm", 1), ("pgd", 10)):
        seen.clear()
        under = accuracy_under(model, pictures, kind, 0.3)
        moved = seen[-1]
        assert len(seen) == steps + 1
        assert (moved - grey).abs().max() == pytest.approx(0.3)
        assert moved.min() >= 0
        assert moved.max() <= 1
        # Of a linear model the sign of the gradient is the worst direction: losses only grow.
        assert under < 0.5
    with pytest.raises(ValueError, match="allowed: fgsm, pgd"):
        accuracy_under(model, pictures, "cw", 0.1)

"""Fields that learn: steps against a version written apart, training that goes on, what is stored and measured."""

import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import torch
import xarray as xr

from oscillator_field import open_history
from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import fetch, make_sample
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.learning import fitting
from oscillator_field.learning.arms import ARMS, SIZES, Model, models
from oscillator_field.learning.augment import Augmentation, augmented
from oscillator_field.learning.controls import model_of, multiplications, parameters
from oscillator_field.learning.evaluation import accuracy_under, calibration, evaluate_field, over_steps
from oscillator_field.learning.fitting import Pictures, fit, train_field
from oscillator_field.learning.history import courses, simulate_learned_runs
from oscillator_field.learning.model import LearnedField, StridedDrive
from oscillator_field.learning.results import by_arm, read_evaluation, table, trainings
from oscillator_field.learning.weights import read_field, read_weights, write_weights
from oscillator_field.named_run import Run
from oscillator_field.parameters import EncodingParameters
from oscillator_field.readout.images import read_images, write_images
from oscillator_field.training import Examples, Rule, train
from tests.support.pictures import as_picture
from tests.support.projects import ROOT

SETTINGS = {
    "epochs": 3,
    "unmoved_share": 0.34,
    "batch": 64,
    "learning_rate": 0.01,
    "weight_decay": 1e-4,
    "largest_gradient": 1.0,
    "patience": 3,
    "validation_share": 0.2,
    "rotation": 12,
    "scale": 0.1,
    "shift": 2,
}


@pytest.fixture(autouse=True)
def _seeded():
    """Layers that torch draws by itself are the same in each run of the tests."""
    torch.manual_seed(0)


def course_apart(model, pictures, steps):
    """The course of a learned field in complex numbers of double precision, site by site: `(frame, picture, ...)`."""
    state = {name: values.detach().double().numpy() for name, values in model.state_dict().items()}
    channels, kernel = model.size.channels, state["kernel"]
    reach = model.size.kernel // 2
    if isinstance(model.drive, StridedDrive):
        weight, stride = state["drive.convolution.weight"][:, 0], model.size.stride
        wide = np.pad(pictures / 255, ((0, 0), (stride, stride), (stride, stride)))
        windows = np.lib.stride_tricks.sliding_window_view(wide, weight.shape[1:], axis=(1, 2))[:, ::stride, ::stride]
        parts = np.einsum("nyxab,cab->ncyx", windows, weight)
        mean, variance, scale, offset = (
            state[f"drive.norm.{name}"][:, None, None] for name in ("running_mean", "running_var", "weight", "bias")
        )
        parts = (parts - mean) / np.sqrt(variance + 1e-5) * scale + offset
        c = parts[:, :channels] + 1j * parts[:, channels:]
    else:
        phase = state["drive.arc"][:, None, None] * (pictures[:, None] / 255) + state["drive.offset"][:, None, None]
        c = np.exp(1j * phase)
    omega = np.zeros((channels, channels))
    omega[np.triu_indices(channels, 1)] = state["upper_omega"]
    omega -= omega.T
    z = c / np.abs(c)
    frames = [z]
    for _ in range(steps):
        wide = np.pad(z, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
        force = np.einsum("ab,nbyx->nayx", omega, z) + state["strength"][:, None, None] * c
        for row in range(2 * reach + 1):
            for column in range(2 * reach + 1):
                seen = wide[:, :, row : row + z.shape[2], column : column + z.shape[3]]
                both = np.concatenate([seen.real, seen.imag], axis=1)
                pulled = np.einsum("ab,nbyx->nayx", kernel[:, :, row, column], both)
                force += pulled[:, :channels] + 1j * pulled[:, channels:]
        turn = state["step_size"] * ((np.conj(z) * force).imag + state["frequency"][:, None, None])
        z = z + turn * 1j * z
        z /= np.abs(z)
        frames.append(z)
    return np.stack(frames)


def some_pictures(count=40, side=12, classes=3, seed=0):
    """Bars at a place that tells the class, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count).astype(np.uint8)
    images = rng.integers(0, 60, (count, side, side)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + 3 * label : 4 + 3 * label, 2:-2] = 250
    return Pictures(images, labels)


def some_field(size="small", side=12, seed=3):
    """A learned field with couplings that matter."""
    model = model_of(Model(size, "learned", seed), side, side, 3)
    with torch.no_grad():
        for name in ("kernel", "upper_omega", "frequency", "strength"):
            values = getattr(model, name)
            values.copy_(torch.randn(values.shape, generator=torch.Generator().manual_seed(len(name))) * 0.15)
    return model.eval()


@pytest.mark.parametrize("size", SIZES)
def test_steps_are_those_of_the_model_in_double_precision(size):
    pictures = some_pictures(5).images
    model = some_field(size)
    steps = model.size.steps + 3  # beyond those that were learned, too
    found = courses(model, pictures, steps).phase
    expected = np.angle(course_apart(model, pictures, steps)).transpose(0, 1, 3, 4, 2)
    exact = courses(model.double(), pictures, steps).phase
    assert np.ptp(expected[-1] - expected[0]) > 1
    # Roundings grow from step to step, and an input near zero is normalised with the small number of `normalised`.
    for course, most, usual in ((exact, 1e-6, 1e-8), (found, 1e-3, 1e-5)):
        assert course.shape == expected.shape
        away = np.abs(np.angle(np.exp(1j * (course - expected))))
        assert away.max() < most
        assert np.quantile(away, 0.9) < usual


@pytest.mark.parametrize("size", SIZES)
def test_gradients_go_through_all_steps(size):
    model = some_field(size).double()
    pictures = some_pictures(3)
    inputs, targets = pictures.grey(slice(None)).double(), pictures.targets

    def loss():
        return torch.nn.functional.cross_entropy(model(inputs), targets)

    loss().backward()
    rng = np.random.default_rng(1)
    for name, values in model.named_parameters():
        assert values.grad is not None, name
        flat, gradient = values.data.view(-1), values.grad.view(-1)
        for place in rng.integers(0, len(flat), 2):
            before, each = flat[place].item(), []
            for change in (1e-6, -1e-6):
                flat[place] = before + change
                each.append(loss().item())
            flat[place] = before
            assert gradient[place].item() == pytest.approx((each[0] - each[1]) / 2e-6, rel=1e-4, abs=1e-8), name


def test_sites_stay_on_the_circle_over_many_steps():
    model = some_field(side=3)
    with torch.inference_mode():
        model.frequency.copy_(torch.tensor([0.03, 0.4, 1.1, 5.0]))
        *_, last = model.states(model.drive(torch.rand(2, 1, 3, 3)), 20_000)
    real, imaginary = last.chunk(2, dim=1)
    assert (real.square() + imaginary.square()).sub(1).abs().max() < 1e-6


def test_the_notebook_step_is_the_untrained_one():
    """With the notebook's couplings a small step is one of the engines, to its first order."""
    from oscillator_field import FieldParameters, simulate

    model = LearnedField(SIZES["small"], 9, 11, 3).eval()
    model.as_notebook()
    with torch.no_grad():
        model.step_size.fill_(0.001)
    images = np.random.default_rng(5).integers(0, 256, (2, 9, 11)).astype(np.uint8)
    found = courses(model, images, 4)
    history = simulate(
        found.input_phase,
        initial_phase=found.input_phase,
        omega=model.omega().detach().numpy() / 0.12,
        parameters=FieldParameters(delta_t=0.001, evolve_input=False),
        steps=4,
        engine="torch",
    )
    moved = found.phase[4] - found.phase[0]
    away = np.angle(np.exp(1j * (found.phase[4] - history.phase[:, 3])))
    assert np.abs(np.angle(np.exp(1j * moved))).max() > 1e-3
    assert np.abs(away).max() < 5e-6


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_learns_what_it_says(arm, size):
    model = model_of(Model(size, arm, 0), 12, 12, 3)
    before = {name: values.clone() for name, values in model.named_parameters()}
    pictures = some_pictures(64)
    optimiser = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=0.1)
    torch.nn.functional.cross_entropy(model(pictures.grey(slice(None))), pictures.targets).backward()
    optimiser.step()
    changed = {name.split(".")[0] for name, values in model.named_parameters() if not torch.equal(values, before[name])}
    field = {"kernel", "upper_omega", "frequency", "strength", "step_size", "drive", "readout"}
    expected = {
        "learned": field,
        "no_steps": {"drive", "readout"},
        "frozen_kernel": field - {"kernel", "upper_omega"},
        "no_omega": field - {"upper_omega", "frequency"},
        "untrained": {"readout"},
        "recurrent_convolution": {"drive", "layers", "step_size", "readout"},
        "deep_convolution": {"drive", "layers", "readout"},
        "shallow_convolution": {"drive", "layers", "readout"},
        "pixels": {"linear"},
    }[arm]
    assert changed == expected
    if arm == "no_omega":
        assert not model.omega().any()
        assert not model.frequency.any()


@pytest.mark.parametrize("size", SIZES)
def test_controls_are_as_large_as_they_say(size):
    learned = parameters(model_of(Model(size, "learned", 0), 28, 28, 10))
    assert learned <= 40_000
    count = {arm: multiplications(Model(size, arm, 0), 28, 28, 10) for arm in ARMS}
    alike = parameters(model_of(Model(size, "recurrent_convolution", 0), 28, 28, 10))
    assert alike == pytest.approx(learned, rel=0.01)
    assert parameters(model_of(Model(size, "shallow_convolution", 0), 28, 28, 10)) == pytest.approx(learned, rel=0.01)
    assert count["recurrent_convolution"] == count["deep_convolution"] == count["learned"]
    one = SIZES[size]
    height, width = one.lattice(28, 28)
    steps = one.steps * (2 * one.channels * one.kernel) ** 2 * height * width
    assert count["learned"] - count["no_steps"] == steps


@pytest.mark.parametrize("size", SIZES)
def test_no_steps_read_what_a_field_begins_with(size):
    control, field = (model_of(Model(size, arm, 0), 12, 12, 3).eval() for arm in ("no_steps", "learned"))
    field.load_state_dict(control.state_dict(), strict=False)
    grey = some_pictures().grey(slice(None))
    with torch.inference_mode():
        begin = next(field.states(field.drive(grey), 0))
        assert torch.equal(control(grey), field.readout(begin))


def test_models_are_named_and_drawn_by_their_seed():
    named = models(["small"], ["learned", "pixels"], [0, 7])
    assert list(named) == ["small-learned-0", "small-learned-7", "small-pixels-0", "small-pixels-7"]
    first, again, other = (model_of(Model("small", "learned", seed), 12, 12, 3).kernel for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    with pytest.raises(ValueError, match=r"arm: 'pixel' is unknown"):
        model_of(Model("small", "pixel", 0), 12, 12, 3)


def test_pictures_are_moved_as_far_as_is_said():
    picture = torch.zeros(200, 1, 29, 21)
    picture[:, :, 12:17, 8:13] = 1
    generator = torch.Generator().manual_seed(0)
    still = augmented(picture, Augmentation(0, 0, 0), generator)
    assert torch.allclose(still, picture, atol=1e-5)
    moved = augmented(picture, Augmentation(0, 0, 2), generator)
    rows = (moved.sum(dim=3) * torch.arange(29)).sum(dim=(1, 2)) / moved.sum(dim=(1, 2, 3)) - 14
    columns = (moved.sum(dim=2) * torch.arange(21)).sum(dim=(1, 2)) / moved.sum(dim=(1, 2, 3)) - 10
    for shift in (rows, columns):
        assert 1.8 < shift.abs().max() <= 2.001
        assert abs(shift.mean()) < 0.3
    larger = augmented(picture, Augmentation(0, 0.5, 0), generator).sum(dim=(1, 2, 3))
    assert larger.max() > 25 * 1.9
    assert larger.min() < 25 * 0.4
    # A turn keeps its area where pictures are no squares.
    bar = torch.zeros(50, 1, 41, 21)
    bar[:, :, 18:23, 6:15] = 1
    turned = augmented(bar, Augmentation(90, 0, 0), generator)
    assert turned.sum(dim=(1, 2, 3)) == pytest.approx(torch.full((50,), 45.0), rel=0.06)


# --- training ----------------------------------------------------------------------------------------------------
TRAINS = """
import json, sys
from tests.unit.test_learning import trained
print(json.dumps(trained(sys.argv[1], epochs=int(sys.argv[2]))))
"""


def trained(checkpoint, epochs, identity="a", model=None):
    """A small training with everything that is random in it; its curves, and a digest of the bits of its weights."""
    model = model or model_of(Model("standard", "learned", 0), 12, 12, 3)
    settings = {**SETTINGS, "epochs": epochs, "patience": epochs}
    torch.set_num_threads(1)
    curves = fit(
        model, some_pictures(200), some_pictures(60, seed=1), settings, seed=4, checkpoint=checkpoint, identity=identity
    )
    return [curves, {name: sha256(values.numpy()).hexdigest() for name, values in model.state_dict().items()}]


@pytest.mark.parametrize("largest", [0.5, math.inf])
def test_long_gradients_are_scaled_down(tmp_path, largest):
    """One step of gradient descent at a rate of one moves the weights by the gradient."""
    model = torch.nn.Linear(4, 2)
    inputs, targets = torch.full((8, 4), 300.0), torch.zeros(8, dtype=torch.int64)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[-1.0], [1.0]]).expand(2, 4))
        model.bias.zero_()
    before = torch.cat([values.detach().flatten().clone() for values in model.parameters()])
    rule = Rule(torch.optim.SGD(model.parameters(), lr=1.0), 1, 1, largest_gradient=largest)
    examples = Examples(lambda chosen: inputs[chosen], targets, 8)
    train(model, lambda *_: [(inputs, targets)], examples, rule, seed=0, checkpoint=tmp_path / "c.pt", identity="a")
    after = torch.cat([values.detach().flatten() for values in model.parameters()])
    # Of two classes, four inputs of 300 and a bias.
    whole = math.sqrt(2 * (4 * 300**2 + 1))
    assert (after - before).norm().item() == pytest.approx(min(largest, whole), rel=1e-4)


@pytest.mark.slow
def test_killed_at_random_moments_training_ends_with_the_same_bits(tmp_path):
    begin, epochs = time.monotonic(), 60
    whole = trained(tmp_path / "whole.pt", epochs)
    an_epoch = (time.monotonic() - begin) / epochs
    seed = int(begin)
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    checkpoint = tmp_path / "killed.pt"
    command = [sys.executable, "-c", TRAINS, str(checkpoint), str(epochs)]
    for _ in range(5):
        before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as job:
            # Once it has come further, at any moment of the next epochs: in a step, or while a checkpoint is written.
            while job.poll() is None and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before):
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 3 * an_epoch))
            assert job.poll() is None, "it ended before it was killed"
            job.send_signal(signal.SIGKILL)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "going on after epoch" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads(json.dumps(whole))


def test_training_learns_and_goes_on_from_its_checkpoint(tmp_path):
    whole = trained(tmp_path / "whole.pt", epochs=4)
    curves = whole[0]
    assert curves["validation_accuracy"][-1] > 0.9
    assert curves["training_loss"][-1] < 0.5 * curves["training_loss"][0]
    # A finished training is not done again: this model cannot learn.
    spent = model_of(Model("standard", "learned", 0), 12, 12, 3)
    spent.forward = None
    assert trained(tmp_path / "whole.pt", epochs=4, model=spent) == whole
    # One of another identity is not gone on from.
    with pytest.raises(TypeError):
        trained(tmp_path / "whole.pt", epochs=4, identity="b", model=spent)


def test_a_training_of_one_step_is_refused(tmp_path):
    model = model_of(Model("small", "pixels", 0), 12, 12, 3)
    settings = {**SETTINGS, "epochs": 1}
    with pytest.raises(ValueError, match="1 epochs of 40 pictures in batches of 64 are one step"):
        fit(model, some_pictures(), some_pictures(), settings, seed=0, checkpoint=tmp_path / "a", identity="a")


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_left_out_at_random_differs_between_epochs_and_seeds(tmp_path, seed):
    def drawn(seed):
        class Watched(torch.nn.Linear):
            def forward(self, inputs):
                if self.training:
                    found.append(torch.rand(1).item())
                return super().forward(inputs)

        found = []
        model, inputs, targets = Watched(4, 2), torch.ones(8, 4), torch.zeros(8, dtype=torch.int64)
        rule = Rule(torch.optim.SGD(model.parameters(), lr=0.1), 3, 3)
        examples = Examples(lambda chosen: inputs[chosen], targets, 8)
        checkpoint = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}"
        train(model, lambda *_: [(inputs, targets)], examples, rule, seed=seed, checkpoint=checkpoint, identity="a")
        return found

    assert drawn(seed) == drawn(seed)
    assert len({*drawn(seed), *drawn(seed + 1)}) == 6


def test_training_stops_where_it_gets_no_better_and_keeps_the_best(tmp_path):
    """Each step makes it worse: its targets are the other class."""
    model, inputs = torch.nn.Linear(4, 2), torch.ones(8, 4)
    wrong, right = torch.ones(8, dtype=torch.int64), torch.zeros(8, dtype=torch.int64)
    kept = []

    def batches(generator, epoch):
        kept.append(model.weight.detach().clone())
        return [(inputs, wrong)]

    rule = Rule(torch.optim.SGD(model.parameters(), lr=0.1), 50, 4)
    examples = Examples(lambda chosen: inputs[chosen], right, 8)
    curves = train(model, batches, examples, rule, seed=0, checkpoint=tmp_path / "c.pt", identity="a")
    assert len(curves["validation_loss"]) == len(kept) == 5
    assert torch.equal(model.weight, kept[1])


def test_a_last_step_that_diverges_is_refused(tmp_path):
    """The loss of an epoch is that before its last step."""
    model, inputs, targets = torch.nn.Linear(4, 2), torch.full((8, 4), 100.0), torch.zeros(8, dtype=torch.int64)
    with torch.no_grad():
        model.weight.zero_()
    rule = Rule(torch.optim.SGD(model.parameters(), lr=1e38), 1, 1)
    examples = Examples(lambda chosen: inputs[chosen], targets, 8)
    with pytest.raises(ValueError, match="the loss is no number after epoch 1"):
        train(model, lambda *_: [(inputs, targets)], examples, rule, seed=0, checkpoint=tmp_path / "c", identity="a")


def test_a_loss_that_is_no_number_is_refused(tmp_path):
    model = model_of(Model("small", "pixels", 0), 12, 12, 3)
    settings = {**SETTINGS, "learning_rate": 1e30}
    with pytest.raises(ValueError, match=r"learning_rate .*: try a smaller one"):
        fit(model, some_pictures(), some_pictures(), settings, seed=0, checkpoint=tmp_path / "a", identity="a")


# --- stores ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Some bundled digits, a field trained on them for two epochs, and what it says of tests."""
    folder = tmp_path_factory.mktemp("learning")
    digits = folder / "mnist"
    digits.mkdir()
    make_sample(BUNDLED, folder / "sample", 300, 60)
    fetch(digits, IdxSource("mnist", folder / "sample"), origin={})
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
    learned, model = read_field(weights.parent)
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
        read_field(stores[1]["pixels"][0].parent)


def test_runs_of_a_learned_field_say_what_it_says(stores, tmp_path):
    """Test pictures through the workflow's own path: stored phases give the classes of training."""
    images, models = stores
    _, model = read_field(models["learned"][0].parent)
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
    state = torch.from_numpy(np.concatenate([part(stored[:, -1]) for part in (np.cos, np.sin)], axis=3))
    with torch.inference_mode():
        said = model.readout(state.permute(0, 3, 1, 2)).argmax(dim=1).numpy()
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
    learned, model = read_field(folder)
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


@pytest.mark.parametrize("other", [{"channels": 8}, {"steps": 9}], ids=str)
def test_weights_of_another_make_are_refused(stores, monkeypatch, other):
    weights, _ = stores[1]["learned"]
    monkeypatch.setitem(SIZES, "standard", replace(SIZES["standard"], **other))
    with pytest.raises(ValueError, match="holds other weights than standard-learned-0 has"):
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


def test_the_energy_falls_where_the_kernel_is_symmetric():
    model = some_field()
    with torch.no_grad():
        kernel = model.kernel
        kernel.copy_((kernel + kernel.transpose(0, 1).flip(2, 3)) / 2)
        model.upper_omega.zero_()
        model.frequency.zero_()
        model.step_size.fill_(0.02)
    steps, _, energy = over_steps(model, some_pictures(6))
    assert len(steps) == 41
    assert (np.diff(energy) < 0).all()


@pytest.mark.parametrize(("unmoved", "moved"), [(0, 3), (0.1, 3), (0.34, 2), (1, 0)])
def test_the_last_epochs_see_pictures_as_they_are(tmp_path, monkeypatch, unmoved, moved):
    calls = []

    def marked(pictures, augmentation, generator):
        calls.append(len(pictures))
        return augmented(pictures, augmentation, generator)

    monkeypatch.setattr(fitting, "augmented", marked)
    pictures = some_pictures(64)
    model = model_of(Model("small", "pixels", 0), 12, 12, 3)
    settings = {**SETTINGS, "unmoved_share": unmoved}
    fit(model, pictures, pictures, settings, seed=0, checkpoint=tmp_path / "a", identity="a")
    assert calls == [64] * moved

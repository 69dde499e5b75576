"""Training learned fields: moved pictures, checkpoints, jobs that are killed."""

import json
import signal
import subprocess
import sys
import time
from hashlib import sha256

import numpy as np
import pytest
import torch

from oscillator_field.learning import fitting
from oscillator_field.learning.arms import Model
from oscillator_field.learning.augment import Augmentation, augmented
from oscillator_field.learning.controls import model_of
from oscillator_field.learning.fitting import fit
from tests.support.learning import SETTINGS, some_pictures
from tests.support.projects import ROOT

TRAINS = """
import json, sys
from tests.unit.test_learned_training import trained
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


@pytest.mark.parametrize("unmoved", [0, 1])
def test_a_last_batch_of_one_picture_is_learned_from_too(tmp_path, unmoved):
    model = model_of(Model("standard", "learned", 0), 12, 12, 3)
    settings = {**SETTINGS, "epochs": 1, "batch": 8, "unmoved_share": unmoved}
    fit(model, some_pictures(17), some_pictures(9), settings, seed=0, checkpoint=tmp_path / "a", identity="a")


def test_a_training_of_one_step_is_refused(tmp_path):
    model = model_of(Model("small", "pixels", 0), 12, 12, 3)
    settings = {**SETTINGS, "epochs": 1}
    with pytest.raises(ValueError, match="1 epochs of 40 pictures in batches of 64 are one step"):
        fit(model, some_pictures(), some_pictures(), settings, seed=0, checkpoint=tmp_path / "a", identity="a")


def test_a_loss_that_is_no_number_is_refused(tmp_path):
    model = model_of(Model("small", "pixels", 0), 12, 12, 3)
    settings = {**SETTINGS, "learning_rate": 1e30}
    with pytest.raises(ValueError, match=r"learning_rate .*: try a smaller one"):
        fit(model, some_pictures(), some_pictures(), settings, seed=0, checkpoint=tmp_path / "a", identity="a")

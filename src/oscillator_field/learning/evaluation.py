"""What a trained model says of pictures that it has not seen, in evaluation.zarr.

    set, prediction                      (set), (set, image): of test pictures as they are and damaged
    label                                (image)
    confidence, right                    (bin): mean probability of what is said, and how often it is right; `count`
    steps, accuracy_after, energy_after  (steps): after fewer and more steps than in training; fields only
    attack, strength, accuracy_under     (attack)

Attacks move each pixel by at most the strength, along gradients through all steps (FGSM: Goodfellow and others 2015;
PGD: Madry and others 2018). The fields start as their input, so no start is drawn that one would have to average over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscillator_field.learning.arms import JUDGED_TOGETHER, MORE_STEPS
from oscillator_field.learning.controls import multiplications, parameters
from oscillator_field.learning.fitting import Pictures
from oscillator_field.learning.model import LearnedField
from oscillator_field.learning.weights import read_weights
from oscillator_field.logs import progress
from oscillator_field.ranges import slices
from oscillator_field.readout.images import read_images
from oscillator_field.stores.zarr_stores import add_coordinate, add_values, new_store

BINS = 15
ATTACKS = ("fgsm", "pgd")
# Steps of PGD, and the size of each as a share of the strength.
PGD_STEPS, PGD_SHARE = 10, 0.25


def evaluate_field(
    path: str | Path,
    weights: str | Path,
    images: Mapping[str, str | Path],
    *,
    attacked: int,
    strengths: Sequence[float],
    threads: int = 1,
) -> None:
    """Ask a trained model of all test pictures.

    Args:
        path: where the store belongs.
        weights: the store of the model.
        images: the store of each set of test pictures by its name; the first is the set as it is.
        attacked: so many of its pictures are attacked, spread evenly over the set.
        strengths: of the attacks, as shares of white.
        threads: of torch.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged.
    """
    torch.set_num_threads(threads)
    learned = read_weights(weights)
    learns = parameters(learned.model)
    model = learned.model.requires_grad_(False)
    sets = {name: Pictures(*read_images(store)) for name, store in images.items()}
    plain = next(iter(sets.values()))
    outputs = {}
    with progress(total=len(sets), unit="set") as bar:
        for name, pictures in sets.items():
            outputs[name] = pictures.examples().outputs(model)
            bar.update()
    first = next(iter(outputs.values()))
    said = {name: each.argmax(dim=1).numpy().astype(np.uint8) for name, each in outputs.items()}
    confidence, right, count = calibration(first, plain.targets)
    # Spread over the set: its pictures may be in the order of their classes.
    chosen = np.linspace(0, len(plain.labels) - 1, min(attacked, len(plain.labels))).astype(int)
    some = Pictures(plain.images[chosen], plain.labels[chosen])
    kinds = [(kind, strength) for kind in ATTACKS for strength in strengths]
    under = [accuracy_under(model, some, kind, strength) for kind, strength in kinds]
    rows, columns = learned.shape
    attributes = {
        "model": vars(learned.described),
        "parameters": learns,
        "multiplications": multiplications(learned.described, rows, columns, len(learned.classes)),
        "attacked": len(some.labels),
    }
    with new_store(path, title="What a learned field says", attributes=attributes, libraries=["torch"]) as group:
        add_coordinate(group, "set", ("set",), np.array(list(sets)), long_name="set of test pictures")
        add_values(group, "prediction", ("set", "image"), np.stack(list(said.values())), long_name="class that is said")
        add_values(group, "label", ("image",), plain.labels, long_name="number of the class")
        add_values(group, "confidence", ("bin",), confidence, long_name="mean probability of what is said", units="1")
        add_values(group, "right", ("bin",), right, long_name="share of the pictures that are said right", units="1")
        add_values(group, "count", ("bin",), count, long_name="pictures", units="1")
        if isinstance(model, LearnedField):
            steps, accuracy, energy = over_steps(model, plain)
            add_coordinate(group, "steps", ("steps",), steps, long_name="steps before the readout", units="1")
            add_values(group, "accuracy_after", ("steps",), accuracy, long_name="accuracy on test pictures", units="1")
            add_values(group, "energy_after", ("steps",), energy, long_name="mean energy of a site", units="1/s")
        add_coordinate(group, "attack", ("attack",), np.array([kind for kind, _ in kinds]), long_name="kind of attack")
        by = np.array([strength for _, strength in kinds])
        add_coordinate(group, "strength", ("attack",), by, long_name="largest change, of white", units="1")
        add_values(group, "accuracy_under", ("attack",), np.array(under), long_name="accuracy on attacked pictures")


def calibration(outputs: Tensor, targets: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Mean confidence, accuracy and number of the pictures in each of BINS bins of confidence; 0 where there are none.

    Args:
        outputs: `(picture, class)`.
        targets: `(picture,)`.
    """
    confidence, said = (each.numpy() for each in outputs.double().softmax(dim=1).max(dim=1))
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, each, BINS) for each in (confidence, (said == targets.numpy()).astype(float))]
    mean, right = (each / np.maximum(count, 1) for each in sums)
    return mean, right, count


def over_steps(
    model: LearnedField, pictures: Pictures
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and mean energy after each number of steps up to the most of MORE_STEPS."""
    most = round(max(MORE_STEPS) * model.size.steps)
    right, energy = np.zeros(most + 1), np.zeros(most + 1)
    targets = pictures.targets
    with torch.inference_mode(), progress(total=len(targets), unit="picture") as bar:
        for chosen in slices(len(targets), JUDGED_TOGETHER):
            c = model.drive(pictures.grey(chosen))
            for step, z in enumerate(model.states(c, most)):
                right[step] += (model.readout(z).argmax(dim=1) == targets[chosen]).sum().item()
                energy[step] += model.energy(z, c).double().sum().item()
            bar.update(len(targets[chosen]))
    return np.arange(most + 1), right / len(targets), energy / len(targets)


def accuracy_under(model: nn.Module, pictures: Pictures, kind: str, strength: float) -> float:
    """Accuracy on pictures that an attack has changed, each pixel by at most a share of white.

    Args:
        kind: one of ATTACKS.

    Raises:
        ValueError: no such attack.
    """
    if kind not in ATTACKS:
        raise ValueError(f"attack: {kind!r} is unknown (allowed: {', '.join(ATTACKS)})")
    steps, size = (1, strength) if kind == "fgsm" else (PGD_STEPS, PGD_SHARE * strength)
    right, targets = 0, pictures.targets
    for chosen in slices(len(targets), JUDGED_TOGETHER):
        grey = pictures.grey(chosen)
        moved = grey
        for _ in range(steps):
            moved = moved.detach().requires_grad_()
            loss = functional.cross_entropy(model(moved), targets[chosen], reduction="sum")
            (gradient,) = torch.autograd.grad(loss, moved)
            moved = torch.clamp(moved.detach() + size * gradient.sign(), grey - strength, grey + strength).clamp(0, 1)
        with torch.inference_mode():
            right += int((model(moved).argmax(dim=1) == targets[chosen]).sum())
    return right / len(targets)

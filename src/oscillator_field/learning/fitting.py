"""A model trained on a set of pictures: AdamW over one cycle of rates, pictures moved at random, weights in a store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oscillator_field import training
from oscillator_field.devices import gpu_at_hand
from oscillator_field.learning.arms import JUDGED_TOGETHER, SIZES, Model, steps_of_training
from oscillator_field.learning.augment import Augmentation, augmented
from oscillator_field.learning.controls import model_of
from oscillator_field.learning.weights import write_weights
from oscillator_field.readout.images import read_classes, read_images, split
from oscillator_field.training import Examples, Rule

WHITE = 255
# Of AdamW; the cycle moves the first. The second forgets soon, as gradients through many steps change fast.
BETAS = (0.9, 0.99)


@dataclass(frozen=True)
class Pictures:
    """Pictures and their labels, on the machine's memory.

    Attributes:
        images: uint8 `(picture, row, column)`.
        labels: `(picture,)`.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def grey(self, chosen: NDArray[np.int64] | slice, device: torch.device | str = "cpu") -> Tensor:
        """Some of the pictures as grey levels from 0 to 1, `(picture, 1, row, column)`."""
        return torch.from_numpy(self.images[chosen][:, np.newaxis]).to(device).float() / WHITE

    @property
    def targets(self) -> Tensor:
        """Their labels, for a loss."""
        return torch.from_numpy(self.labels.astype(np.int64))

    def examples(self, device: torch.device | str = "cpu") -> Examples:
        """All of them, to be judged."""
        return Examples(lambda chosen: self.grey(chosen, device), self.targets, JUDGED_TOGETHER)


def train_field(
    path: str | Path,
    images: str | Path,
    described: Model,
    settings: Mapping[str, Any],
    *,
    checkpoint: str | Path,
    code: str = "",
    threads: int = 1,
    device: str = "cpu",
) -> None:
    """Train a model and write its best weights; the checkpoint is removed when they are there.

    Args:
        path: where the store of weights belongs.
        images: the store of the training pictures, as `readout.images_writing` writes it.
        described: which model.
        settings: `epochs`, `unmoved_share`, `batch`, `learning_rate`, `weight_decay`, `patience`, `validation_share`,
            `rotation` (degree), `scale`, `shift` and `largest_gradient`, as the config describes them.
        checkpoint: file that is written after each epoch; training that was killed goes on from it.
        code: digest of the code that trains: a checkpoint of other code is not gone on from.
        threads: of torch.
        device: that trains: `cpu`, `cuda`, or `auto` for a GPU if torch has one.

    Raises:
        FileNotFoundError, ValueError: the pictures are missing or damaged, or the loss is no number.
        RuntimeError: the device is not there.
    """
    torch.set_num_threads(threads)
    # A node of a cluster may have a GPU that this job was not given.
    there = gpu_at_hand() and torch.cuda.is_available()
    if device == "cuda" and not there:
        raise RuntimeError(
            "device: 'cuda' was asked for, and this job has no GPU that torch finds (allowed: auto, cpu)"
        )
    device = "cuda" if there and device != "cpu" else "cpu"
    pixels, labels = read_images(images)
    classes = read_classes(images).names
    learn, validate = split(len(labels), settings["validation_share"], described.seed)
    learning, held = Pictures(pixels[learn], labels[learn]), Pictures(pixels[validate], labels[validate])
    rows, columns = pixels.shape[1:]
    model = model_of(described, rows, columns, len(classes)).to(device)
    print(f"{described.name} on {device}, {threads} threads, {len(learn)} pictures, {len(validate)} to validate")
    curves = fit(
        model,
        learning,
        held,
        settings,
        seed=described.seed,
        checkpoint=checkpoint,
        identity=_identity(described, settings, learning, held, [device, threads, code]),
        device=device,
    )
    write_weights(
        path,
        model,
        described,
        shape=(rows, columns),
        classes=classes,
        curves=curves,
        settings={**settings, "device": device},
    )
    Path(checkpoint).unlink(missing_ok=True)


def fit(
    model: nn.Module,
    learning: Pictures,
    held: Pictures,
    settings: Mapping[str, Any],
    *,
    seed: int,
    checkpoint: str | Path,
    identity: str,
    device: str = "cpu",
) -> dict[str, list[float]]:
    """Train a model on pictures; it then has its best weights. Arguments as for `train_field` and `training.train`.

    Returns:
        Of `training.CURVES`, one value an epoch.
    """
    augmentation = Augmentation(settings["rotation"], settings["scale"], settings["shift"])
    targets = learning.targets.to(device)

    def batches(generator: torch.Generator, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        moved = epoch <= settings["epochs"] - round(settings["unmoved_share"] * settings["epochs"])
        for chosen in torch.randperm(len(targets), generator=generator).split(settings["batch"]):
            pictures = learning.grey(chosen.numpy(), device)
            yield augmented(pictures, augmentation, generator) if moved else pictures, targets[chosen.to(device)]

    learned = [values for values in model.parameters() if values.requires_grad]
    optimiser = torch.optim.AdamW(
        learned, lr=settings["learning_rate"], betas=BETAS, weight_decay=settings["weight_decay"]
    )
    steps = steps_of_training(settings["epochs"], len(targets), settings["batch"])
    if steps < 2:
        raise ValueError(
            f"learning.epochs: {settings['epochs']} epochs of {len(targets)} pictures in batches of "
            f"{settings['batch']} are one step, which learns nothing (more epochs, or smaller batches)"
        )
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings["learning_rate"], total_steps=steps)
    return training.train(
        model,
        batches,
        held.examples(device),
        Rule(optimiser, settings["epochs"], settings["patience"], cycle, settings["largest_gradient"]),
        seed=seed,
        checkpoint=checkpoint,
        identity=identity,
    )


def _identity(
    described: Model, settings: Mapping[str, Any], learning: Pictures, held: Pictures, where: list[Any]
) -> str:
    """What a training depends on, in a few characters."""
    facts = [described.name, SIZES[described.size].numbers, dict(settings), where, torch.__version__]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for values in (learning.images, learning.labels, held.images, held.labels):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()

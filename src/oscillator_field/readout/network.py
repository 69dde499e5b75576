"""A small network on the features, trained as the notebook meant to: Adam, early stopping, the best weights kept."""

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
from oscillator_field.training import Examples, Rule

# Pictures in a batch of predictions.
JUDGED_TOGETHER = 2000


@dataclass(frozen=True)
class Trained:
    """A network with its best weights.

    Attributes:
        model: the network.
        curves: of `training.CURVES`, one value an epoch; losses in nats.
        epoch: the best one, counted from 1.
    """

    model: nn.Module
    curves: dict[str, list[float]]
    epoch: int

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The label of each picture: `(image, feature)` to `(image,)`."""
        nothing = np.zeros(len(features), np.uint8)
        return _examples(features, nothing).outputs(self.model).argmax(dim=1).numpy().astype(np.uint8)


def train(
    features: NDArray[np.float32],
    labels: NDArray[np.uint8],
    validation: NDArray[np.float32],
    validation_labels: NDArray[np.uint8],
    settings: Mapping[str, Any],
    *,
    classes: int,
    seed: int,
    checkpoint: str | Path,
    code: str = "",
    threads: int = 1,
) -> Trained:
    """Train a network with one hidden layer of ReLU, or go on from a checkpoint of the same training.

    Args:
        features, labels: to train on, `(image, feature)` and `(image,)`.
        validation, validation_labels: to stop by.
        settings: `hidden`, `epochs`, `batch`, `learning_rate` and `patience` (epochs without a better validation loss).
        classes: how many labels there may be, from 0 on.
        seed: of the first weights and of the order of pictures.
        checkpoint: file that is written after each epoch; one of another training is not looked at.
        code: digest of the code that trains; a checkpoint of other code is not gone on from.
        threads: of torch.

    Raises:
        ValueError: the loss is no number.
    """
    torch.set_num_threads(threads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(features.shape[1], settings["hidden"]), nn.ReLU(), nn.Linear(settings["hidden"], classes)
        )
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels.astype(np.int64))

    def batches(generator: torch.Generator, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        for chosen in torch.randperm(len(inputs), generator=generator).split(settings["batch"]):
            yield inputs[chosen], targets[chosen]

    optimiser = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"])
    curves = training.train(
        model,
        batches,
        _examples(validation, validation_labels),
        Rule(optimiser, settings["epochs"], settings["patience"]),
        seed=seed,
        checkpoint=checkpoint,
        identity=_identity(features, labels, validation_labels, settings, seed, code),
    )
    return Trained(model, curves, training.best_epoch(curves))


def _examples(features: NDArray[np.float32], labels: NDArray[np.uint8]) -> Examples:
    return Examples(
        lambda chosen: torch.from_numpy(np.ascontiguousarray(features[chosen])),
        torch.from_numpy(labels.astype(np.int64)),
        JUDGED_TOGETHER,
    )


def _identity(
    features: NDArray[np.float32],
    labels: NDArray[np.uint8],
    validation_labels: NDArray[np.uint8],
    settings: Mapping[str, Any],
    seed: int,
    code: str,
) -> str:
    """What a training depends on, in a few characters."""
    digest = hashlib.sha256(json.dumps([dict(settings), seed, code, torch.__version__], sort_keys=True).encode())
    for values in (labels, validation_labels, np.array(features.shape), features[:: max(1, len(features) // 100)]):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()

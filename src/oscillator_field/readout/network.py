"""A small network on the features, trained as the notebook meant to: Adam, early stopping, the best weights kept.

A checkpoint is written after each epoch and holds all that training depends on, the state of the generator included:
training that was killed goes on from it and ends with the same bits, on the same kind of processor, as one that was
not.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from oscillator_field.logs import progress
from oscillator_field.stores.atomic import whole_file

# Pictures in a batch of predictions.
JUDGED_TOGETHER = 2000
CURVES = ("training_loss", "validation_loss", "validation_accuracy")


@dataclass(frozen=True)
class Trained:
    """A network with its best weights.

    Attributes:
        model: the network.
        curves: of CURVES, one value an epoch; losses in nats.
        epoch: the best one, counted from 1.
    """

    model: nn.Module
    curves: dict[str, list[float]]
    epoch: int

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The label of each picture: `(image, feature)` to `(image,)`."""
        return _outputs(self.model, features).argmax(dim=1).numpy().astype(np.uint8)


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
        threads: of torch.
    """
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(features.shape[1], settings["hidden"]), nn.ReLU(), nn.Linear(settings["hidden"], classes)
        )
    optimiser = torch.optim.Adam(model.parameters(), lr=settings["learning_rate"])
    identity = _identity(features, labels, validation_labels, settings, seed)
    state = _restore(Path(checkpoint), identity, model, optimiser, generator)
    curves, best = state["curves"], state["best"]
    inputs, targets = torch.from_numpy(features), torch.from_numpy(labels.astype(np.int64))
    validation_targets = torch.from_numpy(validation_labels.astype(np.int64))
    loss_of = nn.CrossEntropyLoss()
    with progress(total=settings["epochs"], initial=len(curves["training_loss"]), unit="epoch") as bar:
        while len(curves["training_loss"]) < settings["epochs"] and not _stalled(curves, settings["patience"]):
            total = 0.0
            order = torch.randperm(len(inputs), generator=generator)
            for chosen in order.split(settings["batch"]):
                optimiser.zero_grad()
                loss = loss_of(model(inputs[chosen]), targets[chosen])
                loss.backward()
                optimiser.step()
                total += loss.item() * len(chosen)
            outputs = _outputs(model, validation)
            if not math.isfinite(total):
                raise ValueError(
                    f"the loss is no number after epoch {len(curves['training_loss']) + 1} "
                    f"(learning_rate {settings['learning_rate']}: try a smaller one)"
                )
            curves["training_loss"].append(total / len(inputs))
            curves["validation_loss"].append(loss_of(outputs, validation_targets).item())
            curves["validation_accuracy"].append((outputs.argmax(dim=1) == validation_targets).double().mean().item())
            # Of equal losses the first one counts, here and in what is reported.
            if curves["validation_loss"].index(min(curves["validation_loss"])) == len(curves["validation_loss"]) - 1:
                best = {name: values.clone() for name, values in model.state_dict().items()}
            with whole_file(checkpoint) as path:
                torch.save(
                    {
                        "identity": identity,
                        "curves": curves,
                        "best": best,
                        "model": model.state_dict(),
                        "optimiser": optimiser.state_dict(),
                        "generator": generator.get_state(),
                    },
                    path,
                )
            bar.set_postfix(validation_accuracy=round(curves["validation_accuracy"][-1], 4))
            bar.update()
    model.load_state_dict(best)
    losses = curves["validation_loss"]
    return Trained(model, curves, 1 + min(range(len(losses)), key=losses.__getitem__))


def _restore(
    path: Path, identity: str, model: nn.Module, optimiser: torch.optim.Optimizer, generator: torch.Generator
) -> dict[str, Any]:
    """The curves and best weights so far, everything else being put back in place; empty ones without a checkpoint."""
    if path.exists():
        state = torch.load(path, weights_only=True)
        if state["identity"] == identity:
            model.load_state_dict(state["model"])
            optimiser.load_state_dict(state["optimiser"])
            generator.set_state(state["generator"])
            print(f"{path}: going on after epoch {len(state['curves']['training_loss'])}")
            return state
    return {"curves": {name: [] for name in CURVES}, "best": {}}


def _stalled(curves: Mapping[str, list[float]], patience: int) -> bool:
    """Whether the validation loss has not been better for some epochs."""
    losses = curves["validation_loss"]
    return len(losses) > patience and min(losses) < min(losses[-patience:], default=math.inf)


def _outputs(model: nn.Module, features: NDArray[np.float32]) -> torch.Tensor:
    model.eval()
    with torch.inference_mode():
        parts = [
            model(torch.from_numpy(np.ascontiguousarray(features[first : first + JUDGED_TOGETHER])))
            for first in range(0, len(features), JUDGED_TOGETHER)
        ]
    model.train()
    return torch.cat(parts)


def _identity(
    features: NDArray[np.float32],
    labels: NDArray[np.uint8],
    validation_labels: NDArray[np.uint8],
    settings: Mapping[str, Any],
    seed: int,
) -> str:
    """What a training depends on, in a few characters."""
    digest = hashlib.sha256(json.dumps([dict(settings), seed, torch.__version__], sort_keys=True).encode())
    for values in (labels, validation_labels, np.array(features.shape), features[:: max(1, len(features) // 100)]):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()

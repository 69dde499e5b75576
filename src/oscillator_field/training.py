"""The epochs of a training by gradient: progress, early stopping, the best weights kept, a checkpoint after each epoch.

A checkpoint holds all that training depends on, the states of generator and optimiser included: training that was
killed goes on from it and ends with the same bits, on the same kind of processor and number of threads, as one that was
not; on a GPU the last bits may differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from oscillator_field.logs import progress
from oscillator_field.ranges import slices
from oscillator_field.stores.atomic import whole_file

# Epochs between the streams of two seeds, of which a training has far fewer.
SEEDS_APART = 2**20
CURVES = ("training_loss", "validation_loss", "validation_accuracy")
# Gives the inputs and targets of an epoch, counted from 1, a batch at a time, in an order drawn from the generator.
Batches = Callable[[torch.Generator, int], Iterable[tuple[Tensor, Tensor]]]


@dataclass(frozen=True)
class Examples:
    """What a model is judged on.

    Attributes:
        inputs: gives those of some examples.
        targets: int64 `(example,)`, their classes.
        together: so many are judged at a time.
    """

    inputs: Callable[[slice], Tensor]
    targets: Tensor
    together: int

    def outputs(self, model: nn.Module) -> Tensor:
        """What a model says of all examples, `(example, class)`."""
        was_training = model.training
        model.eval()
        with torch.inference_mode():
            parts = [model(self.inputs(chosen)).cpu() for chosen in slices(len(self.targets), self.together)]
        model.train(was_training)
        return torch.cat(parts)


@dataclass(frozen=True)
class Rule:
    """How weights change, and when that ends.

    Attributes:
        optimiser: of the model's parameters.
        epochs: at most.
        patience: epochs without a better validation loss after which training ends.
        cycle: changes the optimiser's rates after each batch; None for constant ones.
        largest_gradient: the norm of all gradients that longer ones are scaled down to.
    """

    optimiser: torch.optim.Optimizer
    epochs: int
    patience: int
    cycle: torch.optim.lr_scheduler.LRScheduler | None = None
    largest_gradient: float = math.inf


def train(
    model: nn.Module,
    batches: Batches,
    validation: Examples,
    rule: Rule,
    *,
    seed: int,
    checkpoint: str | Path,
    identity: str,
) -> dict[str, list[float]]:
    """Train a model by cross entropy, or go on from a checkpoint of the same training; it then has its best weights.

    Args:
        model: gives outputs `(example, class)`.
        batches: what it learns from.
        validation: what it is stopped by.
        rule: how it learns.
        seed: of the generator that batches are drawn from, and of what layers leave out at random.
        checkpoint: file that is written after each epoch; one of another identity is not gone on from.
        identity: what the training depends on, in a few characters.

    Returns:
        Of CURVES, one value an epoch; losses in nats.

    Raises:
        ValueError: the loss is no number.
    """
    generator = torch.Generator().manual_seed(seed)
    parts: dict[str, Any] = {"model": model, "optimiser": rule.optimiser} | (
        {"cycle": rule.cycle} if rule.cycle else {}
    )
    state = _restored(Path(checkpoint), identity, parts, generator)
    curves, best = state["curves"], state["best"]
    losses = curves["validation_loss"]
    with progress(total=rule.epochs, initial=len(losses), unit="epoch") as bar:
        while len(losses) < rule.epochs and not _stalled(losses, rule.patience):
            # What a layer leaves out at random comes from torch's own generator.
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed * SEEDS_APART + len(losses))
                loss = _epoch(model, batches(generator, len(losses) + 1), rule)
            outputs = validation.outputs(model)
            validation_loss = functional.cross_entropy(outputs, validation.targets).item()
            # The last step of an epoch may be the one that diverges, which its own loss does not show.
            if not math.isfinite(loss + validation_loss):
                rate = rule.optimiser.defaults["lr"]
                raise ValueError(
                    f"the loss is no number after epoch {len(losses) + 1} (learning_rate {rate}: try a smaller one)"
                )
            curves["training_loss"].append(loss)
            losses.append(validation_loss)
            right = outputs.argmax(dim=1) == validation.targets
            curves["validation_accuracy"].append(right.double().mean().item())
            if best_epoch(curves) == len(losses):
                best = {name: values.clone() for name, values in model.state_dict().items()}
            with whole_file(checkpoint) as path:
                states = {name: part.state_dict() for name, part in parts.items()}
                kept = {"identity": identity, "curves": curves, "best": best, "generator": generator.get_state()}
                torch.save({**kept, **states}, path)
            bar.set_postfix(loss=round(loss, 4), validation_accuracy=round(curves["validation_accuracy"][-1], 4))
            bar.update()
    model.load_state_dict(best)
    return curves


def best_epoch(curves: Mapping[str, Sequence[float] | NDArray[np.float64]]) -> int:
    """The epoch whose weights are kept, counted from 1: of equal validation losses the first one counts."""
    losses = curves["validation_loss"]
    return 1 + min(range(len(losses)), key=losses.__getitem__)


def _epoch(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], rule: Rule) -> float:
    """All examples once; the mean loss."""
    model.train()
    total, count = 0.0, 0
    for inputs, targets in batches:
        rule.optimiser.zero_grad()
        loss = functional.cross_entropy(model(inputs), targets)
        loss.backward()
        if math.isfinite(rule.largest_gradient):
            nn.utils.clip_grad_norm_(model.parameters(), rule.largest_gradient)
        rule.optimiser.step()
        if rule.cycle:
            rule.cycle.step()
        total += loss.item() * len(targets)
        count += len(targets)
    return total / count


def _restored(path: Path, identity: str, parts: Mapping[str, Any], generator: torch.Generator) -> dict[str, Any]:
    """The curves and best weights so far, everything else being put back in place; empty ones without a checkpoint."""
    if path.exists():
        state = _checkpoint(path)
        if state.get("identity") == identity:
            for name, part in parts.items():
                part.load_state_dict(state[name])
            generator.set_state(state["generator"])
            print(f"{path}: going on after epoch {len(state['curves']['training_loss'])}")
            return state
        why = "is of other code, pictures, settings, device, threads or torch" if state else "is damaged"
        print(f"{path}: {why}; training begins anew")
    return {"curves": {name: [] for name in CURVES}, "best": {}}


def _checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint holds; nothing if it is damaged."""
    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    # What torch raises depends on where the file is cut or changed: nearly anything.
    except Exception:
        return {}


def _stalled(losses: list[float], patience: int) -> bool:
    """Whether the validation loss has not been better for some epochs."""
    return len(losses) > patience and min(losses) < min(losses[-patience:], default=math.inf)

"""The models of all arms: the learned field, the field with a part of it frozen, and networks without oscillators."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from oscillator_field.learning.arms import ARMS, FROZEN, SIZES, Model, Size
from oscillator_field.learning.gradients import coupled
from oscillator_field.learning.model import FIRST_STEP, LearnedField, Readout, drive_of, normalised

# Networks in place of it.
CONVOLUTIONS = ("shallow_convolution", "deep_convolution", "recurrent_convolution")


class Start(nn.Module):
    """The readout of where a field begins. Of the drive alone, nothing would be left that is not linear."""

    def __init__(self, size: Size, rows: int, columns: int, classes: int) -> None:
        super().__init__()
        self.drive = drive_of(size)
        self.readout = Readout(size, rows, columns, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """The outputs of the classes, `(picture, class)`."""
        outputs: Tensor = self.readout(normalised(self.drive(pictures)))
        return outputs


class Convolutions(nn.Module):
    """Steps of a convolution in place of the field's, between the same drive and the same readout.

    Args:
        size: as a field has it.
        rows, columns: of the pictures.
        classes: labels to tell apart.
        steps: how many.
        tied: whether all steps share one kernel, have a learned size and feel the input, as those of a field do.
    """

    def __init__(self, size: Size, rows: int, columns: int, classes: int, *, steps: int, tied: bool) -> None:
        super().__init__()
        self.drive = drive_of(size)
        width = 2 * size.channels
        self.layers = nn.ModuleList(
            _Convolution(width, width, size.kernel, padding=size.kernel // 2) for _ in range(1 if tied else steps)
        )
        self.steps = steps
        self.step_size = nn.Parameter(torch.tensor(FIRST_STEP)) if tied else None
        self.readout = Readout(size, rows, columns, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """The outputs of the classes, `(picture, class)`."""
        x = drive = self.drive(pictures)
        if self.step_size is None:
            for layer in self.layers:
                x = x + functional.relu(layer(x))
        else:
            for _ in range(self.steps):
                x = torch.tanh(x + self.step_size * (self.layers[0](x) + drive))
        outputs: Tensor = self.readout(x)
        return outputs


class _Convolution(nn.Conv2d):
    """With the gradients of the field's, which are the faster ones."""

    def forward(self, x: Tensor) -> Tensor:
        assert self.bias is not None
        return coupled(x, self.weight) + self.bias[:, None, None]


class Pixels(nn.Module):
    """A linear layer on the pixels."""

    def __init__(self, rows: int, columns: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(rows * columns, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """The outputs of the classes, `(picture, class)`."""
        outputs: Tensor = self.linear(pictures.flatten(1))
        return outputs


def model_of(described: Model, rows: int, columns: int, classes: int) -> nn.Module:
    """A model with its first weights, which its seed decides.

    Raises:
        ValueError: no such arm.
    """
    size, arm = SIZES[described.size], described.arm
    if arm not in ARMS:
        raise ValueError(f"arm: {arm!r} is unknown (allowed: {', '.join(ARMS)})")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(described.seed)
        if arm in FROZEN:
            return _field(arm, size, rows, columns, classes)
        if arm == "no_steps":
            return Start(size, rows, columns, classes)
        if arm == "pixels":
            return Pixels(rows, columns, classes)
        steps = 1 if arm == "shallow_convolution" else size.steps
        return Convolutions(size, rows, columns, classes, steps=steps, tied=arm == "recurrent_convolution")


def _field(arm: str, size: Size, rows: int, columns: int, classes: int) -> LearnedField:
    field = LearnedField(size, rows, columns, classes)
    if arm == "untrained":
        field.as_notebook()
    if arm == "no_omega":
        nn.init.zeros_(field.upper_omega)
    for name, values in field.named_parameters():
        values.requires_grad_(not name.startswith(FROZEN[arm]))
    return field


def parameters(model: nn.Module) -> int:
    """How many numbers a model learns."""
    return sum(values.numel() for values in model.parameters() if values.requires_grad)


def multiplications(described: Model, rows: int, columns: int, classes: int) -> int:
    """Multiplications of the convolutions and linear layers of a model, for one picture."""
    counted = 0

    def count(layer: nn.Module, given: tuple[Tensor, ...], result: Tensor) -> None:
        nonlocal counted
        if isinstance(layer, nn.Conv2d | nn.Linear):
            counted += layer.weight.numel() * (result[0, 0].numel() if result.ndim == 4 else 1)
        elif isinstance(layer, LearnedField):
            height, width = layer.size.lattice(rows, columns)
            counted += layer.size.steps * layer.kernel.numel() * height * width

    model = model_of(described, rows, columns, classes)
    for layer in model.modules():
        layer.register_forward_hook(count)
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 1, rows, columns))
    return counted

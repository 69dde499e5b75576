"""The course of learned fields: phases after each step, as `field.simulate` gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from oscillator_field.analysis.observables import circular_mean
from oscillator_field.learning.fitting import WHITE
from oscillator_field.learning.model import LearnedField


@dataclass(frozen=True)
class Courses:
    """The courses of a learned field over some pictures, in the precision of its weights.

    Attributes:
        phase: `(frame, picture, row, column, channel)`, rad, in (-pi, pi]: at the start and after each step.
        input_phase: `(picture, row, column, channel)`, rad.
        outputs: `(picture, class)`, of the readout after the last step.
    """

    phase: NDArray[np.float32]
    input_phase: NDArray[np.float32]
    outputs: NDArray[np.float32]

    @property
    def mean_phase(self) -> NDArray[np.float32]:
        """The circular mean over the channels, `(frame, picture, row, column)`, rad."""
        return circular_mean(self.phase)


def courses(model: LearnedField, images: NDArray[np.uint8], steps: int) -> Courses:
    """Let a learned field take some steps.

    Args:
        model: the field.
        images: uint8 `(picture, row, column)`.
        steps: how many; beyond those that were learned they are as large as the last.
    """
    with torch.inference_mode():
        c = model.drive(torch.from_numpy(images[:, np.newaxis]).to(model.kernel.dtype) / WHITE)
        states = list(model.states(c, steps))
        outputs = model.readout(states[-1])
    return Courses(np.stack([_phase(z) for z in states]), _phase(c), outputs.numpy())


def _phase(z: torch.Tensor) -> NDArray[np.float32]:
    """The phases of states or inputs `(picture, 2 * channel, row, column)`: `(picture, row, column, channel)`, rad."""
    real, imaginary = z.chunk(2, dim=1)
    return torch.atan2(imaginary, real).permute(0, 2, 3, 1).contiguous().numpy()

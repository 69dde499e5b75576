"""What is trained and compared, by name: the sizes of a learned field, and arms that each leave something out.

A model is named by size, arm and seed: `small-learned-0`, `standard-no_steps-2`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEARNED = "learned"
JOINT = "-"
# The store of what a model has learned, in the folder of its results.
STORE = "weights.zarr"


@dataclass(frozen=True)
class Size:
    """What a learned field is made of.

    Attributes:
        meaning: for people.
        channels: oscillators at each site of the lattice.
        kernel: pixels along a side of the coupling kernel, odd.
        steps: steps from the start to the readout.
        stride: pixels of the picture for one of the lattice; above 1, the input is a convolution of the picture.
        pooled: pixels of the lattice along a side that are read as one, their mean.
        dropout: share of what is read that is left out while training.
    """

    meaning: str
    channels: int
    kernel: int
    steps: int
    stride: int
    pooled: int
    dropout: float

    @property
    def numbers(self) -> dict[str, int | float]:
        """All that a field of this size computes with."""
        return {name: value for name, value in vars(self).items() if name != "meaning"}

    def lattice(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the lattice for pictures of so many."""
        return -(-rows // self.stride), -(-columns // self.stride)


SIZES = {
    "small": Size("as many pixels as the picture, 4 channels, kernel 5 x 5, 10 steps", 4, 5, 10, 1, 2, 0.0),
    "standard": Size("half the resolution, 16 channels, kernel 3 x 3, 8 steps", 16, 3, 8, 2, 2, 0.1),
}

# What each arm is, and what it tells beside the learned field.
ARMS = {
    LEARNED: "the field, all of it learned",
    "no_steps": "the start of the field, which is its input on the circle, and the readout alone",
    "frozen_kernel": "kernel and Omega frozen as they were drawn",
    "no_omega": "Omega and natural frequencies zero, whose part the kernel may take",
    "untrained": "the notebook's couplings, and in a lattice as large as the picture its encoding; only the readout "
    "learns (a strided drive is as it was drawn, but for its batch statistics)",
    "recurrent_convolution": "as many parameters and multiplications, no oscillators: tanh in place of the circle",
    "deep_convolution": "as many multiplications, a kernel of its own in each step, ReLU",
    "shallow_convolution": "as many parameters in one step, ReLU",
    "pixels": "a linear readout of the pixels",
}
# Of those that are a field, what an arm keeps as it is; all names that begin so.
FROZEN: dict[str, tuple[str, ...]] = {
    LEARNED: (),
    "frozen_kernel": ("kernel", "upper_omega"),
    "no_omega": ("upper_omega", "frequency"),
    "untrained": ("drive", "kernel", "upper_omega", "frequency", "strength", "step_size"),
}
# Those that are a lattice of oscillators.
FIELDS = tuple(FROZEN)
# Pictures that are judged together. States of more leave the cache of a core: by 500, `small` took 1.7 times as long.
JUDGED_TOGETHER = 125
# After so many times the steps of training a field is judged too.
MORE_STEPS = (1.5, 2, 4)


@dataclass(frozen=True)
class Model:
    """What one training makes.

    Attributes:
        size: one of SIZES.
        arm: one of ARMS.
        seed: of the first weights, the split of the pictures, their order and how they are moved.
    """

    size: str
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its results."""
        return JOINT.join([self.size, self.arm, str(self.seed)])


def models(sizes: Iterable[str], arms: Iterable[str], seeds: Iterable[int]) -> dict[str, Model]:
    """All models of a comparison, by name."""
    arms, seeds = list(arms), list(seeds)
    every = [Model(size, arm, seed) for size in sizes for arm in arms for seed in seeds]
    return {model.name: model for model in every}


def steps_of_training(epochs: int, pictures: int, batch: int) -> int:
    """How often weights change in a training on so many pictures."""
    return epochs * -(-pictures // batch)


def described_in(folder: str | Path) -> dict[str, Any]:
    """What the weights in a folder are of, read without any library: `model` and `shape`.

    Raises:
        FileNotFoundError, ValueError: there are none, or their metadata cannot be read.
    """
    text = (Path(folder) / STORE / "zarr.json").read_text(encoding="utf-8")
    attributes = json.loads(text)["attributes"]
    return {**attributes, "model": json.loads(attributes["model"])}

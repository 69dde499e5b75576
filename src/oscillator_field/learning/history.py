"""The course of learned fields: phases after each step, in memory, or in the store that every run has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oscillator_field.analysis.observables import circular_mean, wrapped
from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.field import Course, problem
from oscillator_field.learning.fitting import WHITE
from oscillator_field.learning.model import LearnedField
from oscillator_field.learning.weights import read_field
from oscillator_field.named_run import Run
from oscillator_field.parameters import EXACT
from oscillator_field.ranges import slices
from oscillator_field.simulation import Inputs, Opened, drive_of, read_inputs, store_history
from oscillator_field.stores.history_writing import frames_a_chunk


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
        steps: how many.
    """
    with torch.inference_mode():
        c = _input(model, images)
        states = list(model.states(c, steps))
        outputs = model.readout(states[-1])
    return Courses(np.stack([_phase(z) for z in states]), _phase(c), outputs.numpy())


def outputs_of(model: LearnedField, phase: NDArray[np.floating]) -> NDArray[np.float32]:
    """What the readout of a learned field says of phases, as a history stores them.

    Args:
        model: the field.
        phase: `(picture, row, column, channel)`, rad.

    Returns:
        Outputs of the classes, `(picture, class)`.
    """
    state = torch.from_numpy(np.concatenate([np.cos(phase), np.sin(phase)], axis=3)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        outputs: NDArray[np.float32] = model.readout(state).numpy()
    return outputs


def simulate_learned_runs(
    runs: Sequence[Run],
    perturbations: Sequence[str | Path],
    weights: str | Path,
    path: str | Path,
    *,
    every: int = 1,
    precision: str | float = EXACT,
    threads: int = 1,
) -> None:
    """Simulate runs of one learned field, and write their history.

    Args:
        runs, weights, every: as `open_learned_runs` takes them.
        perturbations: stores of the encoded pictures, as `simulation.read_inputs` takes them.
        path, precision, threads: as `simulation.store_history` takes them.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged, or holds no field for pictures of this size.
    """
    opened = open_learned_runs(runs, read_inputs(perturbations), weights, every=every)
    store_history(opened, path, precision=precision, threads=threads)


def open_learned_runs(runs: Sequence[Run], inputs: Inputs, weights: str | Path, *, every: int = 1) -> Opened:
    """Runs of one learned field, ready to be simulated: by one thread, run by run, so that bits depend on a run alone.

    Args:
        runs: what to simulate; of their parameters steps, time step and spike threshold count, and the picture.
        inputs: as `simulation.read_inputs` gives them; their pixels drive the field.
        weights: the store of the learned field.
        every: a frame is kept after every so many steps and after the last one.

    Raises:
        FileNotFoundError, ValueError: the weights are missing or damaged, or no field for pictures of this size.
    """
    torch.set_num_threads(1)
    learned, model = read_field(weights)
    model.requires_grad_(False)
    _, images, source = drive_of(runs, inputs)
    if images.shape[1:] != learned.shape:
        raise ValueError(f"{weights}: is for pictures of {learned.shape} pixels, and these have {images.shape[1:]}")
    # Picture by picture, as the steps are: the bits of a batch may depend on its length.
    c = np.concatenate([_phase(_input(model, images[one])) for one in slices(len(images), 1)])
    task = problem(
        c,
        initial_phase=c,
        omega=model.omega().numpy(),
        parameters=[run.field for run in runs],
        steps=runs[0].settings.steps,
        every=every,
    )
    course = Course("torch", "learned couplings", "torch", _pieces(model, images, task, frames_a_chunk(task)))
    stride = model.size.stride
    return Opened(
        runs,
        task,
        course,
        # Of a lattice with fewer pixels than the picture, those that its sites are at.
        pixels=images[:, ::stride, ::stride],
        source={**source, "learned": learned.described.name},
        made={"engine": course.engine, "device": "cpu", "every": every},
    )


def _pieces(model: LearnedField, images: NDArray[np.uint8], task: Problem, frames_a_piece: int) -> Iterator[Piece]:
    """The course of a learned field, as engines give it: one run after the other."""
    kept = task.kept_steps()
    intervals = np.diff(kept, prepend=0)
    last_frame = np.full(1, len(kept) - 1)
    for runs in slices(len(images), 1):
        threshold = task.parameters[runs.start].spike_threshold
        states = model.states(_input(model, images[runs]), int(kept[-1]))
        before = _phase(next(states))
        for frames in slices(len(kept), frames_a_piece):
            phase = np.empty((1, frames.stop - frames.start, *before.shape[1:]), np.float32)
            spikes = np.zeros(phase.shape, task.spike_type())
            for place, interval in enumerate(intervals[frames]):
                for _ in range(interval):
                    after = _phase(next(states))
                    spikes[:, place] += np.abs(wrapped(after - before)) > threshold
                    before = after
                phase[:, place] = before
            yield Piece(runs, frames, kept[frames], phase, spikes, task.input_phase[runs], last_frame)


def _input(model: LearnedField, images: NDArray[np.uint8]) -> Tensor:
    """The input of pictures `(picture, row, column)`, in the precision of the weights."""
    # A copy, as torch warns of arrays that cannot be written, and those of a file may be such.
    grey = torch.from_numpy(np.array(images[:, np.newaxis])).to(model.kernel.dtype) / WHITE
    drive: Tensor = model.drive(grey)
    return drive


def _phase(z: Tensor) -> NDArray[np.float32]:
    """The phases of states or inputs `(picture, 2 * channel, row, column)`: `(picture, row, column, channel)`, rad."""
    real, imaginary = z.chunk(2, dim=1)
    return torch.atan2(imaginary, real).permute(0, 2, 3, 1).contiguous().numpy()

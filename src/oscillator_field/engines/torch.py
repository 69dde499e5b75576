"""The reference engine: the model line by line in torch, batched over runs, on CPU or CUDA.

State and input are real tensors `(2, run, row, column, channel)`, the first axis being real and imaginary part.
Only operations that IEEE 754 rounds in one way (sum, product, quotient, square root) touch the state, one kernel
each: torch's complex product, matrix product and CPU arctangent round differently with the length of the batch
and the number of threads, and a run must not depend on those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from oscillator_field.engines.problem import EPSILON, Piece, Problem, angle, on_circle
from oscillator_field.parameters import FieldParameters
from oscillator_field.ranges import slices

Tensor = torch.Tensor
RUNS_A_GROUP = 256


def pieces(
    problem: Problem, *, frames_a_piece: int, threads: int | None = None, device: str = "auto"
) -> Iterator[Piece]:
    """Yield the course of the field, `frames_a_piece` frames of a group of runs at a time.

    Args:
        problem: what to simulate.
        frames_a_piece: frames in each piece (the last may be shorter).
        threads: CPU threads; None leaves torch's own choice.
        device: `cpu`, `cuda`, or `auto` for a GPU if torch finds one.

    Raises:
        RuntimeError: `cuda` was asked for and torch finds none.
    """
    target = _device(device)
    if threads is not None:
        torch.set_num_threads(threads)
    for runs in slices(len(problem.parameters), RUNS_A_GROUP):
        yield from _course(problem.part(runs), runs, frames_a_piece, target)


@torch.inference_mode()
def _course(problem: Problem, runs: slice, frames_a_piece: int, target: torch.device) -> Iterator[Piece]:
    """The pieces of one group of runs, in order."""
    step = _stepper(problem, target)
    z = _to_tensor(np.stack(on_circle(problem.initial_phase)), target)
    c = _to_tensor(np.stack(on_circle(problem.input_phase)), target)

    kept_steps = problem.kept_steps()
    done = 0
    for frames in slices(len(kept_steps), frames_a_piece):
        shape = (problem.initial_phase.shape[0], frames.stop - frames.start, *problem.initial_phase.shape[1:])
        phase = np.empty(shape, np.float32)
        spikes = np.empty(shape, problem.spike_type())
        for frame, last_step in enumerate(kept_steps[frames]):
            count = torch.zeros(z.shape[1:], dtype=torch.int32, device=target)
            for _ in range(done, last_step):
                z, c, spike = step(z, c)
                count += spike
            done = last_step
            phase[:, frame] = _phase(z)
            spikes[:, frame] = count.cpu().numpy()
        yield Piece(runs, frames, kept_steps[frames], phase, spikes, _phase(c))


def _stepper(problem: Problem, target: torch.device) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """One step of the model as a function of state and input, with the parameters of every run laid out."""

    def of_run(name: str, kind: torch.dtype = torch.float32) -> Tensor:
        values = [getattr(parameters, name) for parameters in problem.parameters]
        return torch.tensor(values, dtype=kind, device=target).reshape(-1, 1, 1, 1)

    parameter = {name: of_run(name) for name in FieldParameters.__dataclass_fields__ if name != "evolve_input"}
    evolve_input = of_run("evolve_input", torch.bool)
    omega = _to_tensor(problem.omega, target)
    delta_t, k_coupling, k_omega, k_bias = (parameter[name] for name in ("delta_t", "k_coupling", "k_omega", "k_bias"))

    def step(z: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        neighbours = _neighbour_sum(z)
        mixed = _mix(omega, z)
        z_next = _normalise(z + delta_t * (k_coupling * (neighbours - z) + k_omega * mixed + k_bias * (c - z)))
        spike = torch.abs(_angle_between(z_next, z)) > parameter["spike_threshold"]
        c_next = _normalise(c + delta_t * (parameter["input_rate"] * (z_next - c)))
        return z_next, torch.where(evolve_input, c_next, c), spike

    return step


def _neighbour_sum(z: Tensor) -> Tensor:
    """The sum over the six nearest sites; row, column and channel are the last three axes."""
    total = torch.zeros_like(z)
    for axis in (-3, -2, -1):
        length = z.shape[axis]
        if length > 1:
            total.narrow(axis, 1, length - 1).add_(z.narrow(axis, 0, length - 1))
            total.narrow(axis, 0, length - 1).add_(z.narrow(axis, 1, length - 1))
    return total


def _mix(omega: Tensor, z: Tensor) -> Tensor:
    """Omega @ z over the channels, summed in the order of the source channels."""
    mixed = torch.zeros_like(z)
    for source in range(z.shape[-1]):
        mixed += omega[:, None, None, :, source] * z[..., source, None]
    return mixed


def _normalise(x: Tensor) -> Tensor:
    return x / (torch.sqrt(x[0] * x[0] + x[1] * x[1]) + EPSILON)


def _angle_between(z_next: Tensor, z: Tensor) -> Tensor:
    """The angle of z_next * conj(z)."""
    real = z_next[0] * z[0] + z_next[1] * z[1]
    imaginary = z_next[1] * z[0] - z_next[0] * z[1]
    if real.is_cuda:
        return torch.atan2(imaginary, real)
    return torch.from_numpy(angle(imaginary.numpy(), real.numpy()))


def _phase(z: Tensor) -> np.ndarray:
    real, imaginary = z.cpu().numpy()
    return angle(imaginary, real)


def _to_tensor(values: np.ndarray, target: torch.device) -> Tensor:
    return torch.tensor(values, device=target)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("device: 'cuda' was asked for, but torch finds no usable GPU (allowed here: auto, cpu)")
    return torch.device(name)

"""The reference engine: the model line by line in torch, batched over runs, on CPU or CUDA.

State and input are real tensors `(2, run, row, column, channel)`, the first axis being real and imaginary part.
Only operations that IEEE 754 rounds in one way (sum, product, quotient, square root) touch the state, one kernel
each: torch's complex product, matrix product and CPU arctangent round differently with the length of the batch
and the number of threads, and a run must not depend on those. Jolts of the noise come from NumPy for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from oscillator_field.engines.neighbourhoods import (
    WEIGHT,
    half_widths,
    places,
    reach,
    taps_of_gaussian,
    weight_of_disc,
)
from oscillator_field.engines.noise import normal_numbers, turns_a_step
from oscillator_field.engines.problem import EPSILON, Piece, Problem, angle, on_circle
from oscillator_field.engines.settling import Settling
from oscillator_field.parameters import FieldParameters
from oscillator_field.ranges import slices

Tensor = torch.Tensor
RUNS_A_GROUP = 256
ROW, COLUMN, CHANNEL = -3, -2, -1
# Of the classical Runge-Kutta method: how far each stage goes, and how much each slope counts.
_REACHES, _WEIGHTS = (0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)


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
    for runs in problem.groups(RUNS_A_GROUP):
        yield from _course(problem.part(runs), runs, frames_a_piece, target)


@torch.inference_mode()
def _course(problem: Problem, runs: slice, frames_a_piece: int, target: torch.device) -> Iterator[Piece]:
    """The pieces of one group of runs, in order."""
    model = _Model(problem, target)
    z = _to_tensor(np.stack(on_circle(problem.initial_phase)), target)
    c = _to_tensor(np.stack(on_circle(problem.input_phase)), target)

    kept_steps = problem.kept_steps()
    settling = Settling(problem, slice(0, len(problem.parameters)))
    done = 0
    for frames in slices(len(kept_steps), frames_a_piece):
        shape = (problem.initial_phase.shape[0], frames.stop - frames.start, *problem.initial_phase.shape[1:])
        phase = np.empty(shape, np.float32)
        spikes = np.empty(shape, problem.spike_type())
        for frame, last_step in enumerate(kept_steps[frames]):
            count = torch.zeros(z.shape[1:], dtype=torch.int32, device=target)
            for step in range(done + 1, last_step + 1):
                model.begin(step)
                z_next, c = model.advance(z, c)
                count += torch.abs(_angle_between(z_next, z)) > model.spike_threshold
                z = z_next
            done = last_step
            phase[:, frame] = _phase(z)
            spikes[:, frame] = count.cpu().numpy()
            settling.look(frames.start + frame, spikes[:, frame], partial(_phase, c))
            if settling.all_ended():
                break
        piece = Piece(
            runs, frames, kept_steps[frames], phase, spikes, settling.inputs(_phase(c)), settling.last_frame.copy()
        )
        yield piece
        if piece.is_last:
            return


class _Model:
    """The model for runs whose terms are the same; each has parameters of its own."""

    def __init__(self, problem: Problem, target: torch.device) -> None:
        self._problem, self._target = problem, target
        self._terms = problem.terms_of(0)
        first = problem.parameters[0]
        self.delta_t, self._k_coupling, self._k_omega, self._k_bias, self._input_rate, self.spike_threshold = (
            self._of_runs([getattr(each, name) for each in problem.parameters])
            for name in ("delta_t", "k_coupling", "k_omega", "k_bias", "input_rate", "spike_threshold")
        )
        self._evolve_input = self._of_runs([each.evolve_input for each in problem.parameters], torch.bool)
        lag = np.array([each.phase_lag for each in problem.parameters])
        self._lag = self._of_runs(np.cos(lag)), self._of_runs(np.sin(lag))
        self._omega = _to_tensor(problem.omega, target)
        self._frequency = None if problem.frequency is None else _to_tensor(problem.frequency, target)
        self._neighbours = _neighbours(first, self._terms, problem.initial_phase.shape[1:3], target)
        self._jolt_turns = turns_a_step(problem.parameters).reshape(-1, 1, 1, 1)
        self._drive_steps = problem.drive_steps()
        self._driven: Tensor | None = None
        self._jolt: tuple[Tensor, Tensor] | None = None
        self.advance = {"euler": self._euler, "heun": self._heun, "rk4": self._rk4}[first.integrator]

    def _of_runs(self, values: object, kind: torch.dtype = torch.float32) -> Tensor:
        return torch.tensor(values, dtype=kind, device=self._target).reshape(-1, 1, 1, 1)

    def begin(self, step: int) -> None:
        """Make ready for a step: whether inputs act in it, and how far its noise turns each site."""
        if "drive window" in self._terms:
            first, last = self._drive_steps
            self._driven = self._of_runs((first <= step) & (step <= last), torch.bool)
        if "noise" in self._terms:
            numbers = normal_numbers(self._problem.seeds, step, *self._problem.initial_phase.shape[1:])
            turned = 2 * np.pi * self._jolt_turns * numbers
            cosine, sine = on_circle(turned)
            self._jolt = _to_tensor(cosine, self._target), _to_tensor(sine, self._target)

    def _pull(self, z: Tensor, c: Tensor) -> Tensor:
        """F."""
        neighbours = self._neighbours(z)
        if "lag" in self._terms:
            cosine, sine = self._lag
            neighbours = _turned(neighbours, cosine, -sine)
        mixed = _mix(self._omega, z)
        bias = self._k_bias * (c - z)
        if self._driven is not None:
            bias = torch.where(self._driven, bias, torch.zeros_like(bias))
        pull = self._k_coupling * (neighbours - z) + self._k_omega * mixed + bias
        if self._frequency is not None:
            pull = pull + self._frequency * _quarter_turn(z)
        return pull

    def _slopes(self, z: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The fields of state and input that are tangent to the circle."""
        of_state = _cross(z, self._pull(z, c)) * _quarter_turn(z)
        of_input = self._input_rate * _cross(c, z) * _quarter_turn(c)
        return of_state, torch.where(self._follows(), of_input, torch.zeros_like(of_input))

    def _follows(self) -> Tensor:
        return self._evolve_input if self._driven is None else self._evolve_input & self._driven

    def _jolted(self, z: Tensor) -> Tensor:
        return z if self._jolt is None else _turned(z, *self._jolt)

    def _ended(self, z: Tensor, c_next: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return _normalise(z), torch.where(self._follows(), _normalise(c_next), c)

    def _euler(self, z: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        z_next = _normalise(self._jolted(z + self.delta_t * self._pull(z, c)))
        c_next = _normalise(c + self.delta_t * (self._input_rate * (z_next - c)))
        return z_next, torch.where(self._follows(), c_next, c)

    def _heun(self, z: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        slope, slope_of_input = self._slopes(z, c)
        z_there = self._jolted(z + self.delta_t * slope)
        c_there = c + self.delta_t * slope_of_input
        there, there_of_input = self._slopes(z_there, c_there)
        # With noise, the slope there is one of the jolted state.
        half = 0.5 * self.delta_t
        z_next = self._jolted(z + half * slope) + half * there
        return self._ended(z_next, c + half * (slope_of_input + there_of_input), c)

    def _rk4(self, z: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        slopes = [self._slopes(z, c)]
        for reached in _REACHES:
            of_state, of_input = slopes[-1]
            part = reached * self.delta_t
            slopes.append(self._slopes(z + part * of_state, c + part * of_input))
        z_next, c_next = z, c
        for weight, (of_state, of_input) in zip(_WEIGHTS, slopes, strict=True):
            z_next, c_next = z_next + weight * self.delta_t * of_state, c_next + weight * self.delta_t * of_input
        return self._ended(z_next, c_next, c)


def _neighbours(
    parameters: FieldParameters, terms: frozenset[str], shape: tuple[int, ...], target: torch.device
) -> Callable[[Tensor], Tensor]:
    """The weighted sum over the neighbours of each site, as a function of the state."""
    boundary, radius = parameters.boundary, parameters.radius
    if "global" in terms:
        within = _of_channel
    elif "disc" in terms or "gaussian" in terms:
        beyond = reach(parameters.neighbourhood, radius)
        padded = partial(_padded, maps=[_to_tensor(places(length, beyond, boundary), target) for length in shape])
        sums = _sum_of_disc if "disc" in terms else _sum_of_gaussian

        def within(z: Tensor) -> Tensor:
            return sums(padded(z), z, radius)
    elif boundary == "open":

        def within(z: Tensor) -> Tensor:
            return _beside(torch.zeros_like(z), z, (ROW, COLUMN))
    else:
        around = partial(_padded, maps=[_to_tensor(places(length, 1, boundary), target) for length in shape])

        def within(z: Tensor) -> Tensor:
            wide, (rows, columns) = around(z), shape
            return (wide[:, :, :rows, 1:-1] + wide[:, :, 2:, 1:-1]) + (
                wide[:, :, 1:-1, :columns] + wide[:, :, 1:-1, 2:]
            )

    if "channels apart" in terms:
        return within
    return lambda z: _beside(within(z), z, (CHANNEL,))


def _beside(total: Tensor, z: Tensor, axes: tuple[int, ...]) -> Tensor:
    """A total, to which the sites on either side along some axes are added; 0 outside the lattice."""
    for axis in axes:
        length = z.shape[axis]
        if length > 1:
            total.narrow(axis, 1, length - 1).add_(z.narrow(axis, 0, length - 1))
            total.narrow(axis, 0, length - 1).add_(z.narrow(axis, 1, length - 1))
    return total


def _of_channel(z: Tensor) -> Tensor:
    """Four times the mean over the pixels of each channel, summed in one order whatever the batch."""
    of_columns = torch.zeros_like(z[:, :, 0], dtype=torch.float64)
    for row in range(z.shape[ROW]):
        of_columns += z[:, :, row]
    total = torch.zeros_like(of_columns[:, :, 0])
    for column in range(z.shape[COLUMN]):
        total += of_columns[:, :, column]
    mean = (WEIGHT / (z.shape[ROW] * z.shape[COLUMN]) * total).to(z.dtype)
    return mean[:, :, None, None].expand_as(z).clone()


def _padded(z: Tensor, maps: list[Tensor]) -> Tensor:
    """The state with what lies beyond its borders."""
    for axis, places_of_axis in zip((ROW, COLUMN), maps, strict=True):
        shape = [-1, 1, 1] if axis == ROW else [-1, 1]
        inside = (places_of_axis >= 0).reshape(shape)
        z = torch.where(inside, z.index_select(axis, places_of_axis.clamp(min=0)), torch.zeros((), device=z.device))
    return z


def _sum_of_disc(wide: Tensor, z: Tensor, radius: float) -> Tensor:
    rows, columns = z.shape[ROW], z.shape[COLUMN]
    widths = half_widths(radius).tolist()
    beyond = len(widths) // 2
    total = torch.zeros_like(z)
    for row, width in enumerate(widths):
        for column in range(beyond - width, beyond + width + 1):
            if (row, column) != (beyond, beyond):
                total += wide[:, :, row : row + rows, column : column + columns]
    return weight_of_disc(radius) * total


def _sum_of_gaussian(wide: Tensor, z: Tensor, radius: float) -> Tensor:
    rows, columns = z.shape[ROW], z.shape[COLUMN]
    taps, own = taps_of_gaussian(radius)
    of_rows = torch.zeros_like(wide[:, :, :, :columns])
    for place, tap in enumerate(taps.tolist()):
        of_rows += tap * wide[:, :, :, place : place + columns]
    total = -own * z
    for place, tap in enumerate(taps.tolist()):
        total += tap * of_rows[:, :, place : place + rows]
    return total


def _mix(omega: Tensor, z: Tensor) -> Tensor:
    """Omega @ z over the channels, summed in the order of the source channels."""
    mixed = torch.zeros_like(z)
    for source in range(z.shape[-1]):
        mixed += omega[:, None, None, :, source] * z[..., source, None]
    return mixed


def _quarter_turn(z: Tensor) -> Tensor:
    """i z."""
    return torch.stack([-z[1], z[0]])


def _turned(z: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """z (cosine + i sine)."""
    return torch.stack([z[0] * cosine - z[1] * sine, z[1] * cosine + z[0] * sine])


def _cross(one: Tensor, other: Tensor) -> Tensor:
    """Im(conj(one) other)."""
    return one[0] * other[1] - one[1] * other[0]


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

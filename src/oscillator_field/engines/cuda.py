"""The fast engine for NVIDIA GPUs: many runs at once, and histories that stream out while the field goes on.

A batch holds as many runs as the GPU's free memory allows. While the kernel computes one piece of a batch, the piece
before it travels to the host on a stream of its own, into page-locked memory, and the one before that is stored.
Every kernel is in `cuda_kernels`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from oscillator_field.engines.cuda_kernels import FEW_CHANNELS, THREADS_A_BLOCK, fits_on_chip, kernels
from oscillator_field.engines.noise import turns_a_step
from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.engines.step_constants import step_constants
from oscillator_field.ranges import slices

# The share of the GPU's free memory that a batch may take; the rest is for the driver and for other programs.
SHARE_OF_FREE = 0.8
# Page-locked memory of the host that the two pieces in transfer may take: no other program can use it.
HOST_BYTES = 2 * 2**30
# Runs of a batch: enough for the largest GPU, and few enough for a launch to stay below the limit of a watchdog.
MOST_RUNS = 4096
THREADS_IN_FLIGHT = 300_000  # on the largest GPUs


class UnusableGpuError(RuntimeError):
    """There is no GPU for this problem; the message says in a line why."""


def pieces(
    problem: Problem, *, frames_a_piece: int, threads: int | None = None, device: str = "auto"
) -> Iterator[Piece]:
    """Yield the course of the field, `frames_a_piece` frames of a batch of runs at a time.

    Args:
        problem: what to simulate.
        frames_a_piece: frames in each piece (the last of a batch may be shorter).
        threads: of no use here.
        device: `auto` or `cuda`; which GPU, where there are several, `CUDA_VISIBLE_DEVICES` says.

    Raises:
        UnusableGpuError: no GPU can be used, or its free memory is too small for a single run.
        RuntimeError: another device was asked for.
    """
    if device == "cpu":
        raise RuntimeError("device: 'cpu' was asked for, but the engine cuda runs on a GPU (allowed: auto, cuda)")
    runs_a_batch = check_gpu(problem, frames_a_piece)
    computing, copying = cuda.stream(), cuda.stream()
    slots: list[_Slot | None] = [None, None]
    before: tuple[_Slot, slice, slice] | None = None
    try:
        for number, (runs, frames, field) in enumerate(_schedule(problem, runs_a_batch, frames_a_piece, computing)):
            # The caller has asked for a later piece, so nobody reads this slot any more.
            slot = _taken(slots, number % 2, problem.part(runs), frames)
            field.advance(frames, slot.on_gpu)
            slot.computed.record(computing)
            slot.copy_out(copying)
            if before is not None:
                yield before[0].piece(problem, *before[1:])
            before = slot, runs, frames
        if before is not None:
            yield before[0].piece(problem, *before[1:])
    finally:
        # Wait for kernels and copies before memory is freed, however this ends.
        computing.synchronize()
        copying.synchronize()


def check_gpu(problem: Problem, frames_a_piece: int) -> int:
    """How many runs of a problem the GPU can take at once, when it has shown that it can compute at all.

    Raises:
        UnusableGpuError: no GPU can be used, or its free memory is too small for a single run.
    """
    if find_spec("numba_cuda") is None:
        raise UnusableGpuError("no usable GPU: the package numba-cuda is missing (pip install 'numba-cuda[cu13]')")
    try:
        # A whole trip through compiler, driver and GPU: whatever does not work shows here.
        phase = cuda.to_device(np.full((1, 1, 1), np.pi / 2, np.float32))
        state = cuda.device_array((1, 2, 1, 1), np.float32)
        kernels(1, 1, 1).to_circle[1, 1](phase, state)
        works = abs(state.copy_to_host()[0, 1, 0, 0] - 1) < 1e-6
        free = _free_bytes()
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(" :") or type(error).__name__
        raise UnusableGpuError(f"no usable GPU: {reason}") from error
    if not works:
        raise UnusableGpuError("no usable GPU: a trial gave a wrong result")
    runs = len(problem.parameters)
    of_run, of_slot = _bytes_of_run(problem, frames_a_piece)
    free -= _stack_bytes(problem.omega.shape[-1])
    needed = (of_run + 2 * of_slot) / SHARE_OF_FREE
    if free < needed:
        have, want = max(0, free) // 10**6, math.ceil(needed / 1e6)
        raise UnusableGpuError(f"too little memory on the GPU: {have} MB are free, one run needs {want} MB")
    most = min(free / needed, max(1, HOST_BYTES // (2 * of_slot)), MOST_RUNS, runs)
    # A power of two, as the chunks of a store have: then no chunk is written twice.
    return runs if most == runs else 2 ** int(math.log2(most))


def _free_bytes() -> float:
    return cuda.current_context().get_memory_info().free


def _bytes_of_run(problem: Problem, frames_a_piece: int) -> tuple[int, int]:
    """What a run takes on the GPU, and what its part of a piece takes there and again on the host."""
    sites = math.prod(problem.initial_phase.shape[1:])
    frames = min(frames_a_piece, len(problem.kept_steps()))
    # Start phases, two states and counts, of this batch and the next; then frames, and the input.
    of_frequencies = 2 * 4 * sites * (problem.frequency is not None)
    return 2 * sites * 4 * (2 + 4 + 2 + 1) + of_frequencies, sites * (frames * (4 + problem.spike_type().itemsize) + 4)


def _stack_bytes(channels: int) -> int:
    """What the driver keeps for numbers of threads that find no place in registers: seven a channel."""
    return 0 if channels <= FEW_CHANNELS else 4 * 7 * channels * THREADS_IN_FLIGHT


class _Slot:
    """Room for one piece, on the GPU and page-locked on the host: frames, spikes and input phases."""

    def __init__(self, problem: Problem, frames: int) -> None:
        runs, rows, columns, channels = problem.initial_phase.shape
        self.runs, self.frames = runs, frames
        arrays = {
            "phase": ((runs, frames, rows * columns, channels), np.float32),
            "spikes": ((runs, frames, rows * columns, channels), problem.spike_type()),
            "input_phase": ((runs, rows * columns, channels), np.float32),
        }
        self.on_gpu = {name: cuda.device_array(shape, kind) for name, (shape, kind) in arrays.items()}
        self.on_host = {name: cuda.pinned_array(shape, kind) for name, (shape, kind) in arrays.items()}
        self.computed, self.copied = cuda.event(), cuda.event()

    def copy_out(self, stream: Any) -> None:
        """Start to copy to the host, once the piece is computed."""
        self.computed.wait(stream)
        for name, array in self.on_gpu.items():
            array.copy_to_host(self.on_host[name], stream=stream)
        self.copied.record(stream)

    def piece(self, problem: Problem, runs: slice, frames: slice) -> Piece:
        """The piece in this slot, when it has come."""
        self.copied.synchronize()
        count, sites = self.runs, problem.initial_phase.shape[1:]
        return Piece(
            runs,
            frames,
            problem.kept_steps()[frames],
            self.on_host["phase"].reshape(count, self.frames, *sites),
            self.on_host["spikes"].reshape(count, self.frames, *sites),
            self.on_host["input_phase"].reshape(count, *sites),
            np.full(count, len(problem.kept_steps()) - 1),
        )


def _taken(slots: list[_Slot | None], number: int, problem: Problem, frames: slice) -> _Slot:
    """The slot of a number, made anew only where it does not fit: page-locked memory takes long to get."""
    count, runs = frames.stop - frames.start, len(problem.parameters)
    slot = slots[number]
    if slot is None or (slot.runs, slot.frames) != (runs, count):
        # First let go of the old one.
        slot = slots[number] = None
        slot = slots[number] = _Slot(problem, count)
    return slot


def _schedule(
    problem: Problem, runs_a_batch: int, frames_a_piece: int, stream: Any
) -> Iterator[tuple[slice, slice, _Field]]:
    """What is computed one after the other: runs, frames, and the field that computes them."""
    for runs in problem.groups(runs_a_batch):
        field = _Field(problem.part(runs), stream)
        for frames in slices(len(problem.kept_steps()), frames_a_piece):
            yield runs, frames, field


def _frequencies(problem: Problem) -> NDArray[np.float32]:
    """How far each site turns by itself in a step, rad, `(run, channel, pixel)`; little where no site does."""
    if problem.frequency is None:
        return np.zeros((1, 1, 1), np.float32)
    runs, *_, channels = problem.frequency.shape
    delta_t = np.array([each.delta_t for each in problem.parameters]).reshape(-1, 1, 1)
    return np.ascontiguousarray(
        (delta_t * problem.frequency.reshape(runs, -1, channels).swapaxes(1, 2)).astype(np.float32)
    )


class _Field:
    """The state of a batch on the GPU, and the launches that bring it on."""

    def __init__(self, problem: Problem, stream: Any) -> None:
        runs, rows, columns, channels = problem.initial_phase.shape
        self.stream, self.runs, self.pixels = stream, runs, rows * columns
        self.kept_steps, self.done = problem.kept_steps(), 0
        self.on_chip = fits_on_chip(rows, columns, channels)
        self.kernels = kernels(rows, columns, channels, problem.terms_of(0))
        self.threads = min(THREADS_A_BLOCK, self.pixels)
        # Runs come first, since only this side of a grid may be long.
        self.pixel_grid = (runs, math.ceil(self.pixels / self.threads))
        self.z, self.c = self._on_circle(problem.initial_phase), self._on_circle(problem.input_phase)
        constants = step_constants(problem.parameters, problem.omega)
        # In the order of the columns that `cuda_kernels` names.
        jolts = (2 * np.pi * turns_a_step(problem.parameters)).astype(np.float32)
        settings = [constants.coupling, constants.bias, constants.cosine, constants.sine, constants.follow]
        settings += [constants.lag, jolts]
        self.settings = cuda.to_device(np.stack(settings, axis=1), stream=stream)
        self.weights = cuda.to_device(constants.weights, stream=stream)
        self.seeds = cuda.to_device(problem.seeds.astype(np.int64), stream=stream)
        self.frequencies = cuda.to_device(_frequencies(problem), stream=stream)
        self.last_steps = cuda.to_device(self.kept_steps, stream=stream)
        if not self.on_chip:
            self.z_next = cuda.device_array_like(self.z)
            self.counts = cuda.to_device(np.zeros((runs, channels, self.pixels), np.int32), stream=stream)
        # Wait until the arrays are on the GPU before the host frees them.
        stream.synchronize()

    def advance(self, frames: slice, into: dict[str, Any]) -> None:
        """Compute up to the last of some kept frames, and write these frames and the input after them."""
        if self.on_chip:
            self.kernels.whole_course[self.runs, self.pixels, self.stream](
                *(self.z, self.c, self.settings, self.weights, self.frequencies, self.seeds),
                *(self.done, self.last_steps, frames.start, into["phase"], into["spikes"]),
            )
        else:
            self._step_by_step(self.kept_steps[frames], into)
        self.done = int(self.kept_steps[frames][-1])
        self.kernels.write_input[self.pixel_grid, self.threads, self.stream](self.c, into["input_phase"])

    def _step_by_step(self, last_steps: NDArray[np.int64], into: dict[str, Any]) -> None:
        configuration = self.pixel_grid, self.threads, self.stream
        done = self.done
        for frame, last_step in enumerate(last_steps):
            for step in range(done + 1, last_step + 1):
                self.kernels.one_step[configuration](
                    *(self.z, self.z_next, self.c, self.counts),
                    *(self.settings, self.weights, self.frequencies, self.seeds, step),
                )
                self.z, self.z_next = self.z_next, self.z
            done = last_step
            self.kernels.write_frame[configuration](self.z, self.counts, frame, into["phase"], into["spikes"])

    def _on_circle(self, phase: NDArray[np.float32]) -> Any:
        """The state on the GPU that phases `(run, row, column, channel)` stand for."""
        channels = phase.shape[-1]
        given = cuda.to_device(phase.reshape(self.runs, self.pixels, channels), stream=self.stream)
        state = cuda.device_array((self.runs, 2, channels, self.pixels), np.float32)
        blocks = math.ceil(phase.size / THREADS_A_BLOCK)
        self.kernels.to_circle[blocks, THREADS_A_BLOCK, self.stream](given, state)
        return state

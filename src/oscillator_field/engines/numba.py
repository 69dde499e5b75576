"""The fast engine for CPUs: the model in compiled loops over sixteen lanes, which are in `numba_kernels`.

Runs are computed in groups. How a group lies in the lanes, a run in each or a run in all of them, is decided in
`numba_layouts`; either way each site goes through the same instructions, so its bits depend on its run alone.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.numba_layouts import groups_of, layouts_of
from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.engines.settling import Settling
from oscillator_field.ranges import slices


def pieces(
    problem: Problem, *, frames_a_piece: int, threads: int | None = None, device: str = "auto"
) -> Iterator[Piece]:
    """Yield the course of the field, `frames_a_piece` frames of a group of runs at a time.

    Args:
        problem: what to simulate.
        frames_a_piece: frames in each piece (the last of a group may be shorter).
        threads: groups that are computed at once, and threads for each of large lattices, if groups are few; None for
            one.
        device: `auto` or `cpu`.

    Raises:
        RuntimeError: another device was asked for.
    """
    if device == "cuda":
        raise RuntimeError("device: 'cuda' was asked for, but the engine numba runs on the CPU (allowed: auto, cpu)")
    groups = groups_of(problem)
    at_once = min(threads or 1, len(groups))
    for_each = (threads or 1) // at_once
    if at_once == 1:
        buffers = _Buffers(problem, groups, frames_a_piece)
        for group in groups:
            yield from _course(problem, group, frames_a_piece, for_each, lambda: buffers)
    else:
        yield from _side_by_side(problem, groups, frames_a_piece, at_once, for_each)


class _Buffers:
    """Room for the phases and spikes of a piece: `(run, frame, row, column * channel)`."""

    def __init__(self, problem: Problem, groups: list[slice], frames_a_piece: int) -> None:
        """For the largest of some groups."""
        runs = max(group.stop - group.start for group in groups)
        _, rows, columns, channels = problem.initial_phase.shape
        frames = min(frames_a_piece, len(problem.kept_steps()))
        shape = (runs, frames, rows, columns * channels)
        self.phase, self.spikes = np.empty(shape, np.float32), np.empty(shape, problem.spike_type())


class _GivenUpError(Exception):
    """Nobody wants further pieces."""


def _side_by_side(
    problem: Problem, groups: list[slice], frames_a_piece: int, at_once: int, threads: int
) -> Iterator[Piece]:
    """The pieces of several groups as they come, so many at once, each group in so many threads.

    A buffer for each thread and one more go round, so that the field goes on while a piece is stored, and memory
    stays bounded.
    """
    waiting: queue.SimpleQueue[slice] = queue.SimpleQueue()
    for group in groups:
        waiting.put(group)
    free: queue.SimpleQueue[_Buffers | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Piece, _Buffers] | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        taken: list[_Buffers] = []

        def take() -> _Buffers:
            buffers = free.get()
            if buffers is None:
                raise _GivenUpError
            taken.append(buffers)
            return buffers

        try:
            while True:
                for piece in _course(problem, waiting.get_nowait(), frames_a_piece, threads, take):
                    done.put((piece, taken.pop()))
        except queue.Empty:
            done.put(None)
        except BaseException as error:
            done.put(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(at_once)]
    for _ in range(len(workers) + 1):
        free.put(_Buffers(problem, groups, frames_a_piece))
    for worker in workers:
        worker.start()
    try:
        at_work = len(workers)
        while at_work:
            thing = done.get()
            if isinstance(thing, BaseException):
                raise thing
            if thing is None:
                at_work -= 1
                continue
            piece, buffers = thing
            yield piece
            free.put(buffers)
    finally:
        for _ in workers:
            free.put(None)
        for worker in workers:
            worker.join()


def _course(
    problem: Problem, group: slice, frames_a_piece: int, threads: int, take_buffers: Callable[[], _Buffers]
) -> Iterator[Piece]:
    """The pieces of one group, in order, each in the buffers that are taken for it."""
    runs = group.stop - group.start
    sites = problem.initial_phase.shape[1:]
    fields = layouts_of(problem, group, frames_a_piece, threads)
    kept_steps = problem.kept_steps()
    settling = Settling(problem, group)

    def inputs() -> NDArray[np.float32]:
        return np.concatenate([field.input_phase() for field in fields])

    for frames in slices(len(kept_steps), frames_a_piece):
        count = frames.stop - frames.start
        buffers = take_buffers()
        phase, counts = buffers.phase[:runs], buffers.spikes[:runs]
        for frame in settling.looks(frames):
            place = frame - frames.start
            for field in fields:
                if not settling.all_ended(field.runs):
                    field.advance(kept_steps[frames], place, phase[field.runs], counts[field.runs])
            settling.look(frame, counts[:, place], inputs)
            if settling.all_ended():
                break
        piece = Piece(
            group,
            frames,
            kept_steps[frames],
            phase[:, :count].reshape(runs, count, *sites),
            counts[:, :count].reshape(runs, count, *sites),
            settling.inputs(inputs()),
            settling.last_frame.copy(),
        )
        yield piece
        if piece.is_last:
            return

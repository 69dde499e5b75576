"""Threads that share the rows of one group of lanes: each computes a block of them, and all meet after each stage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.numba_kernels import COMPUTED, advance_rows_of, write_frame_of
from oscillator_field.engines.numba_lattice import EULER
from oscillator_field.engines.numba_surroundings import complete_of


def compute_frames_by_threads(
    threads: int, stages: Sequence[int], columns: int, channels: int, terms: int, bands: bool
) -> Callable[..., Any]:
    """What `numba_kernels.compute_frames_of` gives, with the same bits, by several threads.

    Its scratch has a row for each thread.
    """
    advance = [advance_rows_of(columns, channels, terms, stage) for stage in stages]
    complete, write_frame = complete_of(columns, channels, terms, bands), write_frame_of(columns, channels)

    def compute_frames(
        first: int,
        last: int,
        kept: NDArray[np.int64],
        states: tuple[NDArray[np.float32], ...],
        arrays: Any,
        scratch: NDArray[np.float32],
        phase: NDArray[np.float32],
        counts: NDArray[Any],
        whole: int,
    ) -> tuple[NDArray[np.float32], ...]:
        rows = len(arrays.spikes)
        complete(states[0], arrays.pulls, arrays.ground, whole)
        borders = [rows * thread // threads for thread in range(threads + 1)]
        meeting = threading.Barrier(threads)
        errors: list[BaseException] = []

        def work(thread: int) -> tuple[NDArray[np.float32], ...]:
            own, frame = states, int(np.searchsorted(kept, first + 1))
            for step in range(first + 1, last + 1):
                for stage, of_rows in zip(stages, advance, strict=True):
                    of_rows(borders[thread], borders[thread + 1], step, own, arrays, scratch[thread])
                    meeting.wait()
                    if thread == 0:
                        complete(own[COMPUTED[stage]], arrays.pulls, arrays.ground, whole)
                    if stage == EULER:
                        own = own[::-1]
                    if thread == 0 and stage == stages[-1] and step == kept[frame]:
                        write_frame(own[0], arrays.spikes, scratch[0], frame, phase, counts)
                    meeting.wait()
                frame += step == kept[frame]
            return own

        def work_beside(thread: int) -> None:
            try:
                work(thread)
            except threading.BrokenBarrierError:
                pass
            except BaseException as error:
                errors.append(error)
                meeting.abort()

        beside = [threading.Thread(target=work_beside, args=(thread,), daemon=True) for thread in range(1, threads)]
        for one in beside:
            one.start()
        try:
            return work(0)
        except threading.BrokenBarrierError:
            raise (errors[0] if errors else RuntimeError("a thread of the field has ended")) from None
        except BaseException:
            meeting.abort()
            raise
        finally:
            for one in beside:
                one.join()

    return compute_frames

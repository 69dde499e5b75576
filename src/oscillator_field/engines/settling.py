"""Which runs of a group have settled, frame by frame: from then on they are no longer computed, and have no frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.problem import Problem


class Settling:
    """Watches some runs of a problem whose terms are the same.

    A run ends with the first frame up to which at least the share `stop_when_settled` of its sites did not spike in a
    step, on average since the frame before, in all frames of a time of `settled_for`.

    Attributes:
        last_frame: int64 `(run,)`, the last frame of each run; the last of the problem while a run goes on.
    """

    def __init__(self, problem: Problem, runs: slice) -> None:
        frames = len(problem.kept_steps())
        self._watched = "settling" in problem.terms_of(runs.start)
        self._intervals = np.diff(problem.kept_steps(), prepend=0)
        share, seconds = problem.stop_when_settled[runs], problem.settled_for[runs]
        delta_t = np.array([each.delta_t for each in problem.parameters[runs]])
        # A site that spikes in a step counts once; less a rounding, as 0.3 s are 30 steps of 0.01 s.
        self._most_spikes = (1 - share) * problem.initial_phase[0].size + 1e-9
        self._steps_wanted = np.ceil(seconds / delta_t - 1e-9)
        self._steps_quiet = np.zeros(len(delta_t), np.int64)
        self._ended = np.zeros(len(delta_t), bool)
        self._inputs: NDArray[np.float32] | None = None
        self.last_frame = np.full(len(delta_t), frames - 1)

    def looks(self, frames: slice) -> range:
        """The frames of a piece after which to look: each, or the last alone where no run may end."""
        return range(frames.start if self._watched else frames.stop - 1, frames.stop)

    def look(self, frame: int, spikes: NDArray[np.unsignedinteger], inputs: Callable[[], NDArray[np.float32]]) -> None:
        """See which runs end with a frame.

        Args:
            frame: its index.
            spikes: `(run, ...)`, how often each site has spiked since the frame before.
            inputs: gives the input after it, `(run, row, column, channel)`, rad.
        """
        if not self._watched:
            return
        interval = self._intervals[frame]
        quiet = spikes.reshape(len(spikes), -1).sum(axis=1, dtype=np.int64) <= self._most_spikes * interval
        self._steps_quiet = np.where(quiet, self._steps_quiet + interval, 0)
        ends = ~self._ended & (self._steps_quiet >= self._steps_wanted)
        if ends.any():
            self.last_frame[ends] = frame
            self._ended |= ends
            at_end = inputs()
            self._inputs = at_end.copy() if self._inputs is None else self._inputs
            self._inputs[ends] = at_end[ends]

    def all_ended(self, runs: slice = slice(None)) -> bool:
        """Whether all of some runs have ended."""
        return bool(self._ended[runs].all())

    def inputs(self, now: NDArray[np.float32]) -> NDArray[np.float32]:
        """The input of each run after its last frame, or as it is now while the run goes on."""
        if self._inputs is None:
            return now
        return np.where(self._ended[:, np.newaxis, np.newaxis, np.newaxis], self._inputs, now)

"""What the views of the lattice share: the frames and runs of a history that they show, and the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscillator_field.figures.animation import Animation, Colours, Lattice, frame_texts, shared_seconds
from oscillator_field.figures.limits import frames_together
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.ranges import kept
from oscillator_field.stores.history import StoredHistory, last_frames


@dataclass(frozen=True)
class Shown:
    """The part of a history that a view shows. Where a run has ended before others, its last frame stays.

    Attributes:
        chosen: `(frame,)`, indices of frames.
        step: `(frame,)`, their steps.
        time: `(frame,)`, their times, s; `(run, frame)` where these differ.
        runs: how many, the first of the history.
        common: what they have in common.
        titles: of each run.
        remark: runs that are left out.
        thinned: frames that are left out.
        panels_a_run: how many panels each run has.
    """

    chosen: NDArray[np.int64]
    step: NDArray[np.int64]
    time: NDArray[np.float64]
    runs: int
    common: str
    titles: Sequence[str]
    remark: str
    thinned: str
    panels_a_run: int

    @classmethod
    def of(cls, history: StoredHistory, *, every: int, panels: int, panels_a_run: int = 1) -> Shown:
        """Every n-th frame and the last, of as many runs as there may be panels; fewer frames of large lattices."""
        rows, columns = history["phase"].shape[2:4]
        runs, remark = chosen_runs(history, panels)
        frames = int(last_frames(history)[:runs].max()) + 1
        together = min(panels, panels_a_run * history["run"].shape[0])
        fewer = math.ceil(len(kept(frames, every)) / frames_together(together, rows * columns))
        chosen = kept(frames, every * fewer) - 1
        step, time = history["step"][:][chosen], history["time"][:][..., chosen]
        thinned = f" (one of {fewer} frames)" if fewer > 1 else ""
        common, titles = run_titles(history, runs)
        return cls(chosen, step, time, runs, common, titles, remark, thinned, panels_a_run)

    def lattices(self, values: Sequence[NDArray[np.floating]]) -> tuple[Lattice, ...]:
        """A panel for each run, from its values `(frame, row, column)`."""
        return tuple(self.lattice(self.titles[run], each) for run, each in enumerate(values))

    def lattice(self, title: str, values: NDArray[np.floating]) -> Lattice:
        """A panel, from its values in all frames, or in those up to the end of its run."""
        return Lattice(title, values[np.minimum(np.arange(len(self.chosen)), len(values) - 1)].astype(np.float32))

    def animation(
        self,
        name: str,
        panels: tuple[Lattice, ...],
        colours: Colours,
        hover: str,
        *,
        remark: str | None = None,
        powers_of_ten: bool = False,
    ) -> Animation:
        """The animation of some panels, with rows downwards and columns to the right, in pixels."""
        return Animation(
            title=title_of(name, self.common, (self.remark if remark is None else remark) + self.thinned),
            panels=panels,
            steps=self.step,
            seconds=shared_seconds(self.time),
            frame_texts=tuple(frame_texts(self.step, self.time)),
            x_title="column (pixel)",
            y_title="row (pixel)",
            colours=colours,
            hover=f"row %{{y}}, column %{{x}}<br>{hover}<extra></extra>",
            powers_of_ten=powers_of_ten,
            panels_a_run=self.panels_a_run,
        )

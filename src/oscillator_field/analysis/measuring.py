"""Measure the runs of a job: from their history, or while they are simulated, with the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis.observed_runs import write_observables
from oscillator_field.analysis.observer import Measured, Observer
from oscillator_field.analysis.registry import OBSERVABLES
from oscillator_field.logs import progress
from oscillator_field.parameters import DEFAULTS, NOT_LEARNED, FieldParameters
from oscillator_field.ranges import kept, slices
from oscillator_field.runs import Runs, runs_at_once
from oscillator_field.simulation import Opened, open_runs, read_inputs, say_what_computes, shared_source
from oscillator_field.stores.history import StoredHistory, open_history, origin
from oscillator_field.stores.run_coordinates import described_runs


def measure(
    history_path: str | Path,
    path: str | Path,
    *,
    settled_share: float,
    every: int | None = None,
    observables: Sequence[str] | None = None,
) -> None:
    """Write the observables of every run of a history to a store of their own.

    Args:
        history_path: the history.
        path: where the store belongs.
        settled_share: a run has settled when fewer than this share of sites spike in a step, for good.
        every: steps between two frames that are measured, a multiple of those between two that are stored; the last
            frame of a run is measured too. None for all stored frames.
        observables: names of OBSERVABLES; None for all.

    Raises:
        FileNotFoundError, ValueError: the history is missing or damaged, or has no frames after such steps.
    """
    history = open_history(history_path)
    steps = history["step"][:]
    wanted = list(OBSERVABLES) if observables is None else observables
    frames = _measured_frames(history, steps, every)
    described = described_runs(history)
    _, _, *sites = history["phase"].shape
    write_observables(
        path,
        _measured_runs(history, steps, frames, described, wanted, settled_share),
        runs=len(described),
        sites=int(np.prod(sites)),
        steps=steps[frames],
        may_end=any(run.get("stop_when_settled", 0) > 0 for run in described),
        wanted=wanted,
        attributes={
            "history": origin(history),
            "measure": _described(settled_share, every, wanted),
        },
    )


def _described(settled_share: float, every: int | None, wanted: Sequence[str]) -> dict[str, Any]:
    of_all = set(wanted) == set(OBSERVABLES)
    return {
        "settled_share": settled_share,
        **({} if every is None else {"every": every}),
        **({} if of_all else {"observables": list(wanted)}),
    }


def _measured_frames(history: StoredHistory, steps: NDArray[np.int64], every: int | None) -> NDArray[np.int64]:
    """The indices of the frames of a history, kept after these steps, that are measured."""
    if every is None:
        return np.arange(len(steps))
    wanted = kept(int(steps[-1]), every)
    frames = np.searchsorted(steps, wanted)
    if (steps[frames] != wanted).any():
        raise ValueError(f"{history.path}: has no frames after every {every} steps")
    return frames


def _measured_runs(
    history: StoredHistory,
    steps: NDArray[np.int64],
    frames: NDArray[np.int64],
    runs: Sequence[Mapping[str, Any]],
    wanted: Sequence[str],
    settled_share: float,
) -> Iterator[Measured]:
    """The runs of a history, described, one after the other."""
    with progress(total=len(runs), unit="run") as bar:
        for run, described in enumerate(runs):
            # A store of an earlier version lacks parameters that it did not know: they were at their defaults.
            parameters = FieldParameters(
                **{name: described.get(name, DEFAULTS[name]) for name in FieldParameters.__dataclass_fields__}
            )
            observer = Observer(
                wanted,
                parameters,
                has_energies=described.get("learned", NOT_LEARNED) == NOT_LEARNED,
                initial_phase=history["initial_phase"][run],
                input_phase=history["input_phase"][run],
                omega=history["omega"][run],
            )
            own = history.own_frames(run, frames)
            intervals = np.diff(steps[own], prepend=0)
            uncounted: NDArray[np.int64] | None = None
            for part in history.frame_blocks(run):
                here = (own >= part.start) & (own < part.stop)
                places = own[here] - part.start
                spikes, uncounted = _counted(history["spikes"][run, part], places, uncounted)
                observer.add(history["phase"][run, part][places], spikes, intervals[here])
            yield observer.measured(described, settled_share)
            bar.update()


def _counted(
    spikes: NDArray[Any], places: NDArray[np.int64], before: NDArray[np.int64] | None
) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
    """The spikes up to each of some frames since the one before, and those after the last of them, if there are any.

    Args:
        spikes: `(frame, ...)`, counts since the frame before.
        places: of the frames that count.
        before: the spikes that are not yet counted, if there are any.
    """
    if len(places) == len(spikes) and before is None:
        return spikes, None
    whole = spikes.astype(np.int64)
    if before is not None:
        whole[0] += before
    starts = np.concatenate([[0], places + 1])
    sums = np.add.reduceat(whole, starts[starts < len(spikes)], axis=0)
    return sums[: len(places)], sums[len(places)] if len(sums) > len(places) else None


def simulate_and_measure(
    runs: Runs,
    perturbations: Sequence[str | Path],
    path: str | Path,
    *,
    settled_share: float,
    every: int = 1,
    observables: Sequence[str] | None = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Write the observables of runs that are measured while they are simulated, and keep no history.

    Args:
        runs: what to simulate; only some are made at a time.
        perturbations: stores of the encoded pictures, as `simulation.read_inputs` takes them.
        path: where the store belongs.
        settled_share, observables: as `measure` takes them.
        every: steps between two frames that are measured; the last frame of a run is measured too.
        engine, device, threads: as `field.simulate` takes them.

    Raises:
        FileNotFoundError, ValueError: a perturbation is missing or damaged.
        RuntimeError: the device is not there.
    """
    wanted = list(OBSERVABLES) if observables is None else observables
    inputs, terms = read_inputs(perturbations), runs.terms

    def opened(part: slice) -> Opened:
        return open_runs(
            runs[part],
            inputs,
            links=runs.links,
            every=every,
            engine=engine,
            device=device,
            threads=threads,
            # Of all, so that one engine computes them, which the store and its digest of code name.
            terms=terms,
        )

    # One of them says what all are like; of chains, those of each link.
    first = opened(slice(0, None, len(runs) // runs.links))
    say_what_computes(first, len(runs))
    sites, steps = first.task.initial_phase[0].size, first.task.kept_steps()
    together = runs_at_once(sites, len(steps)) if runs.links == 1 else len(runs)

    def measured() -> Iterator[Measured]:
        with progress(total=len(runs), unit="field") as bar:
            for part in slices(len(runs), together):
                yield from _measured_course(opened(part), wanted, settled_share, bar)

    write_observables(
        path,
        measured(),
        runs=len(runs),
        sites=sites,
        steps=steps,
        may_end=any(run.settings.stop_when_settled > 0 for run in runs.distinct(["stop_when_settled"])),
        wanted=wanted,
        attributes={
            "history": {"source": shared_source(inputs.values()), "simulation": first.made},
            "measure": _described(settled_share, None, wanted),
        },
        libraries=[first.course.library],
    )


def _measured_course(opened: Opened, wanted: Sequence[str], settled_share: float, bar: Any) -> list[Measured]:
    """The runs of a course, when the last one has ended."""
    task, runs = opened.task, opened.runs
    intervals = np.diff(task.kept_steps(), prepend=0)
    observers = [
        Observer(
            wanted,
            parameters,
            has_energies=run.settings.learned == NOT_LEARNED,
            initial_phase=task.initial_phase[number],
            input_phase=task.input_phase[number],
            omega=task.omega[number],
        )
        for number, (run, parameters) in enumerate(zip(runs, task.parameters, strict=True))
    ]
    for piece in opened.course.pieces:
        for place, run in enumerate(range(piece.runs.start, piece.runs.stop)):
            count = piece.count(place)
            of_frames = slice(piece.frames.start, piece.frames.start + count)
            observers[run].add(piece.phase[place, :count], piece.spikes[place, :count], intervals[of_frames])
        if piece.is_last:
            bar.update(piece.runs.stop - piece.runs.start)
    return [
        observer.measured({"run": run.name, **run.described()}, settled_share)
        for observer, run in zip(observers, runs, strict=True)
    ]

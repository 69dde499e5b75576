"""Simulate the runs of one job: from the stores of their inputs to the store of their history."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from oscillator_field.devices import visible_gpus
from oscillator_field.engines.problem import Piece, Problem
from oscillator_field.field import Course, open_course, problem
from oscillator_field.inputs.encoding import over_channels
from oscillator_field.inputs.perturbation import read_perturbations
from oscillator_field.logs import progress
from oscillator_field.parameters import EXACT
from oscillator_field.run import Run
from oscillator_field.starts import frequencies_of, start_of
from oscillator_field.stores.history import frames_a_chunk, write_history


def simulate_runs(
    runs: Sequence[Run],
    perturbations: Sequence[str | Path],
    path: str | Path,
    *,
    every: int = 1,
    precision: str | float = EXACT,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Simulate runs of one number of channels and steps, and write their history.

    Args:
        runs: what to simulate.
        perturbations: stores of the encoded pictures, named as `Run.perturbation` says.
        path: where the history belongs.
        every, engine, device, threads: as `field.simulate` takes them.
        precision: as `history.write_history` takes it.

    Raises:
        FileNotFoundError, ValueError: a perturbation is missing or damaged.
        RuntimeError: the device is not there.
    """
    phases, pixels, sources = inputs_of(runs, perturbations)
    channels, steps = runs[0].settings.channels, runs[0].settings.steps
    drives = over_channels(phases, channels)
    starts, omegas = zip(*(start_of(run.settings, drive) for run, drive in zip(runs, drives, strict=True)), strict=True)
    task = problem(
        drives,
        initial_phase=np.stack(starts),
        omega=np.stack(omegas),
        parameters=[run.field for run in runs],
        steps=steps,
        every=every,
        frequency=_frequencies(runs, drives.shape),
        seed=[run.settings.seed for run in runs],
        stop_when_settled=[run.settings.stop_when_settled for run in runs],
        settled_for=[run.settings.settled_for for run in runs],
    )
    course = open_course(task, engine=engine, device=device, threads=threads, frames_a_piece=frames_a_chunk(task))
    made = {"engine": course.engine, "device": device, "every": every, "precision": precision}
    store_course(path, task, course, runs=runs, pixels=pixels, source=sources, simulation=made, threads=threads)


def inputs_of(
    runs: Sequence[Run], perturbations: Sequence[str | Path]
) -> tuple[NDArray[np.float32], NDArray[np.uint8], dict[str, Any]]:
    """What drives some runs: input phases and pixels `(run, row, column)`, and where the pictures come from.

    Args:
        runs: what is to be simulated.
        perturbations: stores of the encoded pictures, named as `Run.perturbation` says.

    Raises:
        FileNotFoundError, ValueError: a perturbation is missing or damaged.
    """
    names = [Path(store).name.removesuffix(".zarr") for store in perturbations]
    inputs = dict(zip(names, read_perturbations(perturbations), strict=True))
    phases, pixels, descriptions = zip(*(inputs[run.perturbation] for run in runs), strict=True)
    return np.stack(phases), np.stack(pixels), _shared([one["source"] for one in descriptions])


def store_course(
    path: str | Path,
    task: Problem,
    course: Course,
    *,
    runs: Sequence[Run],
    pixels: NDArray[np.uint8],
    source: Mapping[str, Any],
    simulation: Mapping[str, Any],
    threads: int | None,
) -> None:
    """Write the history of a course while it is computed.

    Args:
        path: where the history belongs.
        task: what is simulated.
        course: how.
        runs: what each run of the task is.
        pixels: uint8 `(run, row, column)`, the pictures that drive the runs.
        source: where they come from.
        simulation: what made the history; of it `precision`, as `history.write_history` takes it.
        threads: that write.
    """
    print(
        f"{len(runs)} runs by engine {course.engine} ({course.why}) on {platform.node()}, "
        f"GPUs given to this job: {visible_gpus()}"
    )
    # Chunks are compressed on the cores of the job, beside the field.
    with zarr.config.set({"threading.max_workers": threads}):
        write_history(
            path,
            task,
            _counted(course.pieces, task),
            runs=runs,
            pixels=pixels,
            attributes={"source": source, "simulation": simulation},
            precision=simulation["precision"],
            libraries=[course.library],
        )


def _frequencies(runs: Sequence[Run], shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """The natural frequencies of all runs, 0 for those that have none; None if no run has any."""
    each = [frequencies_of(run.settings, *shape[1:]) for run in runs]
    if all(one is None for one in each):
        return None
    return np.stack([np.zeros(shape[1:], np.float32) if one is None else one for one in each])


def _shared(sources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Where the pictures of a job come from: one source, or what its files share, and the file of each run."""
    if all(one == sources[0] for one in sources):
        return sources[0]
    shared = {name: value for name, value in sources[0].items() if all(one.get(name) == value for one in sources)}
    return {**shared, "files": [{name: one[name] for name in one if name not in shared} for one in sources]}


def _counted(pieces: Iterable[Piece], task: Problem) -> Iterator[Piece]:
    """The pieces, with a progress bar: fields done, their rate and the time left."""
    frames = len(task.kept_steps())
    with progress(total=len(task.parameters), unit="field") as bar:
        for piece in pieces:
            yield piece
            # Steps that a settled run is spared count as done.
            done = frames if piece.is_last else piece.frames.stop
            bar.update((piece.runs.stop - piece.runs.start) * (done - piece.frames.start) / frames)

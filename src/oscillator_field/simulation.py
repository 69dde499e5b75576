"""Simulate the runs of a job: from the stores of their inputs to their course, and to the store of their history."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
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
from oscillator_field.named_run import Run
from oscillator_field.parameters import EXACT
from oscillator_field.runs import Runs
from oscillator_field.starts import frequencies_of, start_of
from oscillator_field.stores.history_writing import frames_a_chunk, write_history


def simulate_runs(
    runs: Sequence[Run],
    perturbations: Sequence[str | Path],
    path: str | Path,
    *,
    precision: str | float = EXACT,
    threads: int | None = None,
    **settings: Any,
) -> None:
    """Simulate runs of one number of channels and steps, and write their history.

    Args:
        runs: what to simulate.
        perturbations: stores of the encoded pictures, as `read_inputs` takes them.
        path, precision: where the history belongs, and as `store_history` takes it.
        threads, settings: as `open_runs` takes them.

    Raises:
        FileNotFoundError, ValueError: a perturbation is missing or damaged.
        RuntimeError: the device is not there.
    """
    links = runs.links if isinstance(runs, Runs) else 1
    opened = open_runs(runs, read_inputs(perturbations), links=links, threads=threads, **settings)
    store_history(opened, path, precision=precision, threads=threads)


# The input phases and the pixels of a picture, and what is known of it; by the name of its perturbation.
Input = tuple[NDArray[np.float32], NDArray[np.uint8], dict[str, Any]]
Inputs = Mapping[str, Input]


@dataclass(frozen=True)
class Opened:
    """Runs whose course can be computed.

    Attributes:
        runs: what each run of the task is.
        task: what is simulated.
        course: how; it is computed while it is asked for.
        pixels: uint8 `(run, row, column)`, the pictures that drive the runs.
        source: where they come from.
        made: what computes them, for the attributes of a store.
    """

    runs: Sequence[Run]
    task: Problem
    course: Course
    pixels: NDArray[np.uint8]
    source: Mapping[str, Any]
    made: Mapping[str, Any]


def open_runs(
    runs: Sequence[Run],
    inputs: Inputs,
    *,
    links: int = 1,
    every: int = 1,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    terms: Set[str] = frozenset(),
) -> Opened:
    """Runs of one number of channels and steps, ready to be simulated.

    Args:
        runs: what to simulate.
        inputs: as `read_inputs` gives them.
        links: of chains. The runs are as many times those of one link, and each begins with the end of the one at its
            place in the link before.
        every, engine, device, threads: as `field.simulate` takes them.
        terms: as `field.open_course` takes them; all links of chains are computed by one engine.

    Raises:
        RuntimeError: the device is not there.
    """
    phases, pixels, source = drive_of(runs, inputs)
    drives = over_channels(phases, runs[0].settings.channels)
    starts, omegas = _starts(runs, drives)
    task = problem(
        drives,
        initial_phase=starts,
        omega=omegas,
        parameters=[run.field for run in runs],
        steps=runs[0].settings.steps,
        every=every,
        frequency=_frequencies(runs, drives.shape),
        seed=[run.settings.seed for run in runs],
        stop_when_settled=[run.settings.stop_when_settled for run in runs],
        settled_for=[run.settings.settled_for for run in runs],
    )

    def course_of(part: Problem) -> Course:
        frames = frames_a_chunk(task)
        computed = task.terms | terms
        return open_course(part, engine=engine, device=device, threads=threads, frames_a_piece=frames, terms=computed)

    course = course_of(task) if links == 1 else _chained(task, links, course_of)
    made = {"engine": course.engine, "device": device, "every": every}
    return Opened(runs, task, course, pixels, source, made)


def _chained(task: Problem, links: int, course_of: Callable[[Problem], Course]) -> Course:
    """The course of chains, link by link; the start phases of a link are written into the task when they are known."""
    together = len(task.parameters) // links
    first = course_of(task.part(slice(0, together)))

    def pieces() -> Iterator[Piece]:
        ends = task.initial_phase[:together].copy()
        for link in range(links):
            begin = link * together
            here = slice(begin, begin + together)
            task.initial_phase[here] = ends
            for piece in (first if link == 0 else course_of(task.part(here))).pieces:
                for place, run in enumerate(range(piece.runs.start, piece.runs.stop)):
                    # The last frame of the last piece that has any of the run.
                    if count := piece.count(place):
                        ends[run] = piece.phase[place, count - 1]
                yield replace(piece, runs=slice(begin + piece.runs.start, begin + piece.runs.stop))

    return replace(first, pieces=pieces())


def read_inputs(perturbations: Sequence[str | Path]) -> Inputs:
    """The encoded pictures in some stores, which are named as `Run.perturbation` says.

    Raises:
        FileNotFoundError, ValueError: a perturbation is missing or damaged.
    """
    names = [Path(store).name.removesuffix(".zarr") for store in perturbations]
    return dict(zip(names, read_perturbations(perturbations), strict=True))


def drive_of(runs: Sequence[Run], inputs: Inputs) -> tuple[NDArray[np.float32], NDArray[np.uint8], dict[str, Any]]:
    """What drives some runs: input phases and pixels `(run, row, column)`, and where the pictures come from."""
    each = [inputs[run.perturbation] for run in runs]
    phases, pixels, _ = zip(*each, strict=True)
    return np.stack(phases), np.stack(pixels), shared_source(each)


def store_history(
    opened: Opened, path: str | Path, *, precision: str | float = EXACT, threads: int | None = None
) -> None:
    """Simulate some runs, and write their history while it is computed.

    Args:
        opened: the runs.
        path: where the history belongs.
        precision: as `stores.history_writing.write_history` takes it.
        threads: that write.
    """
    say_what_computes(opened, len(opened.runs))
    # Chunks are compressed on the cores of the job, beside the field.
    with zarr.config.set({"threading.max_workers": threads}):
        write_history(
            path,
            opened.task,
            _counted(opened.course.pieces, opened.task),
            runs=opened.runs,
            pixels=opened.pixels,
            attributes={"source": opened.source, "simulation": {**opened.made, "precision": precision}},
            precision=precision,
            libraries=[opened.course.library],
        )


def say_what_computes(opened: Opened, runs: int) -> None:
    """A line in the log: so many runs, by which engine, why, and where."""
    course = opened.course
    print(
        f"{runs} runs by engine {course.engine} ({course.why}) on {platform.node()}, "
        f"GPUs given to this job: {visible_gpus()}"
    )


def _starts(runs: Sequence[Run], drives: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The start phases and Omega of all runs; those that many runs share are drawn once."""
    known: dict[tuple[Any, ...], tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    starts, omegas = np.empty(drives.shape, np.float32), np.empty((len(runs), *drives.shape[-1:] * 2), np.float32)
    for number, run in enumerate(runs):
        key = (run.settings, run.perturbation if run.settings.start == "input" else "")
        if key not in known:
            known[key] = start_of(run.settings, drives[number])
        starts[number], omegas[number] = known[key]
    return starts, omegas


def _frequencies(runs: Sequence[Run], shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """The natural frequencies of all runs, 0 for those that have none; None if no run has any."""
    each = [frequencies_of(run.settings, *shape[1:]) for run in runs]
    if all(one is None for one in each):
        return None
    return np.stack([np.zeros(shape[1:], np.float32) if one is None else one for one in each])


def shared_source(inputs: Iterable[Input]) -> dict[str, Any]:
    """Where some pictures come from: one source, or what their files share, and the file of each."""
    sources = [described["source"] for _, _, described in inputs]
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

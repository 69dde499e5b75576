"""Simulate the field: the one public `simulate`, and its course while it runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscillator_field.engines.problem import Engine, Piece, Problem
from oscillator_field.engines.registry import DEVICES, ENGINES, engine_for
from oscillator_field.parameters import FieldParameters, checked
from oscillator_field.terms import noise_contradiction, step_contradiction

FRAMES_A_PIECE = 64


@dataclass(frozen=True)
class History:
    """The course of a batch of runs, held in memory.

    Attributes:
        step: int64 `(frame,)`, the step after which each frame was kept.
        phase: float32 `(run, frame, row, column, channel)`, rad, in (-pi, pi]; NaN after the last frame of a run.
        spikes: unsigned, the same shape: in how many steps since the frame before the site spiked; the largest number
            of the type after the last frame of a run.
        final_input_phase: float32 `(run, row, column, channel)`, rad: the input after the last step of each run.
        last_frame: int64 `(run,)`, the index of the last frame of each run: of runs that ended early, when they did.
    """

    step: NDArray[np.int64]
    phase: NDArray[np.float32]
    spikes: NDArray[np.unsignedinteger]
    final_input_phase: NDArray[np.float32]
    last_frame: NDArray[np.int64]


def simulate(
    input_phase: ArrayLike,
    *,
    initial_phase: ArrayLike,
    omega: ArrayLike,
    parameters: FieldParameters | Sequence[FieldParameters],
    steps: int,
    every: int = 1,
    frequency: ArrayLike | None = None,
    seed: int | Sequence[int] = 0,
    stop_when_settled: float | Sequence[float] = 0.0,
    settled_for: float | Sequence[float] = 1.0,
    engine: str = "auto",
    threads: int | None = None,
    device: str = "auto",
) -> History:
    """Simulate a batch of runs and keep their history in memory.

    Args:
        input_phase: float32 `(run, row, column, channel)`, rad.
        initial_phase: float32 of the same shape, rad.
        omega: float32 `(channel, channel)` or `(run, channel, channel)`, skew-symmetric.
        parameters: one for all runs or one for each.
        steps: steps to simulate, at least 1.
        every: a frame is kept after every so many steps and after the last one.
        frequency: natural frequencies, float32 of the shape of `input_phase`, rad/s; none if None.
        seed: of the noise, one for all runs or one for each.
        stop_when_settled: a run ends when at least this share of its sites has not spiked; 0 for never. One for all
            runs or one for each.
        settled_for: for how long, s; likewise.
        engine: `auto` or one of `engines.registry.ENGINES`.
        threads: CPU threads, or None for the engine's own choice.
        device: `auto`, `cpu` or `cuda`, for engines that know several.

    Returns:
        The history of all runs.

    Raises:
        ValueError: an argument does not fit; the message says which, and what is allowed.
        RuntimeError: the device is not there.

    Examples:
        >>> import numpy as np
        >>> from oscillator_field import FieldParameters, simulate
        >>> rng = np.random.default_rng(0)
        >>> uniform = rng.uniform(size=(4, 4))
        >>> history = simulate(
        ...     rng.uniform(0, 6, size=(1, 28, 28, 4)),
        ...     initial_phase=rng.uniform(0, 6, size=(1, 28, 28, 4)),
        ...     omega=uniform - uniform.T,
        ...     parameters=FieldParameters(k_coupling=0.3),
        ...     steps=100,
        ...     every=10,
        ... )
        >>> history.phase.shape
        (1, 10, 28, 28, 4)
    """
    task = problem(
        input_phase,
        initial_phase=initial_phase,
        omega=omega,
        parameters=parameters,
        steps=steps,
        every=every,
        frequency=frequency,
        seed=seed,
        stop_when_settled=stop_when_settled,
        settled_for=settled_for,
    )
    kept_steps = task.kept_steps()
    runs, *sites = task.initial_phase.shape
    spike_type = task.spike_type()
    phase = np.empty((runs, len(kept_steps), *sites), np.float32)
    spikes = np.empty(phase.shape, spike_type)
    final_input_phase, last_frame = np.empty((runs, *sites), np.float32), np.empty(runs, np.int64)
    for piece in open_course(task, engine=engine, threads=threads, device=device).pieces:
        for place, run in enumerate(range(piece.runs.start, piece.runs.stop)):
            start, count = piece.frames.start, piece.count(place)
            phase[run, start : start + count] = piece.phase[place, :count]
            spikes[run, start : start + count] = piece.spikes[place, :count]
        final_input_phase[piece.runs], last_frame[piece.runs] = piece.input_phase, piece.last_frame
    for run, last in enumerate(last_frame):
        phase[run, last + 1 :], spikes[run, last + 1 :] = np.nan, np.iinfo(spike_type).max
    frames = slice(int(last_frame.max()) + 1)
    return History(kept_steps[frames], phase[:, frames], spikes[:, frames], final_input_phase, last_frame)


def problem(
    input_phase: ArrayLike,
    *,
    initial_phase: ArrayLike,
    omega: ArrayLike,
    parameters: FieldParameters | Sequence[FieldParameters],
    steps: int,
    every: int = 1,
    frequency: ArrayLike | None = None,
    seed: int | Sequence[int] = 0,
    stop_when_settled: float | Sequence[float] = 0.0,
    settled_for: float | Sequence[float] = 1.0,
) -> Problem:
    """The arguments of `simulate`, checked and brought to one shape.

    Raises:
        ValueError: an argument does not fit; the message says which, and what is allowed.
    """
    drive = _finite("input_phase", input_phase)
    start = _finite("initial_phase", initial_phase)
    if drive.ndim != 4 or 0 in drive.shape:
        raise ValueError(f"input_phase: shape {drive.shape} is not (run, row, column, channel), each at least 1")
    if start.shape != drive.shape:
        raise ValueError(f"initial_phase: shape {start.shape} is not that of input_phase, {drive.shape}")
    runs, channels = drive.shape[0], drive.shape[-1]
    mixing = _finite("omega", omega)
    if mixing.shape not in ((channels, channels), (runs, channels, channels)):
        raise ValueError(
            f"omega: shape {mixing.shape} is not ({channels}, {channels}) or ({runs}, {channels}, {channels})"
        )
    if not np.array_equal(mixing, -np.swapaxes(mixing, -1, -2)):
        raise ValueError("omega: not skew-symmetric (allowed: omega equal to minus its transpose)")
    each = (parameters,) * runs if isinstance(parameters, FieldParameters) else tuple(parameters)
    if other := [one for one in each if not isinstance(one, FieldParameters)]:
        raise ValueError(f"parameters: {other[0]!r} is not allowed (FieldParameters, one or one for each run)")
    if len(each) != runs:
        raise ValueError(f"parameters: {len(each)} given for {runs} runs (allowed: one, or one for each run)")
    for name, value in (("steps", steps), ("every", every)):
        _check_count(name, value)
    mixing = np.ascontiguousarray(np.broadcast_to(mixing, (runs, channels, channels)))
    own = None if frequency is None else _finite("frequency", frequency)
    if own is not None and own.shape != drive.shape:
        raise ValueError(f"frequency: shape {own.shape} is not that of input_phase, {drive.shape}")
    fastest = [0.0] * runs if own is None else np.abs(own).max(axis=(1, 2, 3)).tolist()
    for one, most in dict.fromkeys(zip(each, fastest, strict=True)):
        for message in (noise_contradiction(one), step_contradiction(one, channels, most)):
            if message:
                raise ValueError(message)
    return Problem(
        drive,
        start,
        mixing,
        each,
        int(steps),
        int(every),
        _seeds(seed, runs),
        _of_runs("stop_when_settled", stop_when_settled, runs),
        _of_runs("settled_for", settled_for, runs),
        own,
    )


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name}: {value!r} is not a whole number of at least 1")


def _of_runs(name: str, values: float | Sequence[float], runs: int) -> NDArray[np.float64]:
    """A parameter of each run, checked."""
    each = np.asarray(values, np.float64)
    if each.ndim > 1:
        raise ValueError(f"{name}: {each.ndim} axes are not allowed (a number, or one for each run)")
    if each.size not in (1, runs):
        raise ValueError(f"{name}: {each.size} given for {runs} runs (allowed: one, or one for each run)")
    return np.array([checked(name, value) for value in np.broadcast_to(each, runs).tolist()])


def _seeds(seed: int | Sequence[int], runs: int) -> NDArray[np.uint32]:
    seeds = list(seed) if isinstance(seed, Sequence | np.ndarray) else [seed] * runs
    if len(seeds) != runs:
        raise ValueError(f"seed: {len(seeds)} given for {runs} runs (allowed: one, or one for each run)")
    for one in seeds:
        if isinstance(one, bool) or not isinstance(one, int | np.integer) or not 0 <= one < 2**32:
            raise ValueError(f"seed: {one!r} is not a whole number from 0 to {2**32 - 1}")
    return np.array(seeds, np.uint32)


@dataclass(frozen=True)
class Course:
    """The course of the field, opened: which engine computes it, and its pieces.

    Attributes:
        engine: its name.
        why: why it computes, for the log.
        library: the distribution that it is written with.
        pieces: the course, piece by piece; it is computed while it is asked for.
    """

    engine: str
    why: str
    library: str
    pieces: Iterator[Piece]


def open_course(
    task: Problem,
    *,
    engine: str = "auto",
    threads: int | None = None,
    device: str = "auto",
    frames_a_piece: int = FRAMES_A_PIECE,
    terms: Set[str] = frozenset(),
) -> Course:
    """Choose an engine and open the course of the field, for those who store it while it runs.

    `auto` takes the fastest engine that can compute all terms of the task. Where it finds a GPU that cannot be used,
    numba computes instead, and a printed line says why. A GPU that is asked for by name is not tried here: its engine
    says itself what is wrong.

    Args:
        task: what to simulate.
        engine, threads, device: as `simulate` takes them.
        frames_a_piece: frames in a piece, at most.
        terms: what the engine must compute beside those of the task: of runs that are computed apart, by the same one.

    Raises:
        ValueError: no such engine or device, or the engine cannot compute a term.
        RuntimeError: the device is not there.
    """
    if threads is not None:
        _check_count("threads", threads)
    if device not in DEVICES:
        raise ValueError(f"device: {device!r} is unknown (allowed: {', '.join(DEVICES)})")
    choice = engine_for(engine, device, task.terms | terms)
    module = _module_of(choice.engine)
    if choice.engine == "cuda" and "cuda" not in (engine, device):
        try:
            module.check_gpu(task, frames_a_piece)
        except (ImportError, RuntimeError) as error:
            print(f"Falling back to numba on the CPU: {error}")
            choice = engine_for("auto", "cpu", task.terms | terms)
            module = _module_of(choice.engine)
    pieces: Engine = module.pieces
    return Course(
        choice.engine,
        choice.why,
        ENGINES[choice.engine].library,
        pieces(task, frames_a_piece=frames_a_piece, threads=threads, device=device),
    )


def _module_of(engine: str) -> ModuleType:
    return importlib.import_module(f"oscillator_field.engines.{engine}")


def _finite(name: str, values: ArrayLike) -> NDArray[np.float32]:
    array = np.ascontiguousarray(values, dtype=np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: not finite everywhere (allowed: finite numbers)")
    return array

"""The store of a simulated job, history.zarr: written in pieces while the field runs, opened and checked.

    phase, spikes                        (run, frame, row, column, channel)
    input_phase, initial_phase,
    final_input_phase                    (run, row, column, channel)
    pixel                                (run, row, column)
    omega                                (run, channel, source_channel)
    run, digit, instance, each parameter (run)
    step, time                           (frame)

`open_history` and `xarray.open_zarr` both read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from oscillator_field.engines import Piece, Problem
from oscillator_field.grid import Run
from oscillator_field.parameters import METADATA
from oscillator_field.stores import add_array, add_coordinate, add_values, copy_coordinates, new_store, open_store

SITE_AXES = ("row", "column", "channel")
FRAMES_A_CHUNK = 64


def write_history(
    path: str | Path,
    problem: Problem,
    pieces: Iterable[Piece],
    *,
    runs: Sequence[Run],
    pixels: NDArray[np.uint8],
    attributes: Mapping[str, Any],
    libraries: Sequence[str] = (),
) -> None:
    """Write the course of a field as it comes; the store appears when the last piece is in.

    Args:
        path: where the store belongs.
        problem: what is simulated.
        pieces: its course, from an engine.
        runs: what each run of the problem is.
        pixels: uint8 `(run, row, column)`, the pictures that drive the runs.
        attributes: further facts about what made the store; JSON values only.
        libraries: distributions whose versions decided the numbers.
    """
    with new_store(path, title="History of an oscillator field", attributes=attributes, libraries=libraries) as group:
        _write_setting(group, problem, runs, pixels)
        frames = len(problem.kept_steps())
        sites = problem.initial_phase.shape
        layout: dict[str, Any] = {
            "dimensions": ("run", "frame", *SITE_AXES),
            "shape": (sites[0], frames, *sites[1:]),
            "chunks": (1, min(frames, FRAMES_A_CHUNK), *sites[1:]),
        }
        phase = add_array(group, "phase", dtype="float32", units="rad", long_name="phase after the step", **layout)
        spikes = add_array(
            group,
            "spikes",
            dtype=problem.spike_type(),
            units="1",
            long_name="steps with a spike since the frame before",
            **layout,
        )
        done = 0
        for piece in pieces:
            part = slice(done, done + len(piece.step))
            phase[:, part] = piece.phase
            spikes[:, part] = piece.spikes
            done = part.stop
        add_values(
            group,
            "final_input_phase",
            ("run", *SITE_AXES),
            piece.input_phase,
            units="rad",
            long_name="input phase after the last step",
        )


def open_history(path: str | Path) -> zarr.Group:
    """A history to read by array name, for example `open_history(path)["phase"][0, -1]`.

    Raises:
        FileNotFoundError: there is no store.
        ValueError: it is damaged or not a history.
    """
    group = open_store(path)
    missing = {"phase", "spikes", "initial_phase", "omega"} - set(group.array_keys())
    if missing:
        raise ValueError(f"{path}: not a history, it has no {', '.join(sorted(missing))}")
    return group


def frame_intervals(history: zarr.Group) -> NDArray[np.int64]:
    """Steps from the frame before (or the start) to each frame: `(frame,)`."""
    return np.diff(history["step"][:], prepend=0)


def copy_run_coordinates(history: zarr.Group, target: zarr.Group) -> None:
    """What each run is, from a history to a store made of it."""
    names = [
        name
        for name, array in history.arrays()
        if array.attrs.get("role") == "coordinate" and array.metadata.dimension_names == ("run",)
    ]
    copy_coordinates(history, target, sorted(names))


def origin(history: zarr.Group) -> dict[str, Any]:
    """Where a history comes from, for the attributes of a store made of it."""
    return {name: history.attrs[name] for name in ("source", "simulation", "versions") if name in history.attrs}


def _write_setting(group: zarr.Group, problem: Problem, runs: Sequence[Run], pixels: NDArray[np.uint8]) -> None:
    """Everything but the course: what the runs are, when frames were kept, how the field started."""
    add_coordinate(group, "run", ("run",), [run.name for run in runs], long_name="name of the run")
    add_coordinate(group, "digit", ("run",), [run.digit for run in runs], long_name="digit")
    add_coordinate(
        group, "instance", ("run",), [run.instance for run in runs], long_name="instance of the digit, from 0"
    )
    for name, metadata in METADATA.items():
        values = np.array([run.parameters[name] for run in runs])
        add_coordinate(group, name, ("run",), values, long_name=metadata["meaning"], units=metadata["unit"])

    steps = problem.kept_steps()
    add_coordinate(group, "step", ("frame",), steps, long_name="step after which the frame was kept", units="1")
    delta_t = {parameters.delta_t for parameters in problem.parameters}
    time_axes = ("frame",) if len(delta_t) == 1 else ("run", "frame")
    each = np.array([parameters.delta_t for parameters in problem.parameters])
    time = steps * each[0] if len(delta_t) == 1 else steps * each[:, np.newaxis]
    add_coordinate(group, "time", time_axes, time, long_name="time since the start", units="s")

    sites = ("run", *SITE_AXES)
    add_values(group, "pixel", sites[:3], pixels, long_name="grey level of the picture", units="1")
    add_values(group, "input_phase", sites, problem.input_phase, long_name="input phase at the start", units="rad")
    add_values(group, "initial_phase", sites, problem.initial_phase, long_name="phase at the start", units="rad")
    add_values(
        group,
        "omega",
        ("run", "channel", "source_channel"),
        problem.omega,
        long_name="mixing of the channels",
        units="1",
    )

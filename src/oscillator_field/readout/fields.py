"""The field over a set of pictures: its phases at chosen times, 16 bits each, in shards that are made one by one.

A shard is a store of its own, so a call that was stopped goes on with the next one, and memory is bounded by a shard
whatever the number of pictures.

    phase    (time, image, row, column, channel)
    step     (time)
"""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.devices import visible_gpus
from oscillator_field.field import open_course, problem
from oscillator_field.inputs.encoding import encode, levels, over_channels
from oscillator_field.logs import progress
from oscillator_field.named_run import Run
from oscillator_field.readout.images import read_classes, read_drawn, read_images
from oscillator_field.starts import frequencies_of, start_of
from oscillator_field.stores.phase_codes import HALF_TURN, LOST, phase_codes
from oscillator_field.stores.zarr_stores import add_array, add_coordinate, new_store, open_store, refuse_impossible

# Steps of a coded phase from 0 to pi: an error of at most 4.8e-5 rad.
LEVELS = 2**15 - 1
# Pictures in a chunk, which are compressed and read together; the chunks of one time are in one file.
IMAGES_A_CHUNK = 250


def simulate_shard(
    path: str | Path,
    images: str | Path,
    chosen: slice,
    *,
    run: Mapping[str, Any],
    steps: Sequence[int],
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Simulate the field for some pictures of a set and keep its phases after some steps.

    Args:
        path: where the store belongs.
        images: the set.
        chosen: which of its pictures.
        run: every parameter of encoding and field; `steps` of a run is not used.
        steps: those after which the phases are kept, rising, from 1 on.
        engine, device, threads: as `field.simulate` takes them.

    Raises:
        FileNotFoundError, ValueError: the set is missing or damaged.
        RuntimeError: the device is not there.
    """
    whole = read_images(images)[0]
    pixels = whole[chosen]
    described = Run.of(0, 0, run)
    channels = described.settings.channels
    drives = over_channels(encode(levels(pixels), described.encoding, read_classes(images).statistics), channels)
    count, *sites_of_run = drives.shape
    own = frequencies_of(described.settings, *sites_of_run)
    begins, omega = start_of(described.settings, drives)
    # The engine keeps evenly spaced frames; of these, the chosen ones are stored.
    every = math.gcd(*steps)
    task = problem(
        drives,
        initial_phase=begins,
        omega=omega,
        parameters=described.field,
        steps=steps[-1],
        every=every,
        frequency=None if own is None else np.broadcast_to(own, drives.shape),
        seed=_seeds_of_noise(described.settings.seed, read_drawn(images), len(whole))[chosen],
    )
    index_of = {int(step): index for index, step in enumerate(steps)}
    scale = math.pi / LEVELS
    course = open_course(task, engine=engine, device=device, threads=threads)
    print(
        f"{count} pictures by engine {course.engine} ({course.why}) on {platform.node()}, "
        f"GPUs given to this job: {visible_gpus()}"
    )
    attributes = {"parameters": dict(run), "simulation": {"engine": course.engine, "device": device}}
    sites = ("row", "column", "channel")
    with (
        new_store(path, title="Phases for the readout", attributes=attributes, libraries=[course.library]) as group,
        progress(total=count, unit="field") as bar,
    ):
        add_coordinate(group, "step", ("time",), np.array(steps), long_name="step after which phases were kept")
        time = np.array(steps) * described.field.delta_t
        add_coordinate(group, "time", ("time",), time, long_name="time since the start", units="s")
        phase = add_array(
            group,
            "phase",
            ("time", "image", *sites),
            shape=(len(steps), count, *sites_of_run),
            chunks=(1, min(IMAGES_A_CHUNK, count), *sites_of_run),
            shards=(1, math.ceil(count / IMAGES_A_CHUNK) * min(IMAGES_A_CHUNK, count), *sites_of_run),
            dtype="int16",
            units="rad",
            long_name="phase",
            fill_value=LOST,
            scale_factor=scale,
        )
        # Zarr writes a shard whole: phases wait here until all pictures of a time are in.
        coded = np.empty(phase.shape, np.int16)
        for piece in course.pieces:
            for frame, step in enumerate(piece.step):
                if int(step) in index_of:
                    refuse_impossible("phase", piece.phase[:, frame], -HALF_TURN, HALF_TURN)
                    coded[index_of[int(step)], piece.runs] = phase_codes(piece.phase[:, frame], scale)
            if piece.frames.stop == len(task.kept_steps()):
                bar.update(piece.runs.stop - piece.runs.start)
        for index in range(len(steps)):
            phase[index] = coded[index]


def _seeds_of_noise(seed: int, drawn: Mapping[str, Any], count: int) -> list[int]:
    """A seed for each picture of a set: with one for all, the noise would move all pictures alike, and be none."""
    return np.random.SeedSequence([seed, *str(drawn["set"]).encode()]).generate_state(count).tolist()


def read_phases(paths: Sequence[str | Path], step: int) -> NDArray[np.int16]:
    """The coded phases of the shards of a set after a step: `(image, row, column, channel)`, of pi / LEVELS rad.

    Raises:
        FileNotFoundError, ValueError: a shard is missing or damaged, or was not kept at that step.
    """
    parts = []
    for path in paths:
        group = open_store(path)
        steps = np.asarray(group["step"][...])
        if step not in steps:
            raise ValueError(f"{path}: holds no phases after step {step} (allowed: {', '.join(map(str, steps))})")
        parts.append(np.asarray(group["phase"][int(np.flatnonzero(steps == step)[0])]))
    return np.concatenate(parts)

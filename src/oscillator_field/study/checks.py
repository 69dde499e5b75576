"""What no schema can say of a config: whether its parts fit each other, the pictures at hand and this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscillator_field.engines.registry import allowed_devices
from oscillator_field.figures.painters.browser import what_is_missing
from oscillator_field.inputs.mnist import check_instance, digit_counts
from oscillator_field.parameters import PLANE_AXES
from oscillator_field.readout.sets import TRAINING, image_count
from oscillator_field.run import Job
from oscillator_field.study.configuration import ConfigError
from oscillator_field.study.explain import shown
from oscillator_field.study.grid import expand, sample_sets


def source_folder(mnist: Mapping[str, Any], bundled: str | Path, destination: str | Path) -> str | Path | None:
    """The folder that the pictures come from; None stands for the network.

    Raises:
        ConfigError: the source is a folder, and none is named, or the one that the pictures are written to.
    """
    if mnist["source"] == "directory":
        if mnist["directory"] is None:
            raise ConfigError("mnist.directory: null is not allowed (a folder, because mnist.source is directory)")
        try:
            folder = Path(mnist["directory"])
            folder.exists()  # is an error where the system takes no such name
            same = folder.resolve() == Path(destination).resolve()
        except (OSError, RuntimeError) as error:
            # Before Python 3.13 a loop of links is a RuntimeError.
            reason = getattr(error, "strerror", None) or "a loop of links"
            raise ConfigError(
                f"mnist.directory: {shown(mnist['directory'])} is not allowed ({reason}; a folder)"
            ) from None
        if same:
            raise ConfigError(
                f"mnist.directory: {json.dumps(mnist['directory'])} is not allowed "
                "(another folder than the one that the pictures are written to)"
            )
    folders = {"bundled": bundled, "directory": mnist["directory"], "download": None}
    return folders[mnist["source"]]


@contextmanager
def _as_config_error() -> Iterator[None]:
    """Raise what is wrong with a grid or with pictures as a fault of the config."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ConfigError(str(error)) from None


def jobs_of(config: Mapping[str, Any]) -> list[Job]:
    """The simulation jobs that a config asks for (see `grid.expand`).

    Raises:
        ConfigError: an axis of the grid or of `batch` does not fit.
    """
    with _as_config_error():
        return expand(config)


def check_engine(engine: str, device: str) -> None:
    """Refuse an engine on a device that it does not know.

    Raises:
        ConfigError: it is such a pair.
    """
    allowed = allowed_devices(engine)
    if device not in allowed:
        raise ConfigError(
            f'simulate.device: "{device}" is not allowed with simulate.engine: "{engine}" ({" or ".join(allowed)})'
        )


def check_embeddable(jobs: Sequence[Job], methods: Sequence[str]) -> None:
    """Refuse to embed fields with too few channels for a plane.

    Raises:
        ConfigError: a run has too few.
    """
    channels = min(run.settings.channels for job in jobs for run in job.runs)
    if methods and channels < PLANE_AXES:
        raise ConfigError(
            f"field.channels: {channels} is too few for embed.methods: {json.dumps(list(methods))} "
            f"(allowed: at least {PLANE_AXES}, or embed.methods: [])"
        )


def check_channel(jobs: Sequence[Job], channels: str | int) -> None:
    """Refuse to draw a channel that a run does not have.

    Raises:
        ConfigError: a run has too few channels.
    """
    fewest = min(run.settings.channels for job in jobs for run in job.runs)
    if isinstance(channels, int) and channels >= fewest:
        raise ConfigError(
            f"render.phase.channels: {channels} is not allowed with {fewest} channels (mean, all, or 0 to {fewest - 1})"
        )


def check_samples(jobs: Sequence[Job], embed: Mapping[str, Any]) -> None:
    """Refuse t-SNE of a few samples.

    Raises:
        ConfigError: a set has too few for the perplexity.
    """
    if "tsne" not in embed["samples"]["methods"]:
        return
    for name, runs in sample_sets(jobs).items():
        most = (len(runs) - 1) / 3
        if embed["tsne"]["perplexity"] > most:
            raise ConfigError(
                f"embed.tsne.perplexity: {embed['tsne']['perplexity']} is too large for the {len(runs)} "
                f"samples of {name} (allowed: at most {most:.6g}, or embed.samples.methods without tsne)"
            )


def check_pictures(jobs: Sequence[Job], folder: str | Path | None) -> None:
    """Refuse a digit or an instance that the source of pictures does not hold.

    Args:
        jobs: what is to be simulated.
        folder: folder of the IDX files, or None for the published set.

    Raises:
        ConfigError: the folder lacks files, or does not hold so many pictures of a digit.
    """
    with _as_config_error():
        counts = digit_counts(folder)
        for digit, instance in sorted({(run.digit, run.instance) for job in jobs for run in job.runs}):
            check_instance(digit, instance, counts)


def check_split(folder: str | Path | None, validation_share: float) -> None:
    """Refuse a split of the training pictures that leaves none to validate with, or none to train on.

    Raises:
        ConfigError: it does, or the folder does not hold the pictures.
    """
    with _as_config_error():
        pictures = image_count(folder, TRAINING)
    if not 0 < round(pictures * validation_share) < pictures:
        raise ConfigError(
            f"readout.validation_share: {validation_share} of {pictures} pictures leaves none to validate with, "
            f"or none to train on (allowed: {1 / pictures:.2g} to {1 - 1 / pictures:.6g})"
        )


def check_writable(*folders: str | Path) -> None:
    """Refuse folders that cannot be made or written.

    Raises:
        ConfigError: the first that cannot.
    """
    for folder in folders:
        path = Path(folder).absolute()
        while not path.exists() and not path.is_symlink():
            path = path.parent
        if not path.is_dir() or not os.access(path, os.W_OK | os.X_OK):
            raise ConfigError(f"{folder}: cannot be written, because {path} is not a folder that you may write to")


def check_png(png: Mapping[str, Any], drawn: bool) -> None:
    """Refuse to insist on PNG where no browser can draw it, and on MP4 where nothing can encode it.

    Raises:
        ConfigError: it is insisted on.
    """
    if png["enabled"] is True and not drawn:
        raise ConfigError(
            f"render.png.enabled: true is not allowed without a browser ({what_is_missing()}, or set auto)"
        )
    # Where pictures are drawn in an environment of their own, this one need have nothing.
    here = importlib.util.find_spec("kaleido") is not None
    if "mp4" in png["also"] and here and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ConfigError("render.png.also: mp4 is not allowed without imageio-ffmpeg (install the extra `video`)")


def check_machine(
    jobs: Sequence[Job],
    source_folder: str | Path | None,
    png: Mapping[str, Any],
    drawn: bool,
    folders: Sequence[str | Path],
) -> None:
    """Check what depends on the machine that starts a workflow, and say so where PNG pictures are left out.

    Args:
        jobs, source_folder: as `check_pictures` takes them.
        png: the section of the config.
        drawn: whether PNG pictures are drawn.
        folders: those that results are written to.

    Raises:
        ConfigError: a picture is not there, a folder cannot be written, or PNG is insisted on and cannot be drawn.
    """
    check_pictures(jobs, source_folder)
    check_writable(*folders)
    check_png(png, drawn)
    if png["enabled"] is not False and not drawn:
        print(f"No PNG, HTML only: no browser is found that starts ({what_is_missing()}).", file=sys.stderr)

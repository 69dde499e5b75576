"""The pictures that a config asks for: their source, labels and size, and the jobs that run them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscillator_field.inputs.data_sets import DATA_SETS, FOLDER
from oscillator_field.inputs.folder_source import FolderSource
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.sources import Source, expanded
from oscillator_field.nouns import DIGIT, Label
from oscillator_field.parameters import FEWEST_PIXELS
from oscillator_field.runs import Job
from oscillator_field.study.configuration import ConfigError
from oscillator_field.study.explain import shown
from oscillator_field.study.grid import expand

# Sites of a larger one would fill a disk before anyone is warned.
MOST_PIXELS = 2**20


def source_of(pictures: Mapping[str, Any], bundled: str | Path, resources: str | Path) -> Source:
    """The source of the pictures that a config asks for.

    Raises:
        ConfigError: the data set has no such source; or it is a folder, and none is named, or the one that the pictures
            are written to.
    """
    name, source, directory = pictures["dataset"], pictures["source"], pictures["directory"]
    if pictures["range"] is not None and pictures["range"][0] >= pictures["range"][1]:
        raise ConfigError(f"pictures.range: {pictures['range']} is not allowed (black below white)")
    whole = DATA_SETS.get(name)
    # Image files can come from a folder alone, whatever the default is.
    folders = source == "directory" or (name == FOLDER and source == "bundled")
    allowed = ["bundled"] * bool(whole and whole.bundled) + ["download"] * bool(whole and whole.published)
    if not folders and source not in allowed:
        raise ConfigError(
            f'pictures.source: "{source}" is not allowed with pictures.dataset: {name} '
            f"({' or '.join([*allowed, 'directory'])})"
        )
    if pictures["range"] is not None and name != FOLDER:
        raise ConfigError(
            f"pictures.range: {shown(pictures['range'])} has no effect with pictures.dataset: {name}, whose levels are "
            f"0 to 255 (allowed with pictures.dataset: {FOLDER})"
        )
    if not folders and directory is not None:
        raise ConfigError(
            f"pictures.directory: {shown(directory)} has no effect with pictures.source: {source} (allowed with "
            f"pictures.source: directory, or pictures.dataset: {FOLDER})"
        )
    if not folders:
        return IdxSource(name, bundled if source == "bundled" else None)
    if directory is None:
        why = "because pictures.source is directory" if source == "directory" else f"because pictures.dataset is {name}"
        raise ConfigError(f"pictures.directory: null is not allowed (a folder, {why})")
    try:
        folder = Path(expanded(directory))
        folder.exists()  # is an error where the system takes no such name
        same = folder.resolve() == Path(resources, name).resolve()
    except PermissionError as error:
        raise ConfigError(f"pictures.directory: {shown(directory)}: {_reason(error)}") from None
    except (OSError, RuntimeError) as error:
        # Before Python 3.13 a loop of links is a RuntimeError.
        reason = getattr(error, "strerror", None) or "a loop of links"
        raise ConfigError(f"pictures.directory: {shown(directory)} is not allowed ({reason}; a folder)") from None
    if same:
        raise ConfigError(
            f"pictures.directory: {json.dumps(directory)} is not allowed "
            "(another folder than the one that the pictures are written to)"
        )
    if "$" in str(folder) and not folder.exists():
        raise ConfigError(f"pictures.directory: {shown(directory)} names a variable that is not set, or no folder")
    return FolderSource(folder) if name == FOLDER else IdxSource(name, folder)


def wanted_shape(pictures: Mapping[str, Any]) -> list[int] | None:
    """Rows and columns of the lattice as a config has them; None for those of the pictures."""
    size = pictures["size"]
    return [size, size] if isinstance(size, int) else size


def lattice_shape(config: Mapping[str, Any], source: Source) -> tuple[int, int]:
    """Rows and columns of the lattice that a config asks for.

    Raises:
        ConfigError: a label is not there, or a picture cannot be read or has a size that no lattice may have.
    """
    wanted = wanted_shape(config["pictures"])
    if wanted:
        return wanted[0], wanted[1]
    # Before any job all are checked to be alike, so one will do.
    with as_config_error():
        label = labels_of(config, source)[0]
    return native_shape(source, [(label, config["instances"][0])])


def native_shape(source: Source, pictures: Sequence[tuple[Label, int]]) -> tuple[int, int]:
    """Rows and columns of the pictures that are run, as they are.

    Raises:
        ConfigError: they differ, are too large, or one cannot be read.
    """
    with as_config_error():
        shape = source.shape(pictures)
    if min(shape) < FEWEST_PIXELS:
        raise ConfigError(
            f"pictures.size: null keeps the {shape[0]} x {shape[1]} pixels of the pictures, which is too few "
            f"(allowed: at least {FEWEST_PIXELS} x {FEWEST_PIXELS}; or set a size)"
        )
    if shape[0] * shape[1] > MOST_PIXELS:
        raise ConfigError(
            f"pictures.size: null keeps the {shape[0]} x {shape[1]} pixels of the pictures, which is too many "
            f"(allowed: at most {MOST_PIXELS:,} pixels; set a size, n or [rows, columns])"
        )
    return shape


def jobs_of(config: Mapping[str, Any], source: Source) -> list[Job]:
    """The simulation jobs that a config asks for (see `grid.expand`).

    Raises:
        ConfigError: a label, an axis of the grid or of `batch` does not fit.
    """
    with as_config_error():
        labels = labels_of(config, source)
        return expand(config, labels, source.noun, pixels=lambda: math.prod(lattice_shape(config, source)))


def labels_of(config: Mapping[str, Any], source: Source) -> list[Label]:
    """The labels that a config asks for: all of the source where it names none.

    Raises:
        PicturesError: there is no such label, or one is named twice.
        ConfigError: labels are named by the wrong key.
    """
    key, other = ("digits", "labels") if source.noun == DIGIT else ("labels", "digits")
    if config[other] is not None:
        raise ConfigError(
            f"{other}: {shown(config[other])} is not allowed with pictures.dataset: {config['pictures']['dataset']}, "
            f"whose labels are {'' if source.noun == DIGIT else 'no '}digits (write {key}: in its place)"
        )
    if config[key] is None:
        return source.labels()
    labels: dict[Label, Any] = {}
    for given in config[key]:
        label = source.label(given)
        if label in labels:
            raise ConfigError(f"{key}: {labels[label]} and {given} are one (allowed: each once)")
        labels[label] = given
    return list(labels)


def check_pictures(source: Source, pictures: Sequence[tuple[Label, int]], *, alike: bool) -> None:
    """Refuse pictures that the source does not hold, or that cannot be read.

    Args:
        source: of the pictures.
        pictures: label and instance of each that is run.
        alike: whether they have to be of one size, because the config does not say to which they are brought.

    Raises:
        ConfigError: the message says which, and what there is.
    """
    with as_config_error():
        for label, instance in pictures:
            source.check(label, instance)
        source.check_all()
    if alike:
        native_shape(source, pictures)
    if isinstance(source, FolderSource) and source.skipped:
        print(f"{source.folder}: {source.skipped} entries are skipped, which are hidden or no images.", file=sys.stderr)


@contextmanager
def as_config_error() -> Iterator[None]:
    """Raise what is wrong with a grid or with pictures as a fault of the config."""
    try:
        yield
    except OSError as error:
        raise ConfigError(_reason(error)) from None
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _reason(error: OSError) -> str:
    return f"{error.filename}: cannot be read ({error.strerror})" if error.filename else str(error)

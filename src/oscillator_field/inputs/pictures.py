"""One picture of a study: read from the files of its source, brought to the size of the lattice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.encoding import Statistics, levels, statistics_of
from oscillator_field.inputs.fetch import picture, read_provenance
from oscillator_field.inputs.fitting import fitted
from oscillator_field.inputs.folder_source import FolderSource
from oscillator_field.inputs.images import read_image
from oscillator_field.inputs.sources import expanded


@dataclass(frozen=True)
class Picture:
    """A picture as it drives a field.

    Attributes:
        level: shares of white 0 to 1, `(row, column)`.
        statistics: by which it is standardised.
        source: where it comes from; JSON values only.
    """

    level: NDArray[np.float64]
    statistics: Statistics
    source: Mapping[str, Any]


def read_picture(
    *,
    fetched: str | Path | None,
    directory: str | None,
    shape: Sequence[int] | None,
    fit: str,
    background: str,
    instance: int,
    number: int = 0,
    label: str = "",
    range: Sequence[float] | None = None,
) -> Picture:
    """A picture of a study.

    Args:
        fetched: folder of the IDX files that were fetched; None for a folder of image files.
        directory: the folder of image files, as the config has it.
        shape: rows and columns of the lattice; None for those of the picture.
        fit, background: as `fitting.fitted` takes them.
        instance: which picture of its label.
        number: of the label in IDX files.
        label: in a folder of image files.
        range: as `images.read_image` takes it.

    Raises:
        PicturesError: it is not there, or damaged.
    """
    target = None if shape is None else (shape[0], shape[1])
    if fetched is not None:
        written = read_provenance(fetched)
        native = levels(picture(fetched, number, instance))
        level = fitted(native, target, fit=fit, background=background)
        return Picture(level, Statistics(written["mean"], written["deviation"]), written)
    folder = expanded(directory or "")
    path = FolderSource(folder).path(label, instance)
    native = read_image(path, background=background, range=range)
    # A folder has no training pictures that would stand for all: each of its pictures is standardised by itself, and
    # one that changes changes no other.
    return Picture(
        fitted(native, target, fit=fit, background=background),
        statistics_of(native),
        {
            "source": "directory",
            "directory": folder,
            "data_set": "folder",
            "file": path.relative_to(folder).as_posix(),
            "sha256": sha256(path.read_bytes()).hexdigest(),
        },
    )

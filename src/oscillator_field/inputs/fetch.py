"""A data set as verified IDX files: from a folder or the network, and pictures out of them.

All sources end in the same thing: a file of pictures and a file of labels for each set, unpacked, under the names of
MNIST's, and a provenance.json that says where they came from, what their labels are called and how bright they are.
Where there are no pictures for tests, those files hold none.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.data_sets import FILES, PROVENANCE, TEST, TRAINING
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.idx import pack, parse_images, parse_labels, read_file
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.sources import check_instance
from oscillator_field.stores.atomic import whole_file


def fetch(destination: str | Path, source: IdxSource, *, origin: Mapping[str, Any]) -> None:
    """Verify the files of a source and write them, unpacked and upright, in a folder with a provenance.json.

    Args:
        destination: folder for the result; each file in it is whole or absent.
        source: the files, in a folder.
        origin: where they come from, for provenance.json.

    Raises:
        PicturesError: a file is missing, damaged or not what it has to be.
    """
    data_set = source.data_set
    source.check_all()
    contents: dict[str, bytes] = {}
    published: dict[str, bool] = {}
    statistics = data_set.statistics
    numbers: set[int] = set()
    for kind in FILES:
        # A set that is not there is one of no pictures: what is written never depends on what a folder holds.
        if kind in source.sets:
            images, labels = read_source(source, kind)
        else:
            images, labels = images[:0], labels[:0]
        if kind == TRAINING and statistics is None:
            statistics = _statistics(images)
        numbers |= set(np.unique(labels).tolist())
        for name, array in zip(FILES[kind], (images, labels), strict=True):
            contents[name] = pack(array)
            if data_set.content_md5:
                digest = md5(contents[name], usedforsecurity=False).hexdigest()
                published[name] = digest == data_set.content_md5[name]
    assert statistics is not None, "there are pictures for training"
    provenance = {
        **origin,
        "data_set": source.name,
        "labels": {
            str(number): data_set.labels.get(number, str(number)) for number in sorted(numbers | set(data_set.labels))
        },
        "mean": statistics[0],
        "deviation": statistics[1],
        "files": {
            name: {
                "items": int.from_bytes(content[4:8], "big"),
                "sha256": sha256(content).hexdigest(),
                **({"is_published_file": published[name]} if published else {}),
            }
            for name, content in contents.items()
        },
    }
    for name, content in {**contents, PROVENANCE: (json.dumps(provenance, indent=2) + "\n").encode()}.items():
        with whole_file(Path(destination) / name) as path:
            path.write_bytes(content)


def read_source(source: IdxSource, kind: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures `(picture, row, column)`, upright, and labels `(picture,)` of a set as it lies in a folder.

    Raises:
        PicturesError: a file is missing, damaged or not what it has to be.
    """
    images_path, labels_path = source.files(kind)
    labels = parse_labels(read_file(labels_path), labels_path)
    images = parse_images(read_file(images_path), images_path, len(labels))
    upright = images.swapaxes(1, 2) if source.data_set.turned else images
    return np.ascontiguousarray(upright), np.frombuffer(labels, np.uint8)


def _statistics(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, as shares of white, to four digits, as others are published."""
    counts = np.bincount(images.ravel(), minlength=256).astype(np.float64)
    level = np.arange(256) / 255
    if np.count_nonzero(counts) == 1:
        return float(level[counts.argmax()]), 0.0
    mean = float((counts * level).sum() / counts.sum())
    deviation = float(np.sqrt((counts * (level - mean) ** 2).sum() / counts.sum()))
    return float(f"{mean:.4g}"), float(f"{deviation:.4g}")


def read_provenance(folder: str | Path) -> dict[str, Any]:
    """What `fetch` wrote down of a folder.

    Raises:
        PicturesError: it cannot be read.
    """
    path = Path(folder) / PROVENANCE
    try:
        provenance = json.loads(path.read_text(encoding="utf-8"))
        if not {"files", "labels", "mean", "deviation"} <= set(provenance):
            raise ValueError("it lacks what belongs in it")
    except (OSError, ValueError, TypeError) as error:
        raise PicturesError(f"{path}: cannot be read, {error!r} (remove {folder} and run again)") from None
    return provenance


def read_set(folder: str | Path, kind: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures `(picture, row, column)` and labels `(picture,)` of a set that was fetched.

    Args:
        folder: as `fetch` makes it.
        kind: TRAINING or TEST.

    Raises:
        PicturesError: a file is missing, or is not the one that was fetched.
    """
    written = read_provenance(folder)["files"]
    contents = []
    images, labels = (Path(folder) / name for name in FILES[kind])
    for path in (images, labels):
        if not path.is_file():
            raise PicturesError(f"{path}: is not there (remove {folder} and run again)")
        contents.append(path.read_bytes())
        if path.name not in written or sha256(contents[-1]).hexdigest() != written[path.name]["sha256"]:
            raise PicturesError(
                f"{path}: damaged, its content is not what {PROVENANCE} says (remove {folder} and run again)"
            )
    marks = parse_labels(contents[1], labels)
    return parse_images(contents[0], images, len(marks)), np.frombuffer(marks, np.uint8)


def picture(folder: str | Path, number: int, instance: int) -> NDArray[np.uint8]:
    """The `instance`-th picture of a class in the training set that was fetched, counted from 0: `(row, column)`.

    Raises:
        PicturesError: the set does not hold so many, and the message says how many there are; or a file is damaged.
    """
    images, labels = read_set(folder, TRAINING)
    check_instance("label", number, instance, int((labels == number).sum()))
    return images[np.flatnonzero(labels == number)[instance]].copy()


def make_sample(source: str | Path, destination: str | Path, training: int, test: int) -> None:
    """Write the first pictures of a full set of MNIST as four gzipped IDX files, the same bytes each time.

    Raises:
        PicturesError: the source is damaged or holds fewer pictures.
    """
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    whole = IdxSource("mnist", source)
    for kind, count in ((TRAINING, training), (TEST, test)):
        arrays = read_source(whole, kind)
        if len(arrays[1]) < count:
            raise PicturesError(f"{source}: holds {len(arrays[1])} items for {kind} where {count} are wanted")
        for name, array in zip(FILES[kind], arrays, strict=True):
            packed = gzip.compress(pack(array[:count]), compresslevel=9, mtime=0)
            (destination / f"{name}.gz").write_bytes(packed)

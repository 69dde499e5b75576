"""MNIST as verified IDX files: from the bundled sample, a folder, or the network; and pictures out of them.

All three sources end in the same thing: four uncompressed IDX files and a provenance.json that says where they
came from. Source of the data: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".

NumPy is imported where an array is made: a Snakefile that is parsed checks files, and needs none.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
IMAGES, LABELS = FILES[0], FILES[1]
PROVENANCE = "provenance.json"
SIDE = 28

# MD5 of the uncompressed content of the published files.
PUBLISHED_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# Bytes of the same.
PUBLISHED_BYTES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}
# How often each digit occurs in the published training set.
PUBLISHED_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)

_UNSIGNED_BYTE = 0x08
_LONGEST_HEADER = 4 + 4 * 255
# Pictures with their labels: those for training, those for tests.
_PAIRS = (FILES[:2], FILES[2:])


class MnistError(ValueError):
    """The files of a source are missing, damaged or not MNIST."""


def fetch(destination: str | Path, *, source: str | Path, origin: Mapping[str, Any]) -> None:
    """Verify the four files of a folder and write them, unpacked, in another with a provenance.json.

    Args:
        destination: folder for the result; each file in it is whole or absent.
        source: folder that holds the four IDX files, gzipped (`.gz`) or not.
        origin: where `source` comes from, for provenance.json.

    Raises:
        MnistError: a file is missing, damaged or not MNIST.
    """
    contents = {name: read_file(source, name) for name in FILES}
    verify(contents)
    provenance = json.dumps(_provenance(contents, origin), indent=2) + "\n"
    for name, content in {**contents, PROVENANCE: provenance.encode()}.items():
        with whole_file(Path(destination) / name) as path:
            path.write_bytes(content)


def path_of(folder: str | Path, name: str) -> Path:
    """The path of an IDX file of a folder, unpacked if it is there both ways.

    Raises:
        MnistError: it is missing.
    """
    for path in (Path(folder) / name, Path(folder) / f"{name}.gz"):
        if path.is_file():
            return path
    raise MnistError(f"{folder}: no file {name} or {name}.gz (allowed: a folder with the four IDX files of MNIST)")


def read_file(folder: str | Path, name: str) -> bytes:
    """The content of an IDX file of a folder.

    Raises:
        MnistError: it is missing or a damaged gzip file.
    """
    path = path_of(folder, name)
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise MnistError(f"{path}: not a whole gzip file ({error})") from None


def parse_idx(content: bytes, name: str) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes.

    Raises:
        MnistError: it is no such file, or not whole.
    """
    import numpy as np

    shape, data = split_idx(content, name)
    return np.frombuffer(data, np.uint8).reshape(shape)


def split_idx(content: bytes, name: str) -> tuple[tuple[int, ...], bytes]:
    """The shape of an IDX file of unsigned bytes, and its data.

    Raises:
        MnistError: it is no such file, or not whole.
    """
    shape, header = _header(content, name)
    _check_length(name, shape, len(content) - header)
    return shape, content[header:]


def _check_length(name: str, shape: tuple[int, ...], count: int) -> None:
    if count != math.prod(shape):
        raise MnistError(f"{name}: holds {count} bytes of data where its header promises {math.prod(shape)}")


def _header(content: bytes, name: str) -> tuple[tuple[int, ...], int]:
    """The shape in the header of an IDX file, and the bytes of the header."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE:
        raise MnistError(f"{name}: not an IDX file of unsigned bytes")
    axes = content[3]
    header = 4 + 4 * axes
    if len(content) < header:
        raise MnistError(f"{name}: cut off within its header")
    return struct.unpack(f">{axes}I", content[4:header]), header


def pack_idx(array: NDArray[np.uint8]) -> bytes:
    """The content of the IDX file of an array of unsigned bytes."""
    return bytes([0, 0, _UNSIGNED_BYTE, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def verify(contents: Mapping[str, bytes]) -> None:
    """Check that four contents are a training and a test set of 28 x 28 pictures with labels 0 to 9.

    Raises:
        MnistError: they are not; the message says which file and why.
    """
    for images_name, labels_name in _PAIRS:
        shape, _ = split_idx(contents[images_name], images_name)
        _check_pair(images_name, shape, labels_name, *split_idx(contents[labels_name], labels_name))


def check_folder(folder: str | Path) -> None:
    """Check the same of the files of a folder, without unpacking the pictures.

    Raises:
        MnistError: a file is missing, or is not what it has to be; the message says which and why.
    """
    for names in _PAIRS:
        images, labels = (path_of(folder, name) for name in names)
        content = read_file(folder, names[1])
        _check_pair(str(images), _shape_of(images), str(labels), *split_idx(content, str(labels)))


def _check_pair(images: str, shape: tuple[int, ...], labels: str, label_shape: tuple[int, ...], label: bytes) -> None:
    if len(shape) != 3 or shape[1:] != (SIDE, SIDE):
        raise MnistError(f"{images}: shape {shape} is not (picture, {SIDE}, {SIDE})")
    if len(label_shape) != 1:
        raise MnistError(f"{labels}: shape {label_shape} is not (picture,)")
    if len(label) != shape[0]:
        raise MnistError(f"{labels}: {len(label)} labels for {shape[0]} pictures")
    if max(label, default=0) > 9:
        raise MnistError(f"{labels}: holds the label {max(label)} (allowed: 0 to 9)")


def _shape_of(path: Path) -> tuple[int, ...]:
    """The shape that the header of an IDX file promises, if the file is as long as that."""
    packed = path.suffix == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.read(_LONGEST_HEADER)
        with path.open("rb") as stream:
            # The last four bytes of a gzip file are the size of its content.
            stream.seek(-4 if packed else 0, 2)
            length = int.from_bytes(stream.read(4), "little") if packed else stream.tell()
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise MnistError(f"{path}: cannot be read ({error})") from None
    shape, header = _header(head, str(path))
    _check_length(str(path), shape, length - header)
    return shape


def folder_digest(folder: str | Path) -> str:
    """A digest of the four files of a folder, as they lie there.

    Raises:
        MnistError: one is missing.
    """
    digest = hashlib.sha256()
    for name in FILES:
        path = path_of(folder, name)
        digest.update(f"\0{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def read_checked(folder: str | Path, name: str) -> bytes:
    """The content of an IDX file of a folder, held against what `fetch` wrote down if it has made the folder.

    Raises:
        MnistError: the file is missing, or is not the one that was fetched.
    """
    content = read_file(folder, name)
    path = Path(folder) / PROVENANCE
    if not path.exists():
        return content
    try:
        expected = json.loads(path.read_text(encoding="utf-8"))["files"][name]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MnistError(f"{path}: cannot be read, {error!r} (remove {folder} and run again)") from None
    if hashlib.sha256(content).hexdigest() != expected:
        raise MnistError(
            f"{Path(folder) / name}: damaged, its content is not what {PROVENANCE} says (remove {folder} and run again)"
        )
    return content


def picture(folder: str | Path, digit: int, instance: int) -> NDArray[np.uint8]:
    """The `instance`-th picture of a digit in the training set, counted from 0: uint8 `(28, 28)`.

    Raises:
        MnistError: the set does not hold so many, and the message says how many there are; or a file is damaged.
    """
    import numpy as np

    labels = parse_idx(read_checked(folder, LABELS), LABELS)
    check_instance(digit, instance, np.bincount(labels, minlength=10))
    position = np.flatnonzero(labels == digit)[instance]
    images = parse_idx(read_checked(folder, IMAGES), IMAGES)
    return images[position].copy()


def check_instance(digit: int, instance: int, counts: Any) -> None:
    """Refuse an instance that a set does not hold.

    Args:
        digit: 0 to 9.
        instance: counted from 0.
        counts: pictures of each digit, `(10,)`.

    Raises:
        MnistError: the set does not hold so many; the message says how many there are.
    """
    if instance >= counts[digit]:
        allowed = f"allowed: 0 to {counts[digit] - 1}" if counts[digit] else "allowed: digits that it holds"
        raise MnistError(
            f"instances: {instance} of digit {digit} is not in this source, which holds {counts[digit]} ({allowed})"
        )


def digit_counts(folder: str | Path | None) -> list[int]:
    """How many pictures of each digit the training set of a folder holds; None stands for the published set.

    Raises:
        MnistError: the folder does not hold the four files, or they are damaged.
    """
    if folder is None:
        return list(PUBLISHED_COUNTS)
    check_folder(folder)
    _, labels = split_idx(read_file(folder, LABELS), LABELS)
    return [labels.count(digit) for digit in range(10)]


def make_sample(source: str | Path, destination: str | Path, training: int, test: int) -> None:
    """Write the first pictures of a full set as four gzipped IDX files, the same bytes each time.

    Raises:
        MnistError: the source is damaged or holds fewer pictures.
    """
    destination = Path(destination)
    destination.mkdir(parents=True, exist_ok=True)
    for name, count in zip(FILES, (training, training, test, test), strict=True):
        whole = parse_idx(read_file(source, name), name)
        if len(whole) < count:
            raise MnistError(f"{name}: holds {len(whole)} items where {count} are wanted")
        packed = gzip.compress(pack_idx(whole[:count]), compresslevel=9, mtime=0)
        (destination / f"{name}.gz").write_bytes(packed)


def _provenance(contents: Mapping[str, bytes], origin: Mapping[str, Any]) -> dict[str, Any]:
    files = {}
    for name, content in contents.items():
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        files[name] = {
            "items": split_idx(content, name)[0][0],
            "sha256": hashlib.sha256(content).hexdigest(),
            "is_published_file": md5 == PUBLISHED_MD5[name],
        }
    return {**origin, "files": files}

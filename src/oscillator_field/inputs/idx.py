"""IDX files, as MNIST and its kin are published: arrays behind a header of their shape, gzipped or not.

Pictures are unsigned bytes of three dimensions; of two, each row is a square picture, or the whole is one. Labels are
unsigned bytes of one dimension, or, as QMNIST has them, rows of whole numbers of which the first is the label.

NumPy is imported where an array is made: a Snakefile that is parsed checks files, and needs none.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from oscillator_field.inputs.errors import PicturesError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNSIGNED_BYTE, _INTEGER = 0x08, 0x0C
_BYTES = {_UNSIGNED_BYTE: 1, _INTEGER: 4}
_LONGEST_HEADER = 4 + 4 * 255


def read_file(path: Path) -> bytes:
    """The content of a file, unpacked if its name ends in .gz.

    Raises:
        PicturesError: it is a damaged gzip file.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise PicturesError(f"{path}: not a whole gzip file ({error})") from None


def parse_images(content: bytes, path: Path, labels: int) -> NDArray[np.uint8]:
    """The pictures of a file: uint8 `(picture, row, column)`.

    Args:
        content: of the file, unpacked.
        path: of the file, for messages.
        labels: how many labels there are for it.

    Raises:
        PicturesError: it is no IDX file of pictures, or not whole, or has another number of pictures.
    """
    import numpy as np

    kind, shape, header = _header(content, str(path))
    _check_length(str(path), kind, shape, len(content) - header)
    return np.frombuffer(content, np.uint8, offset=header).reshape(picture_shape(path, kind, shape, labels))


def shape_of_images(path: Path, labels: int) -> tuple[int, int, int]:
    """The shape `(picture, row, column)` that a file promises, if it is as long as that; no picture is unpacked.

    Raises:
        PicturesError: it is no IDX file of pictures, or not whole, or has another number of pictures.
    """
    packed = path.suffix == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            head = stream.read(_LONGEST_HEADER)
        with path.open("rb") as stream:
            # The last four bytes of a gzip file are the size of its content.
            stream.seek(-4 if packed else 0, 2)
            length = int.from_bytes(stream.read(4), "little") if packed else stream.tell()
    except PermissionError:
        raise
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise PicturesError(f"{path}: cannot be read ({error})") from None
    kind, shape, header = _header(head, str(path))
    if packed and length - header != math.prod(shape) * _BYTES[kind]:
        # It may be of several parts, each with a size of its own.
        length = len(read_file(path))
    _check_length(str(path), kind, shape, length - header)
    return picture_shape(path, kind, shape, labels)


def picture_shape(path: Path, kind: int, shape: tuple[int, ...], labels: int) -> tuple[int, int, int]:
    """The shape of pictures `(picture, row, column)`, from that in the header of their file.

    Raises:
        PicturesError: it is not one of pictures, or there is another number of labels.
    """
    if kind != _UNSIGNED_BYTE:
        raise PicturesError(f"{path}: holds whole numbers (allowed: pictures of unsigned bytes)")
    whole = shape
    if len(shape) == 2:
        side = math.isqrt(shape[1])
        squares = (shape[0], side, side) if side * side == shape[1] else None
        whole = (1, *shape) if labels == 1 != shape[0] else squares or shape
    if len(whole) != 3 or 0 in whole[1:]:
        raise PicturesError(
            f"{path}: shape {shape} is not one of pictures "
            "(allowed: (picture, row, column), (picture, pixel) of squares, or (row, column) of one)"
        )
    if whole[0] != labels:
        raise PicturesError(f"{path}: {whole[0]} pictures, for which there are {labels} labels")
    return whole


def read_labels(path: Path) -> bytes:
    """The labels of a file, one byte each (see `parse_labels`)."""
    return parse_labels(read_file(path), path)


def parse_labels(content: bytes, path: Path) -> bytes:
    """The labels of a file, one byte each.

    Raises:
        PicturesError: it is no IDX file of labels, or not whole.
    """
    kind, shape, header = _header(content, str(path))
    _check_length(str(path), kind, shape, len(content) - header)
    labels = content[header:]
    if kind == _INTEGER and len(shape) == 2 and shape[1]:
        # The first number of each row, whose last byte is its lowest.
        row = 4 * shape[1]
        if any(any(labels[place::row]) for place in range(3)):
            raise PicturesError(f"{path}: holds a label beyond 255 (allowed: 0 to 255)")
        return labels[3::row]
    if kind != _UNSIGNED_BYTE or len(shape) != 1:
        raise PicturesError(f"{path}: shape {shape} is not one of labels (allowed: (picture,) of unsigned bytes)")
    return labels


def pack(array: NDArray[np.uint8]) -> bytes:
    """The content of the IDX file of an array of unsigned bytes."""
    return bytes([0, 0, _UNSIGNED_BYTE, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def _check_length(name: str, kind: int, shape: tuple[int, ...], count: int) -> None:
    promised = math.prod(shape) * _BYTES[kind]
    if count != promised:
        raise PicturesError(f"{name}: holds {count} bytes of data where its header promises {promised}")


def _header(content: bytes, name: str) -> tuple[int, tuple[int, ...], int]:
    """The kind of numbers and the shape in the header of an IDX file, and the bytes of the header."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _BYTES:
        raise PicturesError(
            f"{name}: not an IDX file of unsigned bytes (it begins with {content[:4].hex() or 'nothing'})"
        )
    axes = content[3]
    header = 4 + 4 * axes
    if len(content) < header:
        raise PicturesError(f"{name}: cut off within its header")
    return content[2], struct.unpack(f">{axes}I", content[4:header]), header

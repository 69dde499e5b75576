"""Animated PNG with a palette, frame by frame: memory holds two frames, however many there are.

Pillow keeps every frame until it writes the first, half a gigabyte for 512 frames of a page. Format: PNG
specification, third edition (W3C, 2025): sections 5.6, 11.2 and 11.3.6.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE_COLOUR, _FILTER_UP = 3, 2
_KEEP, _REPLACE = 0, 0
# Fractions of a second are whole numbers in the file.
_TICKS = 1000


def write_apng(
    path: str | Path, palette: NDArray[np.uint8], frames: Iterable[Indices], count: int, rate: float
) -> None:
    """Write frames that repeat for ever.

    Args:
        path: the file to write.
        palette: `(colour, 3)`, at most 256 colours.
        frames: each `(height, width)`, indices into the palette.
        count: how many frames there are.
        rate: frames a second.

    Raises:
        ValueError: there are fewer or more frames than `count`.
    """
    numbered = enumerate(frames)
    _, first = next(numbered)
    height, width = first.shape
    with open(path, "wb") as stream:
        stream.write(_SIGNATURE)
        stream.write(_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _PALETTE_COLOUR, 0, 0, 0)))
        stream.write(_chunk(b"acTL", struct.pack(">II", count, 0)))
        stream.write(_chunk(b"PLTE", palette.tobytes()))
        stream.write(_control(0, 0, 0, width, height, rate))
        stream.write(_chunk(b"IDAT", _packed(first)))
        before, sequence, written = first, 1, 1
        for _, frame in numbered:
            left, top, right, bottom = _changed(before, frame)
            stream.write(_control(sequence, left, top, right - left, bottom - top, rate))
            part = struct.pack(">I", sequence + 1) + _packed(frame[top:bottom, left:right])
            stream.write(_chunk(b"fdAT", part))
            before, sequence, written = frame, sequence + 2, written + 1
        stream.write(_chunk(b"IEND", b""))
    if written != count:
        raise ValueError(f"{path}: {written} frames came where {count} were promised")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _control(sequence: int, left: int, top: int, width: int, height: int, rate: float) -> bytes:
    delay = (round(_TICKS / rate), _TICKS)
    return _chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, width, height, left, top, *delay, _KEEP, _REPLACE))


def _changed(before: Indices, frame: Indices) -> tuple[int, int, int, int]:
    """The smallest rectangle that holds every change, at least one pixel: left, top, right, bottom."""
    different = before != frame
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _packed(part: Indices) -> bytes:
    """Rows as their difference to the row above, which is 0 nearly everywhere in these pictures, deflated."""
    filtered = np.empty((part.shape[0], part.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[0, 1:] = part[0]
    np.subtract(part[1:], part[:-1], out=filtered[1:, 1:])
    return zlib.compress(filtered.tobytes(), level=1)

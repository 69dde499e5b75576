"""Frames of numbers packed small for a page: whole levels, their change from frame to frame, deflated.

`unpack` is what player.js does in the browser, and what the tests hold it against.
"""

from __future__ import annotations

import base64
import zlib

import numpy as np
from numpy.typing import NDArray

# 4,096 levels of a full circle are 0.09 degree apart, so a shown phase is off by 0.05 degree at most.
LEVELS = 4096


def pack(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint16]:
    """The level, 0 to LEVELS - 1, of each value in low..high; values outside go to the nearest end."""
    share = (np.asarray(values, np.float64) - low) / (high - low)
    return np.rint(np.clip(share, 0, 1) * (LEVELS - 1)).astype(np.uint16)


def deflate(levels: NDArray[np.uint16]) -> str:
    """Levels `(frame, ...)` as text: changes since the frame before, low bytes first, then high bytes, deflated."""
    changes = np.diff(levels, axis=0, prepend=np.zeros_like(levels[:1]))
    planes = np.stack([changes & 0xFF, changes >> 8]).astype(np.uint8)
    return base64.b64encode(zlib.compress(planes.tobytes(), level=6)).decode()


def unpack(text: str, shape: tuple[int, ...], low: float, high: float) -> NDArray[np.float64]:
    """The values of packed levels of a shape `(frame, ...)`."""
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(2, *shape).astype(np.uint16)
    levels = np.cumsum(planes[0] | planes[1] << 8, axis=0, dtype=np.uint16)
    return low + levels / (LEVELS - 1) * (high - low)

"""Frames of numbers packed small for a page: whole levels, their change from frame to frame, deflated.

`unpack` is what kit.js does in the browser, and what the tests hold it against.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

# 4,096 levels of a full circle are 0.09 degree apart, so a shown phase is off by 0.05 degree at most.
LEVELS = 4096
# Levels of a byte for previews: of a full circle, 1.4 degree apart.
FEW_LEVELS = 256


def as_text(values: NDArray[Any]) -> str:
    """The bytes of an array, as `bytesOf` of kit.js reads them."""
    return base64.b64encode(values.tobytes()).decode()


def pack(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint16]:
    """The level, 0 to LEVELS - 1, of each value in low..high; values outside go to the nearest end."""
    share = (np.asarray(values, np.float64) - low) / (high - low)
    return np.rint(np.clip(share, 0, 1) * (LEVELS - 1)).astype(np.uint16)


def pack_angles(phase: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The level of each angle, of which FEW_LEVELS make a circle: -pi is 0, and pi is 0 again."""
    turned = (np.asarray(phase, np.float64) + np.pi) / (2 * np.pi) * FEW_LEVELS
    return (np.rint(turned).astype(np.int64) % FEW_LEVELS).astype(np.uint8)


def deflate(levels: NDArray[np.unsignedinteger]) -> str:
    """Levels `(frame, ...)` as text: changes since the frame before, low bytes first, then high bytes, deflated."""
    changes = np.diff(levels, axis=0, prepend=np.zeros_like(levels[:1]))
    planes = np.stack([changes >> 8 * byte & 0xFF for byte in range(levels.itemsize)]).astype(np.uint8)
    return base64.b64encode(zlib.compress(planes.tobytes(), level=6)).decode()


def unpack(text: str, shape: tuple[int, ...], dtype: Any = np.uint16) -> NDArray[np.unsignedinteger]:
    """The levels of a shape `(frame, ...)` from their text."""
    each = np.dtype(dtype)
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(each.itemsize, *shape)
    changes = sum(plane.astype(each) << each.type(8 * byte) for byte, plane in enumerate(planes))
    return np.cumsum(changes, axis=0, dtype=each)

"""Pictures brought to the size of a lattice: padded, cropped or stretched, and resampled by Pillow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oscillator_field.inputs.images import BACKGROUNDS

# Each level is a weighted mean of those around it, over a wider stretch where a picture becomes smaller: nothing
# aliases, and nothing leaves its range.
FILTER = Image.Resampling.BILINEAR


def fitted(
    level: NDArray[np.float64], shape: tuple[int, int] | None, *, fit: str, background: str
) -> NDArray[np.float64]:
    """A picture at another size; the picture itself where it has that size.

    Args:
        level: grey levels 0..1, `(row, column)`.
        shape: rows and columns; None for those that it has.
        fit: `pad` keeps the whole picture and its aspect, in the middle of a background; `crop` keeps its aspect and
            fills the size, the middle of it being kept; `stretch` fills the size with the whole picture.
        background: `black` or `white`, of what is padded.

    Returns:
        float64 of the shape.
    """
    if shape is None or level.shape == shape:
        return level
    ratios = [wanted / there for wanted, there in zip(shape, level.shape, strict=True)]
    if fit == "stretch":
        return _resampled(level, shape)
    ratio = min(ratios) if fit == "pad" else max(ratios)
    rows, columns = (max(1, round(there * ratio)) for there in level.shape)
    scaled = _resampled(level, (rows, columns))
    if fit == "pad":
        result = np.full(shape, BACKGROUNDS[background] / 255)
        top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
        result[top : top + rows, left : left + columns] = scaled
        return result
    top, left = (rows - shape[0]) // 2, (columns - shape[1]) // 2
    return scaled[top : top + shape[0], left : left + shape[1]]


def _resampled(level: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    if level.shape == shape:
        return level
    picture = Image.fromarray(level.astype(np.float32))
    return np.asarray(picture.resize(shape[::-1], FILTER), np.float64).clip(0, 1)

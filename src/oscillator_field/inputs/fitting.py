"""Pictures brought to the size of a lattice: padded, cropped or stretched, and resampled by Pillow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from oscillator_field.inputs.images import BACKGROUNDS, WHITE

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
    if fit == "crop" and max(ratios) == 1:
        top, left = ((there - wanted) // 2 for there, wanted in zip(level.shape, shape, strict=True))
        return level[top : top + shape[0], left : left + shape[1]]
    if fit == "crop":
        # The part of the picture that fills the size, in its own pixels.
        # Rounding must not make it larger than the picture.
        height, width = (min(wanted / max(ratios), there) for wanted, there in zip(shape, level.shape, strict=True))
        top, left = (level.shape[0] - height) / 2, (level.shape[1] - width) / 2
        return _resampled(level, shape, (left, top, left + width, top + height))
    rows, columns = (max(1, round(there * min(ratios))) for there in level.shape)
    result = np.full(shape, BACKGROUNDS[background] / WHITE)
    top, left = (shape[0] - rows) // 2, (shape[1] - columns) // 2
    result[top : top + rows, left : left + columns] = _resampled(level, (rows, columns))
    return result


def _resampled(
    level: NDArray[np.float64], shape: tuple[int, int], box: tuple[float, float, float, float] | None = None
) -> NDArray[np.float64]:
    """A picture, or a box of it (left, top, right, bottom), at another size."""
    if level.shape == shape and box is None:
        return level
    picture = Image.fromarray(level.astype(np.float32))
    return np.asarray(picture.resize(shape[::-1], FILTER, box), np.float64).clip(0, 1)

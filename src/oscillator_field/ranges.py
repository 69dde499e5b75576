"""Ranges of whole numbers: every n-th, and slices of a size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def kept(count: int, every: int) -> NDArray[np.int64]:
    """Of 1 to `count`, every `every`-th and the last."""
    import numpy as np

    numbers = np.arange(every, count + 1, every, dtype=np.int64)
    return numbers if len(numbers) and numbers[-1] == count else np.append(numbers, count)


def slices(count: int, size: int) -> Iterator[slice]:
    """0 to `count` in slices of `size`, the last of which may be shorter."""
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))

"""How well points in a plane stand for their features, and how calmly they move: trustworthiness and displacement."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oscillator_field.analysis.projections import in_one_place, turned_to
from oscillator_field.ranges import slices

# How many nearest neighbours should stay neighbours.
NEIGHBOURS = 12
# Distances that are held at a time; all of 20,000 points would fill the memory.
AT_ONCE = 2**20


def trustworthiness(features: NDArray[np.float32], positions: NDArray[np.float32]) -> float:
    """To what share the near neighbours in the plane are neighbours among the features too, 0..1.

    Venna and Kaski (2001), with k = 12, or fewer where there are too few points for that. scikit-learn's function of
    this name gives the same number and takes three times as long, which counts where every frame is measured.

    Args:
        features: `(point, feature)`.
        positions: `(point, 2)`.

    Returns:
        The trustworthiness, NaN for fewer than four points.
    """
    count = len(features)
    near = min(NEIGHBOURS, (count - 1) // 2)
    if near < 1 or count < 4:
        return float("nan")
    # In double precision: distances within a cluster are small beside its place.
    centred = features - features.mean(axis=0, dtype=np.float64)
    squares = np.square(centred).sum(axis=1)
    # The nearest of all is the point itself, or one that lies upon it, which is as near.
    neighbours = cKDTree(positions).query(positions, near + 1)[1]
    own = np.arange(count)[:, np.newaxis]
    nearest = np.argsort(neighbours == own, axis=1, kind="stable")[:, :near]
    nearest = np.take_along_axis(neighbours, nearest, axis=1)
    misplaced = 0
    for part in slices(count, max(1, AT_ONCE // count)):
        distances = squares[part, np.newaxis] + squares - 2 * (centred[part] @ centred.T)
        distances[np.arange(len(distances)), np.arange(part.start, part.stop)] = np.inf
        for each in np.take_along_axis(distances, nearest[part], axis=1).T:
            ranks = np.count_nonzero(distances < each[:, np.newaxis], axis=1) + 1
            misplaced += int(np.maximum(ranks - near, 0).sum())
    return 1 - misplaced / (count * near * (2 * count - 3 * near - 1) / 2)


def displacements(positions: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far points move from the frame before, their common turn taken out, as a share of the spread.

    The mean over points of the distance between a frame, turned and moved to lie on the frame before as well as it
    can, and that frame, over the root mean square distance of the points from their centre. Its mean over time is
    the jitter of an embedding.

    Args:
        positions: `(frame, point, 2)`.

    Returns:
        `(frame,)`; 0 for the first, and where all points are in one place.
    """
    moved = np.zeros(len(positions))
    for number, (before, frame) in enumerate(pairwise(positions), 1):
        if in_one_place(frame):
            continue
        away = np.linalg.norm(turned_to(frame, before) - before, axis=1).mean()
        spread = np.sqrt(np.square(frame - frame.mean(axis=0)).sum(axis=1).mean())
        moved[number] = away / spread
    return moved

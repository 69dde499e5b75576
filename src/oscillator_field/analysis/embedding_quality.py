"""How well points in a plane stand for their features, and how calmly they move: trustworthiness and displacement."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from oscillator_field.analysis.projections import in_one_place, turned_to

# How many nearest neighbours should stay neighbours.
NEIGHBOURS = 12


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
    among_features = _squared_distances(features)
    # The nearest of all is the point itself, or one that lies upon it, which is as near.
    neighbours = cKDTree(positions).query(positions, near + 1)[1]
    own = np.arange(count)[:, np.newaxis]
    nearest = np.argsort(neighbours == own, axis=1, kind="stable")[:, :near]
    distances = np.take_along_axis(among_features, np.take_along_axis(neighbours, nearest, axis=1), axis=1)
    ranks = np.stack([np.count_nonzero(among_features < each[:, np.newaxis], axis=1) for each in distances.T]) + 1
    worst = count * near * (2 * count - 3 * near - 1) / 2
    return float(1 - np.maximum(ranks - near, 0).sum() / worst)


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


def _squared_distances(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Between all pairs; none of a point to itself."""
    centred = points - points.mean(axis=0)
    squares = np.square(centred).sum(axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * (centred @ centred.T)
    np.fill_diagonal(distances, np.inf)
    return distances

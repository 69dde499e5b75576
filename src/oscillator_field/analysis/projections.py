"""From features over time to points in a plane over time: PCA and t-SNE, each with several ways to treat time.

A frame holds the features of all points, `(point, feature)`. A fit takes all frames and yields, one after the
other, the positions `(point, 2)` and how good they are. Where the points of a frame differ by rounding alone, as those
of a field in full synchrony, they are one point in the plane too, and how good that is, is undefined: NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from scipy.sparse.linalg import ArpackError, svds

from oscillator_field.parameters import PLANE_AXES
from oscillator_field.ranges import slices

Features = NDArray[np.float32]
Placed = tuple[NDArray[np.float32], float]
Fit = Callable[[Features], Iterator[Placed]]

# Points whose spread is less than so much of their distance from the origin differ by the rounding of float32 alone.
ROUNDING = 1e-6
# Numbers that are held in double precision at a time.
AT_ONCE = 2**22

EXAGGERATION = 12
EXAGGERATED_ITERATIONS = 250
# Iterations of a frame that starts from the one before, for features at rest and for those that move much. Measured:
# without a short and mild exaggeration clusters stay torn while the field finds its order, and the divergence ends
# 10% above that of independent fits, however many iterations follow; with it, it does not.
REARRANGED, MILD_EXAGGERATION = (0, 32), 3
SETTLED = (15, 70)
# The Barnes-Hut angle while a frame is optimised; measured: a fifth of the time, and
# no worse. The last step of each is taken at the library's own 0.5, so that divergences mean the same everywhere.
COARSE, FINE = 0.8, 0.5
CHANGE_OF_FULL_EFFORT = 0.005


def pca(fit: str) -> Fit:
    """Principal components; the quality is the share of a frame's variance that lies in the plane, in 0..1.

    Args:
        fit: `all`, one plane for all frames; `frame`, a plane for each, as the notebook does, which may flip or turn
            from one frame to the next; `aligned`, a plane for each, turned to agree best with the frame before
            (orthogonal Procrustes; Schoenemann 1966).
    """
    return {"all": _one_plane, "frame": _plane_of_each, "aligned": _aligned_planes}[fit]


def in_one_place(points: Features) -> bool:
    """Whether points `(point, feature)` differ by rounding alone."""
    centre = points.mean(axis=0, dtype=np.float64)
    spread = size = 0.0
    # Some at a time: in double precision, all features of a set of samples would fill the memory.
    for part in slices(len(points), max(1, AT_ONCE // points.shape[1])):
        exact = points[part].astype(np.float64)
        size += np.square(exact).sum()
        spread += np.square(exact - centre).sum()
    return bool(spread <= ROUNDING**2 * size)


def _in_one_place_at(point: NDArray[np.float32], frame: Features) -> Placed:
    return np.repeat(point[np.newaxis].astype(np.float32), len(frame), axis=0), float("nan")


_ORIGIN = np.zeros(PLANE_AXES, np.float32)


def _one_plane(features: Features) -> Iterator[Placed]:
    everything = features.reshape(-1, features.shape[-1])
    if in_one_place(everything):
        yield from (_in_one_place_at(_ORIGIN, frame) for frame in features)
        return
    centre, axes = everything.mean(axis=0), _principal_axes(everything)
    for frame in features:
        positions = (frame - centre) @ axes
        if in_one_place(frame):
            yield _in_one_place_at(positions.mean(axis=0), frame)
        else:
            yield positions, _share(positions, frame)


def _plane_of_each(features: Features) -> Iterator[Placed]:
    for frame in features:
        if in_one_place(frame):
            yield _in_one_place_at(_ORIGIN, frame)
        else:
            positions = (frame - frame.mean(axis=0)) @ _principal_axes(frame)
            yield positions, _share(positions, frame)


def _principal_axes(points: Features) -> Features:
    """The directions of largest variance, `(feature, 2)`, each with its largest part positive.

    By SciPy's Lanczos solver, which is as quick for a few wide points as for many narrow ones, and starts in a quarter
    of the time that scikit-learn does.
    """
    # The solver needs more features than components.
    wide = np.pad(points - points.mean(axis=0), ((0, 0), (0, 1)))
    size = min(wide.shape)
    try:
        _, _, axes = svds(wide, PLANE_AXES, v0=np.ones(size), return_singular_vectors="vh")
    except ArpackError:
        # A start of ones may be orthogonal to all points.
        another = np.random.default_rng(0).standard_normal(size)
        _, _, axes = svds(wide, PLANE_AXES, v0=another, return_singular_vectors="vh")
    # It finds the largest last.
    found = axes[::-1, :-1]
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, np.newaxis], axis=1)
    return (found * np.sign(largest)).T.astype(np.float32)


def _share(positions: NDArray[np.float32], frame: Features) -> float:
    """The share of a frame's variance that lies in the plane."""
    total = frame.var(axis=0, dtype=np.float64).sum()
    return float(positions.var(axis=0, dtype=np.float64).sum() / total)


def _aligned_planes(features: Features) -> Iterator[Placed]:
    before = None
    for positions, quality in _plane_of_each(features):
        if np.isnan(quality):
            yield positions, quality
            continue
        placed = positions if before is None else turned_to(positions, before)
        yield placed, quality
        before = placed


def tsne(fit: str, perplexity: float, iterations: int, seed: int) -> Fit:
    """t-SNE; the quality is the Kullback-Leibler divergence.

    Van der Maaten and Hinton (2008); Policar, Strazar and Zupan, "openTSNE" (2024).

    Args:
        fit: `chained`, each frame starts from the one before; `independent`, each by itself, as in the notebook.
        perplexity: effective number of neighbours.
        iterations: steps of the optimiser for a frame that starts afresh, after EXAGGERATED_ITERATIONS; a frame that
            starts from the one before gets fewer, the more the less its features have moved.
        seed: of the optimiser.
    """
    return {"chained": _chained, "independent": _independent}[fit](_Tsne(perplexity, iterations, seed))


def _independent(model: _Tsne) -> Fit:
    def fit(features: Features) -> Iterator[Placed]:
        for frame in features:
            yield _in_one_place_at(_ORIGIN, frame) if in_one_place(frame) else model.placed(model.afresh(frame))

    return fit


def _chained(model: _Tsne) -> Fit:
    """From the last frame to the first.

    Order that the field has found dissolves without tearing, and while it is at rest a good fit stays one. The other
    way round, what the early frames tore apart is never mended (measured: the divergence of the late frames ends a
    fifth higher).
    """

    def fit(features: Features) -> Iterator[Placed]:
        embedding, after, placed = None, None, list[Placed]()
        for frame in features[::-1]:
            if in_one_place(frame):
                # The first frame starts afresh.
                embedding, after = None, None
                placed.append(_in_one_place_at(_ORIGIN, frame))
                continue
            if embedding is None or after is None:
                embedding = model.afresh(frame)
            else:
                effort = min(1.0, _change(after, frame) / CHANGE_OF_FULL_EFFORT)
                embedding = model.onward(frame, embedding, effort=effort)
            after = frame
            placed.append(model.placed(embedding))
        yield from reversed(placed)

    return fit


def _change(before: Features, frame: Features) -> float:
    """How far points move among the features from one frame to the next, as a share of their spread."""
    spread = np.sqrt(np.square(frame - frame.mean(axis=0)).sum(axis=1).mean())
    return float(np.linalg.norm(frame - before, axis=1).mean() / spread) if spread > 0 else 0.0


class _Tsne:
    """openTSNE with its settings, one frame at a time."""

    def __init__(self, perplexity: float, iterations: int, seed: int) -> None:
        self.perplexity, self.iterations, self.seed = perplexity, iterations, seed

    def afresh(self, frame: Features) -> Any:
        """A frame by itself, from its principal components."""
        from openTSNE.initialization import pca as by_components

        embedding = self._begin(frame, by_components(frame, random_state=self.seed))
        embedding = embedding.optimize(EXAGGERATED_ITERATIONS, exaggeration=EXAGGERATION, momentum=0.5)
        return embedding.optimize(self.iterations, momentum=0.8)

    def onward(self, frame: Features, before: Any, effort: float) -> Any:
        """A frame that starts from the one before, with an effort of 0 to 1."""
        embedding = self._begin(frame, np.asarray(before))
        rearranged, settled = (round(least + effort * (most - least)) for least, most in (REARRANGED, SETTLED))
        if rearranged:
            embedding = embedding.optimize(rearranged, exaggeration=MILD_EXAGGERATION, momentum=0.8, theta=COARSE)
        embedding = embedding.optimize(settled - 1, momentum=0.8, theta=COARSE)
        return embedding.optimize(1, momentum=0.8, theta=FINE)

    def placed(self, embedding: Any) -> Placed:
        return np.asarray(embedding, np.float32), float(embedding.kl_divergence)

    def _begin(self, frame: Features, start: NDArray[np.float64]) -> Any:
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN

        if 3 * self.perplexity > len(frame) - 1:
            raise ValueError(
                f"embed.tsne.perplexity: {self.perplexity} is too large for {len(frame)} points "
                f"(allowed: at most {(len(frame) - 1) / 3:.6g})"
            )
        affinities = PerplexityBasedNN(frame, self.perplexity, method="exact", n_jobs=1, random_state=self.seed)
        return TSNEEmbedding(start, affinities, negative_gradient_method="bh", n_jobs=1, random_state=self.seed)


def turned_to(positions: NDArray[np.float32], target: NDArray[np.float32]) -> NDArray[np.float32]:
    """Positions, moved and turned or mirrored to lie as near to a target as they can: `(point, 2)`."""
    centre = target.mean(axis=0)
    moved = positions - positions.mean(axis=0)
    rotation, _ = orthogonal_procrustes(moved, target - centre)
    return (moved @ rotation + centre).astype(np.float32)

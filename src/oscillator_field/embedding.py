"""The sites of a field as points in a plane, frame by frame: PCA and t-SNE of the channels' phases.

A site is a pixel; its features are the phases of its channels, as raw angles. PCA is fitted to each frame by
itself, so its plane may turn or flip from one frame to the next; t-SNE starts from the frame before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from oscillator_field.engines import kept
from oscillator_field.history import copy_run_coordinates, open_history, origin
from oscillator_field.logs import progress
from oscillator_field.parameters import PLANE_AXES
from oscillator_field.stores import add_coordinate, add_values, new_store

# Positions (site, component) and the quality of the fit, for each frame of features (site, feature).
Placed = tuple[NDArray[np.float32], float]
Fit = Callable[[Iterable[NDArray[np.float32]]], Iterator[Placed]]

EXAGGERATION = 12
EXAGGERATED_ITERATIONS = 250
# From a start that is nearly right; with fewer the divergence lags behind where the field moves fast.
ITERATIONS_FROM_THE_FRAME_BEFORE = 250


def pca() -> Fit:
    """Principal components; the quality is the share of variance that the two components explain, in 0..1."""
    from sklearn.decomposition import PCA

    def fit(frames: Iterable[NDArray[np.float32]]) -> Iterator[Placed]:
        for features in frames:
            model = PCA(PLANE_AXES, svd_solver="full")
            positions = model.fit_transform(features.astype(np.float64))
            yield positions.astype(np.float32), float(np.sum(model.explained_variance_ratio_))

    return fit


def tsne(perplexity: float, iterations: int, seed: int) -> Fit:
    """t-SNE, the first frame from its principal components, each later one from the positions of the frame before.

    The quality is the Kullback-Leibler divergence. Van der Maaten and Hinton (2008); early exaggeration only at
    the first frame; Policar, Strazar and Zupan, "openTSNE" (2024).
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca as by_components

    def fit(frames: Iterable[NDArray[np.float32]]) -> Iterator[Placed]:
        embedding = None
        for features in frames:
            if 3 * perplexity > len(features) - 1:
                raise ValueError(
                    f"embed.tsne.perplexity: {perplexity} is too large for {len(features)} sites "
                    f"(allowed: at most {(len(features) - 1) / 3:.6g})"
                )
            affinities = PerplexityBasedNN(features, perplexity, method="exact", n_jobs=1, random_state=seed)
            start = by_components(features, random_state=seed) if embedding is None else np.asarray(embedding)
            first = embedding is None
            embedding = TSNEEmbedding(start, affinities, negative_gradient_method="bh", n_jobs=1, random_state=seed)
            if first:
                embedding = embedding.optimize(EXAGGERATED_ITERATIONS, exaggeration=EXAGGERATION, momentum=0.5)
            count = iterations if first else ITERATIONS_FROM_THE_FRAME_BEFORE
            embedding = embedding.optimize(count, momentum=0.8)
            yield np.asarray(embedding, np.float32), float(embedding.kl_divergence)

    return fit


# For each method: how its fit is made from its settings, and what its quality is called.
METHODS: dict[str, tuple[Callable[..., Fit], str, str]] = {
    "pca": (pca, "explained_variance", "share of variance that the two components explain"),
    "tsne": (tsne, "kl_divergence", "Kullback-Leibler divergence of the fit"),
}


def embed(
    history_path: str | Path,
    path: str | Path,
    *,
    method: str,
    every: int,
    threads: int = 1,
    **settings: Any,
) -> None:
    """Write the positions of the sites of every run, over time, to a store.

    Args:
        history_path: the history to embed.
        path: where the store belongs: `position (run, frame, site, component)` and the quality `(run, frame)`.
        method: `pca` or `tsne`.
        every: of the frames in the history, every so many-th and the last are embedded.
        threads: CPU threads at most; the libraries would take all there are.
        settings: what the method takes.

    Raises:
        ValueError: the field has fewer channels than the plane has axes.
    """
    history = open_history(history_path)
    runs, frames, rows, columns, channels = history["phase"].shape
    if channels < PLANE_AXES:
        raise ValueError(
            f"field.channels: {channels} gives a site too few features for a plane "
            f"(allowed: at least {PLANE_AXES}, or no method in embed)"
        )
    make_fit, quality_name, quality_meaning = METHODS[method]
    fit = make_fit(**settings)
    chosen = kept(frames, every) - 1
    positions = np.empty((runs, len(chosen), rows * columns, PLANE_AXES), np.float32)
    quality = np.empty((runs, len(chosen)))

    with threadpool_limits(threads), progress(total=quality.size, desc=method, unit="frame") as bar:
        for run in range(runs):
            features = history["phase"].oindex[run, chosen].reshape(len(chosen), -1, channels)
            for place, (placed, how_well) in enumerate(fit(features)):
                positions[run, place], quality[run, place] = placed, how_well
                bar.update()

    with new_store(
        path,
        title=f"Sites of an oscillator field in a plane, by {method}",
        attributes={
            "history": origin(history),
            "embedding": {"method": method, "every": every, **settings},
        },
        libraries=["scikit-learn", "opentsne"],
    ) as group:
        copy_run_coordinates(history, group)
        add_coordinate(
            group,
            "step",
            ("frame",),
            history["step"][:][chosen],
            long_name="step after which the frame was kept",
            units="1",
        )
        time = history["time"]
        add_coordinate(
            group,
            "time",
            time.metadata.dimension_names,
            time[..., :][..., chosen],
            long_name="time since the start",
            units="s",
        )
        row, column = np.divmod(np.arange(rows * columns), columns)
        add_coordinate(group, "row", ("site",), row, long_name="row of the site's pixel")
        add_coordinate(group, "column", ("site",), column, long_name="column of the site's pixel")
        add_values(
            group,
            "pixel",
            ("run", "site"),
            history["pixel"][:].reshape(runs, -1),
            long_name="grey level of the site's pixel",
            units="1",
        )
        units = "rad" if method == "pca" else "1"
        add_values(
            group,
            "position",
            ("run", "frame", "site", "component"),
            positions,
            long_name=f"position in the plane of {method}",
            units=units,
        )
        add_values(group, quality_name, ("run", "frame"), quality, long_name=quality_meaning, units="1")

"""Stores of points in a plane over time: the sites of each run, or the samples of a parameter set.

A site is a pixel; its features are the phases of its channels, as cosine and sine, which have no branch cut, or as
raw angles, as in the notebook. A sample is a run of a set; its features are cosine and sine of all its
oscillators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from oscillator_field.analysis.embedding_quality import displacements, trustworthiness
from oscillator_field.analysis.projections import Fit, in_one_place, pca, tsne
from oscillator_field.logs import progress
from oscillator_field.nouns import noun_in
from oscillator_field.parameters import METADATA, PLANE_AXES
from oscillator_field.ranges import kept
from oscillator_field.stores.history import StoredHistory, in_frames, open_history, origin
from oscillator_field.stores.run_coordinates import copy_run_coordinates
from oscillator_field.stores.zarr_stores import add_coordinate, add_values, copy_coordinates, new_store

# For each method: how its fit is made from its settings, and what its quality is called.
METHODS: dict[str, tuple[Callable[..., Fit], str, str]] = {
    "pca": (pca, "explained_variance", "share of the variance of a frame that lies in the plane"),
    "tsne": (tsne, "kl_divergence", "Kullback-Leibler divergence of the fit"),
}
COS_SIN = "cos_sin"
FEATURES = (COS_SIN, "phase")


def embed_sites(
    history_path: str | Path,
    path: str | Path,
    *,
    method: str,
    every: int,
    features: str = COS_SIN,
    sites: int | None = None,
    sites_seed: int = 0,
    threads: int = 1,
    **settings: Any,
) -> None:
    """Write the positions of the sites of every run, over time, to a store.

    Args:
        history_path: the history to embed.
        path: where the store belongs: `position (run, frame, site, component)` and its quality `(run, frame)`.
        method: `pca` or `tsne`.
        every: every n-th stored frame and the last are embedded.
        features: `cos_sin` or `phase`.
        sites: how many, drawn at random and the same for all runs; None for all.
        sites_seed: of that sample.
        threads: runs that are embedded at the same time.
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
    chosen = kept(frames, every) - 1

    def features_of(run: int) -> NDArray[np.float32]:
        own = history.own_frames(run, chosen)
        if sampled is None:
            phase = history["phase"].oindex[run, own].reshape(len(own), rows * columns, channels)
        else:
            # Of a large lattice all frames at once would fill the memory.
            phase = np.empty((len(own), len(sampled), channels), np.float32)
            for place, frame in enumerate(own):
                phase[place] = history["phase"][run, int(frame)].reshape(rows * columns, channels)[sampled]
        return cos_sin(phase) if features == COS_SIN else phase

    sampled = None
    if sites is not None and sites < rows * columns:
        sampled = np.sort(np.random.default_rng(sites_seed).choice(rows * columns, sites, replace=False))
    described = {"points": "sites", "every": every, "features": features}
    if sampled is not None:
        described |= {"sites": len(sampled), "sites_seed": sites_seed}
    with _new_embedding(path, history, method, described, settings) as group:
        copy_run_coordinates(history, group)
        copy_coordinates(history, group, ["step", "time"], at=chosen)
        shown = np.arange(rows * columns) if sampled is None else sampled
        row, column = np.divmod(shown, columns)
        add_coordinate(group, "row", ("site",), row, long_name="row of the site's pixel")
        add_coordinate(group, "column", ("site",), column, long_name="column of the site's pixel")
        pixels = history["pixel"][:].reshape(runs, -1)[:, shown]
        add_values(group, "pixel", ("run", "site"), pixels, long_name="grey level of the site's pixel", units="1")
        fit = METHODS[method][0](**settings)
        units = "rad" if method == "pca" and features == "phase" else "1"
        placed = _placed(range(runs), features_of, fit, threads)
        _write_positions(group, method, "site", units, len(chosen), placed)


def embed_samples(
    history_paths: Sequence[str | Path],
    names: Sequence[str],
    path: str | Path,
    *,
    set_name: str,
    method: str,
    every: int,
    **settings: Any,
) -> None:
    """Write the positions of all samples of a parameter set, over time, to a store.

    Args:
        history_paths: the histories that hold the samples; one may hold several.
        names: the runs to take from them, in this order.
        path: where the store belongs: `position (run, frame, sample, component)` and its quality `(run, frame)`.
        set_name: the name of the set, which the store has in place of a run's.
        method: `pca` or `tsne`.
        every: every n-th stored frame and the last are embedded.
        settings: what the method takes.
    """
    histories = [open_history(path) for path in history_paths]
    history_of = {name: (history, run) for history in histories for run, name in enumerate(history["run"][:])}
    # Where a sample has settled before others, its last frame stands for later ones.
    first, longest = max((history_of[name] for name in names), key=lambda one: one[0].last_frame(one[1]))
    chosen = kept(first.last_frame(longest) + 1, every) - 1
    sites = int(np.prod(first["phase"].shape[2:]))
    features = np.empty((len(chosen), len(names), 2 * sites), np.float32)
    for number, name in enumerate(names):
        history, run = history_of[name]
        phase = history["phase"].oindex[run, np.minimum(chosen, history.last_frame(run))]
        # So that the distance of two samples is the root mean square distance of their oscillators on the circle.
        features[:, number] = cos_sin(phase.reshape(len(chosen), sites)) / np.sqrt(sites)
    # All samples start alike and move together at first; the question is how they part.
    together = [in_one_place(frame) for frame in features]
    features -= features.mean(axis=1, keepdims=True)
    features[together] = 0

    described = {"points": "samples", "every": every, "features": f"{COS_SIN}, less the mean of all samples"}
    with _new_embedding(path, first, method, described, settings) as group:
        add_coordinate(group, "run", ("run",), [set_name], long_name="name of the parameter set")
        end = first["end_step"][longest : longest + 1]
        add_coordinate(group, "end_step", ("run",), end, long_name="last step of the set", units="1")
        for name in METADATA:
            history, run = history_of[names[0]]
            value = history[name][run : run + 1]
            add_coordinate(
                group, name, ("run",), value, long_name=METADATA[name]["meaning"], units=METADATA[name]["unit"]
            )
        copy_coordinates(first, group, ["step"], at=chosen)
        # A history may hold runs of other time steps beside those of this set.
        history, run = history_of[names[0]]
        time = first["step"][:][chosen] * float(history["delta_t"][run])
        add_coordinate(group, "time", ("frame",), time, long_name="time since the start", units="s")
        for kind in (noun_in(first.array_keys()), "instance"):
            values = [history_of[name][0][kind][history_of[name][1]] for name in names]
            add_coordinate(group, f"sample_{kind}", ("sample",), np.array(values), long_name=f"{kind} of the sample")
        fit = METHODS[method][0](**settings)
        _write_positions(group, method, "sample", "1", len(chosen), _placed([0], lambda _: features, fit, 1))


def cos_sin(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """Angles `(..., angle)` as cosines and sines `(..., 2 angle)`: near angles are near, also across +-pi."""
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=-1)


# Of one run: positions (frame, point, component), the method's quality and the trustworthiness (frame,).
_Embedded = tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]


def _placed(
    runs: Sequence[int], features_of: Callable[[int], NDArray[np.float32]], fit: Fit, threads: int
) -> list[_Embedded]:
    """Every run embedded, as many at once as there are threads; only their features are held."""

    def embedded(run: int) -> _Embedded:
        features = features_of(run)
        positions = np.empty((*features.shape[:2], PLANE_AXES), np.float32)
        quality, trust = np.empty(len(features)), np.empty(len(features))
        for frame, (placed, how_well) in enumerate(fit(features)):
            positions[frame], quality[frame] = placed, how_well
            # Points in one place have neither quality.
            trust[frame] = np.nan if np.isnan(how_well) else trustworthiness(features[frame], placed)
            bar.update()
        return positions, quality, trust

    # Otherwise each library would use all cores.
    with threadpool_limits(1), progress(unit="frame") as bar, ThreadPoolExecutor(threads) as pool:
        return list(pool.map(embedded, runs))


def _new_embedding(
    path: str | Path, history: StoredHistory, method: str, described: Mapping[str, Any], settings: Mapping[str, Any]
) -> Any:
    return new_store(
        path,
        title=f"{str(described['points']).capitalize()} of an oscillator field in a plane, by {method}",
        attributes={
            "history": origin(history),
            "embedding": {"method": method, **described, **settings},
        },
        libraries=["scipy", "opentsne"],
    )


def _write_positions(
    group: zarr.Group, method: str, point: str, units: str, frames: int, embedded: Sequence[_Embedded]
) -> None:
    """What was embedded of each run, with so many frames; those after its end are NaN."""
    positions, quality, trust = zip(*embedded, strict=True)
    moved = [displacements(each) for each in positions]
    add_values(
        group,
        "position",
        ("run", "frame", point, "component"),
        np.stack([in_frames(each, frames) for each in positions]),
        long_name=f"position in the plane of {method}",
        units=units,
    )
    _, name, meaning = METHODS[method]
    over_time = {
        name: (quality, meaning),
        "trustworthiness": (trust, "share of 12 nearest neighbours in the plane that are neighbours by features"),
        "displacement": (moved, "mean movement since the frame before, a common turn taken out, over the spread"),
    }
    for name, (values, meaning) in over_time.items():
        undefined = "; undefined where all points are in one place" if np.isnan(np.concatenate(values)).any() else ""
        each = np.stack([in_frames(one, frames) for one in values])
        add_values(group, name, ("run", "frame"), each, long_name=meaning + undefined, units="1")
    jitter = np.array([one[1:].mean() if len(one) > 1 else 0.0 for one in moved])
    add_values(group, "jitter", ("run",), jitter, long_name="mean displacement over time", units="1")

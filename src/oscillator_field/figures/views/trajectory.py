"""The trajectory view: the sites of a run as points in a plane, coloured by the ink or the position of their pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from oscillator_field.figures.animation import (
    SHARE_TICKS,
    Animation,
    Colours,
    Scatter,
    frame_texts,
    named_scale,
    shared_seconds,
)
from oscillator_field.figures.methods import METHOD_WORDS
from oscillator_field.figures.titles import chosen_runs, run_titles, title_of
from oscillator_field.stores.history import last_frames
from oscillator_field.stores.zarr_stores import Store

# How well a frame is embedded, by method: the array of the store, and what it is called.
FITS = {
    "pca": ("explained_variance", "explained variance"),
    "tsne": ("kl_divergence", "KL divergence"),
}
WHITE = 255


def animation(embedding: Store, *, method: str, colour_by: str, colours: str, panels: int) -> Animation:
    """The embedded sites of the runs of a store.

    Args:
        embedding: an open embedding of sites.
        method: the method it was made by.
        colour_by: what colours a point: `ink`, `row` or `column` of its pixel.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    shown, remark = chosen_runs(embedding, panels)
    sampled = embedding.attributes["embedding"].get("sites")
    # Where a run has ended before others, its last frame stays.
    last = last_frames(embedding)[:shown]
    frames = int(last.max()) + 1
    positions = embedding["position"][:shown]
    words = f"{sampled:,} of the pixels" if sampled else "Pixels"
    common, titles = run_titles(embedding, shown)
    ink = embedding["pixel"][:shown].astype(np.float32) / WHITE
    row, column = embedding["row"][:], embedding["column"][:]
    levels = {"ink": ink, "row": np.tile(row, (shown, 1)), "column": np.tile(column, (shown, 1))}[colour_by]
    return Animation(
        title=title_of(f"{words} by {METHOD_WORDS[method]}", common, remark),
        panels=tuple(
            Scatter(
                titles[run],
                positions[run, np.minimum(np.arange(frames), last[run])],
                levels[run].astype(np.float32),
                tuple(
                    f"row {y}, column {x}<br>ink {level:.2f}" for y, x, level in zip(row, column, ink[run], strict=True)
                ),
            )
            for run in range(shown)
        ),
        steps=embedding["step"][:frames],
        seconds=shared_seconds(embedding["time"][..., :frames]),
        frame_texts=frames_with_quality(embedding, method)[:frames],
        colours=_colours(colour_by, int({"ink": 1, "row": row.max(), "column": column.max()}[colour_by]), colours),
        **axes(embedding, method),
    )


def axes(embedding: Store, method: str) -> dict[str, Any]:
    """Titles of the axes, with units, and what the pointer reads off a point."""
    unit = embedding["position"].attrs["units"]
    name, unit = ("component", "1" if unit == "1" else unit) if method == "pca" else ("axis", "arbitrary unit")
    return {
        "x_title": f"{name} 1 ({unit})" if unit != "1" else f"{name} 1 (dimensionless)",
        "y_title": f"{name} 2 ({unit})" if unit != "1" else f"{name} 2 (dimensionless)",
        "hover": "%{hovertext}<br>%{x:.3f}, %{y:.3f}<extra></extra>",
    }


def frames_with_quality(embedding: Store, method: str) -> tuple[str, ...]:
    """Time and step of each frame, and how well it is embedded; of several runs the means, which the text says."""
    fit, words = FITS[method]
    qualities = {
        fit: (words, ".2f"),
        "trustworthiness": ("trustworthiness", ".2f"),
        "displacement": ("displacement", ".3f"),
    }
    # A run that has settled has no later frames; one of them has all.
    last = last_frames(embedding)
    texts = frame_texts(embedding["step"][:], embedding["time"][:])
    for name, (words, digits) in qualities.items():
        each = embedding[name][:]
        values = np.array([each[last >= frame, frame].mean() for frame in range(each.shape[1])])
        # Too few points have no trustworthiness, and points in one place have no quality at all.
        if name == fit or np.isfinite(values).any():
            texts = [
                f"{text}, {words} {f'{value:{digits}}' if np.isfinite(value) else 'undefined'}"
                for text, value in zip(texts, values, strict=True)
            ]
    return tuple(f"{text} (means of {len(last)} runs)" for text in texts) if len(last) > 1 else tuple(texts)


def _colours(colour_by: str, last: int, scale: str) -> Colours:
    if colour_by == "ink":
        return Colours(named_scale(scale), "ink of<br>the pixel<br>(0 to 1)", 0, 1, SHARE_TICKS)
    marks = sorted({round(last * quarter / 4) for quarter in range(5)})
    return Colours(
        named_scale(scale), f"{colour_by} of<br>the pixel", 0, last, tuple((mark, str(mark)) for mark in marks)
    )

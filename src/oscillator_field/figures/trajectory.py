"""The trajectory view: the sites of a run as points in a plane, coloured by the ink of their pixels."""

from __future__ import annotations

import numpy as np
import zarr

from oscillator_field.figures.animation import (
    SHARE_TICKS,
    Animation,
    Colours,
    Scatter,
    chosen_runs,
    frame_texts,
    run_titles,
    title_of,
)

METHODS = {
    "pca": ("PCA", "component {} (rad)", "explained_variance", "explained variance"),
    "tsne": ("t-SNE", "axis {} (arbitrary unit)", "kl_divergence", "KL divergence"),
}
WHITE = 255


def animation(embedding: zarr.Group, *, method: str, colours: str, panels: int) -> Animation:
    """The embedded sites of the runs of a store.

    Args:
        embedding: an open embedding.
        method: the method it was made by.
        colours: a sequential colour scale of plotly.
        panels: runs shown at most.
    """
    name, axis, quality, quality_words = METHODS[method]
    shown, remark = chosen_runs(embedding, panels)
    common, titles = run_titles(embedding["run"][:shown])
    texts = frame_texts(embedding["step"][:], embedding["time"][:])
    if shown == 1:
        texts = [
            f"{text}, {quality_words} {value:.2f}" for text, value in zip(texts, embedding[quality][0], strict=True)
        ]
    ink = embedding["pixel"][:shown].astype(np.float32) / WHITE
    places = list(zip(embedding["row"][:], embedding["column"][:], strict=True))
    return Animation(
        title=title_of(f"Phase-space trajectory by {name}", common, remark),
        panels=tuple(
            Scatter(
                titles[run],
                embedding["position"][run],
                ink[run],
                tuple(
                    f"row {row}, column {column}<br>ink {level:.2f}"
                    for (row, column), level in zip(places, ink[run], strict=True)
                ),
            )
            for run in range(shown)
        ),
        steps=embedding["step"][:],
        frame_texts=tuple(texts),
        x_title=axis.format(1),
        y_title=axis.format(2),
        colours=Colours(
            name=colours,
            title="ink of<br>the pixel<br>(0 to 1)",
            low=0,
            high=1,
            ticks=SHARE_TICKS,
        ),
        hover="%{hovertext}<br>%{x:.3f}, %{y:.3f}<extra></extra>",
    )

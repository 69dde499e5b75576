"""The samples view: each digit and instance of a parameter set as one point, coloured by its class."""

from __future__ import annotations

import numpy as np

from oscillator_field.figures.animation import Animation, Colours, Scatter, stepped_scale
from oscillator_field.figures.titles import run_titles, title_of
from oscillator_field.figures.views.trajectory import METHODS, axes, frames_with_quality
from oscillator_field.stores.zarr_stores import Store

DIGITS = 10
# Ten colours that colour-blind eyes tell apart on black: Paul Tol's "light", https://personal.sron.nl/~pault/, with
# white for the tenth class.
CLASS_COLOURS = [
    "#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00", "#999999", "#FFFFFF",
]  # fmt: skip
FEW_MARKER, MANY_MARKER, FEW = 14, 7, 100


def animation(embedding: Store, *, method: str) -> Animation:
    """The embedded samples of a parameter set.

    Args:
        embedding: an open embedding of samples.
        method: the method it was made by.
    """
    common, _ = run_titles(embedding, 1)
    digit, instance = embedding["sample_digit"][:], embedding["sample_instance"][:]
    return Animation(
        title=title_of(f"Samples by {METHODS[method][0]}", common, f" ({len(digit)} samples)"),
        panels=(
            Scatter(
                "",
                embedding["position"][0],
                digit.astype(np.float32) + 0.5,
                tuple(f"digit {kind}, instance {number}" for kind, number in zip(digit, instance, strict=True)),
                FEW_MARKER if len(digit) <= FEW else MANY_MARKER,
            ),
        ),
        steps=embedding["step"][:],
        frame_texts=frames_with_quality(embedding, method),
        colours=Colours(
            scale=stepped_scale(CLASS_COLOURS),
            title="digit",
            low=0,
            high=DIGITS,
            ticks=tuple((kind + 0.5, str(kind)) for kind in range(DIGITS)),
        ),
        **axes(embedding, method),
    )

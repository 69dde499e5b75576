"""The samples view: each digit and instance of a parameter set as one point, written as its class."""

from __future__ import annotations

import numpy as np

from oscillator_field.figures.animation import Animation, Colours, Scatter, shared_seconds, stepped_scale
from oscillator_field.figures.methods import METHOD_WORDS
from oscillator_field.figures.themes import THEMES
from oscillator_field.figures.titles import run_titles, title_of
from oscillator_field.figures.views.trajectory import axes, frames_with_quality
from oscillator_field.run import run_name
from oscillator_field.stores.history import described_runs
from oscillator_field.stores.zarr_stores import Store

DIGITS = 10
FEW_MARKER, MANY_MARKER, FEW = 14, 9, 100


def animation(embedding: Store, *, method: str) -> Animation:
    """The embedded samples of a parameter set.

    Args:
        embedding: an open embedding of samples.
        method: the method it was made by.
    """
    common, _ = run_titles(embedding, 1)
    digit, instance = embedding["sample_digit"][:].tolist(), embedding["sample_instance"][:].tolist()
    [parameters] = described_runs(embedding, 1)
    parameters.pop("run")
    samples = list(zip(digit, instance, strict=True))
    return Animation(
        title=title_of(f"Samples by {METHOD_WORDS[method]}", common, f" ({len(digit)} samples)"),
        panels=(
            Scatter(
                "",
                embedding["position"][0],
                np.array(digit, np.float32) + 0.5,
                tuple(f"digit {kind}, instance {number}" for kind, number in samples),
                FEW_MARKER if len(digit) <= FEW else MANY_MARKER,
                marks=tuple(map(str, digit)),
                runs=tuple(run_name(kind, number, parameters) for kind, number in samples),
            ),
        ),
        steps=embedding["step"][:],
        seconds=shared_seconds(embedding["time"][:]),
        frame_texts=frames_with_quality(embedding, method),
        colours=Colours(
            scale=stepped_scale(list(THEMES["dark"].classes)),
            title="digit",
            low=0,
            high=DIGITS,
            ticks=tuple((kind + 0.5, str(kind)) for kind in range(DIGITS)),
        ),
        **axes(embedding, method),
    )

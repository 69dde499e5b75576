"""The samples view: each run of a set as one point, written as its label where that is short."""

from __future__ import annotations

import numpy as np
from plotly.colors import sample_colorscale

from oscillator_field.figures.animation import Animation, Colours, Scatter, shared_seconds, stepped_scale
from oscillator_field.figures.methods import METHOD_WORDS
from oscillator_field.figures.themes import THEMES
from oscillator_field.figures.titles import run_titles, title_of
from oscillator_field.figures.views.trajectory import axes, frames_with_quality
from oscillator_field.named_run import run_name
from oscillator_field.nouns import DIGIT, noun_in
from oscillator_field.stores.run_coordinates import described_runs
from oscillator_field.stores.zarr_stores import Store

FEW_MARKER, MANY_MARKER, FEW = 14, 9, 100
# Letters of a label that is written in place of a disc, at most.
MARK = 2
# Of more classes than a theme has colours for.
MANY_CLASSES = "Turbo"
# Classes that the scale names, at most.
NAMED = 24


def animation(embedding: Store, *, method: str) -> Animation:
    """The embedded samples of a parameter set.

    Args:
        embedding: an open embedding of samples.
        method: the method it was made by.
    """
    common, _ = run_titles(embedding, 1)
    noun = noun_in(name.removeprefix("sample_") for name in embedding.array_keys())
    label, instance = embedding[f"sample_{noun}"][:].tolist(), embedding["sample_instance"][:].tolist()
    [parameters] = described_runs(embedding, slice(1))
    parameters.pop("run")
    samples = list(zip(label, instance, strict=True))
    # A digit keeps its colour, whichever others there are.
    classes = list(range(10)) if noun == DIGIT and max(label) < 10 else sorted(set(label))
    written = all(len(str(kind)) <= MARK for kind in classes)
    return Animation(
        title=title_of(f"Samples by {METHOD_WORDS[method]}", common, f" ({len(label)} samples)"),
        panels=(
            Scatter(
                "",
                embedding["position"][0],
                np.array([classes.index(kind) for kind in label], np.float32) + 0.5,
                tuple(f"{noun} {kind}, instance {number}" for kind, number in samples),
                FEW_MARKER if len(label) <= FEW else MANY_MARKER,
                marks=tuple(map(str, label)) if written else (),
                runs=tuple(run_name(kind, number, parameters, noun) for kind, number in samples),
            ),
        ),
        steps=embedding["step"][:],
        seconds=shared_seconds(embedding["time"][:]),
        frame_texts=frames_with_quality(embedding, method),
        colours=Colours(
            scale=stepped_scale(_colours(len(classes))),
            classes=len(classes) if len(classes) <= len(THEMES["dark"].classes) else 0,
            title=noun,
            low=0,
            high=len(classes),
            ticks=tuple(
                (number + 0.5, str(kind))
                for number, kind in enumerate(classes)
                if number % -(-len(classes) // NAMED) == 0
            ),
        ),
        **axes(embedding, method),
    )


def _colours(count: int) -> list[str]:
    """Those of the classes of the theme, or as many along a scale."""
    themed = list(THEMES["dark"].classes)
    if count <= len(themed):
        return themed[:count]
    return sample_colorscale(MANY_CLASSES, np.linspace(0.02, 0.98, count).tolist())

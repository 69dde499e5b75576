"""The live page: the model itself in the browser, with sliders, and a picture that one draws. It needs no server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from oscillator_field.figures.animation import named_scale, palette
from oscillator_field.figures.pages.document import as_json, write_page
from oscillator_field.figures.pages.packing import as_text
from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, TRAINING
from oscillator_field.inputs.fetch import read_source
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.parameters import DEFAULTS, METADATA
from oscillator_field.terms import FARTHEST, NORMAL_WIDTHS

CODE = ("model.js", "live.js")
TITLE = "Oscillator field, live"
# What the sliders reach; a number beside each takes any value that the model allows.
SLIDERS: dict[str, tuple[float, float]] = {
    "k_coupling": (0, 5),
    "k_bias": (0, 5),
    "k_omega": (0, 5),
    "input_rate": (0, 2),
    "phase_lag": (-np.pi, np.pi),
    "noise": (0, 2),
    "radius": (1, 12),
    "delta_t": (0.001, 0.1),
    "arc": (0.1, 12.6),
    "frequency_mean": (-10, 10),
    "frequency_spread": (0, 10),
    "winding_rows": (-7, 7),
    "winding_columns": (-7, 7),
    "drive_onset": (0, 10),
    "drive_end": (0, 10),
}
# In the order of the page: what is always there, and what opens.
GROUPS = {
    "Pull": ("k_coupling", "k_bias", "k_omega", "input_rate", "evolve_input"),
    "Coupling": ("neighbourhood", "radius", "boundary", "channel_coupling", "phase_lag"),
    "Start, noise and frequencies": (
        *("seed", "start", "winding_rows", "winding_columns", "noise"),
        *("frequency_distribution", "frequency_mean", "frequency_spread"),
    ),
    "Picture and steps": ("scale", "arc", "invert", "channels", "integrator", "delta_t", "drive_onset", "drive_end"),
}
# Channels that a browser computes in step with the screen.
MOST_CHANNELS = 8


def write_live(path: str | Path, *, gallery: str = "", stated: Mapping[str, Any] | None = None) -> None:
    """Write the live page.

    Args:
        path: the file to write.
        gallery: where its link back leads; none if empty.
        stated: parameters as the config has them that the page lies beside; defaults, where there is none.
    """
    images, labels = read_source(IdxSource("mnist", BUNDLED), TRAINING)
    digits = [images[np.flatnonzero(labels == digit)[0]] for digit in range(10)]
    colours = {"phase": "Phase", "velocity": "Viridis", "local": "Cividis"}
    content = {
        "side": images.shape[1],
        "digits": [as_text(one) for one in digits],
        "statistics": DATA_SETS["mnist"].statistics,
        "steps": DEFAULTS["steps"],
        "stated": {name: DEFAULTS[name] for name, value in (stated or {}).items() if value != DEFAULTS[name]},
        "farthest": FARTHEST,
        "normal_widths": NORMAL_WIDTHS,
        "palettes": {kind: as_text(palette(named_scale(name))) for kind, name in colours.items()},
        "groups": [{"words": words, "controls": [_control(name) for name in names]} for words, names in GROUPS.items()],
    }
    back = f'<a href="{gallery}">Gallery</a>' if gallery else ""
    write_page(path, "live.html", title=TITLE, code=CODE, content=as_json(content), back=back)


def _control(name: str) -> dict[str, Any]:
    """What the page has to know of a parameter."""
    described = METADATA[name]
    limits = described["limits"]
    control = {
        "name": name,
        "meaning": described["meaning"],
        "unit": "" if described["unit"] == "1" else described["unit"],
        "kind": described["type"],
        "default": DEFAULTS[name],
    }
    if "enum" in limits:
        control["choices"] = list(limits["enum"])
    for mine, theirs in (("low", "minimum"), ("above", "exclusiveMinimum"), ("high", "maximum")):
        if theirs in limits:
            control[mine] = limits[theirs]
    if name == "channels":
        control["high"] = MOST_CHANNELS
    if name in SLIDERS:
        control["slider"] = SLIDERS[name]
    return control

"""The views by name, as config and files call them: `phase`, `spikes`, `trajectory-<method>`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from oscillator_field.figures import phase, spikes, trajectory
from oscillator_field.figures.animation import Animation
from oscillator_field.history import open_history
from oscillator_field.stores import open_store


def animation(view: str, store: str | Path, settings: Mapping[str, Any]) -> Animation:
    """The animation of a view.

    Args:
        view: its name.
        store: the history, or for a trajectory the embedding, that it is drawn from.
        settings: what the view takes.

    Raises:
        FileNotFoundError, ValueError: the store is missing or damaged.
        KeyError: there is no such view.
    """
    name, _, method = view.partition("-")
    if name == "trajectory":
        return trajectory.animation(open_store(store), method=method, **settings)
    views: dict[str, Callable[..., Animation]] = {"phase": phase.animation, "spikes": spikes.animation}
    return views[name](open_history(store), **settings)

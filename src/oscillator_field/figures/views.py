"""The views by name, as config and files call them, and the stores that they are drawn from.

A view of a run: `phase`, `spikes`, `phase_velocity`, `order_parameter`, `trajectory-<method>`; of all samples of a
parameter set: `samples-<method>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from oscillator_field.figures import order_parameter, phase, phase_velocity, samples, spikes, trajectory
from oscillator_field.figures.animation import Animation
from oscillator_field.history import open_history
from oscillator_field.stores import open_store

# For each kind of view: its module's function, the store beside its picture, and how that is opened.
_KINDS: dict[str, tuple[Callable[..., Animation], str, Callable[[str | Path], Any]]] = {
    "phase": (phase.animation, "history", open_history),
    "spikes": (spikes.animation, "history", open_history),
    "phase_velocity": (phase_velocity.animation, "history", open_history),
    "order_parameter": (order_parameter.animation, "observables", open_store),
    "trajectory": (trajectory.animation, "embedding", open_store),
    "samples": (samples.animation, "samples", open_store),
}


def store_of(view: str) -> str:
    """The name of the store that a view is drawn from, in the folder of its run.

    Raises:
        KeyError: there is no such view.
    """
    kind, _, method = view.partition("-")
    return "-".join(filter(None, [_KINDS[kind][1], method])) + ".zarr"


def animation(view: str, folder: str | Path, settings: Mapping[str, Any]) -> Animation:
    """The animation of a view.

    Args:
        view: its name.
        folder: where the stores of the run lie.
        settings: what the view takes.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged.
        KeyError: there is no such view.
    """
    kind, _, method = view.partition("-")
    draw, _, opened = _KINDS[kind]
    return draw(opened(Path(folder) / store_of(view)), **({"method": method} if method else {}), **settings)

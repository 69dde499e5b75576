"""The views by name, as config and files call them, and the stores that they are drawn from.

A view of a run: `phase`, `spikes`, `phase_velocity`, `order_parameter`, `trajectory-<method>`; of all samples of a
parameter set: `samples-<method>`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oscillator_field.figures.animation import Animation
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store

# For each kind of view, whose module beside this one has a function `animation`: the store that it is drawn from.
_STORES = {
    "phase": "history",
    "spikes": "history",
    "phase_velocity": "history",
    "order_parameter": "observables",
    "trajectory": "embedding",
    "samples": "samples",
}


def module_of(view: str) -> str:
    """The name of the module of a view, below the library."""
    return f"figures.views.{_kind(view)}"


def store_of(view: str) -> str:
    """The name of the store that a view is drawn from, in the folder of its run.

    Raises:
        KeyError: there is no such view.
    """
    _, _, method = view.partition("-")
    return "-".join(filter(None, [_STORES[_kind(view)], method])) + ".zarr"


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
    _, _, method = view.partition("-")
    path = Path(folder) / store_of(view)
    store = open_history(path) if _STORES[_kind(view)] == "history" else open_store(path)
    # Imported by name, so that an edit of one view draws no other anew.
    module = importlib.import_module(f"oscillator_field.{module_of(view)}")
    drawn: Animation = module.animation(store, **({"method": method} if method else {}), **settings)
    return drawn


def _kind(view: str) -> str:
    return view.partition("-")[0]

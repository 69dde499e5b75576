"""From a view and the stores of a job to an animation."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oscillator_field.figures.animation import Animation
from oscillator_field.figures.views import VIEWS, module_of, store_of
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store


def animation(view: str, folder: str | Path, settings: Mapping[str, Any]) -> Animation:
    """The animation of a view.

    Args:
        view: its name.
        folder: where the stores of the job lie.
        settings: what the view takes.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged.
        KeyError: there is no such view.
    """
    kind, _, method = view.partition("-")
    path = Path(folder) / store_of(view)
    store = open_history(path) if VIEWS[kind].store == "history" else open_store(path)
    # Imported by name, so that an edit of one view draws no other anew.
    module = importlib.import_module(f"oscillator_field.{module_of(view)}")
    drawn: Animation = module.animation(store, **({"method": method} if method else {}), **settings)
    return drawn

"""Oscillator fields driven by pictures: simulate, keep, reduce, animate."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from oscillator_field._version import __version__

if TYPE_CHECKING:
    from oscillator_field.analysis.sweep import open_sweep
    from oscillator_field.field import History, simulate
    from oscillator_field.notebook.fields import observe, run
    from oscillator_field.notebook.pictures import encode
    from oscillator_field.notebook.players import animate, show
    from oscillator_field.parameters import EncodingParameters, FieldParameters, RunParameters
    from oscillator_field.starts import start
    from oscillator_field.stores.history import open_history

__all__ = [
    "EncodingParameters",
    "FieldParameters",
    "History",
    "RunParameters",
    "__version__",
    "animate",
    "encode",
    "observe",
    "open_history",
    "open_sweep",
    "run",
    "show",
    "simulate",
    "start",
]

_HOME = {
    "EncodingParameters": "parameters",
    "FieldParameters": "parameters",
    "RunParameters": "parameters",
    "History": "field",
    "simulate": "field",
    "start": "starts",
    "open_history": "stores.history",
    "open_sweep": "analysis.sweep",
    "encode": "notebook.pictures",
    "run": "notebook.fields",
    "observe": "notebook.fields",
    "show": "notebook.players",
    "animate": "notebook.players",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a job loads only the libraries that it needs."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

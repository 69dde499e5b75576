"""Oscillator fields driven by pictures: simulate, keep, reduce, animate."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from oscillator_field._version import __version__

if TYPE_CHECKING:
    from oscillator_field.analysis.sweep import open_sweep
    from oscillator_field.field import History, simulate
    from oscillator_field.parameters import EncodingParameters, FieldParameters
    from oscillator_field.stores.history import open_history

__all__ = [
    "EncodingParameters",
    "FieldParameters",
    "History",
    "__version__",
    "open_history",
    "open_sweep",
    "simulate",
]

_HOME = {
    "EncodingParameters": "parameters",
    "FieldParameters": "parameters",
    "History": "field",
    "simulate": "field",
    "open_history": "stores.history",
    "open_sweep": "analysis.sweep",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a job loads only the libraries that it needs."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

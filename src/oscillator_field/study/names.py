"""Look up what a config asks for by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name")
Value = TypeVar("Value")


class UnknownNameError(ValueError):
    """The config asks for nothing of this name."""


def known(things: Mapping[Name, Value], name: Name, what: str) -> Value:
    """The thing of a name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in things:
        raise UnknownNameError(f"{name} is no {what} of this config.")
    return things[name]

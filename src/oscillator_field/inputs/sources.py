"""What pictures there are where a config says that they come from: their labels, their number, their size.

A source is IDX files (`idx_source`) or a folder of image files (`folder_source`). A label is a whole number where the
labels are digits, and else a text that can stand in a name.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Protocol

from oscillator_field.inputs.errors import PicturesError
from oscillator_field.nouns import Label

SHOWN = 12


class Source(Protocol):
    """Where pictures come from."""

    @property
    def noun(self) -> str:
        """What a label is called in config, names and stores: one of NOUNS."""

    def labels(self) -> list[Label]:
        """All labels, which are run where the config names none."""

    def label(self, given: Label) -> Label:
        """The label that a config means.

        Raises:
            PicturesError: there is none.
        """

    def check(self, label: Label, instance: int) -> None:
        """Refuse a picture that is not there.

        Raises:
            PicturesError: the message says how many there are.
        """

    def check_all(self) -> None:
        """Refuse a source whose parts do not go together.

        Raises:
            PicturesError: the message says which, and why.
        """

    def shape(self, chosen: Iterable[tuple[Label, int]]) -> tuple[int, int]:
        """Rows and columns of the chosen pictures `(label, instance)`.

        Raises:
            PicturesError: they differ, or one cannot be read.
        """

    def identity(self, label: Label, instance: int) -> dict[str, Any]:
        """What tells a picture from all others: a setting of the job that encodes it."""

    def count(self, kind: str) -> int:
        """How many pictures a set has."""


def expanded(directory: str) -> str:
    """A path with `~` and environment variables replaced."""
    return os.path.expandvars(os.path.expanduser(directory))


def name_of(text: str) -> str:
    """A text as it can stand in the name of a run: letters, digits, dots, dashes and underscores."""
    name = re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", text))
    # The folder of a run is no store.
    return re.sub(r"\.zarr$", "_zarr", name)


def check_instance(noun: str, label: Label, instance: int, held: int) -> None:
    """Refuse an instance that a source does not hold.

    Raises:
        PicturesError: it does not hold so many; the message says how many there are.
    """
    if instance >= held:
        allowed = f"allowed: 0 to {held - 1}" if held else f"allowed: {noun}s that it holds"
        raise PicturesError(
            f"instances: {instance} of {noun} {label} is not in this source, which holds {held} ({allowed})"
        )


def some_of(names: Iterable[str]) -> str:
    """Names as a message lists them: the first of many."""
    every = list(names)
    more = [f"... and {len(every) - SHOWN} more"] if len(every) > SHOWN else []
    return ", ".join([*every[:SHOWN], *more])

"""What a label is called in config, names, stores and tables: it depends on the data set."""

from __future__ import annotations

from collections.abc import Iterable

# The digit of MNIST, the label of others; a picture that has no class is its own label.
DIGIT, LABEL, PICTURE = NOUNS = ("digit", "label", "picture")
# The label of a picture: a whole number where labels are digits, else a text that a name of a file can hold.
Label = int | str


def noun_in(names: Iterable[str]) -> str:
    """What the label is called, of names one of which is it.

    Raises:
        ValueError: none is.
    """
    there = set(names)
    for noun in NOUNS:
        if noun in there:
            return noun
    raise ValueError(f"none of {', '.join(NOUNS)} is there")

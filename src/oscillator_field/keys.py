"""How a setting is described: default, meaning, unit, limits, and what a change of it runs again.

Sections of such keys make the config (`study.config_model`). Its schema, its default file and its tables are generated
from them. A schema is written in the words of JSON schema (2020-12).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """One setting.

    Attributes:
        default: its value where a config leaves it out.
        meaning: what it is, in a few words: the comment in the default config.
        schema: what is allowed.
        unit: of its value, if it has one.
        details: what else its users want to know, for the tables.
        reruns: the rules that a change runs again; whatever is made of their results follows.
        adds: the rules that make what an added value asks for.
        allowed: what is allowed, in words, where the schema alone would not be understood.
    """

    default: Any
    meaning: str
    schema: Schema
    unit: str = ""
    details: str = ""
    reruns: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    allowed: str = ""

    def as_schema(self) -> dict[str, Any]:
        """The JSON schema of the key."""
        unit = f", {self.unit}" if self.unit else ""
        comment = {"$comment": self.allowed} if self.allowed else {}
        return {"description": self.meaning + unit, "default": self.default, **comment, **self.schema}

    def check(self, name: str, value: Any) -> None:
        """Refuse a value that is given in Python; a config is held against its whole schema.

        Raises:
            ValueError: the schema does not allow it; it is one of numbers, of choices, or of either.
        """
        if not _fits(value, self.schema):
            words = self.allowed or "; ".join(f"{kind} {limit}" for kind, limit in self.schema.items())
            raise ValueError(f"{name}: {value!r} is not allowed ({words})")


@dataclass(frozen=True)
class Section:
    """Keys under one name.

    Attributes:
        meaning: what they are about, in a few words.
        keys: its keys and sections by name.
        text: what stands above its table, for people.
    """

    meaning: str
    keys: Mapping[str, Key | Section]
    text: str = ""

    def as_schema(self) -> dict[str, Any]:
        """The JSON schema of the section, which allows no other key and demands none."""
        return {
            "description": self.meaning,
            "type": "object",
            "additionalProperties": False,
            "properties": {name: one.as_schema() for name, one in self.keys.items()},
        }

    def defaults(self) -> dict[str, Any]:
        """The default of every key."""
        return {name: one.defaults() if isinstance(one, Section) else one.default for name, one in self.keys.items()}

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Key]]:
        """Every key, with its name as in `render.html.frame_rate`."""
        for name, one in self.keys.items():
            if isinstance(one, Section):
                yield from one.walk(f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", one


def _fits(value: Any, schema: Schema) -> bool:
    if "anyOf" in schema:
        return any(_fits(value, one) for one in schema["anyOf"])
    if "enum" in schema:
        return any(type(value) is type(one) and value == one for one in schema["enum"])
    numeric = isinstance(value, int if schema["type"] == "integer" else int | float) and not isinstance(value, bool)
    # NaN is in no range.
    return (
        numeric
        and schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf)
        and value > schema.get("exclusiveMinimum", -math.inf)
    )


def whole(minimum: int, maximum: int | None = None) -> dict[str, Any]:
    """The schema of a whole number."""
    return {"type": "integer", "minimum": minimum} | ({} if maximum is None else {"maximum": maximum})


def number(**limits: float) -> dict[str, Any]:
    """The schema of a number: `minimum`, `exclusiveMinimum`, `maximum`, `exclusiveMaximum`."""
    return {"type": "number", **limits}


def choice(*values: Any) -> dict[str, Any]:
    """The schema of one of some values."""
    return {"enum": list(values)}


def list_of(items: Schema, *, shortest: int = 0) -> dict[str, Any]:
    """The schema of a list whose values differ."""
    return {"type": "array", **({"minItems": shortest} if shortest else {}), "uniqueItems": True, "items": dict(items)}


FLAG: Schema = {"type": "boolean"}
SEED: Schema = whole(0, 2**32 - 1)
TEXT: Schema = {"type": "string", "minLength": 1}

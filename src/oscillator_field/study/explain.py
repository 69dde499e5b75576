"""What is wrong with a config, as one line: key, value, what is allowed, and a hint."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any

import yaml
from jsonschema import ValidationError

from oscillator_field.parameters import DEFAULTS, SET_BY_OTHERS, EncodingParameters

# Keys that were called otherwise before.
FORMER = {"mnist": "pictures", "readout.times": "readout.steps", "render.png.mp4": "render.png.also: [mp4]"}


def explain(error: ValidationError) -> str:
    """A fault that jsonschema found, as key, value and what is allowed."""
    key = dotted(error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown_key(error, key)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{dotted([*error.absolute_path, missing])}: is missing"
    return f"{key or 'config'}: {shown(error.instance)} is not allowed ({_allowed(error)})"


def shown(value: Any) -> str:
    # In pieces, because aliases can make a small file a value of endless length.
    shown = ""
    for piece in json.JSONEncoder(default=str).iterencode(value):
        shown += piece
        if len(shown) > 80:
            return f"{shown[:77]}..."
    return shown


def _allowed(error: ValidationError) -> str:
    limit = error.validator_value
    words: dict[str, Callable[[], str]] = {
        "enum": lambda: f"one of {', '.join(json.dumps(value) for value in limit)}",
        "minimum": lambda: f"at least {limit:.12g}",
        "exclusiveMinimum": lambda: f"more than {limit:.12g}",
        "maximum": lambda: f"at most {limit:.12g}",
        "exclusiveMaximum": lambda: f"less than {limit:.12g}",
        "pattern": lambda: error.schema["$comment"],
        "minItems": lambda: f"at least {limit} values",
        "maxItems": lambda: f"at most {limit} values",
        "minLength": lambda: "a text that is not empty",
        "uniqueItems": lambda: "each value once",
        "type": lambda: _type_words(limit, error.instance, error.schema.get("$comment")),
        "minProperties": lambda: f"at least {limit} keys",
        "anyOf": lambda: error.schema["$comment"],
    }
    return words.get(str(error.validator), lambda: error.message)()


def _type_words(limit: str | list[str], value: Any, told: str | None) -> str:
    words = {
        "number": "a finite number" if isinstance(value, float) else "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "string": "a text",
        "array": "a list",
        "object": "keys and values",
        "null": "null",
    }
    kinds = [limit] if isinstance(limit, str) else limit
    allowed = told or " or ".join(words[kind] for kind in kinds)
    if "string" in kinds and isinstance(value, bool | int | float):
        return f"{allowed}; YAML takes it for no text: write it in quotes"
    if told or not {"number", "integer"}.intersection(kinds) or not isinstance(value, str) or not _is_number(value):
        return allowed
    if not isinstance(yaml.safe_load(value), str):
        return f"{allowed}; it came as a text: write it without quotes"
    return f"{allowed}; YAML takes {value} for a text, write {_as_yaml(float(value), kinds)}"


def _as_yaml(value: float, kinds: list[str]) -> str:
    return f"{value:.0f}" if "number" not in kinds and value.is_integer() else f"{value:.1e}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unknown_key(error: ValidationError, key: str) -> str:
    known = sorted(error.schema["properties"])
    unknown = next(str(name) for name in error.instance if name not in known)
    full = f"{key}.{unknown}" if key else unknown
    if full in FORMER:
        value = error.instance[unknown]
        written = f"; write {FORMER[full]}: {shown(value)}" if isinstance(value, dict) else ""
        return f"{full}: no such key (it is called {FORMER[full]} now{written})"
    near = difflib.get_close_matches(unknown, known, n=1)
    if unknown in DEFAULTS and unknown not in SET_BY_OTHERS:
        near = [f"{'encoding' if unknown in EncodingParameters.__dataclass_fields__ else 'field'}.{unknown}"]
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{full}: no such key ({hint}allowed: {', '.join(known)})"


def dotted(path: Any) -> str:
    """`field.steps`, and `digits[2]` for an index of a list."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text

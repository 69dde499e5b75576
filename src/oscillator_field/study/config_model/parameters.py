"""The keys of `encoding` and `field`, and the grid that runs any of them at several values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from oscillator_field.keys import SEED, Key, Section, choice, whole
from oscillator_field.parameters import (
    METADATA,
    PATTERN_WORDS,
    SET_BY_OTHERS,
    EncodingParameters,
    FieldParameters,
    RunParameters,
)
from oscillator_field.readout.arms import UNUSED
from oscillator_field.study.axes import POINTS, SAMPLE, ZIPPED
from oscillator_field.study.designs import DESIGNS

# The parameters that a config may set.
KEYS = [name for name in METADATA if name not in SET_BY_OTHERS]
_TYPES = {"float": "number", "int": "integer", "bool": "boolean", "str": "string"}


def _parameter_schema(name: str) -> dict[str, Any]:
    """The JSON schema of a parameter of a run."""
    described = METADATA[name]
    limits = {kind: list(limit) if kind == "enum" else limit for kind, limit in described["limits"].items()}
    if "pattern" in limits:
        limits["$comment"] = PATTERN_WORDS
    return limits if "enum" in limits else {"type": _TYPES[described["type"]], **limits}


def _parameter(name: str, default: Any) -> Key:
    described = METADATA[name]
    field_of_readout = () if name in UNUSED else ("simulate_images",)
    first = "encode" if name in EncodingParameters.__dataclass_fields__ else "simulate"
    return Key(
        default,
        described["meaning"],
        _parameter_schema(name),
        unit="" if described["unit"] == "1" else described["unit"],
        details=described["details"],
        adds=(first, *field_of_readout),
    )


def _parameters(*groups: type, first: tuple[str, ...] = ()) -> dict[str, Key]:
    names = {one.name: one.default for group in groups for one in fields(group) if one.name in KEYS}
    keys = {name: _parameter(name, default) for name, default in names.items()}
    return {name: keys[name] for name in [*first, *(name for name in keys if name not in first)]}


def _axis(name: str) -> dict[str, Any]:
    """The JSON schema of the values of one axis of a grid."""
    values = {"type": "array", "minItems": 1, "items": _parameter_schema(name)}
    if name == "seed":
        seeds = {"$comment": "a list of seeds, or how many, from field.seed on", **whole(1, 100_000)}
        return {"if": {"type": "array"}, "then": values, "else": seeds}
    if _parameter_schema(name).get("type") in ("number", "integer"):
        return {"if": {"type": "array"}, "then": values, "else": _range(_parameter_schema(name))}
    return values


def _range(parameter: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a range of a parameter, whose ends have its limits."""
    end = {**parameter, "type": "number"}
    return {
        "$comment": "a list of values, or a range with the keys from, to and steps",
        "type": "object",
        "additionalProperties": False,
        "required": ["from", "to", "steps"],
        "properties": {"from": end, "to": end, "steps": whole(2, 100_000), "scale": choice("linear", "log")},
    }


def _design_schema() -> dict[str, Any]:
    """The JSON schema of a design, over parameters that take any number in a range."""
    ends = {
        name: {
            "$comment": "its lower and its upper end",
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": schema,
        }
        for name, schema in ((name, _parameter_schema(name)) for name in sorted(KEYS))
        if schema.get("type") == "number"
    }
    over = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": ends}
    counts = dict.fromkeys(DESIGNS, whole(1, 100_000_000))
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["over"],
        "properties": {**counts, "over": over, "seed": SEED},
    }


def _grid_schema() -> dict[str, Any]:
    axes = {name: _axis(name) for name in sorted(KEYS)}
    group = {"type": "object", "additionalProperties": False, "minProperties": 2, "properties": axes}
    point = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: _parameter_schema(name) for name in sorted(KEYS)},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **axes,
            ZIPPED: {"type": "array", "items": group},
            POINTS: {"type": "array", "minItems": 1, "items": point},
            SAMPLE: _design_schema(),
        },
    }


ENCODING = Section(
    "how a picture becomes phases",
    _parameters(EncodingParameters),
    text="""\
`phase = scaled pixel * arc`, the same at all channels. With `standardised` pixels and 2 pi the phase wraps about three
times. With `unit` pixels and 2 pi, black and white are one phase. With `unit` and pi nothing aliases.""",
)

FIELD = Section(
    "a lattice with `channels` oscillators at each pixel of the picture, and its physics",
    _parameters(RunParameters, FieldParameters, first=("channels", "steps", "delta_t")),
    text="The model is written out in `src/oscillator_field/engines/problem.py`; `docs/theory.md` lists its terms.",
)

GRID = Key(
    {},
    "values for any key of encoding or field, for example k_coupling: [0.06, 0.12, 0.24]",
    _grid_schema(),
    details=(
        "a list, or a range `{from: 0, to: 1, steps: 11}`, with `scale: log` a logarithmic one; for `seed` also how "
        "many, counted from `field.seed`. `zip` takes groups of axes that go in step: "
        "`[{k_coupling: [0.1, 0.2], k_bias: [1, 2]}]` are two points. `points` takes points one by one: "
        "`[{k_bias: 2}, {k_bias: 3, seed: 7}]`. `sample` fills a box of parameters that take any number in a range, "
        "each evenly between two ends: `{sobol: 256, over: {k_coupling: [0, 1], k_bias: [0, 2]}, seed: 0}`. "
        + ". ".join(f"`{name}` {one.meaning}" for name, one in DESIGNS.items())
        + ". Other parameters, another seed of the design or another SciPy move all points"
    ),
    reruns=("summarise", "embed_samples"),
    adds=("encode", "simulate_images"),
)

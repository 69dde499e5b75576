"""The parameters of an experiment: defaults, ranges, units and the text that identifies a value.

Three groups, each a frozen dataclass: `EncodingParameters` turns a picture into phases, `FieldParameters` is
the physics of one step, `RunParameters` is what else makes a run (lattice depth, length, seed). Any parameter
of the three can be an axis of a grid. The defaults name the runs (see `grid`), so changing one renames every
result there is: a test freezes them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from typing import Any

SCALES = ("standardised", "unit")
# Sites are embedded in a plane, so a site needs at least as many channels.
PLANE_AXES = 2
# Of a run whose lattice is as large as `pictures.size` says, or as its picture.
OWN_SIZE = 0
# Rows and columns of a lattice: between fewer there is nothing that winds.
FEWEST_PIXELS = 2
# Of a run whose couplings were not learned.
NOT_LEARNED = "none"
# Of a run that begins by itself.
NOT_CONTINUED = "none"
# Parameters that are no keys of a config, because others set them.
SET_BY_OTHERS = ("direction",)
# The precision of a history whose phases are stored as they were computed.
EXACT = "exact"


def _parameter(default: Any, unit: str, meaning: str, details: str = "", **limits: Any) -> Any:
    """A dataclass field that also says unit, meaning, details and limits (in the words of JSON schema)."""
    kind = type(default).__name__
    return field(
        default=default,
        metadata={"unit": unit, "meaning": meaning, "details": details, "type": kind, "limits": limits},
    )


class _Checked:
    """Casts each value to the type of its default and refuses what lies outside its limits."""

    def __post_init__(self) -> None:
        for entry in fields(self):  # type: ignore[arg-type]
            value = getattr(self, entry.name)
            # Most parameters of a million runs are at their defaults, which need no check.
            if type(value) is not type(entry.default) or value != entry.default:
                object.__setattr__(self, entry.name, checked(entry.name, value))


@dataclass(frozen=True)
class EncodingParameters(_Checked):
    """How a picture becomes phases: `phase = scaled pixel * arc`, or 2 pi minus that if inverted.

    Examples:
        >>> EncodingParameters(scale="unit", arc=3)
        EncodingParameters(scale='unit', arc=3.0, invert=False, size=0)
    """

    scale: str = _parameter(
        "standardised",
        "1",
        "standardised (by mean and deviation of the data set) or unit (0..1)",
        "`standardised`: of MNIST minus 0.1307, divided by 0.3081; of a folder by those of each picture itself",
        enum=SCALES,
    )
    arc: float = _parameter(2 * math.pi, "rad", "phase of a scaled pixel of one", exclusiveMinimum=0, maximum=100)
    invert: bool = _parameter(False, "1", "replace phase by 2 pi - phase")
    size: int = _parameter(
        OWN_SIZE,
        "pixel",
        "along each side of the lattice, to which the picture is brought; 0 for `pictures.size`",
        "so that it can be an axis: finite-size scaling",
        minimum=0,
        maximum=1024,
    )

    @property
    def shape(self) -> tuple[int, int] | None:
        """Rows and columns of the lattice; None for those that the study or the picture has."""
        return None if self.size == OWN_SIZE else (self.size, self.size)


@dataclass(frozen=True)
class FieldParameters(_Checked):
    """The physics of one step of the field (the model is written out in `engines.problem`).

    Examples:
        >>> FieldParameters(k_coupling=0.3).k_coupling
        0.3
        >>> FieldParameters(delta_t=2)
        Traceback (most recent call last):
        ValueError: delta_t: 2.0 is not allowed (at most 1)
    """

    delta_t: float = _parameter(0.01, "s", "time step", exclusiveMinimum=0, maximum=1)
    k_coupling: float = _parameter(
        0.12, "1/s", "pull of the neighbours: by default the six nearest sites", minimum=-1000, maximum=1000
    )
    k_omega: float = _parameter(0.12, "1/s", "strength of the channel mixing Omega", minimum=-1000, maximum=1000)
    k_bias: float = _parameter(1.25, "1/s", "pull of the input", minimum=-1000, maximum=1000)
    input_rate: float = _parameter(0.1, "1/s", "rate at which the input follows the field", minimum=-1000, maximum=1000)
    evolve_input: bool = _parameter(True, "1", "whether the input follows the field at all")
    spike_threshold: float = _parameter(
        0.00035,
        "rad",
        "phase change in one step beyond which a site spikes",
        "resolved to 1e-7 rad; on a CPU above 3 rad to 4e-6, and to 4e-4 at 3.14",
        minimum=0,
        maximum=math.pi,
    )
    phase_lag: float = _parameter(0.0, "rad", "lag of the coupling", minimum=-math.pi, maximum=math.pi)
    noise: float = _parameter(
        0.0, "rad^2/s", "intensity D of white phase noise: a free phase diffuses as 2 D t", minimum=0, maximum=1000
    )
    neighbourhood: str = _parameter(
        "nearest",
        "1",
        "which pixels couple within a channel: nearest (four), disc, gaussian or global",
        "weights add up to four, less what an open border cuts off",
        enum=("nearest", "disc", "gaussian", "global"),
    )
    radius: float = _parameter(
        3.0,
        "pixel",
        "of a disc, or the standard deviation of a gaussian neighbourhood",
        "a gaussian is cut off at three of them along rows and columns",
        minimum=1,
        maximum=100,
    )
    channel_coupling: bool = _parameter(True, "1", "whether neighbouring channels of a pixel couple")
    boundary: str = _parameter(
        "open",
        "1",
        "of rows and columns: open, periodic or reflecting (the border sites are repeated)",
        enum=("open", "periodic", "reflecting"),
    )
    integrator: str = _parameter(
        "euler",
        "1",
        "euler (the notebook's step), heun or rk4",
        "of order 1, 2 and 4 in `delta_t`",
        enum=("euler", "heun", "rk4"),
    )
    drive_onset: float = _parameter(0.0, "s", "when the input begins to act", minimum=0, maximum=1_000_000)
    drive_end: float = _parameter(
        1_000_000.0,
        "s",
        "when the input ceases to act",
        "outside these times the input neither pulls nor follows",
        minimum=0,
        maximum=1_000_000,
    )


@dataclass(frozen=True)
class RunParameters(_Checked):
    """What else makes a run: depth of the lattice, number of steps, how it begins, and the seed of what is random.

    Examples:
        >>> RunParameters(steps=64).channels
        4
    """

    channels: int = _parameter(4, "1", "oscillators at each pixel", minimum=1, maximum=256)
    steps: int = _parameter(512, "1", "steps to simulate", minimum=1, maximum=1_000_000)
    seed: int = _parameter(
        42,
        "1",
        "of start phases, Omega, natural frequencies and noise",
        "and of nothing else; each has numbers of its own",
        minimum=0,
        maximum=2**32 - 1,
    )
    start: str = _parameter(
        "random",
        "1",
        "start phases: random, uniform (all 0), twisted or input (those of the input)",
        enum=("random", "uniform", "twisted", "input"),
    )
    winding_rows: int = _parameter(0, "1", "whole turns of a twisted start from row to row", minimum=-512, maximum=512)
    winding_columns: int = _parameter(
        1, "1", "whole turns of a twisted start from column to column", minimum=-512, maximum=512
    )
    frequency_distribution: str = _parameter(
        "none",
        "1",
        "natural frequencies of the sites: none, normal, lorentzian or uniform",
        "drawn for each site from `seed`",
        enum=("none", "normal", "lorentzian", "uniform"),
    )
    frequency_mean: float = _parameter(
        0.0, "rad/s", "mean, or centre, of the natural frequencies", minimum=-1000, maximum=1000
    )
    frequency_spread: float = _parameter(
        0.0,
        "rad/s",
        "standard deviation (normal), half width at half maximum (lorentzian) or half width (uniform)",
        minimum=0,
        maximum=1000,
    )
    stop_when_settled: float = _parameter(
        0.0,
        "1",
        "share of sites that must be quiet, not spiking, for the run to end early; 0 for never",
        "looked at where frames are kept (`history.every`; `measure.every` where no history is); there are no frames "
        "after the end",
        minimum=0,
        maximum=1,
    )
    settled_for: float = _parameter(
        1.0, "s", "for how long so many sites must be quiet", exclusiveMinimum=0, maximum=1_000_000
    )

    learned: str = _parameter(
        NOT_LEARNED,
        "1",
        "a learned field that the run is of, by the folder of its results; none for the couplings stated here",
        "it goes with `channels`, `steps`, `delta_t` and `spike_threshold` alone; runs are named by its last part",
        pattern=r"^[A-Za-z0-9._/-]{1,400}$",
    )
    direction: str = _parameter(
        NOT_CONTINUED,
        "1",
        "whether the run begins with the end of the one before it along an axis that goes up, or down: see `continue`",
        enum=(NOT_CONTINUED, "up", "down"),
    )


GROUPS: tuple[type, ...] = (EncodingParameters, FieldParameters, RunParameters)


_LIMIT_WORDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "enum": "one of"}
# What a pattern allows, in words.
PATTERN_WORDS = "letters, digits, dots, dashes, underscores and slashes"


def _limit_text(kind: str, limit: Any) -> str:
    if kind == "pattern":
        return PATTERN_WORDS
    return f"{_LIMIT_WORDS[kind]} {', '.join(limit) if kind == 'enum' else f'{limit:.12g}'}"


def _attributes_of(group: type) -> str:
    """The fields of a group as its docstring lists them: default, unit, meaning, limits."""
    lines = ["Attributes:"]
    for entry in fields(group):
        limits = [_limit_text(kind, limit) for kind, limit in entry.metadata["limits"].items()]
        told = [entry.metadata["meaning"], f"default {value_text(entry.default)}"]
        told += [] if entry.metadata["unit"] == "1" else [entry.metadata["unit"]]
        lines.append(f"    {entry.name}: {'; '.join([*told, *limits])}.")
    return "\n".join(lines)


def value_text(value: Any) -> str:
    """The text of a value in the name of a run: shortest form, no plus sign, `true` and `false` as in YAML.

    Of a path it is the last part.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}".replace("e+", "e")
    return str(value).rstrip("/").rpartition("/")[2]


# `help` shows these lines; they are generated from the fields.
for _group in GROUPS:
    _group.__doc__ = f"{_group.__doc__}\n\n{_attributes_of(_group)}"
DEFAULTS: dict[str, Any] = {entry.name: entry.default for group in GROUPS for entry in fields(group)}
METADATA: dict[str, Any] = {entry.name: entry.metadata for group in GROUPS for entry in fields(group)}


def checked(name: str, value: Any, label: str | None = None) -> Any:
    """A value in the type of its parameter.

    Args:
        name: of the parameter.
        value: as it was given.
        label: what the message calls the parameter, if not by its name.

    Raises:
        ValueError: the value is of another type, or outside the limits.
    """
    typed = cast(label or name, value, DEFAULTS[name])
    _check_limits(label or name, typed, METADATA[name]["limits"])
    return typed


def cast(name: str, value: Any, default: Any) -> Any:
    """`value` in the type of `default`, floats at 12 significant digits: 1 and 1.0 are one value, one name.

    Raises:
        ValueError: the value is not of the parameter's type.
    """
    kind = type(default)
    # Numbers of numpy, which is not imported here.
    if getattr(value, "ndim", None) == 0:
        value = value.item()
    is_number = is_finite_number(value)
    if kind is float and is_number:
        rounded = float(f"{value:.12g}")
        return default if rounded == float(f"{default:.12g}") else rounded
    if kind is int and is_number and float(value).is_integer():
        return int(value)
    if kind in (bool, str) and isinstance(value, kind):
        return value
    raise ValueError(f"{name}: {value!r} is not {_KINDS[kind]}")


def is_finite_number(value: Any) -> bool:
    """Whether a value is a number that a float can hold; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


_KINDS = {float: "a finite number", int: "a whole number", bool: "true or false", str: "a text"}


def _check_limits(name: str, value: Any, limits: dict[str, Any]) -> None:
    allowed = {
        "minimum": lambda limit: value >= limit,
        "exclusiveMinimum": lambda limit: value > limit,
        "maximum": lambda limit: value <= limit,
        "enum": lambda limit: value in limit,
        "pattern": lambda limit: re.fullmatch(limit, value),
    }
    for kind, exact in limits.items():
        # Rounded as values are, so that pi itself is allowed where pi is the limit.
        limit: Any = exact if kind in ("enum", "pattern") else float(f"{exact:.12g}")
        if not allowed[kind](limit):
            raise ValueError(f"{name}: {value!r} is not allowed ({_limit_text(kind, limit)})")

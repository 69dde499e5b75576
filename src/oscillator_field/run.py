"""What a run is: a digit, an instance of it and a full set of parameters; and its name. Pure: no file is touched.

A name lists the digit, the instance if it is not 0, and then only the parameters that differ from the library's
defaults, sorted. So it says what is special about a run, and a new value or axis in a grid never renames one that
exists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from oscillator_field.parameters import (
    DEFAULTS,
    EncodingParameters,
    FieldParameters,
    RunParameters,
    checked,
    value_text,
)

# A plus joins the parts of a name, because Snakemake cuts the targets of remote jobs at commas.
JOINT = "+"
LONGEST_NAME = 200
# Stands for all values of a batched axis.
ALL = "all"


@dataclass(frozen=True)
class Run:
    """One digit, one instance of it and one full set of parameters."""

    digit: int
    instance: int
    encoding: EncodingParameters
    field: FieldParameters
    settings: RunParameters

    @classmethod
    def of(cls, digit: int, instance: int, values: Mapping[str, Any]) -> Run:
        """The run with these parameter values, all others at their defaults."""
        groups = [
            group(**{name: values[name] for name in group.__dataclass_fields__ if name in values})
            for group in (EncodingParameters, FieldParameters, RunParameters)
        ]
        return cls(digit, instance, *groups)  # type: ignore[arg-type]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Every parameter of the run in one flat dict, sorted by name."""
        return dict(sorted({**asdict(self.encoding), **asdict(self.field), **asdict(self.settings)}.items()))

    @cached_property
    def name(self) -> str:
        """The name of the run's results, for example `digit=3+k_coupling=0.24`."""
        return run_name(self.digit, self.instance, self.parameters)

    @cached_property
    def perturbation(self) -> str:
        """The name of the run's encoded digit: the digit, its instance and the encoding alone."""
        return run_name(self.digit, self.instance, asdict(self.encoding))

    def described(self) -> dict[str, Any]:
        """Digit, instance and every parameter, as one flat dict."""
        return {"digit": self.digit, "instance": self.instance, **self.parameters}


@dataclass(frozen=True)
class Job:
    """Runs that share one simulation job and one store, and the name they share (one run if none are batched)."""

    name: str
    runs: tuple[Run, ...]


def run_name(digit: int | str, instance: int | str, values: Mapping[str, Any]) -> str:
    """The name for a digit, an instance and parameter values; a value of `all` stands for a batched axis."""
    parts = [f"digit={digit}"]
    if instance != 0:
        parts.append(f"instance={instance}")
    parts += [f"{key}={value_text(value)}" for key, value in sorted(values.items()) if value != DEFAULTS[key]]
    name = JOINT.join(parts)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}{JOINT}{digest}"


def is_run_name(name: str) -> bool:
    """Whether a run, a job, a set of samples or an input can have this name: just as `run_name` writes it."""
    if len(name) == LONGEST_NAME and re.fullmatch(rf"digit=.+{re.escape(JOINT)}[0-9a-f]{{16}}", name):
        return True
    pairs = [part.partition("=")[::2] for part in name.split(JOINT)]
    try:
        labels = {key: _count(text) for key, text in pairs if key in ("digit", "instance")}
        values = {key: _value(key, text) for key, text in pairs if key not in labels}
        return name == run_name(labels["digit"], labels.get("instance", 0), values)
    except (KeyError, ValueError):
        return False


def _count(text: str) -> int | str:
    return text if text == ALL else int(text)


def _value(name: str, text: str) -> Any:
    """The value of a parameter by its text in a name."""
    if text == ALL:
        return ALL
    default = DEFAULTS[name]
    if isinstance(default, bool):
        return {"true": True, "false": False}[text]
    return checked(name, text if isinstance(default, str) else float(text))

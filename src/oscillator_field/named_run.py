"""What a run is: a picture and a full set of parameters; and its name. Pure: no file is touched.

A picture is told by its label and its instance. What the label is called depends on the data set: the digit of MNIST,
the label of others, and the picture itself where it has no class.

A name lists the label, the instance if it is not 0, and then only the parameters that differ from the library's
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

from oscillator_field.nouns import DIGIT, NOUNS, Label, noun_in
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
# Stands for all values of a batched axis, and this for some of them: which block of how many.
ALL = "all"
_BLOCK = re.compile(r"block\d+x\d+")


@dataclass(frozen=True)
class Run:
    """One picture and one full set of parameters.

    Attributes:
        label, instance: which picture.
        encoding, field, settings: the parameters.
        noun: what the label is called, one of NOUNS.
    """

    label: Label
    instance: int
    encoding: EncodingParameters
    field: FieldParameters
    settings: RunParameters
    noun: str = DIGIT

    @classmethod
    def of(cls, label: Label, instance: int, values: Mapping[str, Any], noun: str = DIGIT) -> Run:
        """The run with these parameter values, all others at their defaults."""
        groups = [
            group(**{name: values[name] for name in group.__dataclass_fields__ if name in values})
            for group in (EncodingParameters, FieldParameters, RunParameters)
        ]
        return cls(label, instance, *groups, noun=noun)  # type: ignore[arg-type, misc]

    @classmethod
    def from_description(cls, described: Mapping[str, Any]) -> Run:
        """The run that `described` describes."""
        noun = noun_in(described)
        return cls.of(described[noun], described["instance"], described, noun)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Every parameter of the run in one flat dict, sorted by name."""
        return dict(sorted({**vars(self.encoding), **vars(self.field), **vars(self.settings)}.items()))

    @cached_property
    def name(self) -> str:
        """The name of the run's results, for example `digit=3+k_coupling=0.24`."""
        return run_name(self.label, self.instance, self.parameters, self.noun)

    @cached_property
    def perturbation(self) -> str:
        """The name of the run's encoded picture: its label, its instance and the encoding alone."""
        return run_name(self.label, self.instance, asdict(self.encoding), self.noun)

    def described(self) -> dict[str, Any]:
        """Label, instance and every parameter, as one flat dict."""
        return {self.noun: self.label, "instance": self.instance, **self.parameters}


def block_text(number: int, length: int) -> str:
    """What stands in a name for block `number`, from 0, of an axis that is cut into blocks of `length` values."""
    return f"block{number}x{length}"


def run_name(label: Label, instance: int | str, values: Mapping[str, Any], noun: str = DIGIT) -> str:
    """The name for a label, an instance and parameter values; `all` or a block stands for values of a batched axis."""
    parts = [f"{noun}={label}"]
    if instance != 0:
        parts.append(f"instance={instance}")
    parts += [f"{key}={value_text(value)}" for key, value in sorted(values.items()) if value != DEFAULTS[key]]
    name = JOINT.join(parts)
    # File systems count bytes.
    if len(name.encode()) <= LONGEST_NAME:
        return name
    tail = JOINT + hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return name.encode()[: LONGEST_NAME - len(tail)].decode(errors="ignore") + tail


_DIGEST = 16
_LABEL = r"[\w.-]+"
_SHORTENED = re.compile(rf"({'|'.join(NOUNS)})=.+{re.escape(JOINT)}[0-9a-f]{{{_DIGEST}}}")


def is_run_name(name: str) -> bool:
    """Whether a run, a job, a set of samples or an input can have this name: just as `run_name` writes it."""
    # A letter of four bytes may not have fitted.
    if LONGEST_NAME - 3 <= len(name.encode()) <= LONGEST_NAME and _SHORTENED.fullmatch(name):
        return True
    pairs = [part.partition("=")[::2] for part in name.split(JOINT)]
    noun = pairs[0][0]
    try:
        label = _label(noun, pairs[0][1])
        instances = [_count(text) for key, text in pairs[1:] if key == "instance"]
        values = {key: _value(key, text) for key, text in pairs[1:] if key != "instance"}
        return name == run_name(label, instances[0] if instances else 0, values, noun)
    except (KeyError, ValueError):
        return False


def _label(noun: str, text: str) -> Label:
    if noun == DIGIT:
        return _count(text)
    if noun not in NOUNS or not re.fullmatch(_LABEL, text):
        raise ValueError(f"{noun}={text} is no label")
    return text


def _count(text: str) -> int | str:
    return text if _is_batched(text) else int(text)


def _is_batched(text: str) -> bool:
    return text == ALL or bool(_BLOCK.fullmatch(text))


def _value(name: str, text: str) -> Any:
    """The value of a parameter by its text in a name."""
    if _is_batched(text):
        return text
    default = DEFAULTS[name]
    if isinstance(default, bool):
        return {"true": True, "false": False}[text]
    return checked(name, text if isinstance(default, str) else float(text))

"""The config: read from what users wrote, checked against the schema, with a default for each key that they left out.

Every fault is one line that names the key, the value and what is allowed.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import best_match

from oscillator_field.parameters import is_finite_number
from oscillator_field.study.explain import dotted, explain, shown


class ConfigError(ValueError):
    """A fault in the config, in one line."""


# YAML knows .nan and .inf. To JSON schema they are numbers; no setting here allows them.
_Validator: Any = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: is_finite_number(value)),
)


# The fast one where PyYAML has it: the schema is read at each start of Snakemake.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Letters of the longest text that is allowed: the longest path of Linux.
LONGEST_TEXT = 4096


def check_plain(config: Mapping[str, Any]) -> None:
    """Refuse what YAML can write and nothing here can mean: parts of themselves, odd keys, texts and numbers.

    Raises:
        ConfigError: the first that is found.
    """

    checked: set[int] = set()

    def check(value: Any, path: tuple[Any, ...], above: tuple[int, ...]) -> None:
        key = dotted(path) or "config"
        if isinstance(value, Mapping | list):
            if id(value) in above:
                raise ConfigError(f"{key}: contains itself, which is not allowed (does it name an alias of its own?)")
            if id(value) in checked:
                return
            checked.add(id(value))
        if isinstance(value, Mapping):
            for name, part in value.items():
                if not isinstance(name, str):
                    raise ConfigError(f"{key}: {shown(name)} is not allowed as a key (a text)")
                check_text(name, key)
                check(part, (*path, name), (*above, id(value)))
        elif isinstance(value, list):
            for number, part in enumerate(value):
                check(part, (*path, number), (*above, id(value)))
        elif isinstance(value, str):
            check_text(value, key)
        elif isinstance(value, int) and not isinstance(value, bool) and not is_finite_number(value):
            raise ConfigError(f"{key}: a number of {value.bit_length()} bits is not allowed (a finite number)")

    def check_text(text: str, key: str) -> None:
        if len(text) > LONGEST_TEXT:
            raise ConfigError(f"{key}: a text of {len(text)} letters is not allowed (at most {LONGEST_TEXT})")
        # Control characters, and halves of letters.
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise ConfigError(f"{key}: {shown(text)} is not allowed (a text without control characters)")

    check(config, (), ())


# Numbers, truth and nothing as the core schema of YAML 1.2 writes them (section 10.3.2).
_CORE: dict[str, Callable[[str], Any]] = {
    # Without the zeros before them, which make a number of 007.
    r"[-+]?(0|[1-9][0-9]*)": int,
    r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?": float,
    "true|True|TRUE": lambda text: True,
    "false|False|FALSE": lambda text: False,
    "null|Null|NULL|~|": lambda text: None,
}


def with_types(config: Any, given: Any, described: Mapping[str, Any]) -> Any:
    """A config in which nested values of `--config` have their types: Snakemake makes texts of all of them.

    Args:
        config: as Snakemake has it, with all files and `--config` in it.
        given: what of it `--config` said.
        described: its JSON schema: where that takes a text, a text stays one.
    """
    if isinstance(config, Mapping) and isinstance(given, Mapping):
        keys = described.get("properties", {})
        return {
            key: with_types(value, given[key], keys.get(key, {})) if key in given else value
            for key, value in config.items()
        }
    if isinstance(config, list) and config == given:
        return [with_types(*pair, described.get("items", {})) for pair in zip(config, given, strict=True)]
    if isinstance(config, str) and config == given and "string" not in described.get("type", ()):
        kind = next((kind for pattern, kind in _CORE.items() if re.fullmatch(pattern, config)), str)
        return kind(config)
    return config


def check_keys_are_given_once(path: str | Path) -> None:
    """Refuse a config file that gives a key twice, of which YAML takes the last without a word.

    Raises:
        ConfigError: it does; the message says in which lines.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        # Snakemake reads the file too, and says what is wrong with it.
        return
    seen: set[int] = set()

    def check(node: Any, above: tuple[Any, ...]) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for number, part in enumerate(node.value):
                check(part, (*above, number))
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                if name in lines and isinstance(key, yaml.ScalarNode):
                    raise ConfigError(
                        f"{dotted((*above, name))}: is given twice, in lines {lines[name]} and {line} of {path} "
                        "(allowed: once)"
                    )
                lines[name] = line
                check(value, (*above, name))

    check(root, ())


def place_of(
    fault: str, files: Iterable[str | Path], overrides: Iterable[str | Path], command_line: Mapping[str, Any]
) -> str:
    """Where the value that a fault names was given: ` (--config)` or ` (mine.yaml, line 3)`; empty if nowhere.

    Args:
        fault: as it is told, the key first.
        files: all config files.
        overrides: those of them that decide over others, the last of them over all.
        command_line: what `--config` said.
    """
    key = fault.partition(": ")[0]
    path = [part for part in re.split(r"[.\[\]]+", key) if part]
    given: Any = command_line
    for number, name in enumerate(path):
        if not isinstance(given, Mapping) or name not in given:
            break
        if number == len(path) - 1 or not isinstance(given[name], Mapping):
            return " (--config)"
        given = given[name]
    for file in [*reversed(list(overrides)), *files]:
        try:
            node = yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=_LOADER)
        except (OSError, ValueError, yaml.YAMLError):
            continue
        line = _line_of(node, path)
        if line is not None:
            return f" ({file}, line {line})"
    return ""


def _line_of(node: Any, path: Sequence[str]) -> int | None:
    """The line of a key in a file, from 1; that of what holds it, if it is a list of values."""
    line = None
    for name in path:
        if isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            node = node.value[int(name)]
            line = node.start_mark.line + 1
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == name), None)
        if found is None:
            return None
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def checked_config(
    config: Mapping[str, Any], schema: str | Path, command_line: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A config that is whole: checked, with its defaults, and with 2.0 written as 2.

    Args:
        config: what users wrote, in part or whole.
        schema: the file of the JSON schema, as `make generate` writes it.
        command_line: what of it `--config` said.

    Raises:
        ConfigError: something in it is not allowed.
    """
    check_plain(config)
    described = yaml.load(Path(schema).read_text(encoding="utf-8"), Loader=_LOADER)
    config = with_types(config, command_line or {}, described)
    error = best_match(_Validator(described).iter_errors(config))
    if error is not None:
        # The message names all alternatives, not only the nearest one; of those within others the outermost.
        while error.parent is not None and error.parent.validator == "anyOf":
            error = error.parent
        raise ConfigError(explain(error))
    return _with_whole_numbers(_with_defaults(config, described))


def _with_defaults(values: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a section, and the defaults of its schema for those that are missing."""
    complete = dict(values)
    for name, described in schema["properties"].items():
        if "default" in described:
            complete.setdefault(name, copy.deepcopy(described["default"]))
        else:
            complete[name] = _with_defaults(complete.get(name, {}), described)
    return complete


def _with_whole_numbers(values: Any) -> Any:
    """2.0 and 2 are one value, and one setting of a job."""
    if isinstance(values, dict):
        return {key: _with_whole_numbers(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_with_whole_numbers(value) for value in values]
    return int(values) if isinstance(values, float) and values.is_integer() else values

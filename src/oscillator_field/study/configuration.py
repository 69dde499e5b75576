"""The config, checked before any job starts: against the schema, the pictures at hand and the places to write to.

Every fault is one line that names the key, the value and what is allowed.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.exceptions import best_match

from oscillator_field.inputs.mnist import check_instance, digit_counts
from oscillator_field.parameters import PLANE_AXES, is_finite_number
from oscillator_field.run import Job
from oscillator_field.study.grid import expand, sample_sets


class ConfigError(ValueError):
    """A fault in the config, in one line."""


# YAML writes .nan and .inf, which are numbers to JSON schema, and to no setting here.
_Validator: Any = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, value: is_finite_number(value)),
)


# Longer than any text that means something here; paths of systems end there too.
LONGEST_TEXT = 4096


def check_plain(config: Mapping[str, Any]) -> None:
    """Refuse what YAML can write and nothing here can mean: parts of themselves, odd keys, texts and numbers.

    Raises:
        ConfigError: the first that is found.
    """

    checked: set[int] = set()

    def check(value: Any, path: tuple[Any, ...], above: tuple[int, ...]) -> None:
        key = _dotted(path) or "config"
        if isinstance(value, Mapping | list):
            if id(value) in above:
                raise ConfigError(f"{key}: contains itself, which is not allowed (does it name an alias of its own?)")
            if id(value) in checked:
                return
            checked.add(id(value))
        if isinstance(value, Mapping):
            for name, part in value.items():
                if not isinstance(name, str):
                    raise ConfigError(f"{key}: {_shown(name)} is not allowed as a key (a text)")
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
            raise ConfigError(f"{key}: {_shown(text)} is not allowed (a text without control characters)")

    check(config, (), ())


def check_keys_are_given_once(path: str | Path) -> None:
    """Refuse a config file that gives a key twice, of which YAML takes the last without a word.

    Raises:
        ConfigError: it does; the message says in which lines.
    """
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
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
                        f"{_dotted((*above, name))}: is given twice, in lines {lines[name]} and {line} of {path} "
                        "(allowed: once)"
                    )
                lines[name] = line
                check(value, (*above, name))

    check(root, ())


def check_schema(config: Mapping[str, Any], schema: str | Path) -> None:
    """Hold a config against its JSON schema, a YAML file.

    Raises:
        ConfigError: the most telling fault.
    """
    validator = _Validator(yaml.safe_load(Path(schema).read_text(encoding="utf-8")))
    error = best_match(validator.iter_errors(config))
    if error is not None:
        # Of alternatives, all are allowed, not only the one that comes nearest.
        whole = error.parent if error.parent is not None and error.parent.validator == "anyOf" else error
        raise ConfigError(_explain(whole))


def with_whole_numbers(values: Any) -> Any:
    """A config in which 2.0 is written as 2: they are one value, and one setting of a job."""
    if isinstance(values, dict):
        return {key: with_whole_numbers(value) for key, value in values.items()}
    if isinstance(values, list):
        return [with_whole_numbers(value) for value in values]
    return int(values) if isinstance(values, float) and values.is_integer() else values


def source_folder(mnist: Mapping[str, Any], bundled: str | Path, destination: str | Path) -> str | Path | None:
    """The folder that the pictures come from; None stands for the network.

    Raises:
        ConfigError: the source is a folder, and none is named, or the one that the pictures are written to.
    """
    if mnist["source"] == "directory":
        if mnist["directory"] is None:
            raise ConfigError("mnist.directory: null is not allowed (a folder, because mnist.source is directory)")
        try:
            folder = Path(mnist["directory"])
            folder.exists()  # is an error where the system takes no such name
            same = folder.resolve() == Path(destination).resolve()
        except OSError as error:
            raise ConfigError(
                f"mnist.directory: {_shown(mnist['directory'])} is not allowed ({error.strerror}; a folder)"
            ) from None
        if same:
            raise ConfigError(
                f"mnist.directory: {json.dumps(mnist['directory'])} is not allowed "
                "(another folder than the one that the pictures are written to)"
            )
    folders = {"bundled": bundled, "directory": mnist["directory"], "download": None}
    return folders[mnist["source"]]


def jobs_of(config: Mapping[str, Any]) -> list[Job]:
    """The simulation jobs that a config asks for (see `grid.expand`).

    Raises:
        ConfigError: an axis of the grid or of `batch` does not fit.
    """
    try:
        return expand(config)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def check_engine(engine: str, device: str) -> None:
    """Refuse an engine on a device that it does not know.

    Raises:
        ConfigError: it is such a pair.
    """
    place = {"numba": "cpu", "cuda": "cuda"}.get(engine, device)
    if device not in ("auto", place):
        raise ConfigError(
            f'simulate.device: "{device}" is not allowed with simulate.engine: "{engine}" (auto or {place})'
        )


def check_embeddable(jobs: Sequence[Job], methods: Sequence[str]) -> None:
    """Refuse to embed fields with too few channels for a plane.

    Raises:
        ConfigError: a run has too few.
    """
    channels = min(run.settings.channels for job in jobs for run in job.runs)
    if methods and channels < PLANE_AXES:
        raise ConfigError(
            f"field.channels: {channels} is too few for embed.methods: {json.dumps(list(methods))} "
            f"(allowed: at least {PLANE_AXES}, or embed.methods: [])"
        )


def check_channel(jobs: Sequence[Job], channels: str | int) -> None:
    """Refuse to draw a channel that a run does not have.

    Raises:
        ConfigError: a run has too few channels.
    """
    fewest = min(run.settings.channels for job in jobs for run in job.runs)
    if isinstance(channels, int) and channels >= fewest:
        raise ConfigError(
            f"render.phase.channels: {channels} is not allowed with {fewest} channels (mean, all, or 0 to {fewest - 1})"
        )


def check_samples(jobs: Sequence[Job], embed: Mapping[str, Any]) -> None:
    """Refuse t-SNE of a few samples.

    Raises:
        ConfigError: a set has too few for the perplexity.
    """
    if "tsne" not in embed["samples"]["methods"]:
        return
    for name, runs in sample_sets(jobs).items():
        most = (len(runs) - 1) / 3
        if embed["tsne"]["perplexity"] > most:
            raise ConfigError(
                f"embed.tsne.perplexity: {embed['tsne']['perplexity']} is too large for the {len(runs)} "
                f"samples of {name} (allowed: at most {most:.6g}, or embed.samples.methods without tsne)"
            )


def check_pictures(jobs: Sequence[Job], folder: str | Path | None) -> None:
    """Refuse a digit or an instance that the source of pictures does not hold.

    Args:
        jobs: what is to be simulated.
        folder: folder of the IDX files, or None for the published set.

    Raises:
        ConfigError: the folder lacks files, or does not hold so many pictures of a digit.
    """
    try:
        counts = digit_counts(folder)
        for digit, instance in sorted({(run.digit, run.instance) for job in jobs for run in job.runs}):
            check_instance(digit, instance, counts)
    except (ValueError, OSError) as error:
        raise ConfigError(str(error)) from None


def check_split(pictures: int, validation_share: float) -> None:
    """Refuse a split of the training pictures that leaves none to validate with, or none to train on.

    Raises:
        ConfigError: it does.
    """
    if not 0 < round(pictures * validation_share) < pictures:
        raise ConfigError(
            f"readout.validation_share: {validation_share} of {pictures} pictures leaves none to validate with, "
            f"or none to train on (allowed: {1 / pictures:.2g} to {1 - 1 / pictures:.6g})"
        )


def check_writable(*folders: str | Path) -> None:
    """Refuse folders that cannot be made or written.

    Raises:
        ConfigError: the first that cannot.
    """
    for folder in folders:
        place = Path(folder).absolute()
        while not place.exists() and not place.is_symlink():
            place = place.parent
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            raise ConfigError(f"{folder}: cannot be written, because {place} is not a folder that you may write to")


def check_png(png: Mapping[str, Any], browser: str | None, how_to_get_one: str) -> None:
    """Refuse to insist on PNG where no browser can draw it, and on MP4 where nothing can encode it.

    Raises:
        ConfigError: it is insisted on.
    """
    if png["enabled"] is True and browser is None:
        raise ConfigError(f"render.png.enabled: true is not allowed without a browser ({how_to_get_one}, or set auto)")
    if png["mp4"] and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ConfigError("render.png.mp4: true is not allowed without imageio-ffmpeg (install the extra `video`)")


def _explain(error: ValidationError) -> str:
    """A fault that jsonschema found, as key, value and what is allowed."""
    key = _dotted(error.absolute_path)
    if error.validator == "additionalProperties":
        return _unknown_key(error, key)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{_dotted([*error.absolute_path, missing])}: is missing"
    return f"{key or 'config'}: {_shown(error.instance)} is not allowed ({_allowed(error)})"


def _shown(value: Any) -> str:
    # Piece by piece: aliases can make a value that is small in a file and endless in writing.
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
        "minItems": lambda: f"at least {limit} values",
        "maxItems": lambda: f"at most {limit} values",
        "minLength": lambda: "a text that is not empty",
        "uniqueItems": lambda: "each value once",
        "type": lambda: error.schema.get("$comment") or _type_words(limit, error.instance),
        "minProperties": lambda: f"at least {limit} keys",
        "anyOf": lambda: error.schema["description"],
    }
    return words.get(str(error.validator), lambda: error.message)()


def _type_words(limit: str | list[str], value: Any) -> str:
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
    allowed = " or ".join(words[kind] for kind in kinds)
    if not {"number", "integer"}.intersection(kinds) or not isinstance(value, str) or not _is_number(value):
        return allowed
    if not isinstance(yaml.safe_load(value), str):
        return f"{allowed}; it came as a text: write it without quotes, and in a file if it is nested in --config"
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
    near = difflib.get_close_matches(unknown, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    place = f"{key}.{unknown}" if key else unknown
    return f"{place}: no such key ({hint}allowed: {', '.join(known)})"


def _dotted(path: Any) -> str:
    """`field.steps`, and `digits[2]` for a place in a list."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text

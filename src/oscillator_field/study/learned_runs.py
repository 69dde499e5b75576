"""What runs of learned fields must fit: the field that they name, its pictures and its channels."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oscillator_field.learning.arms import FIELDS, SIZES, Model, described_in
from oscillator_field.parameters import DEFAULTS, NOT_LEARNED, EncodingParameters, value_text
from oscillator_field.runs import Job
from oscillator_field.study.batches import NONE
from oscillator_field.study.checks import check_sites
from oscillator_field.study.configuration import ConfigError

# The parameters that are looked at here.
_OF_LEARNED = ("learned", "channels", "steps", *EncodingParameters.__dataclass_fields__)


def check_learned(
    models: Mapping[str, Model],
    jobs: Sequence[Job],
    config: Mapping[str, Any],
    shape_of_pictures: Callable[[], tuple[int, int]],
) -> None:
    """Refuse runs of learned fields that are not there, or that their parameters or pictures do not fit.

    It says of those that take more steps than in training how many these were.

    Args:
        models: those that this config trains, by the folder that they are written to.
        jobs, config: of the study.
        shape_of_pictures: rows and columns of its pictures.

    Raises:
        ConfigError: the first of them.
    """
    each = (run for job in jobs for run in job.runs.distinct(_OF_LEARNED))
    runs = [run for run in each if run.settings.learned != NOT_LEARNED]
    if not runs:
        return
    if config["simulate"]["engine"] not in ("auto", "torch"):
        raise ConfigError(
            f'simulate.engine: "{config["simulate"]["engine"]}" cannot compute learned fields (allowed: auto, torch)'
        )
    if config["simulate"]["device"] == "cuda":
        raise ConfigError('simulate.device: "cuda" is not allowed with field.learned, which a CPU runs (auto, cpu)')
    if config["history"]["keep"] == NONE:
        raise ConfigError("history.keep: none is not allowed with field.learned (frames, final)")
    if config["continue"]:
        raise ConfigError("continue: is not allowed with field.learned, whose fields begin as their input (null)")
    if config["readout"]["enabled"]:
        raise ConfigError(
            "readout.enabled: true is not allowed with field.learned, whose readout is learned (learned.html shows it)"
        )
    shape = shape_of_pictures()
    longer: dict[str, str] = {}
    for run in runs:
        called = run.settings.learned
        size, made_for = _made_for(called, models)
        channels = SIZES[size].channels
        if run.settings.channels != channels:
            raise ConfigError(
                f"field.channels: {run.settings.channels} is not allowed with field.learned: {called} ({channels})"
            )
        if run.settings.steps > SIZES[size].steps:
            longer[called] = f"{called} was trained for {SIZES[size].steps} steps and runs {run.settings.steps}"
        if made_for not in (None, shape):
            raise ConfigError(
                f"field.learned: {called} is for pictures of {made_for[0]} x {made_for[1]} pixels, and these have "
                f"{shape[0]} x {shape[1]} (set pictures.size)"
            )
        if "tsne" in config["embed"]["methods"]:
            rows, columns = SIZES[size].lattice(*shape)
            check_sites(config["embed"], rows * columns)
        for name, value in vars(run.encoding).items():
            if value != DEFAULTS[name]:
                raise ConfigError(
                    f"encoding.{name}: {value_text(value)} has no effect with field.learned: {called}, whose drive is "
                    f"learned (allowed: {value_text(DEFAULTS[name])})"
                )
    for told in longer.values():
        print(f"{told}; after more it may forget its picture (field.steps).", file=sys.stderr)


def _made_for(called: str, models: Mapping[str, Model]) -> tuple[str, tuple[int, int] | None]:
    """The size of a learned field, and the pictures that it is for; None for those of this study.

    Raises:
        ConfigError: it is not there, or is no field.
    """
    own = models.get(os.path.abspath(called))
    if own is not None:
        arm, size, made_for = own.arm, own.size, None
    else:
        try:
            described = described_in(called)
            arm, size, made_for = described["model"]["arm"], described["model"]["size"], tuple(described["shape"])
            SIZES[size]
        except (OSError, ValueError, KeyError, TypeError):
            own_fields = [os.path.relpath(folder) for folder, model in models.items() if model.arm in FIELDS]
            trained = f", or of one that this config trains, as {own_fields[0]}" if own_fields else ""
            raise ConfigError(
                f"field.learned: {called} holds no weights that can be read (allowed: the folder of a trained model"
                f"{trained})"
            ) from None
    if arm not in FIELDS:
        raise ConfigError(f"field.learned: {called} holds {arm}, which is no field (allowed: {', '.join(FIELDS)})")
    return size, made_for

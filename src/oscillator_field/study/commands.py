"""The command line of Snakemake that does something else with the config of a call."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def command_words(
    rule: str,
    *,
    snakefile: str,
    directory: str | None,
    configfiles: Iterable[str | Path],
    config: Mapping[str, Any],
    replace: bool = False,
    more: Iterable[str] = (),
    called_in: str = "",
) -> list[str]:
    """The words after `snakemake` that make the results of a rule.

    Args:
        rule: its name.
        snakefile: of the call.
        directory: that the call named, if it did.
        configfiles: that the call named.
        config: values that the call gave beside them; `prune` is left out.
        replace: whether these files replace those of the workflow.
        more: values to give beside these.
        called_in: where the command is to be typed. Snakemake finds a Snakefile there by itself.
    """
    # Where it is typed there may be no profile that says so.
    words = [rule, *(["--cores", "1"] if called_in else [])]
    found = any(
        os.path.isfile(file) and os.path.samefile(file, snakefile)
        for file in (os.path.join(called_in, name) for name in ("Snakefile", "workflow/Snakefile") if called_in)
    )
    words += [] if found else ["--snakefile", snakefile]
    words += ["--directory", directory] if directory else []
    files = [os.path.relpath(file, called_in) if called_in and not directory else str(file) for file in configfiles]
    words += ["--replace-workflow-config"] if replace else []
    words += ["--configfile", *files] if files else []
    values = [f"{key}={json.dumps(value)}" for key, value in config.items() if key != "prune"] + list(more)
    return words + (["--config", *values] if values else [])

"""What made results: versions of the libraries that decide numbers, and the time that jobs took."""

from __future__ import annotations

import csv
import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path

from oscillator_field._version import __version__

LIBRARIES = ("numpy", "zarr", "numba", "torch", "scikit-learn", "opentsne", "plotly")


def versions(*others: str) -> dict[str, str]:
    """The versions of Python, of this project, of its main libraries and of other distributions."""
    # The project itself need not be installed: the workflow runs it from its clone.
    return {
        "python": platform.python_version(),
        "oscillator-field": __version__,
        **{name: version(name) for name in (*LIBRARIES, *others)},
    }


def seconds_of(logs: str | Path) -> list[float]:
    """The wall times of the jobs whose benchmark files lie below a folder, or of one file, s."""
    found = []
    for path in [Path(logs)] if Path(logs).is_file() else sorted(Path(logs).rglob("*.tsv")):
        with path.open(encoding="utf-8") as stream:
            found += [float(row["s"]) for row in csv.DictReader(stream, delimiter="\t")]
    return found


def time_used(logs: str | Path, names: Collection[str]) -> dict[str, float]:
    """The wall times of the jobs of some names, added up for each rule, s; of jobs that ran, not only of this call.

    Args:
        logs: folder of the benchmark files, one folder a rule; nothing comes of one that is not on this machine.
        names: of the runs, sets and inputs of a study: jobs of others are left out.
    """
    used: dict[str, float] = {}
    for path in sorted(Path(logs).rglob("*.tsv")):
        rule, *rest = path.relative_to(logs).with_suffix("").parts
        if rest and rest[0] in names:
            used[rule] = used.get(rule, 0) + sum(seconds_of(path))
    return {rule: round(seconds, 1) for rule, seconds in used.items()}

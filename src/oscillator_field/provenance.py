"""What made results: versions of the libraries that decide numbers, and the time that jobs took."""

from __future__ import annotations

import csv
import platform
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


def time_used(logs: str | Path) -> dict[str, float]:
    """The wall times of all jobs of each rule, added up, s; of jobs that ran, not only of this call.

    Nothing where the logs are not on this machine.
    """
    folders = sorted(entry for entry in Path(logs).glob("*") if entry.is_dir())
    return {folder.name: round(sum(seconds_of(folder)), 1) for folder in folders if any(folder.rglob("*.tsv"))}

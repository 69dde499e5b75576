"""What a call of the workflow would do: runs and why, jobs, time, disk, memory, orphans."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscillator_field.analysis.registry import OBSERVABLES, QUANTILES
from oscillator_field.parameters import EXACT
from oscillator_field.provenance import seconds_of
from oscillator_field.runs import Job
from oscillator_field.study.batches import BYTES_A_SITE, FINAL, NONE
from oscillator_field.study.resources import UNKNOWN_SECONDS

# Bytes of an oscillator in a frame, measured on histories: phase and spikes, exact and with a bounded error.
BYTES_EXACT, BYTES_BOUNDED = BYTES_A_SITE, 0.9
# Bytes of a job beside its histories, for all views of the default config.
BYTES_OF_PICTURES = 5e6
# Bytes of the rows of a run in all tables.
BYTES_OF_ROWS = 500
SHOWN = 40


@dataclass(frozen=True)
class Planned:
    """One output of the workflow, as Snakemake's summary lists it."""

    path: str
    rule: str
    status: str
    pending: bool


def read_summary(text: str, rules: Mapping[str, str] | None = None) -> list[Planned]:
    """The table that `snakemake --summary` prints.

    Args:
        text: the table.
        rules: of rules that an importing workflow calls otherwise, their names here.
    """
    called = rules or {}
    return [
        Planned(
            row["output_file"], called.get(row["rule"], row["rule"]), row["status"], row["plan"] == "update pending"
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    ]


def plan_text(
    planned: Sequence[Planned],
    jobs: Mapping[str, Job],
    orphans: Sequence[Path],
    *,
    logs: str | Path,
    cores: int,
    typical: Mapping[str, float],
    pixels: int,
    history: Mapping[str, Any],
    measure: Mapping[str, Any],
    megabytes: int,
    bytes_of_shard: int = 0,
    how_to_list: str,
) -> str:
    """The plan, for people.

    Args:
        planned: all outputs of the workflow.
        jobs: the simulation jobs of the config, by name.
        orphans: results that no job asks for.
        logs: folder of the benchmark files of jobs that have run.
        cores: that the jobs will share.
        typical: seconds of a job of each rule where none has run.
        pixels: of the lattice of runs that do not say their size.
        history, measure: those sections of the config.
        megabytes: that the largest job declares.
        bytes_of_shard: what a shard of the readout's fields takes.
        how_to_list: what lists the orphans.
    """
    states = _states(planned, jobs)
    counts = Counter(state for state, _ in states.values())
    runs = sum(len(job.runs) for job in jobs.values())
    lines = [f"{runs} runs in {len(jobs)} jobs: " + ", ".join(f"{counts[state]} {state}" for state in _WORDS)]
    shown = [(name, *told) for name, told in states.items() if told[0] != EXISTS]
    lines += [f"  {state:12} {name}{f'  ({why})' if why else ''}" for name, state, why in shown[:SHOWN]]
    if len(shown) > SHOWN:
        lines.append(f"  ... and {len(shown) - SHOWN} more")

    pending = Counter(rule for rule, _ in {_job_of(row) for row in planned if row.pending})
    if not pending:
        lines.append("Nothing to be done.")
    else:
        each = {rule: _seconds_of_rule(logs, rule, typical) for rule in pending}
        lines.append("Jobs to run:")
        lines += [f"  {count:6} {rule:22} about {each[rule]:.1f} s each" for rule, count in sorted(pending.items())]
        seconds = sum(count * each[rule] for rule, count in pending.items()) / cores
        new = [jobs[name] for name, (state, _) in states.items() if state == NEW]
        lines.append(
            f"About {duration(seconds)} on {cores} cores, "
            f"{_bytes(_disk(new, pixels, history, measure) + pending['simulate_images'] * bytes_of_shard)} of disk, "
            f"{megabytes} MB of memory for the largest job."
        )
    if orphans:
        size = sum(file.stat().st_size for path in orphans for file in path.rglob("*") if file.is_file())
        told = f"{len(orphans)} results are there that the config does not ask for"
        lines.append(f"{told} ({_bytes(size)}; {how_to_list} lists them).")
    return "\n".join(lines)


NEW, STALE, EXISTS = "new", "recomputed", "unchanged"
_WORDS = (NEW, STALE, EXISTS)
# Rules whose jobs make several files, all in one folder.
_OF_A_FOLDER = (
    "fetch_pictures",
    "share_plotlyjs",
    "summarise",
    "compute_statistics",
    "write_gallery",
    "compare_readouts",
    "compare_fields",
)


def _job_of(row: Planned) -> tuple[str, str]:
    """The rule and the files that identify the job of an output."""
    together = row.rule.startswith("render") or row.rule in _OF_A_FOLDER
    return row.rule, str(Path(row.path).parent) if together else row.path


def _states(planned: Iterable[Planned], jobs: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Of each job: whether it is new, recomputed in part, or stays; and why."""
    of_job: dict[str, list[Planned]] = {name: [] for name in jobs}
    for row in planned:
        folder = Path(row.path).parent.name
        if folder in of_job:
            of_job[folder].append(row)
    states = {}
    for name, rows in of_job.items():
        # The first store of a job: a history, or observables where none is kept.
        made = {Path(row.path).name: row for row in rows}
        first = made.get("history.zarr", made.get("observables.zarr"))
        stale = [row for row in rows if row.pending]
        if first and first.pending and first.status == "missing":
            states[name] = (NEW, "")
        elif stale:
            reasons = sorted({f"{row.rule}: {row.status}" for row in stale if row.status != "ok"})
            states[name] = (STALE, ", ".join(reasons) or "what it is made of changes")
        else:
            states[name] = (EXISTS, "")
    return states


def _seconds_of_rule(logs: str | Path, rule: str, typical: Mapping[str, float]) -> float:
    """How long a job of a rule took here on average, or takes elsewhere."""
    measured = seconds_of(Path(logs) / rule) or seconds_of(Path(logs) / f"{rule}.tsv")
    return sum(measured) / len(measured) if measured else typical.get(rule, UNKNOWN_SECONDS)


def _disk(jobs: Iterable[Job], pixels: int, history: Mapping[str, Any], measure: Mapping[str, Any]) -> float:
    """Bytes that new runs will take."""
    if history["keep"] == NONE:
        return sum(len(job.runs) * _bytes_of_numbers(job, pixels, measure) for job in jobs)
    each = BYTES_EXACT if history["precision"] == EXACT else BYTES_BOUNDED
    total = 0.0
    for job in jobs:
        settings = job.runs[0].settings
        frames = 1 if history["keep"] == FINAL else -(-settings.steps // history["every"])
        total += each * len(job.runs) * _pixels_of(job, pixels) * settings.channels * frames + BYTES_OF_PICTURES
    return total


def _pixels_of(job: Job, pixels: int) -> int:
    return math.prod(job.runs[0].encoding.shape or (pixels,))


def _bytes_of_numbers(job: Job, pixels: int, measure: Mapping[str, Any]) -> float:
    """Bytes of the observables of a run of a job, and of its rows in the tables."""
    settings = job.runs[0].settings
    frames = settings.steps // (measure["every"] or 1) + 1
    sizes = {
        "frame": frames,
        "channel": settings.channels,
        "quantile": len(QUANTILES),
        "row": _pixels_of(job, pixels),
        "row_edge": _pixels_of(job, pixels),
    }
    wanted = OBSERVABLES if measure["observables"] is None else measure["observables"]
    numbers = sum(math.prod(sizes.get(axis, 1) for axis in OBSERVABLES[name].axes) for name in wanted)
    return 8 * numbers + BYTES_OF_ROWS


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _bytes(count: float) -> str:
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"

# What a call says on the terminal: how far it is, now and then; at its end what was made, and where it is.
# Snakemake's own lines go on into its log. With `--quiet` or `--verbose` on the command line they are back on the terminal.

import logging
import os
import sys
import time
from pathlib import Path

from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

# The rules that answer a question: beside their answer nothing is said.
ANSWERS = {"plan", "prune"}
# How lines begin that say the same in every call, or once for each job.
CHATTER = (
    "Building DAG of jobs",
    "Using shell",
    "Provided ",
    "Rules claiming more threads",
    "Conda environments",
    "Assuming unrestricted",
    "Config file ",
    "Select jobs to execute",
    "Execute ",
    "Complete log",
    "Elapsed time",
    "singularity",
)
# Seconds between two lines that say how far a call is.
BETWEEN_LINES = 10


class Jobs(logging.Handler):
    """Remembers which jobs were started, and which failed."""

    def __init__(self):
        super().__init__()
        self.begin = time.monotonic()
        self.named = {}
        self.rules = set()
        self.simulated = set()
        self.failed = {}

    def emit(self, record):
        # An error in here would end the thread that waits for jobs, and the call would wait for ever.
        try:
            self.remember(record)
        except Exception:
            self.handleError(record)

    def remember(self, record):
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            wildcards = dict(record.wildcards or {})
            self.named[record.jobid] = " ".join([record.rule_name, *map(str, wildcards.values())])
            self.rules.add(record.rule_name)
            if record.rule_name in ("simulate", "simulate_and_measure"):
                self.simulated.add(wildcards["job"])
        elif event == LogEvent.JOB_ERROR:
            self.failed[self.named.get(record.jobid, record.rule_name)] = ", ".join(record.log or ["it has no log"])

    @property
    def only_answer(self):
        """Whether the call only asks something."""
        return bool(self.rules) and self.rules <= ANSWERS

    def success(self):
        # The library is found only when the rules are there.
        from oscillator_field.figures.pages.studies import list_studies
        from oscillator_field.study.planning import duration

        list_studies(folder("<results>"))
        made = sum(len(STUDY.runs_of(job)) for job in self.simulated if job in STUDY.jobs)
        runs = sum(len(job.runs) for job in STUDY.jobs.values())
        seconds = duration(time.monotonic() - self.begin)
        yield f"{made} run{'' if made == 1 else 's'} made, {runs - made} unchanged, in {seconds}."
        yield f"Gallery: {Path(folder('<study>'), 'index.html').absolute().as_uri()}"
        yield f"Table: {folder('<study>')}/summary.csv"

    def failure(self, log):
        yield f"{len(self.failed)} job{'' if len(self.failed) == 1 else 's'} failed. What was finished stays:"
        yield "call again, and it goes on from there. The logs of what failed:"
        yield from (f"  {words}: {where}" for words, where in self.failed.items())
        yield f"All lines: {log}"


class Terminal(logging.Filter):
    """Lets through what people want to read while jobs run."""

    def __init__(self):
        super().__init__()
        self.said = time.monotonic()

    def filter(self, record):
        event = getattr(record, "event", None)
        if event == LogEvent.PROGRESS and not JOBS.only_answer:
            due = time.monotonic() - self.said > BETWEEN_LINES or record.done == record.total
            self.said = time.monotonic() if due else self.said
            return due
        if record.levelno >= logging.WARNING:
            # Jobs that failed are named once, at the end.
            of_a_job = event in (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)
            return not of_a_job and "returned non-zero exit status" not in str(record.msg)
        return event is None and not str(record.msg).startswith(CHATTER)


JOBS = Jobs()
QUIET = set(workflow.output_settings.quiet or ())
if workflow.is_main_process and workflow.modifier.is_main_snakefile() and not workflow.output_settings.dryrun:
    logging.getLogger("snakemake.logging").addHandler(JOBS)
    # The profile asks for this by leaving reasons out, and whoever wants Snakemake's own lines by anything else.
    if QUIET == {Quietness.HOST, Quietness.REASON} and not workflow.output_settings.verbose:
        for handler in logging.getLogger("snakemake.logging").handlers:
            if handler.name == "DefaultStreamHandler":
                handler.addFilter(Terminal())


onsuccess:
    if not JOBS.only_answer and Quietness.ALL not in QUIET:
        print(*JOBS.success(), sep="\n", file=sys.stderr)


onerror:
    if Quietness.ALL not in QUIET:
        print(*JOBS.failure(", ".join(log) if isinstance(log, list) else log), sep="\n", file=sys.stderr)

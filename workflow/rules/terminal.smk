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


class Terminal(logging.Filter):
    """Lets through what people want to read while jobs run, and remembers which jobs were made and which failed."""

    def __init__(self):
        super().__init__()
        self.started = self.said = time.monotonic()
        self.made = set()
        self.failed = {}
        self.asked = set()

    def filter(self, record):
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_INFO:
            self.asked.add(record.rule_name)
            if record.rule_name == "simulate":
                self.made.add(record.wildcards["job"])
        if event == LogEvent.JOB_ERROR:
            words = " ".join([record.rule_name, *map(str, (record.wildcards or {}).values())])
            self.failed[words] = ", ".join(record.log or ["no log"])
            return False
        if event == LogEvent.PROGRESS and not self.answers:
            due = time.monotonic() - self.said > BETWEEN_LINES or record.done == record.total
            self.said = time.monotonic() if due else self.said
            return due
        return record.levelno >= logging.WARNING or (event is None and not str(record.msg).startswith(CHATTER))

    @property
    def answers(self):
        """Whether the call only asks something."""
        return bool(self.asked) and self.asked <= ANSWERS

    def success(self):
        # The library is found only when the rules are there.
        from oscillator_field.figures.pages.studies import list_studies
        from oscillator_field.study.planning import duration

        list_studies(folder("<results>"))
        made = sum(len(STUDY.runs_of(job)) for job in self.made if job in STUDY.jobs)
        runs = sum(len(job.runs) for job in STUDY.jobs.values())
        seconds = duration(time.monotonic() - self.started)
        yield f"{made} run{'' if made == 1 else 's'} made, {runs - made} unchanged, in {seconds}."
        yield f"Gallery: {Path(folder('<study>'), 'index.html').absolute().as_uri()}"
        yield f"Table: {folder('<study>')}/summary.csv"

    def failure(self, log):
        yield f"{len(self.failed)} job{'' if len(self.failed) == 1 else 's'} failed; what was finished stays, and a further call goes on from there."
        yield from (f"  {words}: {where}" for words, where in self.failed.items())
        yield f"All lines: {log}"


TERMINAL = Terminal()
# The profile asks for this by leaving reasons out, and whoever wants Snakemake's own lines by anything else.
if (
    workflow.is_main_process
    and not workflow.output_settings.dryrun
    and workflow.modifier.is_main_snakefile()
    and set(workflow.output_settings.quiet or ()) == {Quietness.HOST, Quietness.REASON}
    and not workflow.output_settings.verbose
):
    for handler in logging.getLogger("snakemake.logging").handlers:
        if handler.name == "DefaultStreamHandler":
            handler.addFilter(TERMINAL)


onsuccess:
    if not TERMINAL.answers:
        print(*TERMINAL.success(), sep="\n", file=sys.stderr)


onerror:
    print(*TERMINAL.failure(", ".join(log) if isinstance(log, list) else log), sep="\n", file=sys.stderr)

"""SIGINT, SIGTERM and SIGHUP at random moments: the call ends, leaves no process and nothing half-written."""

import os
import random
import signal
import subprocess

from tests.torture.kills import aftermath, await_moment, clear
from tests.torture.projects import BATCHED, content, new_project, running

SECONDS = 30
KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def torture(cases, seed):
    chosen = random.Random(seed)
    faults, sent = [], 0
    with new_project() as project:
        project.snakemake(config=BATCHED)
        expected = content(project.folder)
        for number in cases:
            kind = KINDS[number % len(KINDS)]
            clear(project.folder)
            moment = chosen.uniform(1, 10)
            with running(project.folder, BATCHED) as process:
                await_moment(project.folder, process, moment)
                if process.poll() is None:
                    # As a terminal does, to the whole group.
                    os.killpg(process.pid, kind)
                    sent += 1
                try:
                    process.wait(SECONDS)
                except subprocess.TimeoutExpired:
                    faults.append(f"{kind.name} after {moment:.1f} s: still there after {SECONDS} s")
            found = aftermath(project, expected, SECONDS)
            faults += [f"{kind.name} after {moment:.1f} s: {fault}" for fault in found]
    return f"{sent} signals of {', '.join(kind.name for kind in KINDS)}", faults

"""kill -9 at each rule and at random moments: nothing half-written stays, and the next call makes the same numbers."""

import os
import random
import shutil
import signal
import time

from tests.support.processes import alive, find_processes, wait_for, without_shells
from tests.torture.projects import BATCHED, broken_stores, content, end_all_in, new_project, running, wait_for_quiet

# At each of these rules, then at random moments.
RULES = (
    *("fetch_pictures", "encode", "simulate", "measure", "embed", "embed_samples", "share_plotlyjs", "render_html"),
    *("render_samples_html", "summarise", "write_gallery", "render_png", "plot_summary"),
)
WAYS = ("the whole group", "the main process", "a job")
WITH_PNG = {**BATCHED, "render": {**BATCHED["render"], "views": ["phase"], "png": {"frames": 2}}}


def torture(cases, seed):
    chosen = random.Random(seed)
    faults, at_rules, kills = [], 0, 0
    with new_project() as project:
        project.snakemake(config=WITH_PNG)
        expected = content(project.folder)
        for number in cases:
            moment = RULES[number] if number < len(RULES) else chosen.uniform(1, 10)
            config = WITH_PNG if moment in ("render_png", "plot_summary") else BATCHED
            clear(project.folder)
            way = WAYS[number % len(WAYS)]
            with running(project.folder, config) as process:
                await_moment(project.folder, process, moment)
                kill(project.folder, process, way)
            found = aftermath(project, expected, seconds=30)
            faults += [f"{way}, at {moment}: {fault}" for fault in found]
            kills, at_rules = kills + 1, at_rules + (number < len(RULES))
    return f"{kills} kills, {at_rules} of them each at another rule", faults


def clear(folder):
    for name in ("results", "logs", ".snakemake", "resources/mnist"):
        shutil.rmtree(folder / name, ignore_errors=True)


def await_moment(folder, process, moment):
    """Wait some seconds, or until a rule has begun; or until all is done."""
    if isinstance(moment, float):
        end = time.monotonic() + moment
        wait_for(lambda: process.poll() is not None or time.monotonic() > end, moment + 5, "a moment")
    else:
        logs = folder / "logs"
        began = (f"{moment}.log", f"{moment}/**/*.log")
        wait_for(
            lambda: process.poll() is not None or any(any(logs.glob(pattern)) for pattern in began),
            120,
            f"rule {moment}",
        )


def kill(folder, process, way):
    if process.poll() is not None:
        return
    if way == "a job":
        jobs = [job for job in without_shells(find_processes("scripts", folder=folder)) if job != process.pid]
        for job in jobs[:1]:
            os.kill(job, signal.SIGKILL)
        process.wait(120)
    elif way == "the main process":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def aftermath(project, expected, seconds):
    """What is wrong after the end of a call, and after the next one."""
    folder = project.folder
    # Jobs whose Snakemake is gone finish what they do.
    try:
        wait_for_quiet(folder, seconds)
    except TimeoutError:
        stray = [process for process in find_processes(folder=folder) if alive(process)]
        end_all_in(folder)
        yield f"{len(stray)} stray processes"
    yield from broken_stores(folder)
    project.snakemake("--unlock", config=BATCHED)
    outcome = project.snakemake(config=BATCHED, check=False)
    if outcome.code:
        yield f"the next call fails: {outcome.output[-500:]}"
    elif content(folder) != expected:
        yield "the next call ends with other numbers"
    if left := [path for path in folder.glob("results/**/.*.tmp") if path.is_dir()]:
        yield f"left behind: {left[:3]}"

"""What the parts share: a project of their own, to run Snakemake in, and what there is to say of its stores."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import yaml

from oscillator_field.stores.zarr_stores import check_store, open_store
from tests.support.processes import alive, find_processes, wait_for
from tests.support.projects import Project, copy_project, serving_snakemake

TINY = {
    "digits": [3, 4, 5],
    "field": {"steps": 16},
    "embed": {"methods": ["pca"], "pca": {"every": 4}, "samples": {"methods": ["pca"], "every": 4}},
    "render": {"views": ["phase", "samples"], "png": {"enabled": False}},
}
# The same in few jobs.
BATCHED = {**TINY, "batch": ["digit"]}


@contextmanager
def new_project():
    """A copy of the project in a temporary folder, with a Snakemake of its own; neither outlives it."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder, serving_snakemake() as server:
        project = Project(Path(folder, "project"), server)
        project.folder.mkdir()
        copy_project(project.folder)
        try:
            yield project
        finally:
            end_all_in(project.folder)


@contextmanager
def running(folder, config):
    """Snakemake at work in a project, as a process group of its own, which is killed if it is there at the end."""
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(config))
    with (folder / "said.txt").open("w") as said:
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", str(path)]
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_all_in(folder):
    """Kill every process that works in a folder."""
    for process in list(find_processes(folder=folder)):
        os.kill(process, signal.SIGKILL)


def wait_for_quiet(folder, seconds):
    """Wait until no process works in a folder.

    Raises:
        TimeoutError: one still does.
    """
    wait_for(lambda: not any(map(alive, find_processes(folder=folder))), seconds, "processes to end")


def stores_in(folder):
    """Every store below a folder that has its final name."""
    return sorted(path for path in (folder / "results").rglob("*.zarr") if not path.name.startswith("."))


def broken_stores(folder):
    """Of these, those that are not whole: what is wrong with each."""
    for path in stores_in(folder):
        try:
            check_store(path)
        except (OSError, ValueError) as error:
            yield f"{path.relative_to(folder)}: {error}"


def content(folder):
    """All numbers of all stores, by store and array."""
    return {
        f"{path.relative_to(folder)}/{name}": array[...].tobytes() if array.dtype.kind in "biuf" else str(array[...])
        for path in stores_in(folder)
        for name, array in open_store(path).arrays()
    }

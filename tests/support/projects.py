"""Copies of the project to run Snakemake in, so that a test may change any file of them."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.study.study import Study

ROOT = Path(__file__).parents[2]
TRACKED = (
    *("Snakefile", "config", "environment.yml", "profiles", "resources/examples"),
    *("scripts", "src", "workflow"),
)


def copy_project(folder):
    """Copy what a run needs into a folder."""
    for entry in TRACKED:
        source, place = ROOT / entry, folder / entry
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, place)


@dataclass
class Outcome:
    """How a call of Snakemake ended."""

    code: int
    output: str


@dataclass
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path
    server: subprocess.Popen

    def snakemake(self, *arguments, config=None, check=True):
        """Run Snakemake here; `config` is written to a file and taken as an override of the default."""
        arguments = ["--cores", "2", *arguments]
        if config is not None:
            path = self.folder / "override.yaml"
            path.write_text(config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False))
            arguments += ["--configfile", str(path)]
        print(json.dumps({"folder": str(self.folder), "arguments": arguments}), file=self.server.stdin, flush=True)
        outcome = Outcome(**json.loads(self.server.stdout.readline()))
        assert not (check and outcome.code), outcome.output[-5000:]
        return outcome

    def planned(self, config=None, *arguments):
        """What a dry run would do, one message a job."""
        outcome = self.snakemake("--dry-run", *arguments, config=config)
        return set(re.findall(r"^Job \d+: (.*)$", outcome.output, flags=re.MULTILINE)) - {"All results are there"}


def study_of(config=""):
    """The study that a config asks for, without Snakemake; `config` is YAML."""
    return Study.of(
        yaml.safe_load(config) or {},
        schema=ROOT / "workflow" / "schemas" / "config.schema.yaml",
        bundled=BUNDLED,
        folders={"results": "results", "resources": "resources"},
    )


@contextmanager
def serving_snakemake():
    """A process that has imported Snakemake and runs its command line on demand."""
    # Tried once, so that no call has to try a browser again.
    find_browser()
    command = [sys.executable, str(Path(__file__).with_name("snakemake_server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield server
        server.stdin.close()

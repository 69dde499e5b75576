"""One Slurm cluster for all tests of this folder, and calls of Snakemake that submit to it."""

import re
import subprocess
import sys
from dataclasses import dataclass

import pytest
import yaml

from tests.support.slurm_cluster import CORES, Cluster, why_not

# The profile as it is shipped, but looking at its jobs more often than is polite on a cluster of others.
IMPATIENT = (
    "--workflow-profile=profiles/slurm",
    "--slurm-init-seconds-before-status-checks=2",
    "--seconds-between-status-checks=1",
    "--latency-wait=10",
    "--slurm-keep-successful-logs",
    f"--cores={CORES}",
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@dataclass
class Submission:
    """A call of Snakemake that submits to the cluster."""

    process: subprocess.Popen
    output: str = ""

    def end(self, seconds=900):
        """Wait for the end, and give the exit code. It takes minutes where other tests share the machine."""
        self.output, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode

    def jobs(self):
        """The numbers that Slurm gave to the jobs of a call that has ended."""
        return re.findall(r"submitted with SLURM jobid (\d+)", self.output)


@pytest.fixture
def submit(cluster):
    """Start a workflow on the cluster; what still runs when the test ends is stopped."""
    started = []

    def start(project, config, *arguments):
        override = project.folder / "cluster.yaml"
        override.write_text(yaml.safe_dump(config, sort_keys=False))
        command = [sys.executable, "-m", "snakemake", *IMPATIENT, "--configfile", override.name, *arguments]
        process = subprocess.Popen(
            command,
            cwd=project.folder,
            env=cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(Submission(process))
        return started[-1]

    yield start
    for submission in started:
        if submission.process.poll() is None:
            submission.process.terminate()
            submission.process.wait(timeout=60)

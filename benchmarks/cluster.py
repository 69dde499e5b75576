"""What submitting costs on a Slurm cluster of two nodes on this machine: one job a run, grouped, and batched.

A small study (two couplings, three digits; phases as pages, no PNG) runs three times through profiles/slurm. What a
job costs beyond its work is the wall time of the call, less the time that its jobs would take two at a time, over their
number: queueing, starting Python and Snakemake on a node, and waiting to be told of the end.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from oscillator_field.provenance import seconds_of  # noqa: E402
from tests.support.projects import copy_project  # noqa: E402
from tests.support.slurm_cluster import CORES, Cluster, why_not  # noqa: E402

STUDY = {
    "digits": [1, 2, 3],
    "grid": {"k_coupling": [0.06, 0.24]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": ["phase"], "png": {"enabled": False}},
}
WAYS = {
    "one job a run": ({}, False),
    "grouped": ({}, True),
    "batched": ({"batch": ["digit"]}, True),
}
AT_A_TIME = 2
RUNS = 6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    reason = why_not()
    if reason:
        sys.exit(f"no cluster: {reason}")
    figures = {}
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "slurm") as cluster:
        for way, (override, grouped) in WAYS.items():
            project = copy_of_project(Path(folder) / way.replace(" ", "-"), grouped)
            figures[way] = measure(cluster, project, {**STUDY, **override})
    print(table(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def copy_of_project(folder, grouped):
    """A copy to run in, with or without the groups of the profile."""
    copy_project(folder)
    if not grouped:
        profile = folder / "profiles" / "slurm" / "config.yaml"
        text = re.sub(r"^group(s|-components):\n(  .*\n)+", "", profile.read_text(), flags=re.MULTILINE)
        profile.write_text(text)
    return folder


def measure(cluster, project, config):
    """Run the study once on the cluster."""
    (project / "study.yaml").write_text(yaml.safe_dump(config))
    command = [
        *(sys.executable, "-m", "snakemake", "--workflow-profile=profiles/slurm", "--configfile=study.yaml"),
        # As often as the plugin allows, so that waiting to be told weighs as little as it can.
        *("--slurm-init-seconds-before-status-checks=2", "--seconds-between-status-checks=1", "--latency-wait=10"),
        f"--cores={CORES}",
    ]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=cluster.environment, capture_output=True, text=True)
    wall = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")
    seconds = seconds_of(project / "logs")
    return {
        "wall s": round(wall, 1),
        "submissions": done.stderr.count("submitted with SLURM jobid"),
        "jobs": len(seconds),
        "work s": round(sum(seconds), 1),
        "beyond the work, s a job": round((wall - sum(seconds) / AT_A_TIME) / len(seconds), 1),
        "s a run": round((wall - sum(seconds) / AT_A_TIME) / RUNS, 1),
    }


def table(figures):
    """The figures as Markdown."""
    columns = list(next(iter(figures.values())))
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    rows += [[way, *(str(values[column]) for column in columns)] for way, values in figures.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()

"""The profile for Kubernetes without Kubernetes: jobs in empty folders of their own that share nothing but a storage.

Only the executor is another one: a script starts each job in a folder that passes for a pod's. The sources of the
workflow reach it as an archive, its inputs and results through the storage, as they would in a pod.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.slurm_cluster import why_not_installed

CONFIG = {
    "digits": [3],
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": ["phase"], "png": {"enabled": False}},
}
SUBMIT = """\
#!/bin/sh
# Nothing of the caller's but Python: no PYTHONPATH, no clone, another folder.
pod=$(mktemp -d {pods}/XXXXXX)
cp "$1" "$pod/job.sh"
cd "$pod"
environment="HOME=$HOME PATH={bin}:/usr/bin:/bin"
(env -i $environment sh job.sh >log 2>&1 && echo success >state || echo failed >state) >/dev/null 2>&1 &
echo "$pod"
"""
STATUS = '#!/bin/sh\ncat "$1/state" 2>/dev/null || echo running\n'


def test_jobs_that_share_nothing_but_a_storage_make_the_same_results(new_project, tmp_path):
    reason = why_not_installed(["rsync", "git"], ["rsync", "git"])
    if reason:
        pytest.skip(reason)
    project, local = new_project("pods"), new_project("local")
    # The archive holds what git tracks.
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=project.folder, check=True)
    (project.folder / "small.yaml").write_text(yaml.safe_dump(CONFIG))
    storage, pods = tmp_path / "storage", tmp_path / "pods"
    storage.mkdir()
    pods.mkdir()
    for name, text in (("submit", SUBMIT.format(pods=pods, bin=Path(sys.executable).parent)), ("status", STATUS)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    options = {
        "workflow-profile": "profiles/kubernetes",
        "executor": "cluster-generic",
        "cluster-generic-submit-cmd": tmp_path / "submit",
        "cluster-generic-status-cmd": tmp_path / "status",
        "default-storage-prefix": storage,
        "jobs": 2,
        "seconds-between-status-checks": 1,
        "configfile": "small.yaml",
    }
    arguments = [f"--{option}={value}" for option, value in options.items()]
    command = [sys.executable, "-m", "snakemake", *arguments, "--job-deploy-sources"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=240)
    logs = "".join(path.read_text()[-2000:] for path in pods.glob("*/log"))
    assert done.returncode == 0, done.stderr[-3000:] + logs
    assert len(list(pods.iterdir())) >= 4
    assert not (project.folder / "results").exists()

    local.snakemake(config=CONFIG)
    for chunks in ("history.zarr/phase/c.*", "observables.zarr/order_parameter/c*"):
        here, there = (
            {path.name: path.read_bytes() for path in (root / "results" / "runs" / "digit=3").glob(chunks)}
            for root in (local.folder, storage)
        )
        assert here
        assert here == there
    assert (storage / "results" / "index.html").exists()
    assert os.path.getsize(storage / "results" / "runs" / "digit=3" / "phase.html") > 100_000

    def planned():
        command = [sys.executable, "-m", "snakemake", "--dry-run", *arguments]
        return subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=True).stdout

    assert "Simulate" not in planned()
    with (project.folder / "src" / "oscillator_field" / "field.py").open("a") as edited:
        edited.write("\n")
    assert "Simulate digit=3" in planned()

"""What `make` does where something is in the way: a moved clone, a Python that has gone, a lock that was left."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    """A clone that is set up, as far as make can tell."""
    folder = tmp_path / "clone"
    for place in ("Makefile", "requirements.lock", "pyproject.toml"):
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / place, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (folder / ".venv" / "ready").write_text(f"{folder}\n")
    return folder


def would_do(folder, target="setup"):
    # As from a shell, and not from the make that runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", target]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_clone_that_is_set_up_is_left_alone(clone):
    assert "make_environment" not in would_do(clone)


def test_a_clone_that_has_moved_is_set_up_anew(clone, tmp_path):
    moved = clone.rename(tmp_path / "elsewhere")
    assert "make_environment" in would_do(moved)
    assert f'echo "{moved}" > .venv/ready' in would_do(moved)


def test_an_environment_whose_python_has_gone_is_made_anew(clone):
    (clone / ".venv" / "bin" / "python").unlink()
    (clone / ".venv" / "bin" / "python").symlink_to("/nowhere/python")
    assert "make_environment" in would_do(clone)


def test_other_locked_versions_are_installed(clone):
    os.utime(clone / "requirements.lock", (2e9, 2e9))
    assert "make_environment" in would_do(clone)


def test_a_lock_says_what_to_do(clone):
    check = ["tools/check_lock.sh"]
    assert subprocess.run(check, cwd=clone, capture_output=True).returncode == 0
    locks = clone / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    assert subprocess.run(check, cwd=clone, capture_output=True).returncode == 0
    (locks / "0.output.lock").touch()
    told = subprocess.run(check, cwd=clone, capture_output=True, text=True)
    assert told.returncode == 1
    assert told.stderr == (
        "run: this folder is locked: another call works here, or one was killed (if none works here: make unlock)\n"
    )
    assert would_do(clone, "run").splitlines()[-2:] == ["tools/check_lock.sh", ".venv/bin/snakemake --cores all"]
    assert would_do(clone, "unlock").splitlines()[-1] == ".venv/bin/snakemake --unlock"

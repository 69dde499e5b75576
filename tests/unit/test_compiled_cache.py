"""The cache of compiled code: no lattice gets the code of another, and no state of its folder fails a job."""

import os
import shutil
import subprocess
import sys
import time

import numba
import numpy as np
import pytest

from oscillator_field import FieldParameters, simulate
from oscillator_field.engines import numba_kernels
from tests.support.projects import ROOT

pytestmark = pytest.mark.slow

PROGRAM = """
import resource, sys
import numpy as np
from oscillator_field import FieldParameters, simulate
channels, most_bytes = int(sys.argv[1]), int(sys.argv[2])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
phase, omega = np.ones((1, 3, 2, channels)), np.zeros((channels, channels))
parameters = FieldParameters()
history = simulate(phase, initial_phase=0 * phase, omega=omega, parameters=parameters, steps=1, engine="numba")
print(history.phase.sum())
"""


def run(folder, channels, most_bytes=0, library=""):
    """Simulate in a new process, with its compiled code in a folder: what it prints."""
    command = [sys.executable, "-c", PROGRAM, str(channels), str(most_bytes)]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(library)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def kept(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_lattices_share_no_file(tmp_path):
    """Two processes that save at the same moment can then only write the same file if they write the same code."""
    for channels in (1, 2):
        run(tmp_path / str(channels), channels)
    one, two = kept(tmp_path / "1"), kept(tmp_path / "2")
    assert one
    assert two
    assert not one & two


def test_code_is_compiled_anew_when_a_module_that_it_calls_has_changed(tmp_path):
    library, folder = tmp_path / "library", tmp_path / "code"
    shutil.copytree(ROOT / "src", library)
    before = run(folder, 1, library=library), kept(folder)
    sites = library / "oscillator_field" / "engines" / "numba_sites.py"
    edited = sites.read_text().replace("x_real += coupling * n_real", "x_real += coupling * n_real + x_real")
    assert edited != sites.read_text()
    sites.write_text(edited)
    after = run(folder, 1, library=library), kept(folder)
    assert after[0] != before[0]
    # Copies of other versions may share the folder, but not for good.
    assert after[1] > before[1]
    long_ago = time.time() - 8 * 24 * 3600
    for path in folder.rglob("*.compiled"):
        os.utime(path, (long_ago, long_ago))
    run(folder, 2, library=library)
    assert kept(folder) > after[1] - before[1]
    assert not kept(folder) & before[1]


def test_copies_of_the_project_share_what_is_compiled(tmp_path):
    folder = tmp_path / "code"
    for name in ("one", "other"):
        shutil.copytree(ROOT / "src", tmp_path / name)
    run(folder, 1, library=tmp_path / "one")
    there = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    run(folder, 1, library=tmp_path / "other")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == there


@pytest.fixture
def cold(tmp_path, monkeypatch):
    """An empty folder for compiled code; calling it simulates as a new process would."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))

    def simulated():
        numba_kernels.compute_frames_of.cache_clear()
        phase = np.ones((1, 3, 2, 1), np.float32)
        return simulate(
            phase,
            initial_phase=0 * phase,
            omega=np.zeros((1, 1)),
            parameters=FieldParameters(),
            steps=3,
            engine="numba",
        ).phase.tobytes()

    yield simulated
    numba_kernels.compute_frames_of.cache_clear()


@pytest.mark.parametrize(
    "damaged",
    {
        "emptied": lambda content: b"",
        "cut": lambda content: content[: len(content) // 2],
        "flipped at the start": lambda content: bytes([content[0] ^ 1]) + content[1:],
        "flipped in the middle": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "another file": lambda content: b"not compiled code",
    }.items(),
    ids=lambda case: case[0],
)
def test_damaged_code_is_compiled_anew(tmp_path, cold, damaged, capsys):
    expected = cold()
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = path.read_bytes()
    path.write_bytes(damaged[1](whole))
    assert cold() == expected
    assert str(path.parent) in capsys.readouterr().out
    # And kept again, for the next.
    assert path.stat().st_size > len(whole) // 2
    assert cold() == expected
    assert capsys.readouterr().out == ""


def test_a_full_disk_does_not_fail_a_job(tmp_path):
    said = run(tmp_path, 1, most_bytes=1000)
    assert "compiled code is not kept" in said
    assert kept(tmp_path) == set()
    assert run(tmp_path, 1).splitlines()[-1] == said.splitlines()[-1]


def test_a_folder_that_cannot_be_made_does_not_fail_a_job(tmp_path):
    (tmp_path / "file").touch()
    assert run(tmp_path / "file" / "cache", 1) == run(tmp_path, 1)

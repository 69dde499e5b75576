"""Fixtures of all tests: copies of the project, and a Snakemake that is imported once."""

import os
import signal
from collections import Counter

import pytest

from oscillator_field.devices import gpu_at_hand

# Where no GPU is, the kernels run in numba's simulator: thread by thread, in Python. To be said before numba is loaded.
if not gpu_at_hand():
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

from tests.support.projects import ROOT, Project, copy_project, serving_snakemake

# What one copy of the project has compiled, the others need not: most lattices take ten seconds.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba"))

# A shell that starts the tests in the background lets them ignore Ctrl-C, and so would all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """After the other folders, unit tests: the modules with most slow ones first, so that the workers end together."""
    units = [item for item in items if item.path.parent.name == "unit"]
    slow = Counter(item.path for item in units if item.get_closest_marker("slow"))
    units.sort(key=lambda item: -slow[item.path])
    items[:] = [item for item in items if item.path.parent.name != "unit"] + units


@pytest.fixture(scope="session")
def snakemake_server():
    with serving_snakemake() as server:
        yield server


@pytest.fixture(scope="session")
def new_project(tmp_path_factory, snakemake_server):
    def make(name):
        folder = tmp_path_factory.mktemp(name)
        copy_project(folder)
        return Project(folder, snakemake_server)

    return make


@pytest.fixture(scope="module")
def browser():
    """A browser to look at pages with."""
    from tests.support.pages import chromium

    with chromium() as browser:
        yield browser

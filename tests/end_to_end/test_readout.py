"""A small readout, run for real: its table and page, and the same results when jobs are killed on the way."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import zarr

from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import make_sample
from tests.support.pages import chromium, watched_page
from tests.support.processes import find_processes, without_shells

pytestmark = pytest.mark.slow
SAMPLE = BUNDLED
PICTURES, TESTS = 300, 200


def config(folder):
    return {
        "pictures": {"source": "directory", "directory": str(folder)},
        "digits": [3],
        "field": {"steps": 16},
        "grid": {"k_coupling": [0.12, 0.48]},
        "batch": ["k_coupling"],
        "embed": {"methods": [], "samples": {"methods": []}},
        "render": {"views": [], "png": {"enabled": False}},
        "readout": {
            "enabled": True,
            "steps": [512],
            "repetitions": 2,
            "augmentations": 0,
            "corruptions": {"gaussian_noise": [0.5], "salt_and_pepper": [], "occlusion": []},
            # test_other_pictures fits another.
            "classifiers": ["network"],
            "network": {"epochs": 6},
            "shard": 200,
        },
    }


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist")
    make_sample(SAMPLE, folder, PICTURES, TESTS)
    return folder


@pytest.fixture(scope="module")
def project(new_project, pictures):
    made = new_project("readout")
    made.snakemake(config=config(pictures))
    return made


def predictions(project):
    return {
        f"{store.parent.name}/{store.stem}": zarr.open_group(store)["prediction"][...]
        for store in sorted((project.folder / "results" / "readout" / "predictions").glob("*/*.zarr"))
    }


def test_every_arm_has_a_row_and_the_field_knows_digits(project):
    rows = pd.read_csv(project.folder / "results" / "readout.csv").set_index(["arm", "classifier"])
    fields = [f"field{special}+time={step}" for special in ("", "+k_coupling=0.48") for step in (0, 512)]
    assert set(rows.index) == {(arm, "network") for arm in ("pixels", "input", *fields)}
    accuracy = rows["test"]
    for (arm, _), value in accuracy.items():
        if arm.endswith("time=0"):
            assert value < 0.2  # chance: the start says nothing
    assert accuracy["pixels", "network"] > 0.6
    assert accuracy["field+time=512", "network"] > 0.4
    assert rows["test deviation"].notna().all()
    # The table says what the stores hold.
    store = zarr.open_group(project.folder / "results/readout/predictions/field+time=512/network.zarr")
    by_hand = np.mean(store["prediction"][0] == store["label"][...])
    assert accuracy["field+time=512", "network"] == pytest.approx(by_hand, abs=1e-4)


def test_a_second_call_has_nothing_to_do_and_a_new_time_leaves_the_pixels_alone(project, pictures):
    assert "Nothing to be done" in project.snakemake(config=config(pictures)).output
    changed = config(pictures)
    changed["readout"]["network"]["patience"] = 2
    assert project.planned(changed) == {
        "Compare the readouts",
        *(
            f"Train a network on {arm}"
            for arm in [
                "pixels",
                "input",
                *(f"field{special}+time={step}" for special in ("", "+k_coupling=0.48") for step in (0, 512)),
            ]
        ),
    }
    changed = config(pictures)
    changed["readout"]["steps"] = [256, 512]
    planned = project.planned(changed)
    assert not {message for message in planned if "pixels" in message or "input" in message or "time=0" in message}
    assert "Train a network on field+time=256" in planned


@pytest.mark.skipif(find_browser() is None, reason="no browser to look at the page with")
def test_the_page_shows_its_figures_without_a_complaint(project):
    with chromium() as browser, watched_page(browser) as page:
        page.goto((project.folder / "results" / "index.html").as_uri())
        page.click("text=What the field knows")
        page.wait_for_selector("#curves .main-svg")
        headings = page.locator("h2").all_text_contents()
        rows = page.locator("#table tbody tr").count()
    assert headings[:3] == ["Accuracy over time", "Accuracy on corrupted pictures", "Accuracy over parameters"]
    assert headings[3].startswith("Confusion: ")
    assert rows == 6


def kill_jobs_of(script, sign, project):
    """Run the study, and kill the jobs of a script once a file of theirs is there, at whatever moment the next is."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--configfile", "override.yaml"]
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        end = time.monotonic() + 240

        def now():
            return set(without_shells(find_processes(script, folder=project.folder)))

        # The job that made the first store may still be running: killed, it would take its store with it.
        spared = now()
        while not list((project.folder / "results").glob(sign)):
            assert time.monotonic() < end, "waited in vain"
            assert running.poll() is None, running.stdout.read().decode()[-3000:]
            time.sleep(0.02)
            spared = now() if script == "simulate_images.py" else set()
        while running.poll() is None and time.monotonic() < end:
            killed = now() - spared
            for process in killed:
                os.kill(process, signal.SIGKILL)
            time.sleep(0.02)
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 1, output.decode()[-3000:]


def test_what_was_killed_goes_on_and_ends_with_the_same_results(project, new_project, pictures):
    other = new_project("killed")
    few = config(pictures)
    few["grid"], few["batch"], few["readout"]["corruptions"]["gaussian_noise"] = {}, [], []
    other.snakemake("--dry-run", config=few)  # writes override.yaml
    fields = other.folder / "results" / "readout" / "fields"
    times = {}
    for script, sign in (
        ("simulate_images.py", "readout/fields/field/*/*.zarr"),
        ("fit_readout.py", "readout/checkpoints/*/network/0.pt"),
    ):
        kill_jobs_of(script, sign, other)
        before, times = times, {path: path.stat().st_mtime_ns for path in fields.rglob("[0-9]*.zarr")}
        assert times
        assert before.items() <= times.items(), "what was done was done again"
    other.snakemake(config=few)
    assert times.items() <= {path: path.stat().st_mtime_ns for path in times}.items(), "what was done was done again"
    mine, theirs = predictions(other), predictions(project)
    assert mine
    assert mine.keys() <= theirs.keys()
    for name in mine:
        # There, pictures that are damaged follow.
        assert len(mine[name]) == 1 < len(theirs[name])
        assert np.array_equal(mine[name][0], theirs[name][0]), name

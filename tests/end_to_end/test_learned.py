"""A small training, run for real: table and page, and nothing to do again."""

import numpy as np
import pandas as pd
import pytest

from oscillator_field import open_sweep
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.data_sets import BUNDLED
from oscillator_field.inputs.fetch import make_sample
from tests.support.pages import chromium, watched_page

pytestmark = pytest.mark.slow
SIZES = ((1366, 768), (1920, 1080), (390, 844))


@pytest.fixture(scope="module")
def project(new_project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist")
    make_sample(BUNDLED, folder, 300, 100)
    made = new_project("learned")
    made.config = {
        "pictures": {"source": "directory", "directory": str(folder)},
        "digits": [3],
        "field": {"steps": 12},
        "grid": {"learned": ["none", "results/learned/small-learned-1"]},
        "embed": {"methods": ["pca"], "samples": {"methods": []}},
        "render": {"views": ["phase", "trajectory"], "png": {"enabled": False}},
        "readout": {"corruptions": {"gaussian_noise": [0.5], "salt_and_pepper": [], "occlusion": []}},
        "learning": {
            "enabled": True,
            "arms": ["learned", "pixels"],
            "seeds": [0, 1],
            "epochs": 1,
            "attacked": 10,
            "strengths": [0.1],
        },
    }
    made.said = made.snakemake(config=made.config).output
    return made


def test_the_table_has_a_row_for_each_arm(project):
    rows = pd.read_csv(project.folder / "results" / "learned.csv")
    assert list(rows["arm"]) == ["learned", "pixels"]
    assert (rows["seeds"] == 2).all()
    assert rows["test deviation"].notna().all()
    assert not list((project.folder / "results" / "learned" / "checkpoints").iterdir())


def test_a_field_that_is_trained_is_run_beside_the_other(project):
    runs = {path.name for path in (project.folder / "results" / "runs").iterdir()}
    assert runs == {"digit=3+steps=12", "digit=3+learned=small-learned-1+steps=12"}
    phase = open_sweep(project.folder / "results")["phase"]
    assert phase.sizes["learned"] == 2
    learned = phase.sel(learned="results/learned/small-learned-1").squeeze()
    # Its couplings are not those that energies are defined by.
    energies = pd.read_csv(project.folder / "results" / "summary.csv").set_index("learned")["final_energy_coupling"]
    assert energies.isna().to_dict() == {"none": False, "results/learned/small-learned-1": True}
    assert not np.allclose(learned, phase.sel(learned="none").squeeze())
    folder = project.folder / "results" / "runs" / "digit=3+learned=small-learned-1+steps=12"
    assert {"phase.html", "trajectory-pca.html", "embedding-pca.zarr", "preview"} <= {
        one.name for one in folder.iterdir()
    }


def test_more_steps_than_in_training_are_told(project):
    told = "results/learned/small-learned-1 was trained for 10 steps and runs 12; after more it may forget its picture"
    assert told in project.said
    assert told not in project.snakemake("--dry-run", config={**project.config, "field": {"steps": 10}}).output


def test_only_a_new_seed_is_trained(project):
    assert "train_field" not in project.snakemake("--dry-run", config=project.config).output
    more = {**project.config, "learning": {**project.config["learning"], "seeds": [0, 1, 5]}}
    planned = project.snakemake("--dry-run", config=more).output
    assert "Train small-learned-5" in planned
    assert "Train small-learned-0" not in planned


@pytest.mark.skipif(find_browser() is None, reason="no browser")
def test_the_page_shows_digits_settling_and_every_figure(project):
    address = (project.folder / "results" / "learned.html").as_uri()
    with chromium() as browser:
        for width, height in SIZES:
            with watched_page(browser, viewport={"width": width, "height": height}) as page:
                page.goto(address)
                page.wait_for_selector("body[data-ready=true]")
                for name in ("curves", "damage", "attacks", "steps", "energy", "confusion", "kernel-small"):
                    page.wait_for_selector(f"#{name} .main-svg")
                assert page.locator(".settling").count() == 2
                assert page.locator(".settling canvas").count() == 20
                # The field moves, and the start is where the bar says it is.
                first = page.locator(".settling canvas").first
                before = first.evaluate("canvas => canvas.toDataURL()")
                page.locator("#forward").click()
                assert first.evaluate("canvas => canvas.toDataURL()") != before
                assert page.locator("#time").text_content() == "step 1"
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                arms = pd.read_csv(project.folder / "results" / "learned.csv").set_index("arm")
                marked = page.locator("table tr.winner").text_content()
                assert marked.startswith(f"small{arms['validation'].idxmax()}")

"""Lattices of several sizes in one study: each driven by its picture at that size; and a study that keeps no frame."""

from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest

from oscillator_field import open_history, open_sweep
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.notebook.pictures import bundled_digit
from tests.support.pages import watched_page

CONFIG = {
    "digits": [3],
    "field": {"steps": 16, "channels": 2},
    # Shown by blocks of two pixels, both have as many squares.
    "grid": {"size": [127, 128]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": ["phase"], "png": {"enabled": False}},
}
BARE = {
    **CONFIG,
    "study": {"name": "bare"},
    "field": {"steps": 16},
    "grid": {"size": [8, 28], "seed": 4},
    "batch": ["seed"],
    "history": {"keep": "none"},
    "measure": {"every": 8, "observables": ["order_parameter"]},
    "render": {"views": [], "png": {"enabled": False}},
}
RUN = "digit=3+channels=2+size={size}+steps=16"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at pages with"),
]


@pytest.fixture(scope="module")
def results(new_project):
    project = new_project("sizes")
    project.snakemake(config=CONFIG)
    project.snakemake(config=BARE)
    return project.folder / "results"


@pytest.fixture
def page(browser):
    with watched_page(browser, viewport={"width": 1366, "height": 768}) as page:
        yield page


def address(results, name, **state):
    return f"{(results / name).as_uri()}#{urlencode(state)}"


def test_each_run_has_a_lattice_and_a_picture_of_its_size(results):
    table = pd.read_parquet(results / "summary.parquet").set_index("size")
    for size in CONFIG["grid"]["size"]:
        history = open_history(results / "runs" / RUN.format(size=size) / "history.zarr")
        assert history["phase"].shape == (1, 16, size, size, 2)
        # Resampling keeps how bright the picture is.
        assert np.mean(history["pixel"][0]) == pytest.approx(255 * bundled_digit(3, 0).level.mean(), rel=0.03)
        assert 0 < table.loc[size, "final_order_parameter"] < 1
    with pytest.raises(ValueError, match=r"the runs differ in the shape of '.*open_history"):
        open_sweep(results)
    assert open_sweep(results / "bare", "observables")["order_parameter"].dims == ("size", "seed", "frame")


def test_lattices_of_different_sizes_have_no_difference(results, page):
    runs = ",".join(RUN.format(size=size) for size in (127, 128))
    page.goto(address(results, "compare.html", runs=runs, view="difference"))
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("canvas").count() == 2
    assert "different sizes" in page.locator("#side").inner_text()


def test_a_run_without_frames_has_its_parameters_and_numbers(results, page):
    bare = results / "bare"
    page.goto((bare / "index.html").as_uri())
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("input[data-run]").count() == 0
    *_, other, run = pd.read_parquet(bare / "summary.parquet")["run"]
    page.goto(address(bare, "run.html", run=run))
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("#missing").is_hidden()
    assert page.locator("#shown").is_hidden()
    assert "28 pixel" in page.locator("#parameters dd.apart").all_inner_texts()
    assert page.locator("#store").get_attribute("href").endswith("observables.zarr")
    page.goto(address(bare, "compare.html", runs=f"{run},{other}"))
    assert "no pages of its runs" in page.locator("#missing").inner_text()

"""A study of more runs than a list could show: measured while they run, drawn as a diagram, killed and finished."""

import math
import os
import random
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import yaml

from oscillator_field import open_history
from oscillator_field.analysis.observables import order_parameter, state
from oscillator_field.figures.limits import MOST_LISTED
from oscillator_field.figures.painters.browser import find_browser
from tests.support.pages import watched_page
from tests.support.processes import find_processes, without_shells

ROWS, COLUMNS = 70, 75
CONFIG = {
    "study": {
        "name": "diagram",
        "statistics": [{"of": "final_order_parameter", "over": ["digit", "k_bias"]}],
        "thresholds": [
            {"of": "final_order_parameter", "along": "k_coupling", "level": 0.4, "over": ["digit"]},
        ],
    },
    "pictures": {"size": [7, 6]},
    "digits": [3, 8],
    "field": {"steps": 24, "channels": 2},
    "grid": {
        "k_coupling": {"from": 0, "to": 3, "steps": COLUMNS},
        "k_bias": {"from": 0.5, "to": 4, "steps": ROWS},
    },
    "batch": {"digit": "all", "k_bias": "all", "k_coupling": 16},
    "history": {"keep": "none"},
    "measure": {"every": 8, "observables": ["order_parameter", "input_alignment"]},
    "embed": {"methods": [], "samples": {"methods": []}},
    "render": {"views": [], "png": {"enabled": False}},
}
RUNS = 2 * ROWS * COLUMNS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at pages with"),
]


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("diagram")
    project.snakemake(config=CONFIG)
    return project


@pytest.fixture(scope="module")
def results(project):
    return project.folder / "results" / "diagram"


@pytest.fixture(scope="module")
def table(results):
    return pd.read_parquet(results / "summary.parquet")


@pytest.fixture(params=[(1366, 768), (390, 844)])
def page(browser, results, request):
    width, height = request.param
    with watched_page(browser, viewport={"width": width, "height": height}) as page:
        page.goto((results / "index.html").as_uri())
        page.wait_for_selector("body[data-ready=true]")
        yield page


def test_there_are_numbers_and_pages_and_no_history(results, table):
    assert RUNS > MOST_LISTED
    assert len(table) == RUNS
    assert len(pd.read_csv(results / "summary.csv")) == RUNS
    assert sorted(path.name for path in results.glob("*.html")) == ["index.html", "live.html"]
    stores = sorted(path.name for path in results.glob("runs/*/*"))
    assert stores == ["observables.zarr"] * math.ceil(COLUMNS / 16)
    assert table["final_singularities"].isna().all()
    assert table["final_order_parameter"].between(0, 1).all()


def test_tables_say_means_and_crossings(results, table):
    means = pd.read_csv(results / "statistics.csv").set_index("k_coupling")
    expected = table.groupby("k_coupling")["final_order_parameter"].agg(["mean", "std", "count"])
    np.testing.assert_allclose(means["mean"], expected["mean"], rtol=1e-12)
    np.testing.assert_allclose(means["deviation"], expected["std"], rtol=1e-12)
    assert (means["runs"] == expected["count"]).all()
    crossings = pd.read_csv(results / "thresholds.csv").set_index("k_bias")
    curves = table.groupby(["k_bias", "k_coupling"])["final_order_parameter"].mean().unstack()
    assert list(crossings.index) == list(curves.index)
    for k_bias, curve in curves.iterrows():
        signs = np.sign(curve.to_numpy() - 0.4)
        first = np.flatnonzero(np.diff(signs))
        if len(first):
            ends = curve.index[first[0]], curve.index[first[0] + 1]
            assert ends[0] <= crossings.loc[k_bias, "crossing"] <= ends[1]
        else:
            assert np.isnan(crossings.loc[k_bias, "crossing"])
    assert crossings["crossing"].notna().sum() > 10


def test_a_cell_is_the_mean_of_its_runs(page, table):
    shown = page.evaluate("page.shown().z")
    means = table.groupby(["k_bias", "k_coupling"])["final_order_parameter"].mean().unstack()
    np.testing.assert_allclose(np.array(shown, float), means.to_numpy(), rtol=1e-6)
    assert page.locator("#note").inner_text() == "A cell is the mean of up to 2 runs."
    page.locator("#others select").select_option("8")
    page.locator("#observable").select_option("final_input_alignment")
    eight = table[table["digit"] == 8].pivot(index="k_bias", columns="k_coupling", values="final_input_alignment")
    np.testing.assert_allclose(np.array(page.evaluate("page.shown().z"), float), eight.to_numpy(), rtol=1e-6)
    assert page.locator("#note").inner_text() == "A cell is one run."
    assert "digit=8" in page.evaluate("location.hash")
    page.go_back()
    assert page.locator("#observable").input_value() == "final_order_parameter"


def test_axes_can_be_any_two_parameters(page, table):
    page.locator("#x").select_option("digit")
    page.locator("#y").select_option("k_coupling")
    means = table.groupby(["k_coupling", "digit"])["final_order_parameter"].mean().unstack()
    np.testing.assert_allclose(np.array(page.evaluate("page.shown().z"), float), means.to_numpy(), rtol=1e-6)


def test_the_pointer_says_what_is_there_and_a_click_holds_it(page, table):
    page.locator("#others select").select_option("3")
    box = page.locator("#figure .nsewdrag").bounding_box()
    place = (box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
    page.mouse.move(*place, steps=3)
    # plotly looks at the pointer some times a second.
    page.wait_for_timeout(300)
    page.mouse.move(place[0] + 1, place[1])
    page.wait_for_timeout(300)
    assert page.locator("#figure .hovertext").count() == 1
    told = dict(
        zip(page.locator("#point dt").all_inner_texts(), page.locator("#point dd").all_inner_texts(), strict=True)
    )
    near = table[(table["digit"] == 3)].copy()
    near["apart"] = abs(near["k_coupling"] - float(told["k_coupling"].split()[0])) + abs(
        near["k_bias"] - float(told["k_bias"].split()[0])
    )
    run = near.nsmallest(1, "apart").iloc[0]
    assert run["apart"] < 1e-4
    assert 1.5 < run["k_coupling"] < 2.1
    assert 2.3 < run["k_bias"] < 2.9
    assert float(told["order parameter at the end"]) == pytest.approx(run["final_order_parameter"], rel=1e-3)
    assert float(told["alignment with the input at the end"]) == pytest.approx(run["final_input_alignment"], rel=1e-3)
    page.mouse.click(place[0] + 1, place[1])
    assert page.locator("#hint").inner_text().startswith("Held")
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=3)
    page.wait_for_timeout(200)
    assert told == dict(
        zip(page.locator("#point dt").all_inner_texts(), page.locator("#point dd").all_inner_texts(), strict=True)
    )


def test_a_page_of_a_phone_has_no_sideways_scrolling(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_command_runs_the_point_with_its_history(project, results, browser, table):
    with watched_page(browser, viewport={"width": 1366, "height": 768}) as page:
        page.goto((results / "index.html").as_uri() + "#digit=8")
        page.wait_for_selector("body[data-ready=true]")
        page.evaluate("page.point(40 * page.shown().width + 30)")
        words = shlex.split(page.locator("#command").inner_text())
    assert words[:3] == ["snakemake", "--cores", "all"]
    # Nothing to look at is made here, which would take a minute.
    less = ["embed={methods: [], samples: {methods: []}}", "render={views: [], png: {enabled: false}}"]
    project.snakemake(*words[3:], *less)
    [store] = (project.folder / "results" / "point" / "runs").glob("*/history.zarr")
    history = open_history(store)
    k_bias, k_coupling = np.unique(table["k_bias"])[40], np.unique(table["k_coupling"])[30]
    [run] = table[(table["digit"] == 8) & (table["k_bias"] == k_bias) & (table["k_coupling"] == k_coupling)]["run"]
    assert store.parent.name == run
    order = order_parameter(state(history["phase"][0, -1:]))[0]
    assert order == table.set_index("run").loc[run, "final_order_parameter"]


def test_killed_at_random_moments_it_ends_with_the_same_bits(new_project, table):
    project = new_project("killed_diagram")
    (project.folder / "override.yaml").write_text(yaml.safe_dump(CONFIG))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "override.yaml"]
    moments = random.Random(5)
    for _ in range(4):
        # Without a word from the jobs: the machine may be slow or fast.
        with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
            time.sleep(moments.uniform(4, 16))
            if running.poll() is None:
                for process in without_shells(find_processes("", folder=project.folder)):
                    os.kill(process, signal.SIGKILL)
            running.communicate(timeout=60)
        project.snakemake("--unlock", config=CONFIG)
    project.snakemake(config=CONFIG)
    again = pd.read_parquet(project.folder / "results" / "diagram" / "summary.parquet")
    pd.testing.assert_frame_equal(again, table)
    assert not list((project.folder / "results").rglob(".*.tmp"))

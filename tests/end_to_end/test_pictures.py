"""The default config with fewer digits and steps, run for real; every page opened and played, every PNG decoded."""

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from oscillator_field.figures.browser import find_browser

DIGITS, STEPS = (3, 8), 64
VIEWS = ("phase", "spikes", "trajectory-pca", "trajectory-tsne")
# Frames of the default config at 64 steps: every 8th, and every 16th for t-SNE.
FRAMES = {"phase": 8, "spikes": 8, "trajectory-pca": 8, "trajectory-tsne": 4}
CONFIG = {"digits": list(DIGITS), "field": {"steps": STEPS}}
RUNS = [f"digit={digit}+steps={STEPS}" for digit in DIGITS]
PAGES = [(run, view) for run in RUNS for view in VIEWS]
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
LOCAL = ("file:", "data:", "blob:")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at pictures with"),
    pytest.mark.xdist_group("pictures"),
]


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("pictures")
    project.snakemake(config=CONFIG)
    return project


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A page that must have no error in its console, and must not ask the network for anything."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    complaints = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(LOCAL) or complaints.append(request.url))
    yield page
    page.close()
    assert complaints == []


def shown_time(page):
    return page.locator(".slider-label").first.text_content()


@pytest.mark.parametrize(("run", "view"), PAGES)
def test_a_page_opens_plays_pauses_and_seeks(project, page, run, view):
    page.goto((project.folder / "results" / "runs" / run / f"{view}.html").as_uri())
    page.wait_for_selector(".slider-label")
    first = shown_time(page)
    assert re.fullmatch(r"time 0\.\d+ s, step \d+.*", first)
    page.wait_for_timeout(300)
    assert shown_time(page) == first, "plays by itself"

    page.get_by_text("Play", exact=True).click()
    page.wait_for_function("first => document.querySelector('.slider-label').textContent != first", arg=first)
    page.get_by_text("Pause", exact=True).click()
    page.wait_for_timeout(200)
    paused = shown_time(page)
    page.wait_for_timeout(300)
    assert shown_time(page) == paused

    slider = page.locator(".slider-rail-touch-rect").first.bounding_box()
    page.mouse.click(slider["x"] + slider["width"] - 2, slider["y"] + slider["height"] / 2)
    page.wait_for_function("() => document.querySelector('.slider-label').textContent.includes('step 64')")
    assert page.locator(".slider-label").first.is_visible()
    # All of the page is on the screen.
    box = page.locator(".js-plotly-plot").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280


@pytest.mark.parametrize(("run", "view"), PAGES)
def test_a_picture_has_the_promised_number_of_different_frames(project, run, view):
    with Image.open(project.folder / "results" / "runs" / run / f"{view}.png") as picture:
        assert picture.n_frames == FRAMES[view]
        assert picture.info["loop"] == 0
        frames = set()
        for number in range(picture.n_frames):
            picture.seek(number)
            frames.add(picture.convert("RGB").tobytes())
    assert len(frames) == FRAMES[view]


def test_chromium_decodes_the_animation(project, page):
    place = project.folder / "results" / "runs" / RUNS[0]
    (place / "look.html").write_text("<link rel=icon href=data:,><img src=phase.png>")
    page.goto((place / "look.html").as_uri())
    size = page.evaluate("() => { const i = document.images[0]; return [i.naturalWidth, i.naturalHeight] }")
    with Image.open(place / "phase.png") as picture:
        assert tuple(size) == picture.size


def test_hover_says_value_and_unit(project, page):
    page.goto((project.folder / "results" / "runs" / RUNS[0] / "phase.html").as_uri())
    plot = page.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    page.wait_for_selector(".hovertext")
    assert re.search(r"row \d+, column \d+.*phase .?\d\.\d{3} rad", page.locator(".hovertext").first.text_content())


def test_a_second_run_has_nothing_to_do(project):
    assert "Nothing to be done" in project.snakemake(config=CONFIG).output


def test_a_report_holds_the_pictures_with_their_captions(project):
    project.snakemake("--report", "report.zip", config=CONFIG)
    assert 10**5 < (project.folder / "report.zip").stat().st_size < 20 * 2**20


def test_every_result_has_its_place_and_its_log(project):
    results = project.folder / "results"
    for run in RUNS:
        expected = {f"{view}.{kind}" for view in VIEWS for kind in ("html", "png")}
        expected |= {f"{store}.zarr" for store in ("history", "observables", "embedding-pca", "embedding-tsne")}
        assert {path.name for path in (results / "runs" / run).iterdir()} - {"look.html"} == expected
        assert (project.folder / "logs" / "simulate" / f"{run}.log").exists()
    assert sorted(path.name for path in (results / "perturbations").iterdir()) == ["digit=3.zarr", "digit=8.zarr"]
    assert not list(results.rglob("*.tmp"))


def test_a_batch_and_inline_pages(new_project, page):
    project = new_project("batch")
    config = {**CONFIG, "batch": ["digit"], "embed": {"methods": []}, "render": {"html": {"plotlyjs": "inline"}}}
    project.snakemake(config=config)
    place = project.folder / "results" / "runs" / f"digit=all+steps={STEPS}"
    alone = shutil.move(place / "spikes.html", project.folder / "alone.html")
    page.goto(Path(alone).as_uri())
    page.wait_for_selector(".slider-label")
    assert page.locator(".annotation-text").all_text_contents() == ["digit 3", "digit 8"]
    with Image.open(place / "phase.png") as picture:
        assert picture.n_frames == FRAMES["phase"]


def test_a_failed_job_says_where_to_look_and_a_second_call_goes_on(new_project):
    project = new_project("failing")
    config = {**CONFIG, "digits": [3], "embed": {"methods": []}, "render": {"views": []}}
    script = project.folder / "scripts" / "simulate.py"
    before = script.read_text()
    script.write_text(before.replace("    settings = ", "    raise MemoryError('no room left')\n    settings = ", 1))
    outcome = project.snakemake(config=config, check=False)
    assert outcome.code == 1
    log = f"logs/simulate/digit=3+steps={STEPS}.log"
    assert f"no room left (traceback in {log})" in outcome.output
    assert "Traceback" not in outcome.output
    assert "MemoryError: no room left" in (project.folder / log).read_text()
    script.write_text(before)
    project.snakemake(config=config)
    assert (project.folder / "results" / "runs" / RUNS[0] / "observables.zarr").is_dir()

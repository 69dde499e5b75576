"""The default config with fewer digits and steps, run for real; every page opened and played, every PNG decoded."""

import base64
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from oscillator_field import open_history
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.figures.views import VIEWS, words_of
from tests.support.pages import watched_page
from tests.support.reference import apart

DIGITS, STEPS = (1, 3, 8), 64
# Frames of the default config at 64 steps, but for t-SNE, which would have one.
FRAMES = {name: STEPS for name, view in VIEWS.items() if not view.has_methods} | {
    "trajectory-pca": 8,
    "trajectory-tsne": 2,
}
SAMPLES = f"digit=all+steps={STEPS}"
SAMPLE_VIEW, SAMPLE_FRAMES = "samples-pca", 8
CONFIG = {"digits": list(DIGITS), "field": {"steps": STEPS}, "embed": {"tsne": {"every": 32}}}
RUNS = [f"digit={digit}+steps={STEPS}" for digit in DIGITS]
PAGES = [(RUNS[0], view, frames) for view, frames in FRAMES.items()]
PAGES += [(SAMPLES, SAMPLE_VIEW, SAMPLE_FRAMES)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at pictures with"),
]


@pytest.fixture(scope="module")
def project(new_project):
    project = new_project("pictures")
    project.snakemake(config=CONFIG)
    return project


@pytest.fixture
def page(browser):
    with watched_page(browser, viewport={"width": 1280, "height": 800}) as page:
        yield page


def open_page(page, path):
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")


def shown_time(page):
    return page.locator("#time").text_content()


@pytest.mark.parametrize("name", ["runs/{run}/{view}.html", "index.html"])
def test_a_page_that_is_moved_away_from_its_plotlyjs_says_so(project, browser, tmp_path, name):
    run, view, _ = PAGES[0]
    path = project.folder / "results" / name.format(run=run, view=view)
    moved = Path(shutil.copy(path, tmp_path))
    page = browser.new_page()
    page.goto(moved.as_uri())
    said = page.locator("#missing_plotlyjs").text_content()
    assert re.match(
        r"This page cannot draw: plotly\.js was not found at .*plotly.*\.min\.js\. Keep the page in its", said
    )
    page.close()
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("#figure .plot-container")
    assert page.locator("#missing_plotlyjs").count() == 0
    page.close()


@pytest.mark.parametrize(("run", "view", "frames"), PAGES)
def test_a_page_opens_at_its_end_and_plays_pauses_and_seeks(project, page, run, view, frames):
    open_page(page, project.folder / "results" / "runs" / run / f"{view}.html")
    last = shown_time(page)
    assert re.fullmatch(r"0\.64\d* s, step 64.*", last)
    page.wait_for_timeout(200)
    assert shown_time(page) == last, "plays by itself"

    page.locator("#speed").select_option("0.5")
    page.locator("#play").click()
    page.wait_for_function("last => document.getElementById('time').textContent != last", arg=last)
    page.wait_for_function("() => document.getElementById('play').textContent == 'Play'")
    assert shown_time(page) == last, "does not stop at its end"

    page.locator("#frame").fill("0")
    first = shown_time(page)
    assert first != last
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("player.shown()") == frames - 2
    page.keyboard.press("Home")
    assert shown_time(page) == first
    page.keyboard.press("ArrowRight")
    page.locator("#back").click()
    assert page.evaluate("player.shown()") == 0
    # All of the page is on the screen.
    assert page.evaluate("[document.body.scrollWidth <= innerWidth, document.body.scrollHeight <= innerHeight]") == [
        True,
        True,
    ]


def test_one_times_is_the_time_of_the_field(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
    # Sixty-four steps of 0.01 s: at 1 x they take 0.64 s, so about five seconds are an eighth of it.
    assert page.locator("#speed option:checked").text_content().startswith("⅛")
    page.locator("#speed").select_option("1")
    lasted = page.evaluate("""async () => {
        const begin = performance.now();
        document.getElementById("play").click();
        const playing = () => document.getElementById("play").textContent === "Pause";
        while (playing() && performance.now() - begin < 9000) await new Promise(requestAnimationFrame);
        return performance.now() - begin;
    }""")
    assert 600 < lasted < 9000


def test_playing_goes_on_where_it_loops(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
    page.locator("#speed").select_option("1")
    page.locator("#loop").check()
    page.locator("#play").click()
    page.wait_for_function("() => player.shown() > 40")
    page.wait_for_function("() => player.shown() < 30")


def test_a_step_stands_in_the_address_and_comes_back(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
    page.locator("#frame").fill("20")
    page.wait_for_function("location.hash == '#step=21'")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert "step 21" in shown_time(page)


@pytest.mark.parametrize(
    ("width", "height"), [(360, 600), (390, 844), (1366, 633), (1366, 768), (1920, 1080), (2560, 1440)]
)
@pytest.mark.parametrize("view", ["phase", "order_parameter", "trajectory-tsne"])
def test_bar_and_figure_fit_every_window(project, browser, width, height, view):
    with watched_page(browser, viewport={"width": width, "height": height}) as page:
        open_page(page, project.folder / "results" / "runs" / RUNS[0] / f"{view}.html")
        # A figure is laid out anew when the bar below it has got its last line.
        page.wait_for_function(
            """() => document.querySelector("#figure .main-svg").getBoundingClientRect().bottom
                <= document.getElementById("transport").getBoundingClientRect().top + 1"""
        )
        bar, plot = page.locator("#transport").bounding_box(), page.locator("#figure .main-svg").first.bounding_box()
        assert bar["y"] + bar["height"] <= height + 1
        assert plot["width"] == pytest.approx(width, abs=1)
        panel = page.locator(".nsewdrag").first.bounding_box()
        assert min(panel["width"], panel["height"]) > 0.3 * min(width, height - 250)
        # No name of a curve lies under the bar.
        for name in page.locator("#figure .legendtext").all():
            place = name.bounding_box()
            assert place["y"] + place["height"] <= bar["y"] + 1
        # A pixel of a lattice is a square.
        if view == "phase":
            assert panel["width"] == pytest.approx(panel["height"], abs=1.5)


def test_a_sample_leads_to_its_run(project, page):
    open_page(page, project.folder / "results" / "runs" / SAMPLES / f"{SAMPLE_VIEW}.html")
    # A point is written as its digit, and leads to its run.
    assert sorted(page.locator("#figure .textpoint").all_text_contents()) == ["1", "3", "8"]
    point = page.locator("#figure .textpoint", has_text="3").bounding_box()
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    page.wait_for_url("**/run.html**")
    page.wait_for_selector("body[data-ready]")
    assert page.locator("h1").text_content() == "digit 3"


@pytest.mark.parametrize("view", ["phase", "order_parameter", "trajectory-pca"])
def test_the_slider_may_be_dragged_faster_than_frames_are_drawn(project, page, view):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / f"{view}.html")
    page.locator("#play").click()
    page.evaluate("""async () => {
        const slider = document.getElementById("frame");
        for (let move = 0; move < 100; move++) {
            slider.value = (3 * move) % player.frames;
            slider.dispatchEvent(new Event("input"));
            if (move % 4 === 0) await new Promise((done) => setTimeout(done, 5));
        }
    }""")
    # Whoever seeks looks at one frame: the last that was asked for.
    assert page.locator("#play").text_content() == "Play"
    assert page.evaluate("player.shown()") == page.evaluate("297 % player.frames")


def test_the_views_of_a_run_are_linked_at_the_same_time(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
    assert page.locator("#views a").all_text_contents() == [words_of(view) for view in FRAMES]
    page.locator("#frame").fill("47")
    page.locator("#views a", has_text="t-SNE").click()
    page.wait_for_selector("body[data-ready]")
    # Of the frames at steps 32 and 64, the one that is not later.
    assert page.url.endswith("trajectory-tsne.html#step=48")
    assert "step 32" in shown_time(page)
    # The thinned view hands on the step that was asked for.
    page.locator("#views a", has_text="Spikes").click()
    page.wait_for_selector("body[data-ready]")
    assert "step 48" in shown_time(page)
    page.evaluate("location.hash = 'step=10'")
    page.wait_for_function("document.getElementById('time').textContent.includes('step 10')")


def test_the_keys_of_a_control_are_its_own(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
    page.locator("#loop").focus()
    page.keyboard.press(" ")
    assert page.locator("#loop").is_checked()
    assert page.locator("#play").text_content() == "Play"
    page.locator("#back").focus()
    page.keyboard.press(" ")
    assert page.evaluate("player.shown()") == STEPS - 2
    page.locator("#speed").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("player.shown()") == STEPS - 2


def test_a_page_shows_the_numbers_of_the_store(project, page):
    folder = project.folder / "results" / "runs" / RUNS[1]
    phase = open_history(folder / "history.zarr")["phase"][0]
    expected = np.angle(np.exp(1j * phase.astype(np.float64)).mean(axis=-1))
    open_page(page, folder / "phase.html")
    page.evaluate("player.show(3)")
    shown = page.evaluate("document.getElementById('figure').data[0].z.map(row => Array.from(row))")
    assert apart(shown, expected[3]).max() < 1e-3


@pytest.mark.parametrize(("run", "view", "frames"), PAGES)
def test_a_picture_has_the_promised_number_of_different_frames(project, run, view, frames):
    with Image.open(project.folder / "results" / "runs" / run / f"{view}.png") as picture:
        assert picture.n_frames == frames
        assert picture.info["loop"] == 0
        different = set()
        for number in range(picture.n_frames):
            picture.seek(number)
            different.add(picture.convert("RGB").tobytes())
    assert len(different) == frames


def test_chromium_decodes_the_animation(project, page):
    place = project.folder / "results" / "runs" / RUNS[0]
    (place / "look.html").write_text("<link rel=icon href=data:,><img src=phase.png>")
    page.goto((place / "look.html").as_uri())
    size = page.evaluate("() => { const i = document.images[0]; return [i.naturalWidth, i.naturalHeight] }")
    with Image.open(place / "phase.png") as picture:
        assert tuple(size) == picture.size


def test_chromium_counts_the_frames_that_were_promised(project, page):
    place = project.folder / "results" / "runs" / RUNS[0]
    open_page(page, place / "phase.html")
    content = base64.b64encode((place / "phase.png").read_bytes()).decode()
    count, repetitions, microseconds = page.evaluate(
        """async (content) => {
            const data = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const decoder = new ImageDecoder({ data, type: "image/png" });
            await Promise.all([decoder.tracks.ready, decoder.completed]);
            const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
            const { image } = await decoder.decode({ frameIndex: frameCount - 1 });
            return [frameCount, repetitionCount, image.duration];
        }""",
        content,
    )
    assert count == FRAMES["phase"]
    assert repetitions is None or repetitions == float("inf")
    assert microseconds == pytest.approx(1e6 / 15, rel=0.02)


def test_hover_says_value_and_unit(project, page):
    open_page(page, project.folder / "results" / "runs" / RUNS[0] / "phase.html")
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
        expected = {f"{view}{kind}" for view in FRAMES for kind in (".html", ".png", "-poster.png")} | {"preview"}
        expected |= {f"{store}.zarr" for store in ("history", "observables", "embedding-pca", "embedding-tsne")}
        assert {path.name for path in (results / "runs" / run).iterdir()} - {"look.html"} == expected
        assert (project.folder / "logs" / "simulate" / f"{run}.log").exists()
    assert sorted(path.name for path in (results / "perturbations").iterdir()) == [
        f"digit={digit}.zarr" for digit in DIGITS
    ]
    assert not list(results.rglob("*.tmp"))


def test_a_batch_and_inline_pages(new_project, page):
    project = new_project("batch")
    config = {
        **CONFIG,
        "batch": ["digit"],
        "embed": {"methods": [], "samples": {"methods": []}},
        "render": {
            "views": ["phase", "spikes"],
            "html": {"plotlyjs": "inline"},
            "phase": {"channels": "all"},
            "panels": 8,
        },
    }
    project.snakemake(config=config)
    results = project.folder / "results"
    place = results / "runs" / f"digit=all+steps={STEPS}"
    # Of twelve panels there is room for those of two runs: each run is shown by its own.
    one, other = (f"{(results / 'run.html').as_uri()}#{urlencode({'run': run, 'view': 'phase'})}" for run in RUNS[1:3])
    page.goto(one)
    page.wait_for_selector("#stage iframe")
    frame = page.frames[1]
    frame.wait_for_selector("body[data-ready]")
    assert frame.locator(".annotation-text").all_text_contents() == [f"digit 3, channel {n}" for n in range(4)]
    shown = np.array(
        frame.evaluate("document.getElementById('figure').data.map(({z}) => z.map((row) => Array.from(row)))")
    )
    phase = open_history(place / "history.zarr")["phase"][1, -1]
    assert apart(shown, np.moveaxis(phase, -1, 0)).max() < 0.002
    assert page.locator("#left_out").is_hidden()
    page.goto(other)
    page.wait_for_function("!document.getElementById('left_out').hidden")
    assert "shows the first 2 runs of the job; this run is number 3" in page.locator("#left_out").text_content()
    alone = shutil.move(place / "spikes.html", project.folder / "alone.html")
    open_page(page, Path(alone))
    assert page.locator(".annotation-text").all_text_contents() == ["digit 1", "digit 3", "digit 8"]
    with Image.open(place / "phase.png") as picture:
        assert picture.n_frames == FRAMES["phase"]


def test_a_failed_job_says_where_to_look_and_a_second_call_goes_on(new_project):
    project = new_project("failing")
    run = f"digit=3+steps={STEPS}"
    config = {**CONFIG, "digits": [3], "embed": {"methods": []}, "render": {"views": []}}
    script = project.folder / "scripts" / "simulate.py"
    before = script.read_text()
    script.write_text(before.replace("    settings = ", "    raise MemoryError('no room left')\n    settings = ", 1))
    measured = f"results/runs/{run}/observables.zarr"
    outcome = project.snakemake(measured, config=config, check=False)
    assert outcome.code == 1
    log = f"logs/simulate/{run}.log"
    assert f"no room left (traceback in {log})" in outcome.output
    assert "Traceback" not in outcome.output
    assert "MemoryError: no room left" in (project.folder / log).read_text()
    script.write_text(before)
    project.snakemake(measured, config=config)
    assert (project.folder / measured).is_dir()

"""Gallery, run and comparison of a batched study in real browsers: by pointer, keyboard, touch and address."""

import csv
import json
import random
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest

from oscillator_field import open_history
from oscillator_field.figures.painters.browser import find_browser
from tests.support.firefox import find_firefox, firefox
from tests.support.pages import watched_page
from tests.support.reference import apart

STEPS = 48
CONFIG = {
    "study": {"name": "pages"},
    "digits": [3, 1, 8],
    "field": {"steps": STEPS},
    "grid": {"k_bias": [0.3125, 5, 60], "k_coupling": [0, 0.48]},
    "batch": ["digit"],
    "embed": {"methods": ["pca"], "samples": {"methods": []}},
    "render": {
        "views": ["phase", "spikes", "phase_velocity", "order_parameter", "trajectory"],
        "png": {"enabled": False},
    },
}
RUN = f"digit=8+k_bias=5+k_coupling=0+steps={STEPS}"
OTHER = f"digit=8+k_bias=60+k_coupling=0.48+steps={STEPS}"
THIRD = f"digit=1+k_bias=5+k_coupling=0+steps={STEPS}"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at pages with"),
]


@pytest.fixture(scope="module")
def results(new_project):
    project = new_project("pages")
    project.snakemake(config=CONFIG)
    return project.folder / "results" / "pages"


@pytest.fixture
def page(browser):
    with watched_page(browser, viewport={"width": 1366, "height": 768}) as page:
        yield page


def quoted(name):
    return name.replace("=", "%3D").replace("+", "%2B")


def open_page(page, results, name, **state):
    hash_ = "#" + "&".join(f"{key}={quoted(value)}" for key, value in state.items()) if state else ""
    page.goto("about:blank")
    page.goto((results / name).as_uri() + hash_)
    page.wait_for_selector("body[data-ready=true]")


def found(page):
    return page.evaluate("gallery.found().map(row => row.run)")


# --- the gallery -----------------------------------------------------------------------------------------------------


def test_the_wall_plays_all_fields_in_step_and_each_leads_to_its_run(results, page):
    open_page(page, results, "index.html")
    page.locator(".card").last.scroll_into_view_if_needed()
    page.wait_for_function("document.body.dataset.wall == document.querySelectorAll('.card').length")
    assert page.locator(".card").count() == 18
    before = page.evaluate("gallery.bar.step()")
    page.wait_for_function("before => gallery.bar.step() != before", arg=before)
    page.locator("#play").click()
    # Each canvas has the colours of its own run at the step of the bar.
    colours = page.evaluate("""() => [...document.querySelectorAll(".card canvas.field")].map((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [...data].filter((_, index) => index % 4 !== 3);
    })""")
    step = page.evaluate("gallery.bar.step()")
    scale = np.frombuffer(bytes(page.evaluate("[...atob(study.colours)].map(c => c.charCodeAt(0))")), np.uint8)
    scale = scale.reshape(256, 3).astype(int)
    for run, shown in zip(found(page), colours, strict=True):
        job = run.replace(run.split("+")[0], "digit=all")
        history = open_history(results / "runs" / job / "history.zarr")
        number = list(history["run"][:]).index(run)
        phase = history["phase"][number, step - 1].astype(np.float64)
        level = np.rint((np.angle(np.exp(1j * phase).mean(axis=-1)) + np.pi) / (2 * np.pi) * 256).astype(int) % 256
        assert np.abs(scale[level].reshape(-1, 3) - np.array(shown).reshape(-1, 3)).mean() < 0.5
    # One click from the first screen to the run; its parameters are there.
    page.locator(".card a").nth(2).click()
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("h1").text_content() == "digit 8, k_coupling 0, k_bias 0.3125"
    assert page.locator("#parameters dt").first.text_content() in ("k_coupling", "k_bias")


def test_nothing_moves_by_itself_for_those_who_asked_for_less_motion(results, browser):
    with watched_page(browser, reduced_motion="reduce") as page:
        open_page(page, results, "index.html")
        page.wait_for_function("document.body.dataset.wall > 0")
        page.wait_for_timeout(300)
        assert page.evaluate("[gallery.bar.playing(), gallery.bar.step()]") == [False, STEPS]


@pytest.fixture(scope="module")
def gallery(results, browser):
    """A page with the gallery, for tests that change nothing but the filter."""
    with watched_page(browser, viewport={"width": 1366, "height": 768}) as page:
        open_page(page, results, "index.html")
        yield page


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("digit=3", 6),
        ("digit==3", 6),
        ("digit!=3", 12),
        ("Digit = 3", 6),
        ("digit=1,3", 12),
        ("digit != 1, 3", 6),
        ("k_bias>1", 12),
        ("k_bias >= 5 k_coupling=0", 6),
        ("steps=48", 18),
        ("steps=49", 0),
        ("final_order_parameter > 0", 18),
        ("order_parameter<=1", 18),
        ("scale=standardised", 18),
        ("digit=8+k_bias=5+k_coupling=0+steps", 1),
        ("k_bias 60", 6),
        ("evolve_input=true", 18),
        ("evolve_input=True", 18),
        ("frequency_distribution=none", 18),
        ("frequency_distribution!=none", 0),
        ("settling_time=none", 6),
    ],
)
def test_the_filter_understands_what_people_write(gallery, text, count):
    if text == "settling_time=none":
        count = gallery.evaluate("study.rows.filter((row) => row.settling_time === null).length")
    gallery.locator("#filter").fill(text)
    assert len(found(gallery)) == count
    assert gallery.locator("#complaint").text_content() == ""
    assert f"{count} of 18" in gallery.locator("#count").text_content() or count == 18
    assert gallery.locator(".card").count() == gallery.locator("#body tr").count() == count


def test_the_filter_says_which_word_it_does_not_know(results, page):
    open_page(page, results, "index.html", filter="k_bais=5 digit=3")
    assert '"k_bais" is no column (allowed: k_bias' in page.locator("#complaint").text_content().replace(
        "k_coupling, k_bias", "k_bias, k_coupling"
    )
    assert len(found(page)) == 6


def test_what_is_shown_stands_in_the_address_and_comes_back(results, page):
    open_page(page, results, "index.html")
    page.locator("#filter").fill("digit=3,8")
    page.get_by_role("button", name="k_bias (1/s)").click()
    page.get_by_role("button", name="k_bias (1/s)").click()
    page.locator("#figure_observable").select_option("settling_time")
    page.locator(".card input").nth(0).check()
    page.locator(".card input").nth(1).check()
    before = found(page)
    assert before[0].startswith("digit=3+k_bias=60")
    page.wait_for_timeout(300)

    def check():
        page.wait_for_selector("body[data-ready=true]")
        assert found(page) == before
        assert page.locator("#filter").input_value() == "digit=3,8"
        assert page.locator("#figure_observable").input_value() == "settling_time"
        assert page.locator("#count").text_content() == "12 of 18 runs"
        assert page.locator("#chosen").text_content() == "2 runs chosen"
        assert page.locator("th[aria-sort=descending]").text_content().startswith("k_bias")

    page.reload()
    check()
    page.locator("#body a").first.click()
    page.wait_for_url("**/run.html**")
    page.wait_for_selector("body[data-ready=true]")
    page.go_back()
    page.wait_for_url("**/index.html**")
    check()


def test_the_table_sorts_by_key_and_saves_what_it_shows(results, page):
    open_page(page, results, "index.html")
    # As the config lists them.
    assert [run.split("+")[0] for run in found(page)][:3] == ["digit=3", "digit=1", "digit=8"]
    header = page.get_by_role("button", name="order parameter at the end", exact=True)
    header.focus()
    page.keyboard.press("Enter")
    values = page.evaluate("gallery.found().map(row => row.final_order_parameter)")
    assert values == sorted(values)
    assert page.locator("th[aria-sort=ascending]").count() == 1
    # Runs that have no number come last, whichever way.
    page.evaluate("study.rows.forEach((row, i) => { row.settling_time = i % 3 ? (i * 7) % 11 : null; })")
    for falls in (False, True):
        page.locator("#head").get_by_role("button", name="time to settle (s)").click()
        times = page.evaluate("gallery.found().map(row => row.settling_time)")
        there = [time for time in times if time is not None]
        assert times == [*sorted(there, reverse=falls), *[None] * 6]
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    page.locator("#filter").fill("digit=1")
    with page.expect_download() as download:
        page.locator("#csv").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["run"] for row in rows] == found(page)
    assert next(iter(rows[0])) == "run"
    page.locator("summary", has_text="Columns").click()
    page.locator("#chooser label", has_text="phase singularities").click()
    assert page.locator("thead").get_by_role("button", name="phase singularities at the end", exact=True).count() == 1
    page.locator("thead").get_by_role("button", name="about time to settle").click()
    assert "stays below the bound" in page.locator("#about-settling_time").text_content()


def test_the_figure_follows_the_filter_and_the_filter_the_figure(results, page):
    open_page(page, results, "index.html", observable="final_order_parameter")
    cells = page.evaluate("document.getElementById('figure').data[0].z.flat().length")
    assert cells == 6
    box = page.locator("#figure .nsewdrag").first.bounding_box()
    # A cell that stands for three runs leads to them.
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75)
    page.wait_for_function("gallery.found().length == 3")
    assert page.evaluate("new Set(gallery.found().map(row => row.k_bias + ' ' + row.k_coupling)).size") == 1
    page.go_back()
    page.wait_for_function("gallery.found().length == 18")
    box = page.locator("#figure .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 3, steps=8)
    page.mouse.up()
    page.wait_for_function("gallery.found().length == 12")
    assert "k_bias=" in page.locator("#filter").input_value()
    page.wait_for_function("document.getElementById('figure').data[0].z.flat().length == 4")


@pytest.mark.parametrize("kind", ["parameters", "time", "scatter"])
def test_every_observable_has_every_figure(results, page, kind):
    open_page(page, results, "index.html", kind=kind)
    for observable in page.evaluate(
        "Object.keys(study.columns).filter(name => study.columns[name].kind == 'observable')"
    ):
        page.locator("#figure_observable").select_option(observable)
        page.wait_for_timeout(30)
    page.wait_for_function("document.querySelector('#figure .main-svg')")


# --- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_shows_its_views_one_at_a_time_at_one_step(results, page):
    open_page(page, results, "run.html", run=RUN)
    assert "step 48" in page.locator("#time").text_content()
    page.locator("#frame").fill("19")
    assert "step 20" in page.locator("#time").text_content()
    page.get_by_role("tab", name="Phase", exact=True).click()
    frame = page.frame_locator("#stage iframe")
    frame.locator("body[data-ready]").wait_for()
    inside = page.frames[1]
    inside.wait_for_function("player.shown() == 19")
    # Of the three runs of the job, this one alone.
    job = f"digit=all+k_bias=5+k_coupling=0+steps={STEPS}"
    history = open_history(results / "runs" / job / "history.zarr")
    phase = history["phase"][list(history["run"][:]).index(RUN), 19].astype(np.float64)
    shown = inside.evaluate("document.getElementById('figure').data.map(one => one.z.map(row => Array.from(row)))")
    assert len(shown) == 1
    assert apart(shown[0], np.angle(np.exp(1j * phase).mean(axis=-1))).max() < 1e-3
    # Keys reach the bar from within the view.
    frame.locator("#figure").click(position={"x": 5, "y": 5})
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.getElementById('time').textContent.includes('step 21')")
    inside.wait_for_function("player.shown() == 20")
    page.get_by_role("tab", name="Pixels by PCA").click()
    page.frame_locator("#stage iframe").locator("body[data-ready]").wait_for()
    page.wait_for_timeout(300)
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    assert page.get_by_role("tab", name="Pixels by PCA").get_attribute("aria-selected") == "true"
    page.wait_for_function("document.getElementById('time').textContent.includes('step 1')")
    page.go_back()
    page.wait_for_function("document.querySelector('[aria-selected=true]').textContent == 'Phase'")


def test_a_run_has_its_numbers_and_neighbours(results, page):
    open_page(page, results, "run.html", run=RUN)
    table = {row["run"]: row for row in csv.DictReader((results / "summary.csv").read_text().splitlines())}
    names = page.locator("#observables dt").all_text_contents()
    values = page.locator("#observables dd").all_text_contents()
    order = values[names.index("order parameter at the end")]
    assert float(order) == pytest.approx(float(table[RUN]["final_order_parameter"]), rel=1e-3)
    assert "of 18" in page.locator("#place").text_content()
    title = page.locator("h1").text_content()
    page.keyboard.press("n")
    page.wait_for_function("before => document.querySelector('h1').textContent != before", arg=title)
    page.locator("#previous").click()
    page.wait_for_function("before => document.querySelector('h1').textContent == before", arg=title)
    pixels = page.evaluate("[...document.getElementById('picture').getContext('2d').getImageData(0, 0, 28, 28).data]")
    history = open_history(results / "runs" / f"digit=all+k_bias=5+k_coupling=0+steps={STEPS}" / "history.zarr")
    expected = history["pixel"][list(history["run"][:]).index(RUN)]
    np.testing.assert_array_equal(np.array(pixels).reshape(28, 28, 4)[..., 0], expected)


def test_a_run_that_is_not_there_is_said_to_be(results, page):
    page.goto((results / "run.html").as_uri() + "#run=digit%3D4")
    assert page.locator("#missing").text_content() == "The study has no run of the name digit=4."
    assert not page.locator("#content").is_visible()


def test_a_run_goes_on_live(results, page):
    open_page(page, results, "run.html", run=OTHER)
    page.locator("#live").click()
    page.wait_for_url("**/live.html**")
    page.wait_for_selector("body[data-ready=true]")
    shown = page.evaluate("live.settings()")
    assert (shown["k_bias"], shown["k_coupling"], shown["seed"]) == (60, 0.48, 42)
    assert page.locator("#digits [aria-pressed=true]").text_content() == "8"


def test_pages_away_from_their_data_say_so(results, browser, tmp_path):
    for name in ("index.html", "run.html", "compare.html"):
        (tmp_path / name).write_text((results / name).read_text())
        (tmp_path / "plotly-cartesian.min.js").write_text((results / "plotly-cartesian.min.js").read_text())
        page = browser.new_page()
        page.goto((tmp_path / name).as_uri())
        assert "study.js was not found beside it" in page.locator("[role=alert]").first.text_content()
        page.close()


# --- runs beside each other ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["field", "difference", "phase", "trajectory-pca"])
def test_runs_are_in_step_after_any_clicks(results, page, view):
    runs = [RUN, OTHER, THIRD]
    open_page(page, results, "compare.html", runs=",".join(runs), view=view)
    generator = random.Random(view)
    actions = {
        "play": lambda: page.locator("#play").click(),
        "forward": lambda: page.locator("#forward").click(),
        "back": lambda: page.locator("#back").click(),
        "left": lambda: page.keyboard.press("ArrowLeft"),
        "space": lambda: (page.locator("h1").click(), page.keyboard.press(" ")),
        "home": lambda: (page.locator("h1").click(), page.keyboard.press("Home")),
        "seek": lambda: page.locator("#frame").fill(
            str(generator.randrange(int(page.locator("#frame").get_attribute("max"))))
        ),
        "speed": lambda: page.locator("#speed").select_option(generator.choice(["0.125", "1", "4"])),
        "inside": lambda: page.locator(".stage").nth(generator.randrange(3)).click(position={"x": 5, "y": 5}),
    }
    for _ in range(50):
        actions[generator.choice(list(actions))]()
    if page.evaluate("document.getElementById('play').textContent") == "Pause":
        page.locator("#play").click()
    page.locator("#forward").click()
    step = page.evaluate("compare.step()")
    inside = [frame for frame in page.frames if frame != page.main_frame]
    assert len(inside) == (0 if view in ("field", "difference") else 3)
    for frame in inside:
        frame.wait_for_function("step => player.step() == step", arg=step)
    if inside:
        shown = "JSON.stringify(['x', 'y'].map((one) => document.getElementById('figure').layout[`${one}axis`].range))"
        ranges = [frame.evaluate(shown) for frame in inside]
        assert len(set(ranges)) == 1
    page.wait_for_timeout(300)
    hash_ = page.evaluate("location.hash")
    page.reload()
    page.wait_for_selector("body[data-ready=true]")
    assert page.evaluate("compare.step()") == step
    assert page.evaluate("location.hash") == hash_


def test_the_difference_of_two_runs_is_that_of_their_phases(results, page):
    open_page(page, results, "compare.html", runs=f"{RUN},{OTHER}", view="difference", step="30")
    canvas = page.locator(".stage canvas").nth(2)
    shown = np.array(canvas.evaluate("canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"))
    scale = np.frombuffer(bytes(page.evaluate("[...atob(study.colours)].map(c => c.charCodeAt(0))")), np.uint8)
    phases = []
    for run in (RUN, OTHER):
        history = open_history(results / "runs" / run.replace("digit=8", "digit=all") / "history.zarr")
        phase = history["phase"][list(history["run"][:]).index(run), 29].astype(np.float64)
        phases.append(np.angle(np.exp(1j * phase).mean(axis=-1)))
    difference = np.angle(np.exp(1j * (phases[1] - phases[0])))
    level = np.rint((difference + np.pi) / (2 * np.pi) * 256).astype(int) % 256
    expected = scale.reshape(256, 3)[level].astype(int)
    # Levels of 1.4 degrees, twice rounded.
    assert np.abs(shown.reshape(28, 28, 4)[..., :3] - expected).max() <= 12
    assert page.locator("figcaption").nth(2).text_content().endswith("minus k_coupling 0 1/s, k_bias 5 1/s")


def test_from_ticks_to_a_comparison_and_back(results, page):
    open_page(page, results, "index.html")
    page.locator(".card input").nth(0).check()
    assert page.locator("#compare").is_disabled()
    assert "choose one to three more" in page.locator("#chosen").text_content()
    for number in (1, 2, 3):
        page.locator(".card input").nth(number).check()
    assert page.locator("#compare").is_enabled()
    page.locator(".card input").nth(4).check()
    assert page.locator("#compare").is_disabled()
    assert "four at most" in page.locator("#chosen").text_content()
    page.locator(".card input").nth(4).uncheck()
    page.locator("#compare").click()
    page.wait_for_url("**/compare.html**")
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("figure").count() == 4
    page.locator("#to_gallery").click()
    page.wait_for_url("**/index.html**")
    page.wait_for_selector("body[data-ready=true]")
    assert page.locator("#chosen").text_content() == "4 runs chosen"


# --- for everybody ---------------------------------------------------------------------------------------------------

EVERY_PAGE = {
    "gallery": ("index.html", {"compare": f"{RUN},{OTHER}"}),
    "over time": ("index.html", {"kind": "time", "filter": "digit=3"}),
    "run": ("run.html", {"run": RUN}),
    "view in a run": ("run.html", {"run": RUN, "view": "phase"}),
    "comparison": ("compare.html", {"runs": f"{RUN},{OTHER}", "view": "difference"}),
    "view": (f"runs/digit=all+k_bias=5+k_coupling=0+steps={STEPS}/phase.html", {}),
    "curves": (f"runs/digit=all+k_bias=5+k_coupling=0+steps={STEPS}/order_parameter.html", {}),
    "studies": ("../index.html", {}),
    "live": ("live.html", {}),
}


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_axe_finds_nothing(results, browser, name, scheme):
    path, state = EVERY_PAGE[name]
    with watched_page(browser, viewport={"width": 1366, "height": 768}, color_scheme=scheme) as page:
        hash_ = "#" + "&".join(f"{key}={quoted(value)}" for key, value in state.items())
        page.goto((results / path).resolve().as_uri() + hash_)
        if name != "studies":
            page.wait_for_selector("body[data-ready=true]")
        page.wait_for_timeout(500)
        page.evaluate(AXE)
        violations = page.evaluate("axe.run().then((done) => done.violations)")
        told = [(one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in violations]
        assert told == []


def test_pages_fit_a_phone_and_work_by_touch(results, browser):
    with watched_page(
        browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    ) as page:
        for name, state in (
            ("index.html", {}),
            ("run.html", {"run": RUN}),
            ("compare.html", {"runs": f"{RUN},{OTHER},{THIRD}"}),
        ):
            open_page(page, results, name, **state)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            bar = page.locator("#transport").bounding_box()
            assert bar["y"] + bar["height"] <= 845
        open_page(page, results, "index.html")
        page.wait_for_function("document.body.dataset.wall > 0")
        page.locator("#play").tap()
        stopped = page.evaluate("gallery.bar.step()")
        page.locator("#forward").tap()
        assert page.evaluate("gallery.bar.step()") != stopped
        page.locator(".card label").first.tap()
        assert "1 run chosen" in page.locator("#chosen").text_content()
        page.locator(".card a").first.tap()
        page.wait_for_url("**/run.html**")
        page.wait_for_selector("body[data-ready=true]")
        page.get_by_role("tab", name="Phase", exact=True).tap()
        page.frame_locator("#stage iframe").locator("body[data-ready]").wait_for()


def test_every_control_is_reached_by_the_tab_key(results, page):
    open_page(page, results, "index.html")
    wanted = page.evaluate("""() => {
        const all = [...document.querySelectorAll("button, input, select, a[href], summary")]
            .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }));
        all.forEach((one, number) => { one.dataset.number = number; });
        return all.length;
    }""")
    reached = set()
    for _ in range(wanted + 30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.number"))
    assert len(reached - {None}) == wanted > 60


def test_the_theme_is_kept_and_reaches_every_page(results, page):
    open_page(page, results, "run.html", run=RUN, view="phase")
    page.frame_locator("#stage iframe").locator("body[data-ready]").wait_for()
    page.locator("#theme").click()
    assert page.locator("#theme").text_content() == "Theme: light"
    page.frames[1].wait_for_function("document.documentElement.dataset.theme == 'light'")
    open_page(page, results, "index.html")
    assert page.locator("#theme").text_content() == "Theme: light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_without_scripts_there_are_posters(results, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((results / "index.html").as_uri())
    assert page.locator("noscript img, .wall img").count() == 18
    assert page.locator(".wall img").first.evaluate("image => image.naturalWidth") > 100
    context.close()


def test_no_page_offers_to_send_anything_anywhere(results, page):
    open_page(page, results, f"runs/digit=all+k_bias=5+k_coupling=0+steps={STEPS}/phase.html")
    page.locator("#figure").hover()
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(one => one.dataset.title)")
    assert titles
    assert not [title for title in titles if "Share" in title or "cloud" in title.lower()]


# --- another browser -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    if find_firefox() is None:
        pytest.skip("no Firefox to look at pages with")
    with firefox(tmp_path_factory.mktemp("profile")) as fox:
        yield fox


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (500, 844)])
def test_pages_work_in_firefox(results, fox, width, height):
    fox.resize(width, height)
    fox.open(results / "index.html")
    fox.wait("document.body.dataset.wall > 0")
    fox.wait("gallery.bar.step() < 20")
    fox.wait("gallery.bar.step() > 30")
    fox.value("gallery.filter('digit=3 k_bias>1')")
    assert fox.value("gallery.found().length") == 4
    fox.click(".card a", touch=True)
    fox.wait("location.pathname.endsWith('run.html') && document.body?.dataset.ready === 'true'")
    assert fox.value("document.querySelector('h1').textContent").startswith("digit 3")
    fox.press("ArrowLeft")
    assert "step 47" in fox.value("document.getElementById('time').textContent")
    fox.click("#tab-phase")
    fox.wait("document.querySelector('#stage iframe')?.contentWindow !== undefined")
    fox.open(results / "compare.html", f"#runs={quoted(RUN)},{quoted(OTHER)}&view=difference")
    fox.click("#back")
    assert fox.value("compare.step()") == STEPS - 1
    fox.open(results / "runs" / f"digit=all+k_bias=5+k_coupling=0+steps={STEPS}" / "phase.html")
    fox.wait("player.shown() == player.frames - 1")
    # Seen from within: where others compute, the first frames have gone before anybody asks.
    seen = "globalThis.fewest = Math.min(globalThis.fewest ?? Infinity, player.shown())"
    fox.value(f"globalThis.watching = setInterval(() => {{ {seen}; }}, 5)")
    fox.press(" ")
    fox.wait("globalThis.fewest < 20")
    fox.wait("player.shown() == player.frames - 1")
    assert fox.value("document.getElementById('figure').data.length") == 3
    bottom = fox.value("document.getElementById('transport').getBoundingClientRect().bottom")
    assert bottom <= height + 1
    assert fox.complaints == []


def test_the_list_of_studies_names_this_one(results):
    listed = json.loads(
        (results.parent / "studies.js").read_text().removeprefix("globalThis.listedStudies = ").rstrip(";\n")
    )
    assert listed == [{"name": "pages", "title": "pages: 18 runs", "path": "pages/index.html"}]
    assert 'href="pages/index.html"' in (results.parent / "index.html").read_text()

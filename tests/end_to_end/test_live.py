"""The live page in a real browser: physics beside float64, drawing, files, settings, links, keys, three sizes."""

import dataclasses
import json

import numpy as np
import pytest
import yaml

from oscillator_field.analysis.observables import input_alignment, local_order, order_parameter, state
from oscillator_field.figures.pages.live import write_live
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.encoding import encode as phases_of
from oscillator_field.inputs.encoding import over_channels
from oscillator_field.inputs.fitting import fitted
from oscillator_field.notebook.pictures import bundled_digit, encode, picture_of
from oscillator_field.parameters import DEFAULTS, EncodingParameters, FieldParameters, RunParameters
from oscillator_field.starts import frequencies_of, start
from tests.support.pages import chromium, watched_page
from tests.support.reference import apart, simulate_float64

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no browser to look at the page with"),
]
SIZES = ((1366, 768), (1920, 1080), (390, 844))
STEPS = 200
# The input phases that the field of the page was given.
DRIVE = (
    "(({ pictureRe, pictureIm }) => Array.from(pictureRe, (r, site) => Math.atan2(pictureIm[site], r)))(live.field())"
)
TERMS = {
    "euler": {},
    "heun": {"integrator": "heun"},
    "rk4": {"integrator": "rk4", "delta_t": 0.05},
    "strong": {"k_coupling": 3.0, "k_omega": 2.0, "k_bias": 0.3, "input_rate": 1.0},
    "still input": {"evolve_input": False},
    "lag": {"phase_lag": 1.2, "k_coupling": 1.0},
    "noise": {"noise": 0.3},
    "noise by heun": {"noise": 0.3, "integrator": "heun"},
    "disc": {"neighbourhood": "disc", "radius": 3.5, "k_coupling": 1.0},
    "disc on a torus": {"neighbourhood": "disc", "radius": 2.0, "boundary": "periodic"},
    "disc that folds": {"neighbourhood": "disc", "radius": 4.0, "boundary": "reflecting"},
    "gaussian": {"neighbourhood": "gaussian", "radius": 1.5, "k_coupling": 1.0},
    "gaussian that folds": {"neighbourhood": "gaussian", "radius": 1.5, "boundary": "reflecting"},
    "global": {"neighbourhood": "global", "k_coupling": 1.0},
    "channels apart": {"channel_coupling": False},
    "periodic": {"boundary": "periodic"},
    "reflecting": {"boundary": "reflecting"},
    "drive for a time": {"drive_onset": 0.3, "drive_end": 1.0},
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "live.html"
    write_live(path)
    assert path.stat().st_size < 300_000
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    with watched_page(browser, viewport={"width": 1366, "height": 768}) as page:
        page.goto(address)
        page.wait_for_selector("body[data-ready=true]")
        yield page


def field_in(page, **described):
    """The phases of a field after some steps, computed by the page."""
    code = """(described) => {
        const field = model.field(described);
        field.advance(described.steps);
        return [Array.from(field.phase()), Array.from(field.cr, (r, site) => Math.atan2(field.ci[site], r))];
    }"""
    return [np.array(part) for part in page.evaluate(code, described)]


@pytest.mark.parametrize("term", TERMS)
def test_its_physics_is_that_of_float64(page, term):
    rows, columns, channels, seed = 9, 12, 3, 5
    parameters = FieldParameters(**TERMS[term])
    drive = np.random.default_rng(1).uniform(-6, 6, (rows, columns)).astype(np.float32)
    phase, of_input = field_in(
        page,
        rows=rows,
        columns=columns,
        channels=channels,
        drive=drive.ravel().tolist(),
        seed=seed,
        steps=STEPS,
        parameters=dataclasses.asdict(parameters),
    )
    began, omega = start(seed, rows, columns, channels)
    phases, _, final = simulate_float64(
        over_channels(drive, channels), began, omega, STEPS, **dataclasses.asdict(parameters), seed=seed
    )
    for shown, expected in ((phase, phases[-1]), (of_input, final)):
        distance = apart(shown.reshape(expected.shape), expected)
        assert np.mean(distance < 1e-5) >= 0.999
        assert distance.max() < 1e-3


def test_seeds_starts_and_frequencies_are_those_of_the_library(page):
    for seed in (0, 42, 2**32 - 1):
        drawn = page.evaluate(
            f"(() => {{ const d = model.start({seed}, 60, 3); return [[...d.phase], [...d.omega]]; }})()"
        )
        phase, omega = start(seed, 4, 5, 3)
        assert np.array_equal(np.float32(drawn[0]), phase.ravel())
        assert np.array_equal(np.float32(drawn[1]), omega.ravel())
    settings = RunParameters(seed=7, frequency_distribution="uniform", frequency_mean=1.0, frequency_spread=2.0)
    own = frequencies_of(settings, 6, 6, 2)
    parameters = FieldParameters(k_coupling=0, k_omega=0, k_bias=0, evolve_input=False)
    turned, _ = field_in(
        page,
        rows=6,
        columns=6,
        channels=2,
        drive=[0.0] * 36,
        seed=7,
        steps=50,
        parameters=dataclasses.asdict(parameters),
        frequency={"kind": "uniform", "mean": 1.0, "spread": 2.0},
    )
    began, omega = start(7, 6, 6, 2)
    phases, *_ = simulate_float64(
        np.zeros_like(began), began, omega, 50, **dataclasses.asdict(parameters), frequency=own
    )
    assert apart(turned.reshape(phases[-1].shape), phases[-1]).max() < 1e-6
    twisted, _ = field_in(
        page,
        rows=6,
        columns=8,
        channels=1,
        drive=[0.0] * 48,
        seed=7,
        steps=0,
        parameters=dataclasses.asdict(parameters),
        start={"kind": "twisted", "winding_rows": 0, "winding_columns": 2},
    )
    assert apart(twisted.reshape(6, 8)[:, :, np.newaxis], 4 * np.pi * np.arange(8)[:, np.newaxis] / 8).max() < 1e-6


def test_what_it_shows_is_what_observables_say(page):
    page.locator("#play").click()
    page.evaluate("(() => { const field = live.field(); field.advance(20); })()")
    phase = np.array(page.evaluate("[...live.field().phase()]"), np.float32).reshape(1, 28, 28, 4)
    shown = page.evaluate("model.order(live.field())")
    assert shown["order"] == pytest.approx(float(order_parameter(state(phase))[0]), abs=1e-5)
    picture = bundled_digit(3, 0)
    drive = over_channels(phases_of(picture.level, EncodingParameters(), picture.statistics), 4)
    assert shown["alignment"] == pytest.approx(float(input_alignment(state(phase), drive)[0]), abs=1e-5)
    local = page.evaluate("[...model.pixels(live.field(), 'local', new Float64Array(784))]")
    np.testing.assert_allclose(np.reshape(local, (28, 28)), local_order(state(phase)).mean(axis=-1)[0], atol=1e-5)


def test_the_digit_pulls_as_in_the_workflow(page):
    page.locator("#play").click()
    page.locator("#digits button", has_text="8").click()
    drive = page.evaluate(DRIVE)
    picture = bundled_digit(8, 0)
    expected = over_channels(phases_of(picture.level, EncodingParameters(), picture.statistics), 4)
    assert apart(np.reshape(drive, (28, 28, 4)), expected).max() < 1e-5
    assert yaml.safe_load(page.locator("#yaml").text_content()) == {"digits": [8]}


def test_a_picture_that_is_drawn_drives_the_field(page):
    page.locator("#play").click()
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 3 * box["width"] / 4, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    picture = np.array(page.evaluate("[...live.picture()]")).reshape(28, 28)
    assert (picture[13:15, 8:20] > 200).all()
    assert (picture[:8] == 0).all()
    drive = np.array(page.evaluate(DRIVE))
    expected = encode(picture.astype(np.uint8))
    assert apart(drive.reshape(28, 28, 4)[..., 0], expected).max() < 1e-4
    settings = yaml.safe_load(page.locator("#yaml").text_content())
    assert settings["pictures"] == {"dataset": "folder", "directory": "FOLDER"}
    # As a link, in sixteen greys.
    page.wait_for_timeout(600)
    linked = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(linked)
    page.wait_for_selector("body[data-ready=true]")
    again = np.array(page.evaluate("[...live.picture()]")).reshape(28, 28)
    assert np.array_equal(again, picture)
    # On a larger lattice as the workflow has it: enlarged, standardised by the picture itself.
    page.locator("#play").click()
    page.locator("#side").select_option("64")
    drive = np.array(page.evaluate(DRIVE))
    own = picture_of(picture.astype(np.uint8))
    level = fitted(own.level, (64, 64), fit="stretch", background="black")
    expected = phases_of(level, EncodingParameters(), own.statistics)
    assert apart(drive.reshape(64, 64, 4)[..., 0], expected).max() < 1e-4
    page.locator("#clear").click()
    assert page.evaluate("live.picture().every((level) => level === 0)")


def test_a_file_is_taken_as_a_picture(page, tmp_path):
    from PIL import Image

    image = np.zeros((40, 80, 3), np.uint8)
    image[:, 40:] = 255
    Image.fromarray(image).save(tmp_path / "half.png")
    page.locator("#file").set_input_files(tmp_path / "half.png")
    page.wait_for_function("live.picture()[14 * 28 + 24] > 250")
    picture = np.array(page.evaluate("[...live.picture()]")).reshape(28, 28)
    assert (picture[:6] == 0).all()
    assert (picture[8:20, 16:] > 250).all()
    assert (picture[8:20, :12] == 0).all()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    page.locator("#file").set_input_files(tmp_path / "broken.png")
    page.wait_for_function("document.querySelector('#said').textContent.includes('no picture')")


def test_settings_become_a_config_and_a_link(page, address):
    page.locator("#set-k_coupling").fill("0.7")
    page.locator("summary", has_text="Coupling").click()
    page.locator("#set-neighbourhood").select_option("disc")
    assert page.locator("#set-radius").is_visible()
    page.locator("#set-radius").fill("2.5")
    # What is not allowed is marked, and changes nothing.
    page.locator("#set-radius").fill("0.2")
    assert page.locator("#set-radius").get_attribute("aria-invalid") == "true"
    page.locator("#side").select_option("64")
    settings = yaml.safe_load(page.locator("#yaml").text_content())
    assert settings == {
        "digits": [3],
        "pictures": {"size": [64, 64], "fit": "stretch"},
        "field": {"k_coupling": 0.7, "neighbourhood": "disc", "radius": 2.5},
    }
    page.wait_for_timeout(600)
    linked = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(linked)
    page.wait_for_selector("body[data-ready=true]")
    assert yaml.safe_load(page.locator("#yaml").text_content()) == settings
    page.goto("about:blank")
    page.goto(f"{address}#k_coupling=many&radius=-3&boundary=else&lattice=7&digit=length&picture=xyz&seed=1.5")
    page.wait_for_selector("body[data-ready=true]")
    assert yaml.safe_load(page.locator("#yaml").text_content()) == {"digits": [3]}
    # An address that is changed by hand is obeyed, and what goes together stays together.
    page.evaluate("location.hash = 'digit=7&start=twisted&phase_lag=3.14159265359'")
    page.wait_for_function("document.querySelector('#yaml').textContent.includes('[7]')")
    assert yaml.safe_load(page.locator("#yaml").text_content()) == {
        "digits": [7],
        "field": {"phase_lag": 3.14159265359, "boundary": "periodic", "start": "twisted"},
    }


def test_sliders_come_back_to_where_they_were(page):
    for summary in ("Coupling", "Picture and steps"):
        page.locator("summary", has_text=summary).click()
    for name in ("phase_lag", "delta_t", "drive_end", "arc", "k_coupling"):
        slider = page.locator(f".control:has(#set-{name}) input[type=range]")
        there, back = ("ArrowLeft", "ArrowRight") if name == "drive_end" else ("ArrowRight", "ArrowLeft")
        slider.press(there)
        assert name in page.locator("#yaml").text_content()
        slider.press(back)
        assert yaml.safe_load(page.locator("#yaml").text_content()) == {"digits": [3]}


def test_a_config_says_what_that_of_its_study_states_otherwise(browser, tmp_path):
    """It is pasted beside config/config.yaml, which is read too."""
    stated = {"k_bias": 2.5, "steps": 64, "arc": 1.5, "k_coupling": DEFAULTS["k_coupling"]}
    write_live(tmp_path / "live.html", stated=stated)
    with watched_page(browser) as page:
        page.goto((tmp_path / "live.html").as_uri())
        page.wait_for_selector("body[data-ready=true]")
        page.locator("#play").click()
        settings = yaml.safe_load(page.locator("#yaml").text_content())
        assert settings["encoding"] == {"arc": DEFAULTS["arc"]}
        assert settings["field"].keys() == {"k_bias", "steps"}
        assert settings["field"]["k_bias"] == DEFAULTS["k_bias"]
        page.locator("#set-k_bias").fill("3")
        assert yaml.safe_load(page.locator("#yaml").text_content())["field"]["k_bias"] == 3


def test_a_config_says_what_a_run_of_it_does_otherwise(page):
    page.wait_for_function("live.field().step() > 600")
    page.locator("#play").click()
    page.locator("#set-k_bias").fill("2")
    text = page.locator("#yaml").text_content()
    assert "# Settings or picture were changed while the field ran" in text
    assert yaml.safe_load(text)["field"]["steps"] == page.evaluate("live.field().step()")
    page.locator("#reset").click()
    change = "(input) => { input.value = '0'; input.dispatchEvent(new Event('input')); }"
    page.locator("#set-drive_end").evaluate(change)
    assert "# Refused by the workflow: drive_end is not after drive_onset." in page.locator("#yaml").text_content()


def test_what_takes_another_start_with_it_restarts_and_small_numbers_stay_numbers(page, address):
    start = "[...live.field().phase()].slice(0, 50)"
    page.locator("#play").click()
    page.locator("#reset").click()
    usual = page.evaluate(start)
    for first, then, value in (
        ("start=twisted&boundary=periodic", "boundary", "open"),
        ("frequency_distribution=lorentzian&frequency_spread=5", "integrator", "heun"),
    ):
        page.goto("about:blank")
        page.goto(f"{address}#{first}")
        page.wait_for_selector("body[data-ready=true]")
        page.locator("#play").click()
        page.locator("#reset").click()
        # No control is waited for, which may be folded away.
        change = f"(select) => {{ select.value = '{value}'; select.dispatchEvent(new Event('change')); }}"
        page.locator(f"#set-{then}").evaluate(change)
        page.evaluate("live.field().advance(3)")
        after = page.evaluate(start)
        page.locator("#reset").click()
        assert page.evaluate(start) == usual
        page.evaluate("live.field().advance(3)")
        assert page.evaluate(start) == after
    page.locator("#set-noise").evaluate("(input) => { input.value = '1e-7'; input.dispatchEvent(new Event('input')); }")
    assert yaml.safe_load(page.locator("#yaml").text_content())["field"]["noise"] == 1e-7


def test_it_steps_restarts_and_obeys_keys(page):
    page.locator("#play").click()
    page.locator("#reset").click()
    assert page.evaluate("live.field().step()") == 0
    page.locator("#step").click()
    assert page.evaluate("live.field().step()") == 1
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("live.field().step()") == 2
    page.keyboard.press("r")
    assert page.evaluate("live.field().step()") == 0
    page.keyboard.press("Space")
    page.wait_for_function("live.field().step() > 20")
    # A change of the physics goes on from where the field is.
    page.locator("#set-k_bias").fill("2")
    assert page.evaluate("live.field().step()") > 20


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_all_is_in_sight_and_works_by_touch(browser, address, width, height, tmp_path):
    with watched_page(browser, viewport={"width": width, "height": height}, has_touch=True) as page:
        page.goto(address)
        page.wait_for_selector("body[data-ready=true]")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("#digits button", has_text="5").tap()
        assert page.locator("#digits [aria-pressed=true]").text_content() == "5"
        for name in ("phase", "velocity", "local", "curve"):
            assert page.locator(f"#{name}").bounding_box()["width"] > 60
        pad = page.locator("#pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("#digits [aria-pressed=true]").count() == 0
        assert page.evaluate("live.picture()[14 * 28 + 14]") > 100
        # As fast as the machine is, the field moves.
        page.wait_for_function("live.field().step() > 10")
        assert json.loads(page.evaluate("JSON.stringify(live.settings())"))["seed"] == 42

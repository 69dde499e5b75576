"""Pictures: the right numbers in the right colours, and the painted PNG against Kaleido's own render."""

import dataclasses
import io
import json
import math
import re

import kaleido
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from oscillator_field.encoding import over_channels
from oscillator_field.field import course, problem, start
from oscillator_field.figures import layout, png
from oscillator_field.figures.animation import Animation, Colours, Lattice, Scatter, frame_texts, run_titles
from oscillator_field.figures.browser import find_browser
from oscillator_field.figures.html import write_html
from oscillator_field.figures.packing import LEVELS, deflate, pack, unpack
from oscillator_field.figures.views import animation
from oscillator_field.grid import Run
from oscillator_field.history import write_history

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no browser to draw PNG with")
PHASE = Colours("Phase", "phase (rad)", -math.pi, math.pi, ((-math.pi, "-π"), (0, "0"), (math.pi, "π")))
STEPS = 20


def lattice_animation(panels=1, frames=3, shape=(6, 8)):
    values = np.random.default_rng(0).uniform(-math.pi, math.pi, (panels, frames, *shape)).astype(np.float32)
    shown = tuple(Lattice(f"digit {number}" if panels > 1 else "", each) for number, each in enumerate(values))
    texts = tuple(f"0.0{number} s, step {number}" for number in range(frames))
    return Animation("Phase state", shown, np.arange(frames), texts, "column (pixel)", "row (pixel)", PHASE, "%{z}")


def scatter_animation(frames=3, points=40):
    generator = np.random.default_rng(1)
    positions = generator.normal(size=(frames, points, 2)).astype(np.float32)
    level = generator.uniform(-math.pi, math.pi, points).astype(np.float32)
    panel = Scatter("", positions, level, tuple(f"point {number}" for number in range(points)))
    texts = tuple(f"step {number}" for number in range(frames))
    return Animation("Trajectory", (panel,), np.arange(frames), texts, "axis 1", "axis 2", PHASE, "%{x}")


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "history.zarr"
    runs = [Run.of(digit, 0, {"steps": STEPS, "spike_threshold": 0.01}) for digit in (3, 8)]
    pixels = np.random.default_rng(2).integers(0, 256, (2, 9, 7), np.uint8)
    begin, omega = start(1, 9, 7, 4)
    task = problem(
        over_channels(pixels.astype(np.float32) / 40, 4),
        initial_phase=np.stack([begin, begin]),
        omega=omega,
        parameters=[run.field for run in runs],
        steps=STEPS,
    )
    write_history(path, task, course(task, frames_a_piece=7), runs=runs, pixels=pixels, attributes={})
    return path


def test_phase_view_shows_the_circular_mean_of_the_chosen_frames(history):
    shown = animation("phase", history, {"every": 8, "channel_mean": "circular", "colours": "Phase", "panels": 16})
    assert shown.frame_texts == ("0.08 s, step 8", "0.16 s, step 16", "0.20 s, step 20")
    phase = zarr.open_group(history, mode="r")["phase"][:]
    expected = np.angle(np.exp(1j * phase.astype(np.float64)).mean(axis=-1))
    for run, panel in enumerate(shown.panels):
        np.testing.assert_allclose(panel.values, expected[run, [7, 15, 19]], atol=1e-6)
    assert (shown.colours.low, shown.colours.high) == (-math.pi, math.pi)
    assert [panel.title for panel in shown.panels] == ["digit 3", "digit 8"]


def test_spike_view_loses_no_spike_between_frames(history):
    shown = animation("spikes", history, {"every": 8, "colours": "Inferno", "panels": 16})
    spikes = zarr.open_group(history, mode="r")["spikes"][:]
    steps_shown = np.array([8, 8, 4])[:, np.newaxis, np.newaxis]
    for run, panel in enumerate(shown.panels):
        total = (panel.values * steps_shown * 4).sum()
        assert total == pytest.approx(spikes[run].sum(), rel=1e-6)
        assert 0 < panel.values.mean() < 1


def test_panels_beyond_the_limit_are_left_out_and_the_title_says_so(history):
    shown = animation("phase", history, {"every": 8, "channel_mean": "circular", "colours": "Phase", "panels": 1})
    assert len(shown.panels) == 1
    assert shown.title.endswith("(first 1 of 2 runs)")


def test_titles_say_what_runs_share_and_what_tells_them_apart():
    common, apart = run_titles(["digit=3+k_bias=2+seed=1", "digit=4+k_bias=2+seed=1"])
    assert common == "k_bias 2 1/s, seed 1"
    assert apart == ["digit 3", "digit 4"]
    assert run_titles(["digit=3"]) == ("digit 3", [""])
    assert run_titles(["digit=3", "digit=3+seed=7"]) == ("digit 3", ["defaults", "seed 7"])


def test_times_are_written_as_finely_as_they_are_spaced():
    assert frame_texts(np.array([1, 2]), np.array([0.0005, 0.001])) == ["0.0005 s, step 1", "0.0010 s, step 2"]
    assert frame_texts(np.array([1, 2]), np.array([[0.1, 0.2], [1, 2]])) == ["step 1", "step 2"]


def test_colours_meet_at_the_ends_of_the_circle():
    for name in ("Phase", "Twilight", "HSV", "IceFire", "Edge", "mrybm", "mygbm"):
        low, high = Colours(name, "", -math.pi, math.pi, ()).rgb(np.array([-math.pi, math.pi]))
        # Edge and IceFire come to the same colour but for some levels.
        assert np.abs(low.astype(int) - high).max() < 30, name


@pytest.mark.parametrize("panels", [1, 2, 5, 16])
def test_panels_lie_on_the_page_and_not_on_each_other(panels):
    sheet = layout.page(lattice_animation(panels, shape=(28, 28)))
    covered = np.zeros((sheet.height, sheet.width), int)
    for place in sheet.panels:
        covered[place.top : place.top + place.height, place.left : place.left + place.width] += 1
        assert place.width % 28 == place.height % 28 == 0
    assert covered.max() == 1
    assert covered.sum() == sum(place.width * place.height for place in sheet.panels)


@given(
    values=arrays(np.float32, (5, 3, 4), elements=st.floats(-4, 4, width=32)),
    limits=st.sampled_from([(-math.pi, math.pi), (0.0, 1.0), (-4.0, 4.0)]),
)
def test_packed_frames_come_back_within_half_a_level(values, limits):
    low, high = limits
    unpacked = unpack(deflate(pack(values, low, high)), values.shape, low, high)
    assert np.abs(unpacked - np.clip(values, low, high)).max() <= 0.5001 * (high - low) / (LEVELS - 1)


def test_a_page_holds_the_numbers_of_every_frame(tmp_path):
    shown = lattice_animation(panels=2)
    write_html(tmp_path / "phase.html", shown, frame_rate=10, plotlyjs="shared", shared=["../a.js", "../b.js"])
    text = (tmp_path / "phase.html").read_text()
    content = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.DOTALL).group(1))
    unpacked = unpack(content["packed"], (3, 2, 1, 48), -math.pi, math.pi)
    for number, panel in enumerate(shown.panels):
        np.testing.assert_allclose(unpacked[:, number, 0], panel.values.reshape(3, 48), atol=1e-3)
    assert content["view"] == "phase"
    assert re.findall(r'<script src="([^"]+)"', text) == ["../a.js", "../b.js"]


def test_a_title_cannot_break_the_page(tmp_path):
    shown = dataclasses.replace(lattice_animation(), title="a</script><b>")
    write_html(tmp_path / "phase.html", shown, frame_rate=10, plotlyjs="cdn")
    text = (tmp_path / "phase.html").read_text()
    assert "a</script>" not in text
    assert "<title>a&lt;/script&gt;&lt;b&gt;</title>" in text


@needs_browser
@pytest.mark.parametrize("scale", [1, 2])
def test_painted_lattices_are_what_kaleido_draws(scale):
    shown = lattice_animation(panels=2)
    sheet = layout.page(shown)
    painted = np.array(png.paint(shown, sheet, png.draw_background(shown, sheet, scale), 0, scale), int)
    drawn = np.array(kaleido_render(shown, sheet, scale), int)
    for place in sheet.panels:
        inside = (
            slice(place.top * scale, (place.top + place.height) * scale),
            slice(place.left * scale, (place.left + place.width) * scale),
        )
        assert np.abs(painted[inside] - drawn[inside]).max() <= 2


@needs_browser
def test_painted_points_are_what_kaleido_draws():
    shown = scatter_animation()
    sheet = layout.page(shown)
    painted = np.array(png.paint(shown, sheet, png.draw_background(shown, sheet, 1), 0, 1), int)
    drawn = np.array(kaleido_render(shown, sheet, 1), int)
    place = sheet.panels[0]
    inside = (slice(place.top, place.top + place.height), slice(place.left, place.left + place.width))
    difference = np.abs(painted[inside] - drawn[inside])
    # Whole pixels of a marker agree; only its smoothed edge may differ.
    assert difference.mean() < 0.5
    assert np.mean(difference.max(axis=-1) > 40) < 0.01


@needs_browser
def test_an_animated_png_holds_every_frame_once(tmp_path):
    shown = lattice_animation(frames=5)
    png.write_png(tmp_path / "a.png", shown, frame_rate=10, scale=1)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.n_frames == 5
        assert picture.info["loop"] == 0
        frames = set()
        for number in range(5):
            picture.seek(number)
            assert picture.info["duration"] == pytest.approx(100)
            frames.add(picture.convert("RGB").tobytes())
    assert len(frames) == 5


def kaleido_render(shown, sheet, scale):
    content = layout.figure(shown, sheet)
    options = {"format": "png", "width": sheet.width, "height": sheet.height, "scale": scale}
    drawn = kaleido.calc_fig_sync(content, opts=options, kopts={"mathjax": False})
    return Image.open(io.BytesIO(drawn)).convert("RGB")

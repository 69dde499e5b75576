"""Pictures: the right numbers in the right colours, and the painted PNG against Kaleido's own render."""

import base64
import dataclasses
import json
import math
import re

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageColor
from plotly.offline import get_plotlyjs_version

from oscillator_field.analysis.measuring import measure
from oscillator_field.figures.animate import animation
from oscillator_field.figures.animation import (
    Animation,
    Colours,
    Curve,
    Curves,
    Lattice,
    Scatter,
    frame_texts,
    named_scale,
    palette,
    stepped_scale,
)
from oscillator_field.figures.pages.packing import LEVELS, deflate, pack, pack_angles, unpack
from oscillator_field.figures.pages.preview import write_previews
from oscillator_field.figures.pages.view import write_view
from oscillator_field.figures.painters import layout, png
from oscillator_field.figures.painters.apng import write_apng
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.figures.plotlyjs import CARTESIAN, scripts
from oscillator_field.figures.themes import THEMES
from oscillator_field.figures.titles import run_titles
from oscillator_field.named_run import Run
from oscillator_field.parameters import DEFAULTS
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import add_values, open_store
from tests.support.histories import write_small_history
from tests.support.reference import apart

needs_browser = pytest.mark.skipif(find_browser() is None, reason="no browser to draw PNG with")
PHASE = Colours(named_scale("Phase"), "phase (rad)", -math.pi, math.pi, ((-math.pi, "-π"), (0, "0"), (math.pi, "π")))
STEPS = 20
SIZE = 560
SPIKE_VIEW = {"every": 8, "threshold": "relative", "factor": 1.5, "colours": "Inferno", "panels": 16}
PHASE_VIEW = {"every": 8, "channels": "mean", "channel_mean": "circular", "colours": "Phase", "panels": 16}


def lattice_animation(panels=1, frames=3, shape=(6, 8)):
    values = np.random.default_rng(0).uniform(-math.pi, math.pi, (panels, frames, *shape)).astype(np.float32)
    shown = tuple(Lattice(f"digit {number}" if panels > 1 else "", each) for number, each in enumerate(values))
    texts = tuple(f"0.0{number} s, step {number}" for number in range(frames))
    return Animation(
        "Phase state", shown, np.arange(frames), None, texts, "column (pixel)", "row (pixel)", PHASE, "%{z}"
    )


def scatter_animation(frames=3, points=40):
    generator = np.random.default_rng(1)
    positions = generator.normal(size=(frames, points, 2)).astype(np.float32)
    level = generator.uniform(-math.pi, math.pi, points).astype(np.float32)
    panel = Scatter("", positions, level, tuple(f"point {number}" for number in range(points)))
    texts = tuple(f"step {number}" for number in range(frames))
    return Animation("Trajectory", (panel,), np.arange(frames), None, texts, "axis 1", "axis 2", PHASE, "%{x}")


def curves_animation(frames=4):
    time = np.arange(1, 11) / 10
    values = np.random.default_rng(2).uniform(0, 1, (3, 10))
    panel = Curves(
        "",
        time,
        values,
        (Curve("whole field", bold=True), Curve("channel 0"), Curve("channel 1", dash="dot")),
        time[:frames],
    )
    texts = tuple(f"step {number}" for number in range(frames))
    return Animation(
        "Order", (panel,), np.arange(frames), time[:frames], texts, "time (s)", "order parameter", None, "%{y}"
    )


@pytest.fixture(scope="module")
def browser():
    with one_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    path = folder / "history.zarr"
    runs = [Run.of(digit, 0, {"steps": STEPS, "spike_threshold": 0.01}) for digit in (3, 8)]
    pixels = np.random.default_rng(2).integers(0, 256, (2, 9, 7), np.uint8)
    write_small_history(path, runs, pixels, steps=STEPS, frames_a_piece=7)
    measure(path, folder / "observables.zarr", settled_share=0.05)
    return folder


@pytest.fixture(scope="module")
def history(folder):
    return open_history(folder / "history.zarr")


def test_local_order_view_shows_how_well_a_pixel_agrees_with_its_neighbours(folder, history):
    shown = animation("local_order", folder, {"every": 8, "colours": "Cividis", "panels": 16})
    z = np.exp(1j * history["phase"][0, 7].astype(np.float64))
    # In the corner of the lattice: two neighbours in the plane, one or two in the channels.
    around = [
        z[0, 0, c] + z[1, 0, c] + z[0, 1, c] + z[0, 0, c - 1 : c].sum() + z[0, 0, c + 1 : c + 2].sum() for c in range(4)
    ]
    assert shown.panels[0].values[0, 0, 0] == pytest.approx(np.mean(np.abs(around) / [4, 5, 5, 4]), abs=1e-5)
    assert 0 <= shown.panels[0].values.min() <= shown.panels[0].values.max() <= 1
    assert shown.panels[1].values.shape == (3, 9, 7)


def test_phase_view_shows_the_circular_mean_of_the_chosen_frames(folder, history):
    shown = animation("phase", folder, PHASE_VIEW)
    assert shown.frame_texts == ("0.08 s, step 8", "0.16 s, step 16", "0.20 s, step 20")
    phase = history["phase"][:]
    expected = np.angle(np.exp(1j * phase.astype(np.float64)).mean(axis=-1))
    for run, panel in enumerate(shown.panels):
        assert apart(panel.values, expected[run, [7, 15, 19]]).max() < 1e-4
    assert (shown.colours.low, shown.colours.high) == (-math.pi, math.pi)
    assert [panel.title for panel in shown.panels] == ["digit 3", "digit 8"]


def test_phase_view_shows_any_channel_or_all_of_them(folder, history):
    phase = history["phase"][:]
    one = animation("phase", folder, {**PHASE_VIEW, "channels": 2})
    np.testing.assert_array_equal(one.panels[1].values, phase[1, [7, 15, 19], ..., 2])
    assert one.title.startswith("Phase of channel 2")
    every = animation("phase", folder, {**PHASE_VIEW, "channels": "all"})
    assert [panel.title for panel in every.panels][3:5] == ["digit 3, channel 3", "digit 8, channel 0"]
    np.testing.assert_array_equal(every.panels[5].values, phase[1, [7, 15, 19], ..., 1])
    few = animation("phase", folder, {**PHASE_VIEW, "channels": "all", "panels": 3})
    assert len(few.panels) == 3
    assert few.title.endswith("(first 3 of 8 panels)")
    with pytest.raises(ValueError, match="there is no channel 4"):
        animation("phase", folder, {**PHASE_VIEW, "channels": 4})


def test_spike_view_loses_no_spike_between_frames(folder, history):
    shown = animation("spikes", folder, {**SPIKE_VIEW, "threshold": "run"})
    spikes = history["spikes"][:]
    steps_shown = np.array([8, 8, 4])[:, np.newaxis, np.newaxis]
    for run, panel in enumerate(shown.panels):
        total = (panel.values * steps_shown * 4).sum()
        assert total == pytest.approx(spikes[run].sum(), rel=1e-6)
        assert 0 < panel.values.mean() < 1


def test_spike_view_shows_what_is_faster_than_the_field(folder, history):
    shown = animation("spikes", folder, SPIKE_VIEW)
    phase = history["phase"][:].astype(np.float64)
    before = np.concatenate([history["initial_phase"][:][:, np.newaxis], phase[:, [7, 15]]], axis=1)
    change = np.abs(np.angle(np.exp(1j * (phase[:, [7, 15, 19]] - before))))
    for run, panel in enumerate(shown.panels):
        mean = change[run].mean(axis=(1, 2, 3), keepdims=True)
        np.testing.assert_allclose(panel.values, (change[run] > 1.5 * mean).mean(axis=-1), atol=1e-6)
        assert 0 < panel.values.mean() < 0.5


def test_velocity_view_shows_the_mean_speed_of_the_channels_on_a_log_scale(folder, history):
    shown = animation("phase_velocity", folder, {"every": 8, "colours": "Viridis", "panels": 16})
    phase = history["phase"][:].astype(np.float64)
    before = np.concatenate([history["initial_phase"][:][:, np.newaxis], phase[:, [7, 15]]], axis=1)
    change = np.abs(np.angle(np.exp(1j * (phase[:, [7, 15, 19]] - before)))).mean(axis=-1)
    speed = change / np.array([0.08, 0.08, 0.04])[:, np.newaxis, np.newaxis]
    for run, panel in enumerate(shown.panels):
        np.testing.assert_allclose(10**panel.values, speed[run].clip(10**shown.colours.low), rtol=1e-3)
    assert shown.colours.high - shown.colours.low == 4
    assert [text for _, text in shown.colours.ticks][-1] == f"{10**shown.colours.high:g}"


def test_order_parameter_view_has_all_frames_and_a_cursor_at_the_chosen_ones(folder):
    shown = animation("order_parameter", folder, {"every": 8, "panels": 16})
    observables = zarr.open_group(folder / "observables.zarr", mode="r")
    for run, panel in enumerate(shown.panels):
        np.testing.assert_array_equal(panel.values[0], observables["order_parameter"][run])
        np.testing.assert_array_equal(panel.values[2], observables["channel_order_parameter"][run, :, 1])
        np.testing.assert_array_equal(panel.values[-3], observables["local_order_parameter"][run])
        np.testing.assert_array_equal(panel.values[-2], observables["input_alignment"][run])
        np.testing.assert_array_equal(panel.values[-1], observables["spike_share"][run])
        np.testing.assert_allclose(panel.cursor, [0.08, 0.16, 0.2])
    assert [curve.name for curve in panel.curves] == [
        "whole field", "channel 0", "channel 1", "channel 2", "channel 3",
        "local order parameter", "alignment with the input", "share of spiking sites",
    ]  # fmt: skip


def test_panels_beyond_the_limit_are_left_out_and_the_title_says_so(folder):
    shown = animation("phase", folder, {**PHASE_VIEW, "panels": 1})
    assert len(shown.panels) == 1
    assert shown.title.endswith("(first 1 of 2 runs)")


def test_titles_say_what_runs_share_and_what_tells_them_apart(tmp_path):
    def titles(*runs):
        store = zarr.create_group(tmp_path / str(len(runs)), overwrite=True)
        described = [
            {"digit": digit, "instance": 0, **DEFAULTS, "end_step": DEFAULTS["steps"], **special}
            for digit, special in runs
        ]
        for name in described[0]:
            values = np.array([one[name] for one in described])
            add_values(store, name, ("run",), values, long_name=name)
        return run_titles(store, len(runs))

    assert titles((3, {"k_bias": 2.0, "seed": 1}), (4, {"k_bias": 2.0, "seed": 1})) == (
        "k_bias 2 1/s, seed 1",
        ["digit 3", "digit 4"],
    )
    assert titles((3, {})) == ("digit 3", [""])
    assert titles((3, {}), (3, {"seed": 7}), (3, {"invert": True})) == (
        "digit 3",
        ["invert false, seed 42", "invert false, seed 7", "invert true, seed 42"],
    )
    assert titles((3, {"end_step": 99})) == ("digit 3, settled at step 99", [""])
    assert titles((3, {"end_step": 99}), (4, {})) == ("", ["digit 3, settled at step 99", "digit 4"])


def test_times_are_written_as_finely_as_they_are_spaced():
    assert frame_texts(np.array([1, 2]), np.array([0.0005, 0.001])) == ["0.0005 s, step 1", "0.0010 s, step 2"]
    assert frame_texts(np.array([1, 2]), np.array([[0.1, 0.2], [1, 2]])) == ["step 1", "step 2"]


def test_colours_meet_at_the_ends_of_the_circle():
    for name in ("Phase", "Twilight", "HSV", "IceFire", "Edge", "mrybm", "mygbm"):
        low, high = Colours(named_scale(name), "", -math.pi, math.pi, ()).rgb(np.array([-math.pi, math.pi]))
        # Edge and IceFire come to the same colour but for some levels.
        assert np.abs(low.astype(int) - high).max() < 30, name


@pytest.mark.parametrize("panels", [1, 2, 5, 16])
def test_panels_lie_on_the_page_and_not_on_each_other(panels):
    sheet = layout.page(lattice_animation(panels, shape=(28, 28)), SIZE)
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
    unpacked = low + unpack(deflate(pack(values, low, high)), values.shape) / (LEVELS - 1) * (high - low)
    assert np.abs(unpacked - np.clip(values, low, high)).max() <= 0.5001 * (high - low) / (LEVELS - 1)


@given(phase=arrays(np.float32, (5, 3, 4), elements=st.floats(-3.125, 3.125, width=32)))
def test_packed_angles_come_back_within_half_a_level_of_the_circle(phase):
    levels = unpack(deflate(pack_angles(phase)), phase.shape, np.uint8)
    assert apart(levels / 256 * 2 * math.pi - math.pi, phase).max() <= math.pi / 256 + 1e-6


def test_previews_hold_field_picture_and_curves_of_every_run(folder, history, tmp_path):
    observables = open_store(folder / "observables.zarr")
    write_previews(tmp_path / "preview", history, observables, scale=named_scale("Phase"))
    assert sorted(path.name for path in (tmp_path / "preview").iterdir()) == ["0.js", "0.png", "1.js", "1.png"]
    for run in range(2):
        text = (tmp_path / "preview" / f"{run}.js").read_text()
        name, _, content = re.fullmatch(r"preview\((\"[^\"]+\")(,)(.*)\);\n", text).groups()
        assert json.loads(name) == history["run"][run]
        told = json.loads(content)
        assert told["steps"] == list(range(1, STEPS + 1))
        np.testing.assert_allclose(told["seconds"], np.arange(1, STEPS + 1) / 100)
        levels = unpack(told["packed"], (STEPS, 9, 7), np.uint8)
        expected = np.angle(np.exp(1j * history["phase"][run].astype(np.float64)).mean(axis=-1))
        assert apart(levels / 256 * 2 * math.pi - math.pi, expected).max() <= math.pi / 256 + 1e-4
        pixel = np.frombuffer(base64.b64decode(told["pixel"]), np.uint8).reshape(9, 7)
        np.testing.assert_array_equal(pixel, history["pixel"][run])
        np.testing.assert_allclose(told["curves"]["order_parameter"], observables["order_parameter"][run], rtol=1e-3)
        with Image.open(tmp_path / "preview" / f"{run}.png") as poster:
            cell = poster.width // 7
            shown = np.array(poster.convert("RGB"))[cell // 2 :: cell, cell // 2 :: cell]
        np.testing.assert_array_equal(shown, palette(named_scale("Phase"))[levels[-1]])


def test_the_text_of_both_themes_can_be_read():
    def luminance(colour):
        parts = np.array(ImageColor.getrgb(colour)) / 255
        return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    def contrast(one, other):
        low, high = sorted(map(luminance, (one, other)))
        return (high + 0.05) / (low + 0.05)

    for theme in THEMES.values():
        for ground in (theme.ground, theme.raised, theme.control):
            for text in (theme.ink, theme.muted, theme.link):
                assert contrast(text, ground) >= 4.5
        assert contrast(theme.wrong, theme.ground) >= 4.5
        assert contrast(theme.on_accent, theme.accent) >= 4.5
        assert contrast(theme.ink, theme.mark) >= 4.5
        for line in (*theme.curves, *theme.classes):
            assert contrast(line, theme.plot) >= 3


def test_a_page_holds_the_numbers_of_every_frame(tmp_path):
    shown = lattice_animation(panels=2)
    write_view(tmp_path / "phase.html", shown, frame_rate=10, plotlyjs="shared", shared=["../a.js", "../b.js"])
    text = (tmp_path / "phase.html").read_text()
    content = json.loads(re.search(r'type="application/json">(.*?)</script>', text, re.DOTALL).group(1))
    levels = unpack(content["packed"], (3, 2, 1, 48))
    unpacked = -math.pi + levels / (LEVELS - 1) * 2 * math.pi
    for number, panel in enumerate(shown.panels):
        np.testing.assert_allclose(unpacked[:, number, 0], panel.values.reshape(3, 48), atol=1e-3)
    assert content["view"] == "phase"
    assert re.findall(r'<script src="([^"]+)"', text) == ["../a.js", "../b.js"]


def test_pages_load_the_plotlyjs_of_the_installed_plotly():
    version = get_plotlyjs_version()
    assert f"plotly.js (cartesian - minified) v{version}\n" in CARTESIAN.read_text(encoding="utf-8")[:200]
    assert f"/plotly-cartesian-{version}.min.js" in scripts("cdn", [])


def test_a_self_contained_page_holds_one_plotlyjs(tmp_path):
    write_view(tmp_path / "phase.html", lattice_animation(), frame_rate=10, plotlyjs="inline")
    text = (tmp_path / "phase.html").read_text(encoding="utf-8")
    assert text.count("window.Plotly = Plotly") == 1
    assert len(text) < 2e6


def test_a_title_cannot_break_the_page(tmp_path):
    shown = dataclasses.replace(lattice_animation(), title="a</script><b>")
    write_view(tmp_path / "phase.html", shown, frame_rate=10, plotlyjs="cdn")
    text = (tmp_path / "phase.html").read_text()
    assert "a</script>" not in text
    assert "<title>a&lt;/script&gt;&lt;b&gt;</title>" in text


def differences(shown, browser, scale=1, number=0, theme="dark"):
    """How far a painted frame is from Kaleido's own, inside of the panels."""
    sheet = layout.page(shown, SIZE)
    canvas = png.canvas(shown, sheet, scale, browser.draw, theme)
    [painted] = png.painted(shown, canvas, [number])
    drawn = browser.draw(layout.figure(shown, sheet, theme, number), scale).astype(int)
    for place in sheet.panels:
        inside = (
            slice(place.top * scale, (place.top + place.height) * scale),
            slice(place.left * scale, (place.left + place.width) * scale),
        )
        yield np.abs(canvas.palette[painted][inside] - drawn[inside])


@needs_browser
@pytest.mark.parametrize("scale", [1, 2])
def test_painted_lattices_are_what_kaleido_draws(browser, scale):
    for difference in differences(lattice_animation(panels=2), browser, scale, number=1):
        # Half a step of the palette's 168 colours.
        assert difference.max() <= 4


@needs_browser
def test_painted_points_are_what_kaleido_draws(browser):
    [difference] = differences(scatter_animation(), browser)
    # Whole pixels of a marker agree but for the steps of the palette; its smoothed edge may differ.
    assert difference.mean() < 0.5
    assert np.mean(difference.max(axis=-1) > 40) < 0.005


@needs_browser
def test_a_painted_cursor_stands_where_kaleido_draws_it(browser):
    [difference] = differences(curves_animation(), browser)
    assert np.mean(difference.max(axis=-1) > 60) < 0.005


@needs_browser
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_painted_marks_are_where_kaleido_writes_them(browser, theme):
    panel = scatter_animation(points=8).panels[0]
    marked = dataclasses.replace(panel, level=np.arange(8, dtype=np.float32) + 0.5, marks=tuple("01234567"), marker=14)
    classes = Colours(stepped_scale(THEMES["dark"].classes[:8]), "digit", 0, 8, (), classes=8)
    shown = dataclasses.replace(scatter_animation(), panels=(marked,), colours=classes)
    [difference] = differences(shown, browser, theme=theme)
    # Another font, at the same places: the drawn letters cover little, and what differs lies within them.
    assert difference.mean() < 1
    sheet = layout.page(shown, SIZE)
    canvas = png.canvas(shown, sheet, 1, browser.draw, theme)
    [painted] = png.painted(shown, canvas, [0])
    (left, right), (bottom, top) = layout.ranges(shown)
    place = sheet.panels[0]
    for level, (x, y) in zip(marked.level, marked.positions[0], strict=True):
        column = place.left + round((x - left) / (right - left) * place.width)
        row = place.top + round((top - y) / (top - bottom) * place.height)
        around = canvas.palette[painted[row - 9 : row + 10, column - 6 : column + 7]].reshape(-1, 3).tolist()
        assert list(ImageColor.getrgb(THEMES[theme].classes[int(level)])) in around


@needs_browser
def test_other_files_hold_the_same_frames(browser, tmp_path):
    shown = lattice_animation(frames=5)
    also = {kind: tmp_path / f"a.{kind}" for kind in ("gif", "svg", "pdf")}
    options = {"size": SIZE, "frame_rate": 10, "frames": 64, "scale": 1, "theme": "light"}
    png.write_png(tmp_path / "a.png", shown, browser, also=also, **options)
    with Image.open(also["gif"]) as moving, Image.open(tmp_path / "a.png") as picture:
        assert (moving.n_frames, moving.info["loop"]) == (5, 0)
        for number in range(5):
            moving.seek(number)
            picture.seek(number)
            assert moving.info["duration"] == 800
            np.testing.assert_array_equal(np.array(moving.convert("RGB")), np.array(picture.convert("RGB")))
    assert "Phase state" in also["svg"].read_text()
    assert also["pdf"].read_bytes().startswith(b"%PDF")


@needs_browser
def test_the_background_keeps_its_colours(browser):
    shown = scatter_animation()
    sheet = layout.page(shown, SIZE)
    canvas = png.canvas(shown, sheet, 1, browser.draw, "dark")
    drawn = browser.draw(png._background(shown, sheet, "dark"), 1).astype(int)
    assert np.abs(canvas.palette[canvas.background] - drawn).max() <= 24


@needs_browser
@pytest.mark.parametrize("shown", [lattice_animation(frames=5), scatter_animation(frames=5)], ids=["heat", "scatter"])
def test_an_animated_png_holds_every_frame_once(browser, tmp_path, shown):
    options = {"size": SIZE, "frame_rate": 10, "frames": 64, "scale": 1, "theme": "dark"}
    png.write_png(tmp_path / "a.png", shown, browser, poster=tmp_path / "b.png", **options)
    canvas = png.canvas(shown, layout.page(shown, SIZE), 1, browser.draw, "dark")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.n_frames == 5
        assert picture.info["loop"] == 0
        for number, painted in enumerate(png.painted(shown, canvas, range(5))):
            picture.seek(number)
            # Five frames last four seconds.
            assert picture.info["duration"] == pytest.approx(800)
            np.testing.assert_array_equal(np.array(picture.convert("RGB")), canvas.palette[painted])
    with Image.open(tmp_path / "b.png") as poster:
        np.testing.assert_array_equal(np.array(poster.convert("RGB")), canvas.palette[painted])


@needs_browser
def test_a_picture_is_thinned_to_about_so_many_frames_and_the_last(browser, tmp_path):
    shown = lattice_animation(frames=50, shape=(2, 2))
    options = {"size": SIZE, "frame_rate": 10, "scale": 1, "theme": "light"}
    png.write_png(tmp_path / "a.png", shown, browser, frames=10, **options)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.n_frames == 10
    png.write_png(tmp_path / "a.png", shown, browser, frames=9, **options)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.n_frames == 9


@needs_browser
def test_a_video_has_the_frames_and_the_size_of_the_picture(browser, tmp_path):
    import imageio_ffmpeg

    shown = lattice_animation(frames=20)
    video = tmp_path / "a.mp4"
    options = {"size": SIZE, "frame_rate": 10, "frames": 64, "scale": 1, "theme": "dark"}
    png.write_png(tmp_path / "a.png", shown, browser, also={"mp4": video}, **options)
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(video))
    assert frames == 20
    assert seconds == pytest.approx(4, abs=0.3)
    reader = imageio_ffmpeg.read_frames(str(video))
    width, height = next(reader)["size"]
    first = np.frombuffer(next(reader), np.uint8).reshape(height, width, 3)
    canvas = png.canvas(shown, layout.page(shown, SIZE), 1, browser.draw, "dark")
    [painted] = png.painted(shown, canvas, [0])
    sharp = canvas.palette[painted].astype(int)
    # H.264 loses a little.
    assert np.abs(first[: sharp.shape[0], : sharp.shape[1]] - sharp).mean() < 4


@given(
    frames=arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))),
    rate=st.sampled_from([1.0, 15.0, 29.97]),
)
def test_any_frames_come_back_from_an_animated_png(tmp_path_factory, frames, rate):
    path = tmp_path_factory.mktemp("apng") / "a.png"
    palette = np.random.default_rng(0).permutation(256 * 3).astype(np.uint8).reshape(256, 3)
    write_apng(path, palette, iter(frames), len(frames), rate)
    with Image.open(path) as picture:
        assert getattr(picture, "n_frames", 1) == len(frames)
        for number, frame in enumerate(frames):
            picture.seek(number)
            np.testing.assert_array_equal(np.array(picture.convert("RGB")), palette[frame])


def test_a_wrong_count_of_frames_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="2 frames came where 3 were promised"):
        write_apng(tmp_path / "a.png", np.zeros((2, 3), np.uint8), iter(np.zeros((2, 4, 4), np.uint8)), 3, 10)

"""Fields in Python: the numbers of the workflow, labelled; lists as axes; what plays; what is refused."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import oscillator_field as of
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.inputs.encoding import as_pixels, over_channels
from oscillator_field.inputs.fitting import fitted
from oscillator_field.notebook.pictures import bundled_digit
from tests.support.reference import apart, simulate_float64

SHORT = {"steps": 12, "channels": 2}


@pytest.fixture(scope="module")
def field():
    return of.run(digit=[3, 8], k_coupling=[0.3, 0.1], **SHORT)


def test_a_run_is_what_simulate_makes_of_its_parts():
    field = of.run(digit=3, k_bias=2.0, every=4, seed=5, **SHORT)
    assert dict(field["phase"].sizes) == {"frame": 4, "row": 28, "column": 28, "channel": 2}
    assert field["step"].values.tolist() == [0, 4, 8, 12]
    np.testing.assert_allclose(field["time"], [0, 0.04, 0.08, 0.12])
    phase, omega = of.start(5, 28, 28, 2)
    drive = over_channels(of.encode(bundled_digit(3, 0).level), 2)
    # By the statistics of MNIST, where `encode` takes those of the picture.
    assert not np.allclose(field["input_phase"], drive)
    history = of.simulate(
        field["input_phase"].values[np.newaxis],
        initial_phase=phase[np.newaxis],
        omega=omega,
        parameters=of.FieldParameters(k_bias=2.0),
        steps=12,
        every=4,
    )
    np.testing.assert_array_equal(field["phase"].values[1:], history.phase[0])
    np.testing.assert_array_equal(field["spikes"].values[1:], history.spikes[0])
    assert np.max(apart(field["phase"].values[0], phase)) < 1e-6
    assert (field["spikes"].values[0] == 0).all()
    assert field["phase"].attrs["units"] == "rad"
    assert field["time"].attrs["units"] == "s"
    parameters = dataclasses.asdict(of.FieldParameters(k_bias=2.0))
    expected, *_ = simulate_float64(field["input_phase"].values, phase, omega, 12, **parameters)
    assert apart(field["phase"].values[1:], expected[3::4]).max() < 1e-4


def test_lists_are_axes_whose_values_are_sorted(field):
    assert field["phase"].dims == ("digit", "k_coupling", "frame", "row", "column", "channel")
    assert field["k_coupling"].values.tolist() == [0.1, 0.3]
    alone = of.run(digit=8, k_coupling=0.3, **SHORT)
    np.testing.assert_array_equal(field["phase"].sel(digit=8, k_coupling=0.3), alone["phase"])
    assert float(alone.sel(k_coupling=0.3)["k_coupling"]) == 0.3


def test_observables_are_those_of_the_history(field):
    observed = of.observe(digit=[3, 8], k_coupling=[0.3, 0.1], observables=["order_parameter"], **SHORT)
    assert observed["order_parameter"].dims == ("digit", "k_coupling", "frame")
    assert observed["step"].values.tolist() == [12]
    z = np.exp(1j * field["phase"].isel(frame=-1).astype(float))
    order = abs(z.mean(["row", "column", "channel"]))
    np.testing.assert_allclose(observed["order_parameter"].isel(frame=-1), order, rtol=1e-5)
    assert set(observed.data_vars) == {"order_parameter", "settling_time", "end_time"}


def test_pictures_of_ones_own_drive_fields(tmp_path):
    image = np.zeros((6, 5), np.uint8)
    image[2:4, 1:3] = 200
    Image.fromarray(image).save(tmp_path / "a b.png")
    alone = of.run(image, **SHORT)
    assert alone["phase"].shape == (13, 6, 5, 2)
    assert alone["picture"].values == "picture"
    of_file = of.run(tmp_path / "a b.png", **SHORT)
    assert of_file["picture"].values == "a_b"
    np.testing.assert_array_equal(of_file["phase"], alone["phase"])
    np.testing.assert_array_equal(alone["pixel"], image)
    both = of.run({"as it is": image, "as shares": image / 255}, **SHORT)
    np.testing.assert_array_equal(both["phase"].sel(picture="as_it_is"), both["phase"].sel(picture="as_shares"))
    np.testing.assert_allclose(of.encode(image, scale="unit", arc=1.0), image / 255, rtol=1e-6)


def test_a_size_enlarges_the_picture_and_its_lattice():
    field = of.run(digit=3, size=56, **SHORT)
    assert field["phase"].shape == (13, 56, 56, 2)
    level = fitted(bundled_digit(3, 0).level, (56, 56), fit="pad", background="black")
    np.testing.assert_array_equal(field["pixel"], as_pixels(level))
    wide = np.zeros((4, 8), np.uint8)
    wide[:, 3:5] = 255
    expected = fitted(wide / 255, (16, 16), fit="pad", background="black")
    np.testing.assert_allclose(of.encode(wide, scale="unit", arc=1.0, size=16), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k_couplng": 1}, r"k_couplng is no parameter of a field \(did you mean k_coupling\?\)"),
        ({"direction": "up"}, "direction is no parameter"),
        ({"k_coupling": -np.inf}, "k_coupling: -inf"),
        ({"k_coupling": []}, "k_coupling: no value is given"),
        ({"k_coupling": [1, 1]}, "k_coupling: a value is given twice"),
        ({"k_coupling": [0.3, 0.1 + 0.2]}, "k_coupling: a value is given twice"),
        ({"steps": [8, 9]}, "steps: .* are several values"),
        ({"size": [8, 9]}, "size: .* are several values"),
        ({"digit": 11}, "digit: 11 is not allowed .0 to 9"),
        ({"instance": 5000}, "instance"),
        ({"instance": -1}, "instance: -1 is not allowed"),
        ({"digit": []}, "digit: .* is not allowed"),
        ({"picture": {"a b": np.eye(3), "a_b": np.eye(3)}}, "picture: 'a_b' is called a_b, as another is"),
        ({"picture": np.zeros(3)}, r"picture: shape \(3,\) is not \(row, column\)"),
        ({"picture": np.full((3, 3), 300)}, "300 are not grey levels"),
        ({"picture": np.full((3, 3), 1.5)}, "float64 numbers from 1.5 to 1.5 are not allowed .shares of white"),
        ({"picture": {"a": np.eye(3), "b": np.eye(4)}}, r"one size \(given: \(3, 3\) and \(4, 4\)\)"),
        ({"every": 0}, "every: 0"),
        ({"learned": "results/learned/none"}, "learned is no parameter of a field"),
        ({"radius": 5}, "radius: 5 has no effect with neighbourhood: nearest"),
        ({"size": 8, "neighbourhood": "disc", "radius": 8}, "not allowed on a lattice of 8 x 8"),
        ({"drive_onset": 2, "drive_end": 1}, "drive_end: 1 is not allowed"),
        ({"digit": 3.5}, "digit: 3.5 is not allowed"),
        ({"digit": True}, "digit: True is not allowed"),
        ({"digit": "3"}, "digit: '3' is not allowed"),
        ({"picture": np.eye(3), "digit": 3}, "digit: 3 is not allowed beside a picture"),
        ({"picture": np.eye(3) * 1j}, "type complex128 are no grey levels"),
        ({"picture": np.array([["0.5", "1"]])}, "are no grey levels"),
        ({"picture": np.eye(3)[:1]}, "a lattice of 1 x 3 pixels is not allowed"),
        ({"picture": np.eye(3, dtype=int)}, "whole numbers 0 and 1 of 255 are as good as black"),
        ({"picture": Image.fromarray(np.eye(3, dtype=np.uint8)).convert("P")}, "mode P is no array of grey levels"),
        ({"picture": {"": np.eye(3)}}, "a name without letters"),
        ({"k_bias": np.ones((2, 2))}, "k_bias: values of 2 dimensions"),
    ],
)
def test_what_makes_no_field_is_refused(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        of.run(**{**SHORT, **arguments})


def test_a_number_may_be_an_array_without_axes():
    assert of.run(k_bias=np.array(0.5), **SHORT).attrs == of.run(k_bias=0.5, **SHORT).attrs


def test_one_field_is_observed_by_all_observables():
    observed = of.observe(steps=4)
    assert observed["settling_time"].shape == ()
    assert observed["end_time"] == pytest.approx(0.04)
    with pytest.raises(ValueError, match="stop_when_settled: a field is not seen to settle"):
        of.observe(steps=256, stop_when_settled=0.5)
    with pytest.raises(ValueError, match=r"settled_share: 0.05 is not allowed with stop_when_settled: 0.9.*than 0.1"):
        of.observe(steps=256, every=1, stop_when_settled=0.9)
    with pytest.raises(ValueError, match="background: 'red' is not allowed"):
        of.encode(np.eye(3), background="red")


@pytest.mark.parametrize("view", ["phase", "spikes", "phase_velocity", "local_order", "order_parameter"])
def test_a_field_plays_as_a_page(field, tmp_path, view):
    of.animate(field, tmp_path / "page.html", view)
    page = (tmp_path / "page.html").read_text()
    assert "k_coupling" in page
    assert len(page) > 10**6  # plotly.js is in it
    shown = of.show(field.sel(digit=8), view)
    assert shown._repr_html_().startswith('<iframe srcdoc="&lt;!')


@pytest.mark.slow
@pytest.mark.skipif(find_browser() is None, reason="no browser to draw with")
@pytest.mark.parametrize("ending", ["png", "gif", "mp4", "svg"])
def test_a_field_is_written_as_a_picture(field, tmp_path, ending):
    path = tmp_path / f"field.{ending}"
    of.animate(field.sel(digit=8, k_coupling=0.3), path, frames=4, size=300)
    assert path.stat().st_size > 1000
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    if ending in ("png", "gif"):
        assert Image.open(path).n_frames > 2


def test_what_cannot_play_is_refused(field, tmp_path):
    with pytest.raises(ValueError, match="view: 'phases' is not one"):
        of.show(field, "phases")
    with pytest.raises(TypeError, match=r"colour is no setting of the view phase .allowed: every, channels"):
        of.show(field, colour="red")
    with pytest.raises(ValueError, match="run: the start and a frame after it are needed"):
        of.show(field.isel(frame=slice(1, None)))
    for part in ([0, 1, 5], slice(None, None, 2), slice(0, 5)):
        with pytest.raises(ValueError, match="run: frames are not all there"):
            of.show(field.isel(frame=part))
    with pytest.raises(ValueError, match="no history of a field"):
        of.show(field.isel(channel=0))
    with pytest.raises(ValueError, match=r"path: 'field.bmp' has no ending"):
        of.animate(field, tmp_path / "field.bmp")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"observables": ["order_paramter"]}, "observables: 'order_paramter' is not allowed"),
        ({"observables": "order_parameter"}, "observables: 'order_parameter' is not allowed"),
        ({"observables": []}, r"observables: \[\] is not allowed"),
        ({"settled_share": 0}, "settled_share: 0 is not allowed"),
    ],
)
def test_what_cannot_be_observed_is_refused_before_anything_runs(arguments, message):
    with pytest.raises(ValueError, match=message):
        of.observe(**arguments, **SHORT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frames": 0}, "frames: 0 is not allowed"),
        ({"every": 0}, "every: 0 is not allowed"),
        ({"theme": "blue"}, "theme: 'blue' is not allowed"),
        ({"channel_mean": "median"}, "channel_mean: 'median' is not allowed"),
        ({"colours": "Nothing"}, "colours: 'Nothing' is not allowed"),
        ({"channels": -1}, "channels: -1 is not allowed"),
        ({"channels": 2}, "channels: 2 is not allowed with 2 channels"),
        ({"channels": True}, "channels: True is not allowed"),
        ({"frame_rate": 0}, "frame_rate: 0 is not allowed"),
        ({"scale": 1.5}, "scale: 1.5 is not allowed"),
        ({"size": 10}, "size: 10 is not allowed"),
    ],
)
def test_settings_of_a_picture_are_those_of_the_config(field, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        of.animate(field, tmp_path / "field.png", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_field_that_settled_plays_until_its_end():
    field = of.run(k_bias=[2.0, 20.0], k_coupling=20.0, steps=300, stop_when_settled=0.9, settled_for=0.1, channels=2)
    frames = field["phase"].notnull().all(["row", "column", "channel"]).sum("frame").values
    assert frames[1] < field.sizes["frame"]
    assert re.search("<iframe", of.show(field)._repr_html_())


def test_tab_completion_knows_the_public_names_and_imports_none():
    code = "import sys, oscillator_field as of; print(sorted(dir(of)) == sorted(of.__all__), 'numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "False"]

"""The field against an independent float64 version, and what must hold whatever it computes."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscillator_field import FieldParameters, simulate
from oscillator_field.engines import lanes, numba_layouts
from oscillator_field.engines.registry import ENGINES
from oscillator_field.parameters import RunParameters
from oscillator_field.starts import start
from tests.support.random_settings import STRONG, random_setting
from tests.support.reference import apart, assert_agrees, simulate_float64

SHAPE = (7, 5, 3)
# Columns and channels, which other tests compile too: of one, two and four sites at once, and of what is left.
COMPILED = [(1, 1), (4, 3), (3, 7), (4, 8)]


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.mark.parametrize("steps", [1, 50])
@pytest.mark.parametrize("evolve_input", [True, False])
def test_steps_agree_with_float64(engine, steps, evolve_input):
    parameters = FieldParameters(**STRONG, evolve_input=evolve_input)
    setting = random_setting(1)
    history = simulate(**setting, parameters=parameters, steps=steps, engine=engine)
    assert_agrees(history, setting, parameters, steps, error=2e-4)
    assert 0 < history.spikes.mean() < 1


@pytest.mark.slow
# One for each way in which the compiled loops go through channels and columns.
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 3), (2, 3, 7), (2, 4, 8), (1, 6, 10), (2, 3, 11)])
def test_lattices_of_any_shape_agree_with_float64(shape):
    setting = random_setting(7, runs=2, shape=shape)
    history = simulate(**setting, parameters=FieldParameters(**STRONG), steps=30, engine="numba")
    assert_agrees(history, setting, FieldParameters(**STRONG), 30, error=2e-4)


def test_each_run_has_parameters_of_its_own(engine):
    each = [FieldParameters(**STRONG), FieldParameters(), FieldParameters(delta_t=0.05, evolve_input=False)]
    setting = random_setting(2, runs=3)
    history = simulate(**setting, parameters=each, steps=20, engine=engine)
    for run, parameters in enumerate(each):
        expected, _, final_input = simulate_float64(
            *(values[run] for values in setting.values()), 20, **dataclasses.asdict(parameters)
        )
        assert apart(history.phase[run], expected).max() < 1e-4
        assert apart(history.final_input_phase[run], final_input).max() < 1e-4


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 9),
    compiled=st.sampled_from(COMPILED),
    runs=st.integers(1, 20),
    threads=st.integers(1, 2),
    engine=st.sampled_from(("numba", "torch")),  # test_cuda has smaller lattices for the simulator
    strong=st.booleans(),
)
def test_a_run_has_the_same_bits_whatever_shares_its_batch(seed, rows, compiled, runs, threads, engine, strong):
    shape = (rows, *compiled)
    setting = random_setting(seed, runs, shape)
    each = [FieldParameters(**(STRONG if strong else {}), evolve_input=bool(run % 2)) for run in range(runs)]
    together = simulate(**setting, parameters=each, steps=7, every=2, engine=engine, threads=threads)
    chosen = seed % runs
    alone = simulate(
        **{name: values[chosen : chosen + 1] for name, values in setting.items()},
        parameters=each[chosen],
        steps=7,
        every=2,
        engine=engine,
        threads=1,
    )
    for name in ("phase", "spikes", "final_input_phase"):
        assert np.array_equal(getattr(together, name)[chosen], getattr(alone, name)[0]), name


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(16, 70),
    compiled=st.sampled_from(COMPILED),
    runs=st.integers(1, 2),
    every=st.integers(1, 4),
)
def test_bands_of_a_run_give_the_bits_of_runs_side_by_side(seed, rows, compiled, runs, every):
    setting = random_setting(seed, runs, (rows, *compiled))
    arguments = {**setting, "parameters": FieldParameters(**STRONG), "steps": 9, "every": every, "engine": "numba"}
    with pytest.MonkeyPatch.context() as patch:
        # Whether it pays or not.
        patch.setattr(numba_layouts, "MOST_LANES_OF_BANDS", 1000)
        banded = simulate(**arguments)
        patch.setattr(lanes, "MOST_SITES_SIDE_BY_SIDE", 1)
        one_by_one = simulate(**arguments, threads=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba_layouts, "MOST_LANES_OF_BANDS", 0)
        side_by_side = simulate(**arguments)
    for name in ("phase", "spikes", "final_input_phase"):
        for other in (banded, one_by_one):
            assert np.array_equal(getattr(other, name), getattr(side_by_side, name)), name


@pytest.mark.parametrize(
    ("rows", "sites", "terms", "together"),
    [(28, 3136, (), 16), (128, 65536, (), 1), (128, 65536, ("disc",), 16), (17, 69632, (), 16), (8, 10**6, (), 16)],
)
def test_large_lattices_are_computed_one_by_one_where_bands_pay(rows, sites, terms, together):
    assert lanes.runs_together(rows, sites, set(terms)) == together


@pytest.mark.parametrize("shape", [(16, 1, 1), (17, 4, 3), (29, 31, 3), (33, 3, 7), (300, 4, 8)])
def test_bands_of_any_height_agree_with_float64(shape):
    setting, parameters = random_setting(8, 1, shape), FieldParameters(**STRONG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba_layouts, "MOST_LANES_OF_BANDS", 1000)
        history = simulate(**setting, parameters=parameters, steps=20, engine="numba")
    assert_agrees(history, setting, parameters, 20, 1e-4)


@pytest.mark.slow
@settings(deadline=None, max_examples=15)
@given(every=st.integers(1, 12), steps=st.integers(1, 12), engine=st.sampled_from(sorted(ENGINES)))
def test_thinning_loses_frames_but_no_spike(every, steps, engine):
    setting = random_setting(3, runs=2)
    parameters = FieldParameters(**STRONG)
    whole = simulate(**setting, parameters=parameters, steps=steps, engine=engine)
    thinned = simulate(**setting, parameters=parameters, steps=steps, every=every, engine=engine)
    assert list(thinned.step) == [step for step in range(1, steps + 1) if step % every == 0 or step == steps]
    assert np.array_equal(thinned.phase, whole.phase[:, thinned.step - 1])
    counts = np.add.reduceat(whole.spikes, np.concatenate([[0], thinned.step[:-1]]), axis=1, dtype=np.int64)
    assert np.array_equal(thinned.spikes, counts)
    assert np.array_equal(thinned.final_input_phase, whole.final_input_phase)
    assert thinned.spikes.dtype.kind == "u"


def test_compiled_calls_of_any_length_give_the_same(monkeypatch):
    setting = random_setting(6)
    arguments = {**setting, "parameters": FieldParameters(**STRONG), "steps": 23, "every": 5, "engine": "numba"}
    at_once = simulate(**arguments)
    three_steps = 3 * numba_layouts.LANES * 7 * 5 * 3
    monkeypatch.setattr(numba_layouts, "SITE_STEPS_A_CALL", three_steps)
    assert np.array_equal(simulate(**arguments).phase, at_once.phase)
    assert np.array_equal(simulate(**arguments).spikes, at_once.spikes)


@pytest.mark.slow
def test_compiled_code_is_found_again_by_the_next_process(tmp_path):
    program = """
import numpy as np
from oscillator_field import FieldParameters, simulate
phase, omega = np.zeros((1, 3, 2, 1)), np.zeros((1, 1))
simulate(phase, initial_phase=phase, omega=omega, parameters=FieldParameters(), steps=1, engine="numba")
"""

    def kept_code():
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        return {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    first = kept_code()
    assert first
    assert kept_code() == first


def test_phases_stay_within_the_circle(engine):
    setting = random_setting(4)
    history = simulate(**setting, parameters=FieldParameters(delta_t=1, k_bias=50), steps=200, engine=engine)
    assert history.phase.dtype == np.float32
    assert np.isfinite(history.phase).all()
    assert (history.phase > -np.float32(np.pi)).all()
    assert (history.phase <= np.float32(np.pi)).all()


def test_a_field_without_pulls_keeps_still(engine):
    setting = random_setting(5)
    still = FieldParameters(k_coupling=0, k_omega=0, k_bias=0, input_rate=0, spike_threshold=1e-6)
    history = simulate(**setting, parameters=still, steps=30, engine=engine)
    assert apart(history.phase[0, -1], setting["initial_phase"][0]).max() < 2e-5
    assert apart(history.final_input_phase, setting["input_phase"]).max() < 2e-5
    assert history.spikes.mean() < 0.01


def test_a_site_that_keeps_still_never_spikes(engine):
    setting = random_setting(8)
    still = FieldParameters(k_coupling=0, k_omega=0, k_bias=0, input_rate=0, spike_threshold=0)
    history = simulate(**setting, parameters=still, steps=20, engine=engine)
    unchanged = history.phase[:, 1:] == history.phase[:, :-1]
    assert unchanged[:, -1].mean() > 0.9
    # Rounding may move a site for some steps, on a GPU for good; once it rests it is silent.
    assert history.spikes[:, -1].mean() < (0.3 if engine == "cuda" else 0.1)


def test_start_depends_on_the_seed_and_the_lattice_alone():
    phase, omega = start(42, 28, 28, 4)
    again, same = start(42, 28, 28, 4)
    assert np.array_equal(phase, again)
    assert np.array_equal(omega, same)
    other, _ = start(43, 28, 28, 4)
    assert not np.array_equal(phase, other)
    assert np.array_equal(omega, start(42, 8, 9, 4)[1])


def test_start_is_what_the_notebook_asks_for():
    phase, omega = start(42, 28, 28, 4)
    assert phase.min() >= 0
    assert phase.max() < np.float32(2 * np.pi)
    assert abs(phase.mean() - np.pi) < 0.1
    assert np.array_equal(omega, -omega.T)
    assert 0 < np.abs(omega).max() < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps: 0 is not a whole number of at least 1"),
        ({"steps": True}, "steps: True is not"),
        ({"every": 0}, "every: 0 is not"),
        ({"threads": 0}, "threads: 0 is not"),
        ({"threads": 1.5}, "threads: 1.5 is not a whole number"),
        ({"threads": "2"}, "threads: '2' is not a whole number"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number from 0"),
        ({"settled_for": [[1.0]]}, "settled_for: 2 axes are not allowed"),
        ({"parameters": {"k_bias": 1}}, "parameters: 'k_bias' is not allowed .FieldParameters"),
        ({"parameters": [RunParameters()]}, r"parameters: RunParameters\(.* is not allowed .FieldParameters"),
        ({"engine": "abacus"}, "engine: 'abacus' is unknown"),
        ({"device": "moon"}, "device: 'moon' is unknown"),
        ({"omega": np.ones((3, 3))}, "omega: not skew-symmetric"),
        ({"omega": np.zeros((2, 2))}, r"omega: shape \(2, 2\) is not \(3, 3\)"),
        ({"input_phase": np.full((1, *SHAPE), np.nan)}, "input_phase: not finite"),
        ({"input_phase": np.zeros(SHAPE)}, "input_phase: shape"),
        ({"initial_phase": np.zeros((2, *SHAPE))}, "initial_phase: shape"),
        ({"parameters": [FieldParameters()] * 2}, "parameters: 2 given for 1 runs"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(change, message):
    setting = {**random_setting(6), "parameters": FieldParameters(), "steps": 3}
    with pytest.raises(ValueError, match=message):
        simulate(**{**setting, **change})


def test_a_fast_run_does_not_shorten_the_steps_of_another():
    """Each is allowed alone; the one by Heun's method has no natural frequencies."""
    setting = random_setting(6, 2)
    frequency = np.zeros((2, *SHAPE), np.float32)
    frequency[1] = 500
    parameters = [FieldParameters(integrator="heun"), FieldParameters()]
    simulate(**setting, parameters=parameters, frequency=frequency, steps=3)
    with pytest.raises(ValueError, match="turn a site by up to 50"):
        simulate(**setting, parameters=parameters, frequency=frequency[::-1], steps=3)


def test_cuda_without_a_gpu_is_refused():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(RuntimeError, match="device: 'cuda' was asked for"):
        simulate(**random_setting(7), parameters=FieldParameters(), steps=1, engine="torch", device="cuda")
    with pytest.raises(RuntimeError, match="device: 'cpu' was asked for"):
        simulate(**random_setting(7), parameters=FieldParameters(), steps=1, engine="cuda", device="cpu")

"""The terms of the model against an independent float64 version, alone and together, and what must hold of each."""

from itertools import combinations

import numpy as np
import pytest

from oscillator_field import FieldParameters, simulate
from oscillator_field.engines import lanes as lanes_of_engine
from oscillator_field.engines import numba_layouts
from oscillator_field.engines.neighbourhoods import neighbour_sum
from oscillator_field.engines.noise import normal_numbers, threefry
from oscillator_field.engines.registry import ENGINES, engine_for, possible_engines
from oscillator_field.parameters import RunParameters
from oscillator_field.starts import frequencies_of, start, start_of
from oscillator_field.terms import TERMS, contradictions, terms_of
from tests.support import reference
from tests.support.random_settings import STRONG, random_setting
from tests.support.reference import apart, assert_agrees

# None is a multiple of anything.
SHAPES = [(1, 1, 1), (1, 40, 2), (29, 31, 3), (300, 7, 5)]
# To compile takes longest with several kinds of channels; terms alone are tried there too.
OF_ONE_KIND = [(9, 4, 4), (17, 6, 2)]
# The simulator of a GPU takes a thread in Python for each pixel.
SMALL_SHAPES = [(1, 1, 1), (1, 40, 2), (7, 5, 3), (3, 2, 5)]
STEPS, RUNS = 8, 2
ALONE = {
    "lag": {"phase_lag": 1.1},
    "frequencies": {"frequency": True},
    "noise": {"noise": 0.5},
    "disc": {"neighbourhood": "disc", "radius": 2.3},
    "gaussian": {"neighbourhood": "gaussian", "radius": 1.2},
    "global": {"neighbourhood": "global"},
    "channels apart": {"channel_coupling": False},
    "periodic": {"boundary": "periodic"},
    "reflecting": {"boundary": "reflecting"},
    "heun": {"integrator": "heun"},
    "rk4": {"integrator": "rk4"},
    "drive window": {"drive_onset": 0.02, "drive_end": 0.05},
}


def some_terms(number):
    """A random combination, less what does not go together."""
    generator = np.random.default_rng(number)
    chosen = {}
    for name in generator.permutation(list(ALONE))[: generator.integers(2, 9)]:
        chosen |= ALONE[name]
    if chosen.get("integrator") == "rk4" and chosen.get("noise"):
        chosen["integrator"] = "heun"
    if "radius" in chosen:
        chosen["radius"] = float(generator.uniform(1, 4))
    return chosen


def names_of(terms):
    values = {name: value for name, value in terms.items() if name != "frequency"}
    distribution = "normal" if terms.get("frequency") else "none"
    return terms_of(FieldParameters(**values), RunParameters(frequency_distribution=distribution))


def pairs_of(terms):
    return set(combinations(sorted(names_of(terms)), 2))


def every_pair(able):
    """A few of two hundred combinations, so that any two terms that an engine computes together are in one of them."""
    left = {number: terms for number in range(200) if names_of(terms := some_terms(number)) <= able}
    missing = set().union(*map(pairs_of, left.values()))
    found = {}
    while missing:
        best = max(left, key=lambda number: len(pairs_of(left[number]) & missing))
        found[best] = left.pop(best)
        missing -= pairs_of(found[best])
    return found


def assert_right(engine, terms, shape, steps=STEPS):
    values = {name: value for name, value in terms.items() if name != "frequency"}
    setting = {**random_setting(3, RUNS, shape), "seed": [5, 2**32 - 9]}
    if terms.get("frequency"):
        own = np.random.default_rng(1).uniform(-20, 20, setting["input_phase"].shape)
        setting["frequency"] = own.astype(np.float32)
    parameters = FieldParameters(**STRONG, **values)
    history = simulate(**setting, parameters=parameters, steps=steps, engine=engine)
    assert_agrees(history, setting, parameters, steps, error=2e-4)


def cases(engine):
    able = ENGINES[engine].terms
    shapes = SMALL_SHAPES if engine == "cuda" else SHAPES
    together_shapes = OF_ONE_KIND if engine == "numba" else shapes
    alone = [(name, terms) for name, terms in ALONE.items() if name in able]
    together = [(f"together {number}", terms) for number, terms in every_pair(able).items()]
    return [
        pytest.param(engine, terms, usable[number % len(usable)], id=f"{engine}-{name}")
        for number, (name, terms) in enumerate([*alone, *together])
        for usable in [shapes if number < len(alone) else together_shapes]
    ]


def test_each_term_is_tried():
    # Runs that end are tried in test_settling.
    assert ALONE.keys() == TERMS.keys() - {"settling"}
    assert all(names_of(terms) == {name} for name, terms in ALONE.items())


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "terms", "shape"), [*cases("numba"), *cases("torch"), *cases("cuda")])
def test_terms_agree_with_float64(engine, terms, shape):
    assert_right(engine, terms, shape)


@pytest.mark.parametrize("terms", [ALONE[name] for name in ("lag", "noise", "disc", "periodic", "rk4")], ids=str)
def test_terms_of_the_reference_agree_with_float64(terms):
    for shape in SMALL_SHAPES:
        assert_right("torch", terms, shape)


MIXED = [
    {"noise": 0.3, "boundary": "periodic", "phase_lag": 0.4},
    {"integrator": "heun", "neighbourhood": "global"},
    {},
]


@pytest.mark.slow
@pytest.mark.parametrize("terms", MIXED[:2], ids=str)
def test_bits_depend_on_neither_bands_nor_threads_nor_calls(terms, monkeypatch):
    setting = {**random_setting(4, 1, (37, 4, 1)), "seed": 3}
    arguments = {**setting, "parameters": FieldParameters(**STRONG, **terms, drive_onset=0.03), "engine": "numba"}
    arguments |= {"steps": 9, "every": 2}
    found = []
    for lanes, threads, steps_a_call in ((0, 1, 100), (1000, 1, 100), (1000, 3, 100), (0, 2, 100), (1000, 1, 4)):
        monkeypatch.setattr(numba_layouts, "MOST_LANES_OF_BANDS", lanes)
        monkeypatch.setattr(lanes_of_engine, "SITES_A_THREAD", 1)
        monkeypatch.setattr(numba_layouts, "SITE_STEPS_A_CALL", steps_a_call * numba_layouts.LANES * 37 * 4)
        found.append(simulate(**arguments, threads=threads))
    for other in found[1:]:
        for name in ("phase", "spikes", "final_input_phase"):
            assert np.array_equal(getattr(other, name), getattr(found[0], name)), name


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba", "torch"])
def test_a_run_has_the_same_bits_beside_runs_of_other_terms(engine):
    runs = len(MIXED) * 3
    setting = random_setting(5, runs, (5, 4, 1))
    frequency = np.zeros_like(setting["input_phase"])
    frequency[0] = 0.5
    each = [FieldParameters(**STRONG, **MIXED[run % len(MIXED)]) for run in range(runs)]
    seeds = list(range(runs))
    arguments = {"steps": 7, "every": 3, "engine": engine}
    together = simulate(**setting, parameters=each, frequency=frequency, seed=seeds, **arguments, threads=2)
    for run in range(0, runs, 2):
        one = {name: values[run : run + 1] for name, values in setting.items()}
        own = frequency[run : run + 1] if frequency[run].any() else None
        alone = simulate(**one, parameters=each[run], frequency=own, seed=seeds[run], **arguments)
        for name in ("phase", "spikes", "final_input_phase"):
            assert np.array_equal(getattr(together, name)[run], getattr(alone, name)[0]), (run, name)


def test_random_words_are_those_that_threefry_is_known_by():
    # The known answers of its authors for 13 rounds.
    for key, counter, expected in (
        ((0, 0), (0, 0), (0x9D1C5EC6, 0x8BD50731)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0xFD36D048, 0x2D17272C)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xBA3E4725, 0xF27D669E)),
    ):
        assert reference.threefry_2x32(*key, *counter) == expected
        words = threefry(np.uint32([key[0]]), key[1], np.uint32([counter[0]]), np.uint32([counter[1]]))
        assert tuple(int(word[0]) for word in words) == expected


def test_numbers_of_the_noise_are_normal_and_independent():
    numbers = np.stack([normal_numbers(np.uint32([7, 8]), step, 28, 28, 4) for step in range(1, 41)])
    flat = numbers.ravel()
    count = flat.size
    assert abs(flat.mean()) < 4 / np.sqrt(count)
    assert abs(flat.var() - 1) < 4 * np.sqrt(2 / count)
    assert abs((flat**4).mean() - 3) < 4 * np.sqrt(96 / count)
    # Between runs, steps, rows, columns and channels.
    for axis in range(numbers.ndim):
        first, second = (np.take(numbers, range(start, numbers.shape[axis] - 1 + start), axis) for start in (0, 1))
        assert abs((first * second).mean()) < 4 / np.sqrt(first.size)


def test_a_restart_goes_on_with_other_numbers_and_another_seed_has_others():
    first, again = (normal_numbers(np.uint32([1]), step, 3, 4, 2) for step in (1, 2))
    assert not np.array_equal(first, again)
    assert not np.array_equal(first, normal_numbers(np.uint32([2]), 1, 3, 4, 2))


@pytest.mark.parametrize("boundary", ["open", "periodic", "reflecting"])
@pytest.mark.parametrize(("neighbourhood", "radius"), [("nearest", 3), ("disc", 2.9), ("gaussian", 1.3), ("global", 3)])
def test_sums_of_neighbours_are_those_of_the_reference(boundary, neighbourhood, radius):
    parameters = FieldParameters(neighbourhood=neighbourhood, radius=radius, boundary=boundary, channel_coupling=False)
    generator = np.random.default_rng(2)
    z = np.exp(1j * generator.uniform(0, 7, (9, 6, 2)))
    weights = reference.weights_of(neighbourhood, radius, z.shape)
    if neighbourhood == "global":
        expected = np.broadcast_to(4 * z.mean(axis=(0, 1)), z.shape)
    else:
        assert weights.sum() == pytest.approx(4)
        expected = np.stack([reference._convolved(z[..., k], weights, boundary) for k in range(2)], axis=-1)
    assert np.abs(neighbour_sum(z.astype(np.complex64), parameters) - expected).max() < 1e-5


def test_a_disc_of_radius_one_is_the_nearest_neighbours():
    setting = random_setting(6, 1, (6, 5, 2))
    nearest, disc = (
        simulate(**setting, parameters=FieldParameters(**STRONG, **more), steps=20, engine="torch")
        for more in ({}, {"neighbourhood": "disc", "radius": 1})
    )
    assert apart(nearest.phase, disc.phase).max() < 1e-5


def test_an_input_acts_between_onset_and_end_and_rests_outside():
    setting = random_setting(7, 1, (4, 5, 2))
    free = {"k_coupling": 0, "k_omega": 0, "delta_t": 0.1, "k_bias": 2, "input_rate": 1}
    history = simulate(
        **setting,
        parameters=FieldParameters(**free, drive_onset=0.3, drive_end=0.7),
        steps=10,
        engine="torch",
    )
    moved = apart(np.diff(history.phase, axis=1, prepend=setting["initial_phase"][:, np.newaxis]), 0).max(
        axis=(0, 2, 3, 4)
    )
    assert (moved[:3] < 1e-6).all()
    assert (moved[3:7] > 1e-3).all()
    assert (moved[7:] < 1e-6).all()
    never = simulate(**setting, parameters=FieldParameters(**free, drive_onset=5), steps=10, engine="torch")
    assert apart(never.final_input_phase, setting["input_phase"]).max() < 1e-6


def test_starts_are_what_they_are_called():
    drive = np.random.default_rng(0).uniform(0, 9, (8, 12, 3)).astype(np.float32)
    random, omega = start(3, 8, 12, 3)
    for name in ("random", "uniform", "twisted", "input"):
        phase, mixing = start_of(RunParameters(seed=3, start=name, winding_rows=2, winding_columns=-3), drive)
        assert np.array_equal(mixing, omega)
        assert phase.dtype == np.float32
        assert phase.shape == drive.shape
        if name == "twisted":
            assert apart(phase[1:] - phase[:-1], 2 * np.pi * 2 / 8).max() < 1e-5
            assert apart(phase[:, 1:] - phase[:, :-1], -2 * np.pi * 3 / 12).max() < 1e-5
            assert (phase[..., :1] == phase).all()
        else:
            expected = {"random": random, "uniform": np.zeros_like(random), "input": drive}[name]
            assert np.array_equal(phase, expected)


@pytest.mark.parametrize(("distribution", "inside"), [("normal", 0.682689), ("lorentzian", 0.5), ("uniform", 1.0)])
def test_frequencies_follow_their_distribution_and_the_seed(distribution, inside):
    settings = {"frequency_distribution": distribution, "frequency_mean": 2.0, "frequency_spread": 0.5}
    own = frequencies_of(RunParameters(seed=1, **settings), 50, 50, 4)
    share = (np.abs(own - 2) < 0.5 + 1e-6).mean()
    assert share == pytest.approx(inside, abs=0.015)
    assert np.median(own) == pytest.approx(2, abs=0.03)
    assert np.array_equal(own, frequencies_of(RunParameters(seed=1, **settings), 50, 50, 4))
    assert not np.array_equal(own, frequencies_of(RunParameters(seed=2, **settings), 50, 50, 4))
    wider = frequencies_of(RunParameters(seed=1, **settings | {"frequency_spread": 1.0}), 50, 50, 4)
    assert np.abs((wider - 2) - 2 * (own - 2)).max() < 1e-3 * np.abs(own).max()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"integrator": "rk4", "noise": 1}, "integrator: rk4 is not allowed with noise: 1"),
        (
            {"neighbourhood": "disc", "radius": 28},
            "radius: 28 is not allowed on a lattice of 28 x 20 pixels (less than 28)",
        ),
        ({"radius": 4}, "radius: 4 has no effect with neighbourhood: nearest"),
        ({"start": "twisted"}, "winding_columns: 1 is not allowed with boundary: open"),
        (
            {"start": "twisted", "boundary": "periodic", "winding_columns": 11},
            "winding_columns: 11 is not allowed over 20",
        ),
        ({"winding_rows": 2}, "winding_rows: 2 has no effect with start: random"),
        ({"frequency_spread": 2}, "frequency_spread: 2 has no effect with frequency_distribution: none"),
        (
            {"frequency_distribution": "lorentzian", "integrator": "heun"},
            "frequency_distribution: lorentzian is not allowed with integrator: heun",
        ),
        (
            {"frequency_distribution": "normal", "frequency_spread": 35, "integrator": "heun"},
            "delta_t: 0.01 is not allowed with integrator: heun",
        ),
        ({"k_coupling": 90, "integrator": "rk4"}, "delta_t: 0.01 is not allowed with integrator: rk4"),
        (
            {"stop_when_settled": 0.9, "settled_for": 5.13},
            "settled_for: 5.13 s is not allowed with 512 steps of 0.01 s: no run can be quiet for so long (at most 5.",
        ),
        ({"settled_for": 2}, "settled_for: 2 has no effect with stop_when_settled: 0"),
        ({"drive_onset": 3, "drive_end": 3}, "drive_end: 3 is not allowed with drive_onset: 3 (more)"),
    ],
)
def test_what_does_not_go_together_is_told_in_one_line(values, message):
    groups = (FieldParameters, RunParameters)
    field, run = (
        group(**{name: value for name, value in values.items() if name in group.__dataclass_fields__})
        for group in groups
    )
    (line,) = contradictions(field, run, 28, 20)
    assert line.startswith(message)
    assert "\n" not in line


def test_what_goes_together_is_not_refused():
    fine = (
        ({"boundary": "periodic"}, {"start": "twisted", "winding_columns": 10}),
        ({"neighbourhood": "gaussian", "radius": 27}, {"frequency_distribution": "normal", "frequency_spread": 1}),
        ({"k_coupling": 1000, "delta_t": 1}, {"frequency_distribution": "lorentzian", "frequency_spread": 1000}),
        ({"integrator": "heun", "noise": 1}, {"start": "twisted", "winding_columns": 0}),
    )
    for field, run in fine:
        assert not list(contradictions(FieldParameters(**field), RunParameters(**run), 28, 20))


def test_simulate_refuses_runge_kutta_with_noise_and_wrong_frequencies_and_seeds():
    setting = random_setting(8)
    for more, message in (
        ({"parameters": FieldParameters(integrator="rk4", noise=1)}, "integrator: rk4 is not allowed with noise"),
        ({"frequency": np.zeros((1, 2, 2, 2))}, "frequency: shape"),
        (
            {"frequency": np.full((1, 7, 5, 3), 300), "parameters": FieldParameters(integrator="heun")},
            "delta_t: 0.01 is not allowed with integrator: heun",
        ),
        ({"seed": -1}, "seed: -1 is not a whole number"),
        ({"seed": [1, 2]}, "seed: 2 given for 1 runs"),
        ({"stop_when_settled": 1.1}, "stop_when_settled: 1.1 is not allowed"),
        ({"settled_for": [1, 2]}, "settled_for: 2 given for 1 runs"),
    ):
        with pytest.raises(ValueError, match=message):
            simulate(**{**setting, "parameters": FieldParameters(), **more}, steps=1)


def test_an_engine_refuses_terms_that_it_cannot_compute_and_auto_says_why_it_takes_another():
    with pytest.raises(ValueError, match=r"engine: cuda cannot compute heun \(allowed: auto, numba, torch\)"):
        simulate(**random_setting(9), parameters=FieldParameters(integrator="heun"), steps=1, engine="cuda")
    choice = engine_for("auto", "cuda", {"heun", "lag"})
    assert (choice.engine, choice.why) == ("torch", "the fastest that computes heun; cuda does not")
    assert engine_for("auto", "cpu", {"heun"}).engine == "numba"
    assert possible_engines("auto", "auto", {"disc"}) == ["numba"]
    assert possible_engines("auto", "auto", {"lag"}) == ["cuda", "numba"]
    assert possible_engines("auto", "auto", {"settling"}) == ["numba"]

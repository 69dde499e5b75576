"""Runs of a config: their names, axes and batches."""

import json
import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscillator_field.named_run import LONGEST_NAME, Run, is_run_name, run_name
from oscillator_field.parameters import DEFAULTS, GROUPS, METADATA, checked
from oscillator_field.runs import Runs
from oscillator_field.study import grid
from oscillator_field.study.axes import axis_values
from oscillator_field.study.batches import SITE_STEPS_A_JOB
from oscillator_field.study.designs import design_points
from oscillator_field.study.grid import perturbations, sample_sets


def config(**changes):
    constants = {
        "encoding": {name: DEFAULTS[name] for name in GROUPS[0].__dataclass_fields__},
        "field": {name: DEFAULTS[name] for group in GROUPS[1:] for name in group.__dataclass_fields__},
    }
    return {
        "digits": [3],
        "instances": [0],
        "grid": {},
        "most_runs": 1000,
        "batch": [],
        "continue": None,
        **constants,
        **changes,
    }


def expand(config):
    return grid.expand(config, config["digits"], pixels=lambda: 784)


def names(**changes):
    return [job.name for job in expand(config(**changes))]


@given(
    ends=st.tuples(st.floats(-900, 900), st.floats(-900, 900)).filter(lambda ends: ends[0] != ends[1]),
    steps=st.integers(2, 60),
)
def test_a_linear_range_has_the_values_of_numpy(ends, steps):
    # Names of runs hang on them, so another formula would rename runs that exist.
    values = (
        axis_values("k_bias", {"from": ends[0], "to": ends[1], "steps": steps}, 0) if distinct(*ends, steps) else []
    )
    of_numpy = np.linspace(*ends, steps)
    # But for zero, which a rounding misses there.
    of_numpy[1:-1][np.abs(of_numpy[1:-1]) < 1e-12 * max(map(abs, ends))] = 0
    assert values in ([], [checked("k_bias", value) for value in of_numpy.tolist()])


def distinct(first, last, steps):
    """Whether all values of a range differ after they are rounded."""
    values = [checked("k_bias", value) for value in np.linspace(first, last, steps).tolist()]
    return len(set(values)) == steps


@pytest.mark.parametrize(("first", "last", "steps"), [(0.25, 5, 26), (1e-3, 10, 41), (1000, 0.001, 2), (7.68, 0.06, 8)])
def test_a_logarithmic_range_has_the_values_of_numpy(first, last, steps):
    described = {"from": first, "to": last, "steps": steps, "scale": "log"}
    expected = [checked("k_bias", value) for value in np.geomspace(first, last, steps).tolist()]
    assert axis_values("k_bias", described, 0) == expected


def test_ranges_that_runs_are_named_by_stay_as_they_are():
    values = axis_values("k_bias", {"from": 0.25, "to": 5, "steps": 26, "scale": "log"}, 0)
    assert values[23] == 3.93448237961
    assert axis_values("k_bias", {"from": -0.4, "to": 0.05, "steps": 10}, 0)[8] == 0


def test_a_name_lists_what_differs_from_the_defaults_sorted():
    assert Run.of(3, 0, {}).name == "digit=3"
    assert Run.of(3, 0, {"k_coupling": 0.24}).name == "digit=3+k_coupling=0.24"
    assert Run.of(3, 2, {"seed": 7}).name == "digit=3+instance=2+seed=7"
    assert Run.of(0, 0, {"steps": 8, "evolve_input": False, "scale": "unit"}).name == (
        "digit=0+evolve_input=false+scale=unit+steps=8"
    )


def test_one_value_has_one_name():
    for value in (1, 1.0, 0.9999999999999999):
        assert Run.of(3, 0, {"k_bias": value}).name == "digit=3+k_bias=1"
    assert Run.of(3, 0, {"k_coupling": 0.12, "steps": 512.0}).name == "digit=3"
    assert Run.of(3, 0, {"k_bias": 1e-7}).name == "digit=3+k_bias=1e-07"
    assert Run.of(3, 0, {"arc": 6.28318530718}).name == "digit=3"


def test_the_grid_takes_every_combination():
    assert names(digits=[3, 4], grid={"k_bias": [1.25, 2], "seed": [42, 1]}) == [
        "digit=3",
        "digit=4",
        "digit=3+seed=1",
        "digit=4+seed=1",
        "digit=3+k_bias=2",
        "digit=4+k_bias=2",
        "digit=3+k_bias=2+seed=1",
        "digit=4+k_bias=2+seed=1",
    ]


def values_of(name, **changes):
    return [run.parameters[name] for job in expand(config(**changes)) for run in job.runs]


def test_ranges_are_linear_or_logarithmic_and_rounded_to_twelve_digits():
    assert values_of("k_omega", grid={"k_omega": {"from": 0, "to": 1, "steps": 11}}) == [
        0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]  # fmt: skip
    logarithmic = {"from": 0.01, "to": 10, "steps": 4, "scale": "log"}
    assert values_of("k_bias", grid={"k_bias": logarithmic}) == [0.01, 0.1, 1, 10]
    assert names(grid={"k_bias": {"from": 0, "to": 1, "steps": 4}})[1] == "digit=3+k_bias=0.333333333333"


def test_a_count_of_seeds_starts_at_the_seed_of_the_field():
    seeded = config(grid={"seed": 3})
    seeded["field"] = {**seeded["field"], "seed": 7}
    assert [job.runs[0].settings.seed for job in expand(seeded)] == [7, 8, 9]


def test_zipped_axes_go_in_step():
    grid = {"zip": [{"k_bias": [1, 2], "k_omega": {"from": 0, "to": 1, "steps": 2}}], "seed": [1, 2]}
    assert names(grid=grid) == [
        "digit=3+k_bias=1+k_omega=0+seed=1",
        "digit=3+k_bias=2+k_omega=1+seed=1",
        "digit=3+k_bias=1+k_omega=0+seed=2",
        "digit=3+k_bias=2+k_omega=1+seed=2",
    ]


@pytest.mark.parametrize("ends", [(-0.3, 1.2, 16), (-0.6, 0.2, 17), (0.3, -0.3, 7), (-1e-9, 2e-9, 4)])
def test_a_range_through_zero_holds_zero_itself(ends):
    first, last, steps = ends
    values = axis_values("phase_lag", {"from": first, "to": last, "steps": steps}, 0)
    assert values.count(0) == 1
    np.testing.assert_allclose(values, np.linspace(first, last, steps), atol=1e-15)


def test_explicit_points_need_not_set_the_same_parameters():
    grid = {"points": [{"k_bias": 2, "seed": 1}, {"k_omega": 0.5}], "arc": [1, 2]}
    assert names(grid=grid) == [
        "digit=3+arc=1+k_bias=2+seed=1",
        "digit=3+arc=1+k_omega=0.5",
        "digit=3+arc=2+k_bias=2+seed=1",
        "digit=3+arc=2+k_omega=0.5",
    ]


def design(kind, count, **changes):
    described = {kind: count, "over": {"k_coupling": [0, 1], "k_bias": [-1, 3]}, **changes}
    return np.array([[point["k_bias"], point["k_coupling"]] for point in design_points("grid.sample", described)])


def test_a_sobol_design_fills_its_box_and_can_be_extended():
    points = design("sobol", 256)
    # Scrambled or not, two dimensions of a Sobol sequence are a net: one point in each cell.
    cells = np.floor((points - [-1, 0]) / [4, 1] * 16).astype(int)
    assert len(np.unique(cells, axis=0)) == 256
    np.testing.assert_array_equal(design("sobol", 300)[:256], points)
    assert (design("sobol", 256, seed=1) != points).any()


def test_a_latin_hypercube_has_a_point_in_each_stratum():
    points = design("latin_hypercube", 50)
    strata = np.floor((points - [-1, 0]) / [4, 1] * 50).astype(int)
    for column in strata.T:
        assert sorted(column) == list(range(50))
    np.testing.assert_array_equal(design("latin_hypercube", 50), points)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("sobol", [[0.639798354357, 0.96412021853], [1.88764663786, 0.107524776831], [2.61946562678, 0.528551523574]]),
        (
            "latin_hypercube",
            [[0.409416596156, 0.227887615872], [-0.6297901182, 0.958132304856], [2.43603151665, 0.450653967471]],
        ),
    ],
)
def test_designs_that_runs_are_named_by_stay_as_they_are(kind, points):
    """A SciPy that draws others makes studies anew: then say so in the changelog."""
    assert design(kind, 3).tolist() == points
    assert design(kind, 1).shape == (1, 2)


def test_a_design_is_a_factor_of_the_grid():
    grid = {"sample": {"sobol": 3, "over": {"k_bias": [0, 2]}}, "seed": [1, 2]}
    assert len(names(grid=grid)) == 6
    jobs = expand(config(grid=grid, batch=["k_bias"]))
    assert [(job.name, len(job.runs)) for job in jobs] == [
        ("digit=3+k_bias=all+seed=1", 3),
        ("digit=3+k_bias=all+seed=2", 3),
    ]


def test_any_parameter_that_the_grid_sets_can_be_batched():
    jobs = expand(config(grid={"zip": [{"k_bias": [1, 2], "k_omega": [3, 4]}]}, batch=["k_bias", "k_omega"]))
    assert [(job.name, len(job.runs)) for job in jobs] == [("digit=3+k_bias=all+k_omega=all", 2)]


def test_sets_of_samples_differ_in_digit_and_instance_alone():
    jobs = expand(config(digits=[3, 4, 5], grid={"k_bias": [1, 2]}))
    sets = sample_sets(jobs)
    assert [[run.label for run in runs] for runs in sets.values()] == [[3, 4, 5]] * 2
    assert list(sets) == ["digit=all+k_bias=1", "digit=all+k_bias=2"]
    assert list(sample_sets(expand(config(digits=[3, 4], instances=[0, 1])))) == ["digit=all+instance=all"]
    assert sample_sets(expand(config(digits=[3, 4]))) == {}


def test_a_new_value_or_axis_renames_no_run():
    before = set(names(grid={"k_bias": [1.25, 2]}))
    assert before < set(names(grid={"k_bias": [1.25, 2, 3]}))
    assert before < set(names(grid={"k_bias": [1.25, 2], "seed": [42, 43]}))


def test_a_constant_and_an_axis_of_one_value_are_the_same_run():
    in_field = config()
    in_field["field"] = {**in_field["field"], "k_bias": 2}
    assert [job.name for job in expand(in_field)] == names(grid={"k_bias": [2]})


def test_batched_axes_share_a_job():
    jobs = expand(config(digits=[3, 4], grid={"k_bias": [1, 2], "seed": [42, 1]}, batch=["digit", "seed"]))
    assert [job.name for job in jobs] == ["digit=all+k_bias=1+seed=all", "digit=all+k_bias=2+seed=all"]
    assert [run.name for run in jobs[0].runs] == [
        "digit=3+k_bias=1",
        "digit=4+k_bias=1",
        "digit=3+k_bias=1+seed=1",
        "digit=4+k_bias=1+seed=1",
    ]


def test_an_axis_is_cut_into_blocks():
    grid = {"k_bias": {"from": 1, "to": 5, "steps": 5}, "seed": [1, 2]}
    jobs = expand(config(digits=[3, 4], grid=grid, batch={"digit": "all", "k_bias": 2}))
    assert [(job.name, len(job.runs)) for job in jobs] == [
        ("digit=all+k_bias=block0x2+seed=1", 4),
        ("digit=all+k_bias=block0x2+seed=2", 4),
        ("digit=all+k_bias=block1x2+seed=1", 4),
        ("digit=all+k_bias=block1x2+seed=2", 4),
        ("digit=all+k_bias=block2x2+seed=1", 2),
        ("digit=all+k_bias=block2x2+seed=2", 2),
    ]
    assert all(is_run_name(job.name) for job in jobs)
    assert [run.name for run in jobs[3].runs] == [
        "digit=3+k_bias=3+seed=2",
        "digit=4+k_bias=3+seed=2",
        "digit=3+k_bias=4+seed=2",
        "digit=4+k_bias=4+seed=2",
    ]


def test_axes_that_go_in_step_are_cut_together():
    design = {"sample": {"sobol": 10, "over": {"k_coupling": [0, 1], "k_bias": [0, 2]}}}
    jobs = expand(config(grid=design, batch={"k_bias": 4}))
    assert [(job.name, len(job.runs)) for job in jobs] == [
        (f"digit=3+k_bias=block{number}x4+k_coupling=block{number}x4", count) for number, count in enumerate((4, 4, 2))
    ]
    assert [run.name for job in jobs for run in job.runs] == [run.name for run in runs_of(grid=design)]


def runs_of(**changes):
    return [run for job in expand(config(**changes)) for run in job.runs]


@given(
    counts=st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 3)),
    lengths=st.tuples(*[st.sampled_from([None, "all", 1, 2, 3, 5])] * 3),
)
def test_blocks_have_the_runs_of_the_grid(counts, lengths):
    values = {"k_bias": list(range(counts[0])), "k_omega": list(range(counts[1])), "seed": list(range(counts[2]))}
    batch = {name: length for name, length in zip(values, lengths, strict=True) if length}
    jobs = expand(config(grid=values, batch=batch))
    found = [run for job in jobs for run in job.runs]
    assert len({job.name for job in jobs}) == len(jobs)
    assert {run.name for run in found} == {run.name for run in runs_of(grid=values)}
    assert len(found) == sum(len(job.runs) for job in jobs) == counts[0] * counts[1] * counts[2]
    for job in jobs:
        assert job.runs[:] == list(job.runs)
        assert list(Runs.from_description(json.loads(json.dumps(job.runs.described())))) == list(job.runs)


@pytest.mark.parametrize("batch", [{"k_bias": 8, "k_omega": 16}, "auto"])
def test_a_value_at_the_end_of_an_axis_leaves_whole_blocks_as_they_are(batch):
    def described(count):
        values = [number / 100 for number in range(count)]
        changes = {"grid": {"k_bias": values, "k_omega": [0, *values[1:200]]}}
        made = (
            automatic(784 * 32, **changes)
            if batch == "auto"
            else expand(config(**changes, batch=batch, most_runs=10**6))
        )
        return {job.name: job.runs.described() for job in made}

    before, after = described(200), described(201)
    changed = {name for name in after if after[name] != before.get(name)}
    last = max(int(re.search(r"k_bias=block(\d+)x", name)[1]) for name in after)
    assert before.keys() <= after.keys()
    assert changed == {name for name in after if f"k_bias=block{last}x" in name}
    assert 0 < len(changed) <= len(after) / 4


def automatic(pixels=784, keep="none", every=1, **changes):
    settings = config(batch="auto", history={"keep": keep, "every": every}, most_runs=10**8, **changes)
    return grid.expand(settings, settings["digits"], pixels=lambda: pixels)


def test_automatic_jobs_take_about_a_minute_whatever_the_grid():
    fine = {"from": 0, "to": 1, "steps": 1000}
    jobs = automatic(grid={"k_coupling": fine, "k_bias": fine})
    assert sum(len(job.runs) for job in jobs) == 10**6
    assert jobs[0].name == "digit=3+k_bias=block0x128+k_coupling=block0x256"
    sizes = [len(job.runs) * 784 * 4 * 512 for job in jobs]
    assert 2e10 < max(sizes) <= SITE_STEPS_A_JOB
    # Small grids are one job, large lattices many, and histories are bounded by the disk.
    assert [job.name for job in automatic(digits=[3, 4], grid={"k_bias": [1, 2]})] == ["digit=all+k_bias=all"]
    assert len(automatic(pixels=1024 * 1024, grid={"k_bias": fine})) > 30
    kept = automatic(grid={"k_coupling": fine}, keep="frames")
    assert max(len(job.runs) for job in kept) * 784 * 4 * 512 * 2.8 <= 2e9
    assert len(automatic(grid={"k_coupling": fine}, keep="frames", every=64)) == 1


def test_a_logarithmic_range_of_whole_numbers_is_whole():
    jobs = expand(config(grid={"size": {"from": 7, "to": 112, "steps": 5, "scale": "log"}}))
    assert [job.runs[0].encoding.size for job in jobs] == [7, 14, 28, 56, 112]


def test_sizes_are_an_axis_whose_runs_share_no_store():
    sizes = {"size": [16, 0, 64]}
    jobs = expand(config(digits=[3, 4], batch=["digit"], grid=sizes))
    assert [job.name for job in jobs] == ["digit=all+size=16", "digit=all", "digit=all+size=64"]
    assert sorted(perturbations(jobs)) == [f"digit={n}{size}" for n in (3, 4) for size in ("", "+size=16", "+size=64")]
    with pytest.raises(ValueError, match="batch: 'size' is not an axis that can share a store"):
        expand(config(batch=["size"], grid=sizes))
    # The largest lattice decides how large jobs are.
    fine = {"from": 0, "to": 1, "steps": 1000}
    sizes = [automatic(grid={"size": each, "k_bias": fine}) for each in ([28, 56], [28, 512], [0, 14])]
    assert [len(jobs) for jobs in sizes] == [2, 2 * len(automatic(pixels=512**2, grid={"k_bias": fine})), 2]
    assert len(automatic(pixels=512**2, grid={"size": [14, 28], "k_bias": fine})) == 2


def test_a_million_runs_are_planned_without_making_them():
    fine = {"from": 0, "to": 1, "steps": 1000}
    [job, *_] = automatic(grid={"k_coupling": fine, "k_bias": fine})
    assert len(json.dumps(job.runs.described())) < 20_000
    assert len(perturbations([job])) == 1
    assert len(job.runs.distinct(["k_coupling"])) == 256
    assert len(job.runs.distinct(["k_omega"])) == 1


def test_a_run_out_of_range_is_an_error():
    [job] = expand(config(digits=[3, 4], batch=["digit"]))
    assert job.runs[-1].label == 4
    with pytest.raises(IndexError):
        job.runs[2]


def test_runs_share_the_perturbations_that_drive_them():
    jobs = expand(config(digits=[3, 4], grid={"k_bias": [1, 2], "arc": [1.0, 2.0]}))
    assert len(jobs) == 8
    assert sorted(perturbations(jobs)) == ["digit=3+arc=1", "digit=3+arc=2", "digit=4+arc=1", "digit=4+arc=2"]


def test_long_names_are_cut_and_stay_apart():
    values = {name: DEFAULTS[name] + 1.23456789 for name, value in DEFAULTS.items() if isinstance(value, float)}
    values |= {"steps": 999_999, "channels": 100, "seed": 123456789, "scale": "unit", "evolve_input": False}
    one = run_name(3, 0, values)
    other = run_name(3, 0, {**values, "steps": 999_998})
    assert len(one) == len(other) == LONGEST_NAME
    assert one != other
    assert one.startswith("digit=3+arc=7.5177531")
    assert is_run_name(one)
    assert not is_run_name(f"{one[:-1]}g")


@given(
    st.fixed_dictionaries(
        {"k_coupling": st.floats(-1000, 1000), "delta_t": st.floats(1e-9, 1), "seed": st.integers(0, 2**32 - 1)}
    )
)
def test_a_name_has_only_letters_that_paths_and_snakemake_take(values):
    name = Run.of(9, 3, values).name
    assert set(name) <= set(string.ascii_letters + string.digits + "=+-._")
    assert re.fullmatch(r"digit=9\+.*instance=3.*", name)

    assert is_run_name(name)
    assert not is_run_name(f"{name}-mine")
    assert not is_run_name(name.replace("digit=9+", "digit=9+speed=1+"))


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("digit=3", True),
        ("digit=all+instance=all+k_bias=all", True),
        ("digit=3+evolve_input=false+scale=unit+seed=7", True),
        ("digit=3+seed=7+scale=unit", False),
        ("digit=3+k_bias=1.25", False),
        ("digit=3+k_bias=2.0", False),
        ("digit=3+k_bias=nan", False),
        ("digit=3+seed=1.5", False),
        ("digit=3+evolve_input=False", False),
        ("digit=three", False),
        ("label=sneaker", True),
        ("picture=my_cat__no._2__été+k_bias=2", True),
        ("picture=all+instance=all", True),
        ("picture=a cat", False),
        ("name=sneaker", False),
        ("label=", False),
        ("digit=3+", False),
        ("digit", False),
        ("", False),
    ],
)
def test_only_what_a_run_can_be_called_is_its_name(name, fine):
    assert is_run_name(name) == fine


def test_every_parameter_can_be_an_axis():
    for name, default in DEFAULTS.items():
        enum = METADATA[name]["limits"].get("enum", ())
        usual = ("results/learned/a",) if isinstance(default, str) else (1, 2)
        candidates = (not default,) if isinstance(default, bool) else enum or usual
        other = next(value for value in candidates if value != default)
        assert len(names(grid={name: [default, other]})) == 2, name


def test_a_learned_field_is_named_by_the_last_part_of_its_path():
    assert names(grid={"learned": ["results/learned/small-learned-0/"]}) == ["digit=3+learned=small-learned-0"]
    with pytest.raises(ValueError, match="are one run"):
        names(grid={"learned": ["a/b", "c/b"]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grid": {"k_bias": [1, 1.0]}}, "grid.k_bias: 1 is listed twice"),
        ({"grid": {"k_bias": {"from": 0, "to": 1, "steps": 3, "scale": "log"}}}, "grid.k_bias: a logarithmic range"),
        ({"grid": {"channels": {"from": 2, "to": 3, "steps": 3}}}, "grid.channels: 2.5 is not a whole number"),
        ({"grid": {"zip": [{"k_bias": [1], "seed": [1, 2]}]}}, "1 of k_bias, 2 of seed; zipped axes are as long as"),
        ({"grid": {"sample": {"over": {"k_bias": [1, 2]}}}}, "grid.sample: no design is not allowed .one of sobol"),
        (
            {"grid": {"sample": {"sobol": 2, "latin_hypercube": 2, "over": {"k_bias": [1, 2]}}}},
            "grid.sample: sobol and latin_hypercube is not allowed",
        ),
        (
            {"grid": {"sample": {"sobol": 2, "over": {"k_bias": [1, 1]}}}},
            r"grid.sample.over.k_bias: \[1, 1\] is not allowed",
        ),
        (
            {"grid": {"sample": {"sobol": 9, "over": {"k_bias": [0.1, 0.10000000000001]}}}},
            "grid.sample.over: has no room for 9 points",
        ),
        (
            {"grid": {"sample": {"sobol": 2, "over": {"k_bias": [2, 1]}}}},
            r"grid.sample.over.k_bias: \[2, 1\] is not allowed .two different numbers, the lower",
        ),
        (
            {"grid": {"sample": {"sobol": 2, "over": {"k_bias": [1, 2]}}, "k_bias": [1]}},
            "grid.sample: k_bias is set by grid.k_bias too",
        ),
        ({"grid": {"zip": [{"k_bias": [1, 1], "seed": [1, 2]}]}}, "k_bias: 1 is listed twice"),
        ({"grid": {"k_bias": [1], "points": [{"k_bias": 2}]}}, "grid.points: k_bias is set by grid.k_bias too"),
        ({"grid": {"points": [{"k_bias": 2}, {"k_bias": 2.0}]}}, "grid.points: k_bias 2 is listed twice"),
        ({"grid": {"points": [{"k_bias": 1.25}, {"k_omega": 0.12}]}}, "are one run"),
        ({"grid": {"seed": [1.5]}}, "grid.seed: 1.5 is not a whole number"),
        ({"grid": {"seed": [2**32]}}, r"grid\.seed: 4294967296 is not allowed \(at most 4294967295\)"),
        (
            {"grid": {"delta_t": {"from": 0.5, "to": 2, "steps": 3}}},
            r"grid\.delta_t: 1\.25 is not allowed \(at most 1\)",
        ),
        ({"grid": {"points": [{"delta_t": 2}]}}, r"grid\.points\.delta_t: 2\.0 is not allowed \(at most 1\)"),
        ({"grid": {"k_bias": [10**400]}}, "grid.k_bias: 10+ is not a finite number"),
        ({"grid": {"seed": 501, "k_bias": [1, 2]}}, r"most_runs: this config asks for 1,002 runs \(allowed: 1,000"),
        (
            {"grid": {"k_bias": {"from": 0, "to": 1, "steps": 100_000}, "seed": 100_000}},
            "most_runs: this config asks for 10,000,000,000 runs",
        ),
        ({"batch": ["k_bias"]}, "batch: 'k_bias' is not an axis"),
        ({"batch": {"k_bias": 3}}, "batch: 'k_bias' is not an axis"),
        (
            {"batch": {"k_bias": 3, "seed": 2}, "grid": {"zip": [{"k_bias": [1, 2], "seed": [1, 2]}]}},
            "batch: k_bias: 3, seed: 2 is not allowed, because they go in step",
        ),
        (
            {"batch": {"k_bias": 3}, "grid": {"zip": [{"k_bias": [1, 2], "steps": [1, 2]}]}},
            "batch: k_bias goes in step with steps, whose runs cannot share a store",
        ),
        ({"batch": ["steps"], "grid": {"steps": [1, 2]}}, "batch: 'steps' is not an axis"),
    ],
)
def test_grids_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        expand(config(**changes))

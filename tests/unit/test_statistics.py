"""Means over runs and crossings of levels, by hand, by SciPy, and through the files of a study."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from oscillator_field.analysis import statistics
from oscillator_field.analysis.registry import SCALARS
from oscillator_field.analysis.statistics import crossings_along, means_over, write_tables
from oscillator_field.named_run import Run
from tests.support.tables import ORDER, table_of


def test_a_mean_and_its_interval_are_those_of_scipy():
    generator = np.random.default_rng(3)
    drawn = {seed: generator.normal(0.5, 0.1) for seed in range(40)}
    table = table_of(lambda seed, digit: drawn[seed] + digit, seed=list(range(40)), digit=[3, 8])
    found = means_over(table, ORDER, ["seed"], ["digit"])
    assert found["digit"].tolist() == [3, 8]
    assert found["runs"].tolist() == [40, 40]
    values = np.array(list(drawn.values()))
    for row, digit in zip(found.itertuples(), (3, 8), strict=True):
        assert row.mean == pytest.approx(values.mean() + digit)
        assert row.deviation == pytest.approx(values.std(ddof=1))
        interval = stats.bootstrap([values], np.mean, method="percentile", rng=1).confidence_interval
        assert row.low - digit == pytest.approx(interval.low, abs=0.005)
        assert row.high - digit == pytest.approx(interval.high, abs=0.005)


def test_runs_without_a_number_are_left_out_and_counted():
    table = table_of(lambda seed: [0.2, np.nan, 0.4][seed], seed=[0, 1, 2])
    [row] = means_over(table, ORDER, ["seed"], []).to_dict("records")
    assert row["mean"] == pytest.approx(0.3)
    assert (row["runs"], row["missing"]) == (2, 1)
    [none] = means_over(table[1:2], ORDER, ["seed"], []).to_dict("records")
    assert np.isnan([none["mean"], none["deviation"], none["low"], none["high"]]).all()


def settling(ends, times, **axes):
    """A table of times to settle, NaN where a run ended before."""
    table = table_of(lambda **point: 0.0, **axes)
    late = np.asarray(times, float) > ends
    return table.assign(settling_time=np.where(late, np.nan, times), end_time=ends)


def test_a_run_that_has_not_settled_counts_as_later_than_all():
    times = [1.0, 9.0, 2.0, 3.0, 7.0]
    [row] = means_over(settling(5.0, times, seed=range(5)), "settling_time", ["seed"], []).to_dict("records")
    assert (row["runs"], row["missing"], row["median"]) == (3, 2, 3.0)
    # A mean of the three would be 2, and of all it is 4.4.
    assert np.isnan([row["mean"], row["deviation"]]).all()
    assert row["low"] == 1.0
    assert np.isnan(row["high"])
    [whole] = means_over(settling(10.0, times, seed=range(5)), "settling_time", ["seed"], []).to_dict("records")
    assert (whole["mean"], whole["median"], whole["missing"]) == (pytest.approx(4.4), 3.0, 0)
    [late] = means_over(settling(2.5, times, seed=range(5)), "settling_time", ["seed"], []).to_dict("records")
    assert np.isnan([late["median"], late["high"]]).all()


def test_runs_that_end_early_do_not_move_where_a_time_crosses_a_level():
    generator = np.random.default_rng(5)
    couplings, seeds = np.linspace(0, 1, 11), range(20)
    times = [(8 - 7 * k) * generator.lognormal(0, 0.4) for k in couplings for _ in seeds]
    axes = {"k_coupling": couplings, "seed": seeds}

    def crossing(end):
        table = settling(end, times, **axes)
        [row] = crossings_along(table, "settling_time", "k_coupling", 4.0, ["seed"], []).to_dict("records")
        return row

    whole, cut = crossing(1000.0), crossing(5.0)
    step = couplings[1]
    assert cut["missing"] > 60 > whole["missing"] == 0
    # Between the same two values, which is all that a straight line to an unknown number can say.
    for name in ("crossing", "low", "high"):
        assert cut[name] == pytest.approx(whole[name], abs=step)
    assert np.isnan(crossing(3.9)["crossing"])


@example(slope=1.0, start=1.0, level=5e-324, rising=False)
@given(
    slope=st.floats(0.1, 5),
    start=st.floats(-3, 3),
    level=st.floats(-2, 8),
    rising=st.booleans(),
)
def test_a_straight_line_crosses_where_it_must(slope, start, level, rising):
    sign = 1 if rising else -1
    at = np.linspace(0, 2, 9)
    table = table_of(lambda k_bias: start + sign * slope * k_bias, k_bias=at)
    [row] = crossings_along(table, ORDER, "k_bias", level, [], []).to_dict("records")
    expected = sign * (level - start) / slope
    if 1e-6 < expected < 2 - 1e-6:
        assert row["crossing"] == pytest.approx(expected, abs=1e-6)
    elif not -1e-6 < expected < 2 + 1e-6:
        assert np.isnan(row["crossing"])
    assert np.isnan(row["low"])


def test_the_first_crossing_counts_and_one_that_begins_there():
    wave = [0.0, 0.4, 0.8, 0.4, 0.8]
    table = table_of(lambda k_bias: wave[int(k_bias)], k_bias=[0.0, 1.0, 2.0, 3.0, 4.0])
    assert crossings_along(table, ORDER, "k_bias", 0.6, [], [])["crossing"].tolist() == [1.5]
    assert crossings_along(table, ORDER, "k_bias", 0.8, [], [])["crossing"].tolist() == [2.0]
    assert crossings_along(table, ORDER, "k_bias", 0.0, [], [])["crossing"].tolist() == [0.0]
    assert np.isnan(crossings_along(table, ORDER, "k_bias", 0.9, [], [])["crossing"][0])


def test_there_is_no_first_crossing_after_a_gap():
    wave = [0.1, np.nan, 0.9, 0.2, 0.9]
    table = table_of(lambda k_bias: wave[int(k_bias)], k_bias=[0.0, 1.0, 2.0, 3.0, 4.0])
    [row] = crossings_along(table, ORDER, "k_bias", 0.5, [], []).to_dict("records")
    assert np.isnan(row["crossing"])
    assert row["missing"] == 1
    # What is missing after a crossing does not matter.
    wave = [0.1, 0.9, np.nan, 0.2, 0.9]
    assert crossings_along(
        table_of(lambda k_bias: wave[int(k_bias)], k_bias=[0.0, 1.0, 2.0, 3.0, 4.0]), ORDER, "k_bias", 0.5, [], []
    )["crossing"].tolist() == [0.5]


def test_intervals_do_not_depend_on_how_many_are_drawn_together(monkeypatch):
    values = np.random.default_rng(1).normal(size=(9, 5)).cumsum(axis=1)
    table = table_of(
        lambda k_bias, seed: values[seed, int(k_bias)], k_bias=[0.0, 1.0, 2.0, 3.0, 4.0], seed=list(range(9))
    )

    def found():
        return crossings_along(table, ORDER, "k_bias", 0.3, ["seed"], []), means_over(
            table, ORDER, ["seed"], ["k_bias"]
        )

    whole = found()
    monkeypatch.setattr(statistics, "AT_ONCE", 100)
    for one, other in zip(whole, found(), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_crossing_has_an_interval_over_seeds():
    generator = np.random.default_rng(0)
    moved = generator.normal(0, 0.1, 30)
    table = table_of(
        lambda k_bias, seed, digit: k_bias - moved[seed] - 0.1 * digit,
        k_bias=np.linspace(0, 2, 21),
        seed=list(range(30)),
        digit=[3, 8],
    )
    found = crossings_along(table, ORDER, "k_bias", 0.5, ["seed"], ["digit"])
    expected = 0.5 + moved.mean() + 0.1 * np.array([3, 8])
    np.testing.assert_allclose(found["crossing"], expected, atol=1e-6)
    assert found["members"].tolist() == [30, 30]
    assert found["found"].tolist() == [1, 1]
    half = 1.96 * moved.std(ddof=1) / np.sqrt(30)
    np.testing.assert_allclose(found["high"] - found["low"], 2 * half, rtol=0.15)
    assert ((found["low"] < found["crossing"]) & (found["crossing"] < found["high"])).all()


def test_pictures_that_share_their_seeds_are_not_counted_as_seeds():
    moved = np.random.default_rng(4).normal(0, 0.1, 12)
    axes = {"k_bias": np.linspace(0, 2, 5), "seed": list(range(12)), "digit": list(range(10))}
    table = table_of(lambda k_bias, seed, digit: k_bias - moved[seed] - 0.001 * digit, **axes)
    half = 1.96 * moved.std(ddof=1) / np.sqrt(12)
    for over in (["seed", "digit"], ["digit", "seed"]):
        [mean] = means_over(table[table["k_bias"] == 1], ORDER, over, []).to_dict("records")
        [crossing] = crossings_along(table, ORDER, "k_bias", 0.7, over, []).to_dict("records")
        assert mean["runs"] == crossing["members"] == 120
        assert mean["high"] - mean["low"] == pytest.approx(2 * half, rel=0.2)
        assert crossing["high"] - crossing["low"] == pytest.approx(2 * half, rel=0.2)
    # Where axes are no grid their runs are all that can be drawn.
    [some] = means_over(table[table["k_bias"] == 1][:100], ORDER, ["seed", "digit"], []).to_dict("records")
    assert some["low"] < some["mean"] < some["high"]


def test_axes_that_go_in_step_are_drawn_as_one():
    """What differs between seeds alone is as uncertain with ten points of two parameters as with ten values of one."""
    rng = np.random.default_rng(4)
    rows = [
        {"seed": seed, "k_coupling": point / 10, "k_bias": point / 5, "final_order_parameter": effect}
        for seed, effect in enumerate(rng.random(10))
        for point in range(10)
    ]
    table = pd.DataFrame(rows).sample(frac=1, random_state=1)
    by_one, by_two, turned = (
        means_over(table, "final_order_parameter", over, []).loc[0, ["low", "high"]].to_numpy(float)
        for over in (["seed", "k_coupling"], ["seed", "k_coupling", "k_bias"], ["k_coupling", "seed", "k_bias"])
    )
    assert np.array_equal(by_one, by_two)
    assert np.ptp(by_two) > 0.25
    assert np.ptp(turned) == pytest.approx(np.ptp(by_two), rel=0.2)


def test_runs_that_ended_as_they_had_settled_do_not_say_where_the_others_end():
    couplings, seeds = [0.0, 1.0], [0, 1, 2]
    times = [9.0, 9.0, 9.0, 1.0, 9.0, 1.0]
    table = settling(5.0, times, k_coupling=couplings, seed=seeds)
    whole = crossings_along(table, "settling_time", "k_coupling", 2.0, ["seed"], [])
    early = table.assign(end_time=np.where(table["settling_time"].isna(), 5.0, table["settling_time"] + 0.2))
    pd.testing.assert_frame_equal(crossings_along(early, "settling_time", "k_coupling", 2.0, ["seed"], []), whole)
    assert whole["crossing"][0] == pytest.approx(0.75)


def test_a_level_that_some_members_never_reach_says_how_many_do():
    table = table_of(lambda k_bias, seed: k_bias * (seed == 0), k_bias=[0.0, 1.0, 2.0], seed=[0, 1])
    [row] = crossings_along(table, ORDER, "k_bias", 0.9, ["seed"], []).to_dict("records")
    # Both mean 1 at the end; twice the second never crosses, in a quarter of the draws.
    assert row["crossing"] == pytest.approx(1.8)
    assert row["found"] == pytest.approx(0.75, abs=0.05)


def test_tables_of_a_study_name_what_they_are_of(tmp_path):
    runs = [
        Run.of(digit, 0, {"k_bias": k_bias, "seed": seed})
        for k_bias in (0.5, 1.0, 1.5)
        for seed in (1, 2)
        for digit in (3, 8)
    ]
    rows = [{"job": "all", "run": run.name, **run.described(), **dict.fromkeys(SCALARS, np.nan)} for run in runs]
    for row in rows:
        row[ORDER] = row["k_bias"] / 2 + row["seed"] / 100 + row["digit"] / 1000
    pd.DataFrame(rows).to_parquet(tmp_path / "summary.parquet", index=False, write_page_checksum=True)
    paths = {kind: tmp_path / f"{kind}.csv" for kind in ("statistics", "thresholds")}
    write_tables(
        tmp_path / "summary.parquet",
        paths,
        statistics=[{"of": ORDER, "over": ["seed", "digit"]}, {"of": "settling_time", "over": ["k_bias"]}],
        thresholds=[{"of": ORDER, "along": "k_bias", "level": 0.5, "over": ["seed"]}],
    )
    means = pd.read_csv(paths["statistics"])
    first = means[means["observable"] == ORDER]
    assert first["k_bias"].tolist() == [0.5, 1.0, 1.5]
    np.testing.assert_allclose(first["mean"], np.array([0.25, 0.5, 0.75]) + 0.015 + 0.0055)
    assert means[means["observable"] == "settling_time"]["runs"].tolist() == [0] * 4
    crossings = pd.read_csv(paths["thresholds"])
    assert crossings["digit"].tolist() == [3, 8]
    np.testing.assert_allclose(crossings["crossing"], 2 * (0.5 - 0.015 - np.array([0.003, 0.008])))

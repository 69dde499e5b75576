"""The summary of a study, the figures that fit its grid, one labelled dataset of all runs, the plan."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.analysis.summary import read_summary_table, summarise
from oscillator_field.analysis.sweep import open_sweep
from oscillator_field.figures.pages import study
from oscillator_field.figures.pages.gallery import write_gallery
from oscillator_field.figures.pages.studies import list_studies
from oscillator_field.figures.painters.browser import find_browser
from oscillator_field.figures.painters.drawing import one_browser
from oscillator_field.named_run import Run
from oscillator_field.runs import Job, Runs
from oscillator_field.study.planning import plan_text, read_summary
from oscillator_field.study.resources import TYPICAL_SECONDS
from tests.support.histories import STEPS, rows_of, runs_of, write_job, write_runs

ROOT = Path(__file__).parents[2]
needs_browser = pytest.mark.skipif(find_browser() is None, reason="no browser to draw with")


def table_of(runs):
    """A summary of runs that never ran: each observable is a number of its own."""
    rows = [
        {
            "job": run.name,
            "run": run.name,
            **run.described(),
            **{name: float(number) for name in SCALARS},
            "end_time": 0.05,
        }
        for number, run in enumerate(runs)
    ]
    return pd.DataFrame(rows)


def test_a_summary_has_a_row_a_run_with_every_parameter_and_observable(tmp_path):
    runs = runs_of(k_bias=[1.25, 2.0])
    stores = write_runs(tmp_path, runs)
    summarise(stores, tmp_path / "summary.csv", tmp_path / "summary.parquet")
    read = {"csv": pd.read_csv(tmp_path / "summary.csv"), "parquet": pd.read_parquet(tmp_path / "summary.parquet")}
    for table in read.values():
        assert table["run"].tolist() == [run.name for run in runs]
        assert table["job"].tolist() == [run.name for run in runs]
        for number, run in enumerate(runs):
            assert {name: table[name][number] for name in run.parameters} == run.parameters
            [row] = rows_of(stores[number])
            for name in SCALARS:
                expected = np.nan if row[name] is None else row[name]
                np.testing.assert_allclose(table[name][number], expected, rtol=1e-12)


def test_a_damaged_store_is_named(tmp_path):
    [store] = write_runs(tmp_path, runs_of(digits=[3]))
    (store / "zarr.json").write_text("{")
    with pytest.raises(ValueError, match=f"{re.escape(str(store))}: damaged"):
        rows_of(store)


@pytest.fixture(scope="module")
def browser():
    with one_browser() as browser:
        yield browser


def figure_of(browser, runs, observable="settling_time", change=lambda table: None):
    table = table_of(runs)
    change(table)
    return study.figure(table, observable, browser, "dark")


@needs_browser
def test_without_axes_each_run_is_a_point(browser):
    shown = figure_of(browser, runs_of(), "final_order_parameter")
    [points] = shown["data"]
    assert (points["mode"], points["x"], points["y"]) == ("markers", ["3", "4"], [0, 1])
    assert points["customdata"] == [["digit=3+steps=5"], ["digit=4+steps=5"]]
    assert shown["layout"]["yaxis"]["title"]["text"] == "order parameter at the end"
    assert shown["layout"]["xaxis"]["title"]["text"] == "digit"


@needs_browser
def test_one_axis_has_a_line_a_label_their_mean_and_a_band(browser):
    runs = runs_of(k_bias=[1, 2, 3], seed=[1, 2])
    shown = figure_of(
        browser, runs, "final_order_parameter", lambda table: table.update({"final_order_parameter": 0.0 + table.index})
    )
    band, *lines, mean = shown["data"]
    assert [line["name"] for line in lines] == ["digit 3", "digit 4"]
    assert "markers" not in band["mode"]
    assert mean["x"] == [1, 2, 3]
    # Rows are numbered over bias, then seed, then digit: four for each bias.
    assert mean["y"] == [1.5, 5.5, 9.5]
    np.testing.assert_allclose(np.array(band["y"][:3]) - mean["y"], np.std(range(4), ddof=1))
    assert shown["layout"]["title"]["text"] == "Order parameter at the end, mean over 2 digits and 2 seed values"


@needs_browser
def test_two_axes_make_a_map_with_its_values_and_the_runs_of_each_cell(browser):
    runs = runs_of(k_bias=[1, 2, 3], k_omega=[0, 0.5])
    shown = figure_of(
        browser, runs, "final_order_parameter", lambda table: table.update({"final_order_parameter": 0.0 + table.index})
    )
    heat = shown["data"][0]
    assert (heat["x"], heat["y"]) == (["1", "2", "3"], ["0", "0.5"])
    assert heat["z"] == [[0.5, 4.5, 8.5], [2.5, 6.5, 10.5]]
    assert heat["text"][0] == ["0.5", "4.5", "8.5"]
    assert heat["customdata"][1][0] == ["digit=3+k_bias=1+k_omega=0.5+steps=5", "digit=4+k_bias=1+k_omega=0.5+steps=5"]
    assert heat["hovertext"][0][0] == "k_bias 1, k_omega 0<br>0.5 (mean of 2 runs)"


@needs_browser
def test_three_axes_make_small_maps(browser):
    runs = runs_of(k_bias=[1, 2, 3], k_omega=[0, 0.5], invert=[False, True])
    shown = figure_of(browser, runs, "final_order_parameter")
    assert [trace["type"] for trace in shown["data"]].count("heatmap") == 2
    titles = [shown["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")]
    assert titles == ["k_bias (1/s)", "invert"]
    assert [one["text"] for one in shown["layout"]["annotations"]] == ["k_omega 0 1/s", "k_omega 0.5 1/s"]


@needs_browser
def test_a_design_is_drawn_where_its_points_are(browser):
    places = np.random.default_rng(0).uniform([0, 0], [1, 2], (12, 2)).tolist()
    runs = [Run.of(3, 0, {"steps": STEPS, "k_coupling": one, "k_bias": other}) for one, other in places]

    def settle(table):
        table["settling_time"] = [0.01] * 11 + [None]

    there, missing = (figured := figure_of(browser, runs, "settling_time", settle))["data"]
    assert (there["type"], there["mode"]) == ("scatter", "markers")
    np.testing.assert_allclose(np.transpose([there["x"] + missing["x"], there["y"] + missing["y"]]), places)
    assert there["marker"]["color"] == [0.01] * 11
    assert missing["customdata"] == [[runs[-1].name]]
    assert figured["layout"]["xaxis"].get("type") != "log"
    assert figured["layout"]["title"]["text"] == "Time to settle"
    # As many points on each axis as the design has: a grid of them stays a map.
    grid = figure_of(browser, runs_of(k_coupling=[0, 0.3, 1], k_bias=[1, 2, 3]), "final_order_parameter")
    assert grid["data"][0]["type"] == "heatmap"


@needs_browser
def test_a_time_that_some_runs_never_reach_is_no_mean_of_the_others(browser):
    runs = runs_of(digits=(1, 2, 3), k_bias=[1, 2], k_omega=[0, 0.5])

    def settle(table):
        table["settling_time"] = [0.01, 0.02, None, 0.01, None, None, None, None, None, 0.03, 0.03, 0.03]

    shown = figure_of(browser, runs, "settling_time", settle)
    heat = shown["data"][0]
    # The median, to which runs that have not settled count as later: of two of three it is the later one.
    assert heat["z"] == [[0.02, None], [None, 0.03]]
    assert heat["hovertext"][0][0].endswith("0.02 s (median; 2 of 3 settled)")
    assert heat["hovertext"][0][1].endswith("> 0.05 s (median; 1 of 3 settled)")
    assert heat["text"][1][0] == "> 0.05<br>0 of 3"
    assert "median over 3 digits" in shown["layout"]["title"]["text"]
    alone = figure_of(
        browser, runs_of(k_bias=[1, 2]), "settling_time", lambda table: table.__setitem__("settling_time", None)
    )
    assert alone["data"] == []
    assert alone["layout"]["annotations"][0]["text"] == "None of 4 runs had settled at its end (0.05 s)."


@needs_browser
def test_figures_have_no_number_that_json_lacks(browser):
    def some(table):
        table.loc[::2, "settling_time"] = np.nan

    for name in SCALARS:
        json.dumps(figure_of(browser, runs_of(k_bias=[1, 2], k_omega=[0, 0.5]), name, some), allow_nan=False)


@needs_browser
def test_titles_tell_runs_apart_and_filters_find_names_that_look_like_numbers(browser):
    runs = [
        Run.of(picture, 0, {"seed": seed, "k_bias": k_bias}, "picture")
        for picture in ("0001", "none")
        for seed in (12345, 12346)
        for k_bias in (1.23456, 1.23457)
    ]
    content = study.content(table_of(runs), "settling_time")
    code = [(Path(study.__file__).with_name(name)).read_text() for name in ("chart.js", "filter.js")]
    asked = ["picture=0001", "picture=none", "seed > 12345 picture!=none", "picture<=0001", "evolve_input=True"]
    titles, *found = browser.evaluated(
        f"(() => {{ globalThis.study = {json.dumps(content)}; {''.join(code)}; const rows = chart.rowsOf(study);"
        "const count = (text) => rows.filter(filter.parse(text).matches).length;"
        f"return [rows.map(chart.title), ...{json.dumps(asked)}.map(count)]; }})()"
    )
    assert titles[2] == "picture 0001, seed 12346, k_bias 1.23456"
    assert len(set(titles)) == len(runs)
    assert found == [4, 4, 2, 4, 8]


def written_gallery(folder, table, **changes):
    settings = {
        "name": None, "observable": "settling_time", "views": {"phase": "Phase"}, "sets": {},
        "colours": "Phase", "pages": True, "plotlyjs": "cdn", "shared": [],
        "learning": False, "readout": False, "provenance": {},
    }  # fmt: skip
    write_gallery(folder, table, **settings | changes)
    return json.loads((folder / "study.js").read_text().removeprefix("globalThis.study = ").removesuffix(";\n"))


def test_a_gallery_holds_every_run(tmp_path):
    table = table_of(runs_of(k_bias=[1, 2]))
    table["job"] = ["digit=all+k_bias=1"] * 2 + ["digit=all+k_bias=2"] * 2
    content = written_gallery(tmp_path, table, provenance={"of": "</script>"})
    assert content["values"]["run"] == table["run"].tolist()
    assert content["values"]["number"] == [0, 1, 0, 1]
    assert content["values"]["together"] == [2] * 4
    assert content["constants"]["steps"] == STEPS
    assert content["axes"] == ["k_bias"]
    assert content["provenance"] == {"of": "</script>"}
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "run.html", "compare.html", "study.js"}
    assert "<title>Oscillator field: 4 runs</title>" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("k_bias", "said"), [([0, 1], "random phases: the picture pulls"), ([0, 0.0], "does not, as k")]
)
def test_a_gallery_says_whether_the_picture_pulls(tmp_path, k_bias, said):
    table = table_of(runs_of(k_bias=k_bias[:1]))
    table["job"], table["k_bias"] = "digit=all", k_bias
    written_gallery(tmp_path, table)
    assert said in (tmp_path / "index.html").read_text()


def test_studies_are_listed_and_no_gallery_is_lost(tmp_path):
    table = table_of(runs_of())
    (tmp_path / "b").mkdir()
    written_gallery(tmp_path / "b", table, name="b")
    (tmp_path / "runs").mkdir()
    list_studies(tmp_path)
    assert 'href="b/index.html"' in (tmp_path / "index.html").read_text()
    (tmp_path / "a").mkdir()
    written_gallery(tmp_path / "a", table, name="a")
    list_studies(tmp_path)
    assert re.findall(r'href="([^"]+html)"', (tmp_path / "index.html").read_text()) == ["a/index.html", "b/index.html"]
    # A study without a name has its gallery there, which is not written over and lists the others.
    written_gallery(tmp_path, table)
    before = (tmp_path / "index.html").read_text()
    list_studies(tmp_path)
    assert (tmp_path / "index.html").read_text() == before
    listed = json.loads(
        (tmp_path / "studies.js").read_text().removeprefix("globalThis.listedStudies = ").removesuffix(";\n")
    )
    assert [one["title"] for one in listed] == ["Oscillator field: 2 runs", "a: 2 runs", "b: 2 runs"]


def test_a_summary_with_another_name_in_it_is_damaged(tmp_path):
    write_runs(tmp_path, runs_of())
    stores = sorted(tmp_path.glob("runs/*/observables.zarr"))
    summarise(stores, tmp_path / "summary.csv", tmp_path / "summary.parquet")
    table = read_summary_table(tmp_path / "summary.parquet")
    assert table["digit"].tolist() == [3, 4]
    table.rename(columns={"settling_time": "settling_tile"}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"other\.parquet: damaged, or of another version: settling_ti"):
        read_summary_table(tmp_path / "other.parquet")
    content = bytearray((tmp_path / "summary.parquet").read_bytes())
    content[200] ^= 1
    (tmp_path / "summary.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"summary\.parquet: damaged"):
        read_summary_table(tmp_path / "summary.parquet")


def test_what_is_true_of_one_run_alone_is_not_said_of_a_sweep(tmp_path):
    runs = runs_of()
    write_job(tmp_path / "runs" / runs[0].name, runs[:1], {"simulation": {"engine": "numba"}})
    write_job(tmp_path / "runs" / runs[1].name, runs[1:], {"simulation": {"engine": "torch"}})
    attributes = open_sweep(tmp_path).attrs
    assert "simulation" not in attributes
    assert attributes["title"] == "History of an oscillator field"


HEAD = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan\n"


def test_a_plan_tells_new_and_recomputed_and_unchanged_runs_apart(tmp_path):
    points = tuple({"digit": digit, "instance": 0} for digit in (1, 2, 3))
    jobs = {f"digit={one['digit']}": Job("", Runs({"steps": STEPS}, ((one,),), "digit")) for one in points}
    rows = [
        ("digit=1/history.zarr", "simulate", "missing", "update pending"),
        ("digit=1/observables.zarr", "measure", "missing", "update pending"),
        ("digit=2/history.zarr", "simulate", "ok", "no update"),
        ("digit=2/phase.html", "render_html", "params changed", "update pending"),
        ("digit=2/spikes.html", "render_html", "params changed", "update pending"),
        ("digit=3/history.zarr", "simulate", "ok", "no update"),
    ]
    text = HEAD + "".join(f"results/runs/{path}\t-\t{rule}\t-\t{status}\t{plan}\n" for path, rule, status, plan in rows)
    (tmp_path / "measure").mkdir()
    (tmp_path / "measure" / "a.tsv").write_text("s\th:m:s\n40.0\t0\n")
    settings = {
        "logs": tmp_path,
        "cores": 2,
        "typical": TYPICAL_SECONDS,
        "pixels": 28 * 28,
        "history": {"keep": "frames", "every": 1, "precision": "exact"},
        "measure": {"every": None, "observables": None},
        "megabytes": 1400,
        "how_to_list": "prune",
    }
    told = plan_text(read_summary(text), jobs, [], **settings)
    assert told.splitlines()[0] == "3 runs in 3 jobs: 1 new, 1 recomputed, 1 unchanged"
    assert "  new          digit=1" in told
    assert "  recomputed   digit=2  (render_html: params changed)" in told
    assert "digit=3" not in told
    assert "1 measure                about 40.0 s each" in told
    assert "1 render_html " in told
    assert "About 22 s on 2 cores" in told
    numbers = {**settings, "history": {"keep": "none"}, "measure": {"every": 5, "observables": ["spike_count"]}}
    # A map of 28 x 28 x 4 numbers, and the rows of tables.
    assert "26 kB of disk" in plan_text(read_summary(text), jobs, [], **numbers)
    assert "Nothing to be done." in plan_text(read_summary(HEAD), {}, [], **settings)
    unknown = HEAD + "results/new.txt\t-\ta_rule_to_come\t-\tmissing\tupdate pending\n"
    assert "1 a_rule_to_come         about 5.0 s each" in plan_text(read_summary(unknown), {}, [], **settings)


def test_every_rule_has_a_typical_time():
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    names = set(re.findall(r"^(?:rule|use rule \w+ as) (\w+)", rules, flags=re.MULTILINE))
    assert names - {"plan", "prune"} == set(TYPICAL_SECONDS)

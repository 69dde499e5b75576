"""The diagram of very many runs: what lies along its axes, how they are cut, and which cells are empty."""

import numpy as np
import pandas as pd
import pytest

from oscillator_field.analysis.registry import SCALARS
from oscillator_field.figures.pages.diagram import CELLS, MOST_LEVELS, content, figure
from oscillator_field.parameters import DEFAULTS
from tests.support.tables import ORDER, table_of


def drawn(table, observable=ORDER):
    """The figure of a table of some runs, and what its page reads."""
    others = {"digit": 3, "instance": 0, **DEFAULTS, **dict.fromkeys(SCALARS, 0.5)}
    shared = {name: value for name, value in others.items() if name not in table.columns}
    made = figure(shared, table, observable, "light")
    [data] = made["data"]
    cells = np.array(data["z"], float)
    assert cells.shape == (len(data["y"]), len(data["x"]))
    return made["layout"], cells, content(shared, table, observable)


def test_seeds_and_pictures_are_averaged_and_named_however_many_there_are():
    table = table_of(
        lambda k_coupling, k_bias, seed, digit: k_coupling + k_bias + seed + digit,
        k_coupling=[0.0, 1.0],
        k_bias=[0.0, 2.0, 4.0],
        seed=range(9),
        digit=[1, 3, 5, 7],
    )
    layout, cells, page = drawn(table)
    assert page["axes"] == ["k_bias", "k_coupling", "digit", "seed"]
    assert layout["xaxis"]["title"]["text"].startswith("k_bias")
    assert layout["yaxis"]["title"]["text"].startswith("k_coupling")
    assert layout["title"]["text"] == "Order parameter at the end, 216 runs, mean over digit, seed"
    np.testing.assert_allclose(cells, [[8, 10, 12], [9, 11, 13]])


def test_points_of_a_design_fill_cells_that_hold_some_each():
    points = np.random.default_rng(1).random((1024, 2))
    table = pd.DataFrame({"k_coupling": points[:, 0], "k_bias": points[:, 1], ORDER: points.sum(axis=1)})
    _, cells, page = drawn(table)
    assert page["cells"] == 32
    assert cells.shape == (32, 32)
    assert np.isfinite(cells).mean() > 0.5
    assert "levels" not in page["parameters"]["k_bias"]


def test_a_grid_keeps_its_values_and_long_axes_are_cut():
    table = table_of(lambda k_coupling, k_bias: 0.5, k_coupling=range(MOST_LEVELS + 1), k_bias=[1, 2])
    _, cells, page = drawn(table)
    assert cells.shape == (2, CELLS) == (2, page["cells"])
    assert page["parameters"]["k_bias"]["levels"] == [1, 2]


def test_a_cell_where_a_run_has_not_settled_is_empty():
    table = table_of(lambda k_bias, k_coupling, seed: 0.5, k_bias=[1], k_coupling=[0, 1], seed=range(3))
    table["settling_time"] = [1.0, 2.0, np.nan, 1.0, 2.0, 3.0]
    _, cells, _ = drawn(table, "settling_time")
    np.testing.assert_array_equal(cells, [[np.nan, 2.0]])
    # What a run lacks otherwise is left out.
    table["final_correlation_length"] = table["settling_time"]
    assert drawn(table, "final_correlation_length")[1].tolist() == [[pytest.approx(1.5), 2.0]]

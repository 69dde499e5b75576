"""Tables of runs as a summary has them, with numbers that are made up."""

import itertools

import pandas as pd

ORDER = "final_order_parameter"


def table_of(value, **axes):
    """A row for each combination of some axes, with a number that a function gives."""
    rows = [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]
    return pd.DataFrame([{**row, ORDER: value(**row)} for row in rows])

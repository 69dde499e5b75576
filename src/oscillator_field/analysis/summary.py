"""One row a run: its label, every parameter and every observable that is one number, as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscillator_field.analysis.observed_runs import columns_of
from oscillator_field.analysis.registry import SCALARS
from oscillator_field.nouns import DIGIT, NOUNS, noun_in
from oscillator_field.parameters import DEFAULTS, METADATA
from oscillator_field.stores.atomic import whole_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# Rows that are in memory at once, and in a row group of the table: readers take those that they want.
ROWS_AT_ONCE = 2**17


def summarise(observables: Sequence[str | Path], csv: str | Path, parquet: str | Path) -> None:
    """Write the rows of all runs, in the order of the stores; `job` is the folder that holds a run's results.

    Raises:
        FileNotFoundError: a store is not there.
        DamagedStoreError, ValueError: one is damaged, or not one of observables.
    """
    import pyarrow.csv
    import pyarrow.parquet

    tables = _tables(observables)
    first = next(tables)
    with whole_file(csv) as text, whole_file(parquet) as table:
        lines = pyarrow.csv.CSVWriter(
            text, first.schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed")
        )
        groups = pyarrow.parquet.ParquetWriter(table, first.schema, compression="zstd", write_page_checksum=True)
        with lines, groups:
            for part in (first, *tables):
                lines.write_table(part)
                groups.write_table(part)


def _tables(observables: Sequence[str | Path]) -> Iterator[pa.Table]:
    """The rows of the stores, some stores at a time."""
    import pyarrow as pa

    schema = None
    columns: dict[str, list[Any]] = {}
    for number, store in enumerate(observables, start=1):
        own = columns_of(store)
        for name, values in {"job": [Path(store).parent.name] * len(own["run"]), **own}.items():
            columns.setdefault(name, []).extend(values)
        if len(columns["job"]) >= ROWS_AT_ONCE or number == len(observables):
            schema = schema or _schema(columns)
            yield pa.table(columns, schema=schema)
            columns = {}


def _schema(columns: Mapping[str, Sequence[Any]]) -> pa.Schema:
    """Of a table with these columns: parameters in their types, numbers that may be missing as floats."""
    import pyarrow as pa

    kinds = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    values = {name: DEFAULTS[name] for name in DEFAULTS} | dict.fromkeys(SCALARS, 0.0) | {"instance": 0}
    noun = noun_in(columns)
    values[noun] = columns[noun][0]
    return pa.schema([(name, kinds[type(values.get(name, ""))]) for name in columns])


def read_summary_table(parquet: str | Path) -> pd.DataFrame:
    """The table of a summary, with its checksums checked.

    Raises:
        ValueError: it is damaged.
    """
    import pandas as pd

    try:
        table = pd.read_parquet(parquet, page_checksum_verification=True)
    except Exception as error:
        raise ValueError(f"{parquet}: damaged, {error} (remove it and run again)") from None
    # Names of columns have no checksum.
    nouns = [noun for noun in NOUNS if noun in table.columns] or [DIGIT]
    expected = {"job", "run", *nouns[:1], "instance", *METADATA, *SCALARS}
    if expected != set(table.columns):
        different = ", ".join(map(str, expected ^ set(table.columns)))
        raise ValueError(f"{parquet}: damaged, or of another version: {different} (remove it and run again)")
    return table


def varied(table: pd.DataFrame) -> list[str]:
    """The parameters that differ between the runs of a summary, in their usual order; neither label nor instance."""
    return [name for name in METADATA if table[name].nunique() > 1]

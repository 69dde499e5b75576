"""One row a run: its label, every parameter and every observable that is one number, as CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscillator_field.analysis.observed_runs import columns_of
from oscillator_field.analysis.registry import SCALARS
from oscillator_field.named_run import Run
from oscillator_field.nouns import DIGIT, NOUNS, noun_in
from oscillator_field.parameters import DEFAULTS, METADATA, EncodingParameters
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
    _check_columns(parquet, table.columns)
    return table


def read_varied(parquet: str | Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """What all rows of a summary share, and the columns that differ; but for the names of the runs.

    Of a million rows most columns hold one value, which the file says without them.

    Raises:
        ValueError: it is damaged.
    """
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(parquet, page_checksum_verification=True) as file:
            names = file.schema_arrow.names
            values = {name: _shared_value(file.metadata, column) for column, name in enumerate(names)}
            shared = {name: value[0] for name, value in values.items() if value}
            varied = [name for name in names if name not in shared and name != "run"]
            table = file.read(columns=varied).to_pandas()
    except Exception as error:
        raise ValueError(f"{parquet}: damaged, {error} (remove it and run again)") from None
    _check_columns(parquet, names)
    return shared, table


def _shared_value(metadata: pa.FileMetaData, column: int) -> list[Any]:
    """The value that all rows of a column have, or None that all lack it, in a list; an empty one if they differ."""
    parts = [metadata.row_group(group).column(column).statistics for group in range(metadata.num_row_groups)]
    if all(part.num_values == 0 for part in parts):
        return [None]
    known = {value for part in parts if part.has_min_max for value in (part.min, part.max)}
    whole = all(part.has_min_max and part.null_count == 0 for part in parts)
    return list(known) if whole and len(known) == 1 else []


def _check_columns(parquet: str | Path, names: Iterable[str]) -> None:
    """Refuse a table with other columns: their names have no checksum."""
    there = set(names)
    nouns = [noun for noun in NOUNS if noun in there] or [DIGIT]
    expected = {"job", "run", *nouns[:1], "instance", *METADATA, *SCALARS}
    if expected != there:
        different = ", ".join(sorted(map(str, expected ^ there)))
        raise ValueError(f"{parquet}: damaged, or of another version: {different} (remove it and run again)")


def perturbations_in(shared: Mapping[str, Any], table: pd.DataFrame) -> set[str]:
    """The names of the inputs of all runs of a summary, as `read_varied` gives it."""
    wanted = [*NOUNS, "instance", *EncodingParameters.__dataclass_fields__]
    differing = table[[name for name in wanted if name in table.columns]].drop_duplicates()
    # Without columns there is one input all the same.
    rows = differing.to_dict("records") or [{}]
    return {Run.from_description({**shared, **row}).perturbation for row in rows}


def varied(table: pd.DataFrame) -> list[str]:
    """The parameters that differ between the runs of a summary, in their usual order; neither label nor instance."""
    return [name for name in METADATA if table[name].nunique() > 1]

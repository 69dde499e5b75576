"""One row a run: its label, every parameter and every observable that is one number, as CSV and Parquet.

`measure` leaves the rows of its runs in the metadata of their store, so a summary of thousands opens one small file for
each job.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscillator_field.analysis.measuring import ROWS
from oscillator_field.analysis.registry import SCALARS
from oscillator_field.nouns import DIGIT, NOUNS
from oscillator_field.parameters import METADATA
from oscillator_field.stores.atomic import whole_file
from oscillator_field.stores.zarr_stores import check_store

if TYPE_CHECKING:
    import pandas as pd


def rows_of(observables: str | Path) -> list[dict[str, Any]]:
    """The rows of the runs in a store of observables, without opening its arrays.

    Raises:
        FileNotFoundError: there is no store.
        ValueError: it is damaged, or not one of observables.
    """
    try:
        return check_store(observables)["consolidated_metadata"]["metadata"][ROWS]["attributes"]["rows"]
    except KeyError as error:
        raise ValueError(f"{observables}: not a store of observables, it has no {error}") from None


def summarise(observables: Sequence[str | Path], csv: str | Path, parquet: str | Path) -> None:
    """Write the rows of all runs, in the order of the stores; `job` is the folder that holds a run's results."""
    import pandas as pd

    table = pd.DataFrame([{"job": Path(store).parent.name, **row} for store in observables for row in rows_of(store)])
    for name in SCALARS:
        table[name] = table[name].astype(float)
    with whole_file(csv) as temporary:
        table.to_csv(temporary, index=False)
    with whole_file(parquet) as temporary:
        table.to_parquet(temporary, index=False, write_page_checksum=True)


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

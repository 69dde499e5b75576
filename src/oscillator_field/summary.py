"""One row a run: its digit, every parameter and every observable that is one number, as CSV and Parquet.

`measure` leaves the rows of its runs in the attributes of their store, so a summary of thousands opens one small file
for each job.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oscillator_field.atomic import whole_file
from oscillator_field.parameters import METADATA

if TYPE_CHECKING:
    import pandas as pd

# Observables over time that a row takes the last value of.
_AT_THE_END = (
    "order_parameter",
    "local_order_parameter",
    "input_alignment",
    "spike_share",
    "phase_velocity",
    "singularities",
    "energy_coupling",
    "energy_bias",
    "energy_omega",
)
# Of every scalar: what it is, and its unit.
SCALARS: dict[str, tuple[str, str]] = {
    "final_order_parameter": ("order parameter at the end", "1"),
    "final_local_order_parameter": ("local order parameter at the end", "1"),
    "final_input_alignment": ("alignment with the input at the end", "1"),
    "final_spike_share": ("share of spiking sites at the end", "1"),
    "final_phase_velocity": ("phase velocity at the end", "rad/s"),
    "final_singularities": ("phase singularities at the end", "1"),
    "final_energy_coupling": ("energy of the coupling at the end", "1/s"),
    "final_energy_bias": ("energy of the bias at the end", "1/s"),
    "final_energy_omega": ("imaginary part of the mixing at the end", "1/s"),
    "spikes_a_site": ("spikes of a site over the whole run, mean", "1"),
    "mean_phase_locking": ("locking of a site to the mean field, mean", "1"),
    "settling_time": ("time to settle", "s"),
}


def scalars(observed: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of one run, from its observables; None for one that does not exist, such as a time never reached."""
    numbers = {f"final_{name}": float(observed[name][-1]) for name in _AT_THE_END}
    numbers["spikes_a_site"] = float(np.mean(observed["spike_count"]))
    numbers["mean_phase_locking"] = float(np.mean(observed["phase_locking"]))
    numbers["settling_time"] = float(observed["settling_time"])
    return {name: numbers[name] if np.isfinite(numbers[name]) else None for name in SCALARS}


def rows_of(observables: str | Path) -> list[dict[str, Any]]:
    """The rows of the runs in a store of observables, without opening its arrays.

    Raises:
        FileNotFoundError: there is no store.
        ValueError: it is damaged, or not one of observables.
    """
    path = Path(observables) / "zarr.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["attributes"]["summary"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{observables}: damaged or not a store of observables, {error!r}") from None


def summarise(observables: Sequence[str | Path], csv: str | Path, parquet: str | Path) -> None:
    """Write the rows of all runs, in the order of the stores; `job` is the folder that holds a run's results."""
    import pandas as pd

    table = pd.DataFrame([{"job": Path(store).parent.name, **row} for store in observables for row in rows_of(store)])
    for name in SCALARS:
        table[name] = table[name].astype(float)
    with whole_file(csv) as temporary:
        table.to_csv(temporary, index=False)
    with whole_file(parquet) as temporary:
        table.to_parquet(temporary, index=False)


def varied(table: pd.DataFrame) -> list[str]:
    """The parameters that differ between the runs of a summary, in their usual order; neither digit nor instance."""
    return [name for name in METADATA if table[name].nunique() > 1]

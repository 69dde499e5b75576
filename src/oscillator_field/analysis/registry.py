"""The observables by name: what each is, its unit, and how it is computed; and the numbers of a summary.

An observable over time is a function (see `observables`) and one entry in OVER_TIME. Those of a whole run are added up
in `measuring`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis import observables as observe
from oscillator_field.analysis.correlation import correlation_length
from oscillator_field.parameters import FieldParameters


@dataclass(frozen=True)
class Block:
    """Some successive frames of a run, and all that observables are computed from.

    Attributes:
        phase: float32 `(frame, row, column, channel)`, rad.
        before: the phases of the frame before the first, or of the start.
        spikes: counts since the frame before, of the shape of `phase`.
        intervals, seconds: `(frame,)`, steps and time since the frame before.
        input_phase: `(row, column, channel)`, rad, at the start.
        omega: `(channel, channel)`.
        parameters: of the run.
    """

    phase: NDArray[np.float32]
    before: NDArray[np.float32]
    spikes: NDArray[np.unsignedinteger]
    intervals: NDArray[np.int64]
    seconds: NDArray[np.float64]
    input_phase: NDArray[np.float32]
    omega: NDArray[np.float32]
    parameters: FieldParameters

    @cached_property
    def z(self) -> observe.State:
        """The states."""
        return observe.state(self.phase)

    @cached_property
    def speed(self) -> NDArray[np.float32]:
        """|Phase velocity| of each site, rad/s."""
        earlier = np.concatenate([self.before[np.newaxis], self.phase[:-1]])
        return observe.speeds(self.phase, earlier, self.seconds)

    @cached_property
    def defects(self) -> NDArray[np.bool_]:
        """Where a phase singularity is."""
        return observe.singularity_charge(self.phase) != 0


@dataclass(frozen=True)
class Observable:
    """What an observable is.

    Attributes:
        axes: its dimensions after `run`.
        meaning: in words, for the store.
        unit: of its values.
        of: computes it from a block of frames; None for those of a whole run.
        words: what a summary calls it, of which it holds the last value; empty for none.
        is_share: whether it lies between 0 and 1, whatever the field.
        may_be_missing: whether a field may have no such number, which is then NaN.
    """

    axes: tuple[str, ...]
    meaning: str
    unit: str
    of: Callable[[Block], NDArray] | None = None
    words: str = ""
    is_share: bool = False
    may_be_missing: bool = False


OVER_TIME = {
    "order_parameter": Observable(
        ("frame",),
        "|mean of exp(i phase)| over all sites",
        "1",
        lambda block: observe.order_parameter(block.z),
        "order parameter",
        is_share=True,
    ),
    "channel_order_parameter": Observable(
        ("frame", "channel"),
        "|mean of exp(i phase)| over the sites of a channel",
        "1",
        lambda block: observe.channel_order_parameter(block.z),
        is_share=True,
    ),
    "local_order_parameter": Observable(
        ("frame",),
        "|mean of exp(i phase)| over nearest neighbours, mean over sites",
        "1",
        lambda block: observe.local_order_parameter(block.z),
        "local order parameter",
        is_share=True,
    ),
    "input_alignment": Observable(
        ("frame",),
        "|mean of exp(i (phase - input phase at the start))| over all sites",
        "1",
        lambda block: observe.input_alignment(block.z, block.input_phase),
        "alignment with the input",
        is_share=True,
    ),
    "spike_share": Observable(
        ("frame",),
        "share of sites that spike in a step",
        "1",
        lambda block: observe.spike_share(block.spikes, block.intervals),
        "share of spiking sites",
        is_share=True,
    ),
    "phase_velocity": Observable(
        ("frame",),
        "mean absolute phase velocity",
        "rad/s",
        lambda block: block.speed.mean(axis=observe.SITES, dtype=np.float64),
        "phase velocity",
    ),
    "phase_velocity_quantile": Observable(
        ("frame", "quantile"),
        "quantiles over sites of the absolute phase velocity",
        "rad/s",
        lambda block: np.quantile(block.speed.reshape(len(block.speed), -1), observe.QUANTILES, axis=1).T.astype(
            np.float64
        ),
    ),
    "singularities": Observable(
        ("frame",),
        "phase singularities of all channels",
        "1",
        lambda block: block.defects.sum(axis=observe.SITES, dtype=np.int64),
        "phase singularities",
    ),
    "energy_coupling": Observable(
        ("frame",),
        "energy of the coupling for each site",
        "1/s",
        lambda block: observe.coupling_energy(block.z, block.parameters),
        "energy of the coupling",
        may_be_missing=True,
    ),
    "energy_bias": Observable(
        ("frame",),
        "energy of the bias for each site",
        "1/s",
        lambda block: observe.bias_energy(block.z, block.input_phase, block.parameters.k_bias),
        "energy of the bias",
        may_be_missing=True,
    ),
    "energy_omega": Observable(
        ("frame",),
        "imaginary part of the mixing for each site",
        "1/s",
        lambda block: observe.omega_energy(block.z, block.omega, block.parameters.k_omega),
        "imaginary part of the mixing",
        may_be_missing=True,
    ),
    "correlation_length": Observable(
        ("frame",),
        "distance at which the spatial correlation of exp(i phase) falls below 1/e",
        "pixel",
        lambda block: correlation_length(block.z),
        "correlation length",
        may_be_missing=True,
    ),
}
ENERGIES = ("energy_coupling", "energy_bias", "energy_omega")
OF_THE_RUN = {
    "phase_locking": Observable(
        ("row", "column", "channel"),
        "|mean over frames of exp(i (phase - phase of the mean field))|",
        "1",
        is_share=True,
    ),
    "spike_count": Observable(("row", "column", "channel"), "spikes over the whole run", "1"),
    "singularity_count": Observable(("row_edge", "column_edge"), "singularities over all frames and channels", "1"),
    "settling_time": Observable(
        (), "time from which on the share of spiking sites stays below the bound", "s", may_be_missing=True
    ),
    "end_time": Observable(
        (), "time of the last step, earlier than that of `steps` only where the run has settled", "s"
    ),
}
OBSERVABLES = {**OVER_TIME, **OF_THE_RUN}


@dataclass(frozen=True)
class Scalar:
    """A number of a summary.

    Attributes:
        words: what it is called.
        unit: its unit.
        meaning: how it is defined.
        over_time: the observable of which it is the last value, if it is.
        censored: whether it is a time that a run may not have reached at its end.
    """

    words: str
    unit: str
    meaning: str
    over_time: str = ""
    censored: bool = False


SCALARS = {
    **{
        f"final_{name}": Scalar(f"{one.words} at the end", one.unit, one.meaning, name)
        for name, one in OVER_TIME.items()
        if one.words
    },
    "spikes_a_site": Scalar("spikes of a site", "1", "spikes over the whole run, mean over sites"),
    "mean_phase_locking": Scalar(
        "locking to the mean field", "1", f"{OF_THE_RUN['phase_locking'].meaning}, mean over sites"
    ),
    "settling_time": Scalar("time to settle", "s", OF_THE_RUN["settling_time"].meaning, censored=True),
    "end_time": Scalar("time at the end", "s", OF_THE_RUN["end_time"].meaning),
}

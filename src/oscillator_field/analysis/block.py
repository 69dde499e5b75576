"""Some successive frames of a run, and the observables of `registry`, each computed by the method of its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis import observables as observe
from oscillator_field.analysis.correlation import correlation_length
from oscillator_field.analysis.registry import QUANTILES
from oscillator_field.parameters import FieldParameters

# One number of each frame.
Values = NDArray[np.number]


@dataclass(frozen=True)
class Block:
    """Some successive frames of a run.

    Attributes:
        phase: float32 `(frame, row, column, channel)`, rad.
        before: the phases of the frame before the first, or of the start.
        spikes: whole numbers of the shape of `phase`, counts since the frame before.
        intervals, seconds: `(frame,)`, steps and time since the frame before.
        input_phase: `(row, column, channel)`, rad, at the start.
        omega: `(channel, channel)`.
        parameters: of the run.
    """

    phase: NDArray[np.float32]
    before: NDArray[np.float32]
    spikes: NDArray[np.integer]
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

    def order_parameter(self) -> Values:
        return observe.order_parameter(self.z)

    def channel_order_parameter(self) -> Values:
        return observe.channel_order_parameter(self.z)

    def local_order_parameter(self) -> Values:
        return observe.local_order_parameter(self.z)

    def input_alignment(self) -> Values:
        return observe.input_alignment(self.z, self.input_phase)

    def spike_share(self) -> Values:
        return observe.spike_share(self.spikes, self.intervals)

    def phase_velocity(self) -> Values:
        return self.speed.mean(axis=observe.SITES, dtype=np.float64)

    def phase_velocity_quantile(self) -> Values:
        speeds = self.speed.reshape(len(self.speed), -1)
        return np.quantile(speeds, QUANTILES, axis=1).T.astype(np.float64)

    def singularities(self) -> Values:
        return self.defects.sum(axis=observe.SITES, dtype=np.int64)

    def energy_coupling(self) -> Values:
        return observe.coupling_energy(self.z, self.parameters)

    def energy_bias(self) -> Values:
        return observe.bias_energy(self.z, self.input_phase, self.parameters.k_bias)

    def energy_omega(self) -> Values:
        return observe.omega_energy(self.z, self.omega, self.parameters.k_omega)

    def correlation_length(self) -> Values:
        return correlation_length(self.z)

    def phase_locking(self) -> Values:
        return observe.turned_to_the_mean(self.z)

    def spike_count(self) -> Values:
        return self.spikes.astype(np.int64)

    def singularity_count(self) -> Values:
        return self.defects.sum(axis=observe.CHANNEL, dtype=np.int64)

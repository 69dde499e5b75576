"""What is observed of one run, added up while its frames come, and the numbers that a summary has of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.analysis import observables as observe
from oscillator_field.analysis.block import Block
from oscillator_field.analysis.registry import ENERGIES, OBSERVABLES, OF_THE_RUN, OVER_TIME, SCALARS, TIMES, Scalar
from oscillator_field.parameters import FieldParameters

SPIKES = "spike_share"


@dataclass(frozen=True)
class Measured:
    """One run, measured.

    Attributes:
        described: its name, label, instance and parameters.
        observed: its observables by name, in the shapes that the registry says, for the frames that it has.
        frames: how many these are.
        end_step: after which step the last of them was.
    """

    described: Mapping[str, Any]
    observed: Mapping[str, Any]
    frames: int
    end_step: int

    def scalars(self) -> dict[str, float | None]:
        """The numbers of the run; None for one that does not exist, such as a time never reached, or was not wanted."""
        return {name: self._scalar(one) for name, one in SCALARS.items()}

    def _scalar(self, scalar: Scalar) -> float | None:
        if scalar.made_of not in self.observed:
            return None
        values = self.observed[scalar.made_of]
        value = float(values[-1] if scalar.over_time else np.mean(values))
        return value if np.isfinite(value) else None


class Observer:
    """Adds up the observables of one run.

    The numbers do not depend on how its frames are cut into blocks, so a run that is measured while it is simulated has
    the bits of one that is measured from its history.
    """

    def __init__(
        self,
        wanted: Iterable[str],
        parameters: FieldParameters,
        *,
        has_energies: bool,
        initial_phase: NDArray[np.float32],
        input_phase: NDArray[np.float32],
        omega: NDArray[np.float32],
    ) -> None:
        """For the observables of these names, beside the times, of a run that starts so.

        Args:
            wanted: names of OBSERVABLES.
            parameters: of the run.
            has_energies: whether its couplings are those that its parameters state.
            initial_phase, input_phase: `(row, column, channel)`, rad.
            omega: `(channel, channel)`.
        """
        self._wanted = set(wanted)
        self._parameters, self._has_energies = parameters, has_energies
        self._input_phase, self._omega = input_phase, omega
        self._before = initial_phase
        self._parts: list[dict[str, NDArray]] = []
        self._sums: dict[str, NDArray] = {}
        # Counted in whole steps, so that times are what they are in the store.
        self._steps: list[int] = []

    def add(self, phase: NDArray[np.float32], spikes: NDArray[np.integer], intervals: NDArray[np.int64]) -> None:
        """Observe the next frames.

        Args:
            phase: `(frame, row, column, channel)`, rad.
            spikes: how often each site has spiked since the frame before, of the same shape.
            intervals: `(frame,)`, steps since the frame before.
        """
        if not len(phase):
            return
        block = Block(
            phase=phase,
            before=self._before,
            spikes=spikes,
            intervals=intervals,
            seconds=np.asarray(intervals * self._parameters.delta_t, np.float64),
            input_phase=self._input_phase,
            omega=self._omega,
            parameters=self._parameters,
        )
        self._parts.append({name: getattr(block, name)() for name in OVER_TIME if name in {SPIKES, *self._wanted}})
        for name in OF_THE_RUN:
            if name in self._wanted and name not in TIMES:
                for added in getattr(block, name)():
                    # Frame by frame: another order would give other bits.
                    self._sums[name] = self._sums[name] + added if name in self._sums else added.copy()
        # The array may be filled anew before the next frames come.
        self._before = phase[-1].copy()
        self._steps += intervals.tolist()

    def measured(self, described: Mapping[str, Any], settled_share: float) -> Measured:
        """All that was wanted of the run.

        Args:
            described: its name, label, instance and parameters.
            settled_share: it has settled when fewer than this share of its sites spike in a step, for good.
        """
        over_time = {name: np.concatenate([block[name] for block in self._parts]) for name in self._parts[0]}
        if not self._has_energies:
            for name in over_time.keys() & set(ENERGIES):
                over_time[name] = np.full_like(over_time[name], np.nan)
        time = np.cumsum(self._steps) * self._parameters.delta_t
        share = over_time[SPIKES] if SPIKES in self._wanted else over_time.pop(SPIKES)
        of_the_run = {
            name: observe.modulus(self._sums[name] / len(time)) if one.is_mean else self._sums[name]
            for name, one in OF_THE_RUN.items()
            if name in self._sums
        }
        times = {
            "settling_time": observe.settling_time(share, time, settled_share),
            "end_time": float(f"{time[-1]:.12g}"),
        }
        observed = {**over_time, **of_the_run, **times}
        # One frame after all steps says nothing of how a run went; one that settled by its first frame ended there.
        ended_early = described.get("stop_when_settled", 0) > 0 and sum(self._steps) < described["steps"]
        if len(time) == 1 < sum(self._steps) and not ended_early:
            for name in observed:
                if OBSERVABLES[name].of_course:
                    observed[name] = np.full(np.shape(observed[name]), np.nan)
        return Measured(described, observed, len(time), sum(self._steps))

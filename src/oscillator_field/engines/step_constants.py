"""What is constant in a step, as the compiled engines want it: the model as one weighted sum.

    z + delta_t * (k_coupling * (neighbours - z) + k_omega * Omega @ z + k_bias * (c - z))
        = coupling * neighbours + bias * c + weights @ z

where `coupling` is complex if it lags: delta_t * k_coupling * exp(-i phase_lag). The weight of z itself is on the
diagonal of `weights`. Products are taken in float64 and rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import FieldParameters

Values = NDArray[np.float32]


@dataclass(frozen=True)
class StepConstants:
    """One value for each run, float32.

    Attributes:
        coupling, bias: factors of the sum of the neighbours (the real part) and of the input.
        lag: the imaginary part of the factor of the neighbours.
        cosine, sine: of the threshold; a change spikes if `|sin(change)| * cosine > cos(change) * sine`.
        chord_squared: of the threshold; a change spikes if `|z_next - z|**2 > chord_squared`. That takes a third of
            the products, and tells changes apart to 3e-7 * tan(threshold / 2) rad, but not below 1e-7 rad, where
            the rounding of the modulus counts too.
        follow: how far the input goes towards the state in a step; 0 if it stays what it is.
        weights: `(run, channel, channel)`, off the diagonal skew-symmetric to the last bit.
    """

    coupling: Values
    bias: Values
    cosine: Values
    sine: Values
    chord_squared: Values
    follow: Values
    weights: Values
    lag: Values


def step_constants(
    parameters: Sequence[FieldParameters], omega: Values, driven: NDArray[np.bool_] | None = None
) -> StepConstants:
    """The constants of runs with these parameters and `omega`, `(run, channel, channel)`.

    `driven` says of each run whether its input acts; None if all do.
    """

    def of_runs(name: str) -> NDArray[np.float64]:
        return np.array([getattr(each, name) for each in parameters], np.float64)

    delta_t, coupling, mixing, bias = map(of_runs, ("delta_t", "k_coupling", "k_omega", "k_bias"))
    threshold, lag = of_runs("spike_threshold"), of_runs("phase_lag")
    follow = delta_t * of_runs("input_rate") * of_runs("evolve_input")
    if driven is not None:
        bias, follow = bias * driven, follow * driven
    weights = (delta_t * mixing)[:, np.newaxis, np.newaxis] * omega.astype(np.float64)
    weights += (1 - delta_t * (coupling + bias))[:, np.newaxis, np.newaxis] * np.eye(omega.shape[-1])
    return StepConstants(
        *(
            values.astype(np.float32)
            for values in (
                delta_t * coupling * np.cos(lag),
                delta_t * bias,
                np.cos(threshold),
                # A threshold of 0 must let a change of exactly pi through, and no change of 0.
                np.maximum(np.sin(threshold), 1e-30),
                # No change is beyond pi, however its chord, which is 2 at most, is rounded.
                np.where(threshold < np.pi, (2 * np.sin(threshold / 2)) ** 2, 5),
                follow,
                weights,
                -delta_t * coupling * np.sin(lag),
            )
        )
    )

"""How a run begins: its start phases, Omega and natural frequencies, all of which follow from its parameters alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from oscillator_field.parameters import RunParameters

Phases = NDArray[np.float32]

# Sets the natural frequencies apart from the start phases of the same seed.
_OF_FREQUENCIES = 1


def start(seed: int, rows: int, columns: int, channels: int) -> tuple[Phases, Phases]:
    """Random start phases and Omega: they depend on the seed and the shape of the lattice, and on nothing else.

    Omega is drawn first, so it is the same for every size of picture.

    Returns:
        `initial_phase`, float32 `(row, column, channel)`, uniform in [0, 2 pi), rad; and `omega`, float32
        `(channel, channel)`, A - A^T with A uniform in [0, 1).

    Examples:
        >>> phase, omega = start(42, rows=28, columns=28, channels=4)
        >>> phase.shape, omega.shape
        ((28, 28, 4), (4, 4))
    """
    generator = np.random.default_rng(seed)
    uniform = generator.uniform(size=(channels, channels))
    phase = generator.uniform(0, 2 * np.pi, size=(rows, columns, channels))
    return phase.astype(np.float32), (uniform - uniform.T).astype(np.float32)


def start_of(settings: RunParameters, input_phase: Phases) -> tuple[Phases, Phases]:
    """Start phases and Omega of a run, as `start` gives them, with the start phases that `settings` asks for.

    Args:
        settings: of the run.
        input_phase: `(..., row, column, channel)`, rad, of one run or of several that have these settings.

    Returns:
        The start phases, of the shape of `input_phase`, and Omega, `(channel, channel)`.
    """
    rows, columns, channels = input_phase.shape[-3:]
    phase, omega = start(settings.seed, rows, columns, channels)
    if settings.start == "uniform":
        phase = np.zeros_like(phase)
    elif settings.start == "twisted":
        # Wiley, Strogatz and Girvan, Chaos 16, 015103 (2006), in two dimensions.
        turns = settings.winding_rows * np.arange(rows)[:, np.newaxis, np.newaxis] / rows
        turns = turns + settings.winding_columns * np.arange(columns)[:, np.newaxis] / columns
        phase = np.broadcast_to(2 * np.pi * (turns % 1), phase.shape).astype(np.float32)
    elif settings.start == "input":
        phase = input_phase
    return np.broadcast_to(phase, input_phase.shape), omega


def frequencies_of(settings: RunParameters, rows: int, columns: int, channels: int) -> Phases | None:
    """The natural frequencies of a run, float32 `(row, column, channel)`, rad/s; None if it has none.

    They follow from the seed by numbers of their own, so the start phases are what they are without them. A run of
    another mean or spread has the same frequencies, moved or stretched.
    """
    if settings.frequency_distribution == "none":
        return None
    generator = np.random.default_rng([settings.seed, _OF_FREQUENCIES])
    drawn = _STANDARD[settings.frequency_distribution](generator, (rows, columns, channels))
    return (settings.frequency_mean + settings.frequency_spread * drawn).astype(np.float32)


_STANDARD: dict[str, Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]] = {
    "normal": lambda generator, shape: generator.standard_normal(shape),
    "lorentzian": lambda generator, shape: generator.standard_cauchy(shape),
    "uniform": lambda generator, shape: generator.uniform(-1, 1, shape),
}

"""What can be said of a field in numbers: order, locking, spikes, speed, defects, energy.

Each function takes one run, as states `z = exp(i phase)`, complex64 `(frame, row, column, channel)`, or what it says.
`measure` (in `measuring`) computes all of them from a history.

What is compiled is imported where it is used: pages and summaries need none of it, and numba takes a third of a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscillator_field.engines.neighbourhoods import neighbour_sum
from oscillator_field.parameters import FieldParameters, RunParameters
from oscillator_field.terms import terms_of

State = NDArray[np.complex64]
# Terms with which a site has other neighbours than the six nearest.
_OTHER_NEIGHBOURS = {"disc", "gaussian", "global", "channels apart", "periodic", "reflecting"}

SITES = (-3, -2, -1)
ROW, COLUMN, CHANNEL = -3, -2, -1


def state(phase: NDArray[np.float32]) -> State:
    """Phases, rad, as points of the unit circle."""
    z = np.empty(phase.shape, np.complex64)
    np.cos(phase, out=z.real)
    np.sin(phase, out=z.imag)
    return z


def order_parameter(z: State) -> NDArray[np.float64]:
    """|mean of z| over all sites: 1 if all are in phase, about 0 if they are spread evenly; `(frame,)`.

    Kuramoto, "Chemical Oscillations, Waves, and Turbulence" (1984).
    """
    return modulus(z.mean(axis=SITES, dtype=np.complex128))


def modulus(mean: NDArray[np.inexact]) -> NDArray[np.float64]:
    """|mean| of points of the unit circle, 1 at most whatever their rounding."""
    return np.minimum(np.abs(mean), 1)


def channel_order_parameter(z: State) -> NDArray[np.float64]:
    """The order parameter of each channel by itself; `(frame, channel)`, in 0..1."""
    from oscillator_field.analysis.compiled import sums_of_channels

    sums = np.zeros((len(z), z.shape[CHANNEL]), np.complex128)
    sums_of_channels(z, sums)
    return modulus(sums / (z.shape[ROW] * z.shape[COLUMN]))


def local_order_parameter(z: State) -> NDArray[np.float64]:
    """The local order averaged over the sites; `(frame,)`, in 0..1. See `local_order`."""
    return np.minimum(local_order(z).mean(axis=SITES, dtype=np.float64), 1)


def local_order(z: State) -> NDArray[np.float32]:
    """|mean of z| over a site and its nearest neighbours, up to six; of the shape of `z`, in 0..1 but for rounding.

    1 where the field is smooth, whatever its pattern; about 0.34 for random phases inside of a large lattice. As in
    Wolfrum, Omel'chenko, Yanchuk and Maistrenko, Chaos 21, 013112 (2011), with the nearest neighbours as window.
    """
    from oscillator_field.analysis.compiled import order_of_neighbours

    order = np.empty(z.shape, np.float32)
    order_of_neighbours(z, order)
    return order


def input_alignment(z: State, input_phase: NDArray[np.float32]) -> NDArray[np.float64]:
    """|mean of z conj(c)| over all sites, c the input at the start: 1 if the field is the picture, turned or not.

    Args:
        z: states.
        input_phase: `(row, column, channel)`, rad.

    Returns:
        `(frame,)`, in 0..1.
    """
    return modulus((z * state(-input_phase)).mean(axis=SITES, dtype=np.complex128))


def turned_to_the_mean(z: State) -> NDArray[np.complex128]:
    """z as seen from the phase of the mean field, `(frame, row, column, channel)`: its mean over time is the locking.

    Lachaux et al., Human Brain Mapping 8, 194 (1999), with the mean field as the partner of every site.
    """
    mean_field = z.mean(axis=SITES, dtype=np.complex128, keepdims=True)
    turned: NDArray[np.complex128] = z * np.exp(-1j * np.angle(mean_field))
    return turned


def spike_share(spikes: NDArray[np.integer], intervals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of sites that spike in a step, averaged over the steps since the frame before.

    Args:
        spikes: `(frame, row, column, channel)`, counts since the frame before.
        intervals: `(frame,)`, steps since the frame before.

    Returns:
        `(frame,)`, in 0..1.
    """
    return spikes.mean(axis=SITES, dtype=np.float64) / intervals


def speeds(
    phase: NDArray[np.float32], before: NDArray[np.float32], seconds: NDArray[np.float64]
) -> NDArray[np.float32]:
    """|Phase change| per time since the frame before, the short way round the circle.

    With thinned frames this is the net change between frames, hence a lower bound of the speed on the way.

    Args:
        phase: `(frame, row, column, channel)`, rad.
        before: the same at the frame before (the start phases for the first frame), rad.
        seconds: `(frame,)`, time since the frame before.

    Returns:
        Of the shape of `phase`, rad/s.
    """
    shorter = seconds.astype(np.float32)[:, np.newaxis, np.newaxis, np.newaxis]
    change: NDArray[np.float32] = np.abs(wrapped(phase - before))
    change /= shorter
    return change


def circular_mean(phase: NDArray[np.float32]) -> NDArray[np.float32]:
    """The angle of the mean of exp(i phase) over the last axis, in [-pi, pi].

    Mardia and Jupp, "Directional Statistics" (2000), section 2.2.
    """
    return np.arctan2(np.sin(phase).mean(axis=CHANNEL), np.cos(phase).mean(axis=CHANNEL))


def singularity_charge(phase: NDArray[np.float32]) -> NDArray[np.int8]:
    """The winding number of the phase around each plaquette of four neighbouring pixels of a channel.

    The wrapped phase differences around a plaquette add up to 2 pi times -1, 0 or 1; where it is not 0, the phase has a
    singularity, the core of a vortex. Mermin, Rev. Mod. Phys. 51, 591 (1979).

    Args:
        phase: `(frame, row, column, channel)`, rad.

    Returns:
        `(frame, row - 1, column - 1, channel)`; positive if the phase grows from row to row before column to column.
    """
    down, right = wrapped(np.diff(phase, axis=ROW)), wrapped(np.diff(phase, axis=COLUMN))
    around = down[:, :, :-1] + right[:, 1:] - down[:, :, 1:] - right[:, :-1]
    return np.rint(around / np.float32(2 * np.pi)).astype(np.int8)


def settling_time(share: NDArray[np.float64], time: NDArray[np.float64], bound: float) -> float:
    """The first time from which on the share of spiking sites stays below a bound, s; NaN if it never does.

    Args:
        share: `(frame,)`, as `spike_share` gives it.
        time: `(frame,)`, s.
        bound: in 0..1.
    """
    above = np.flatnonzero(share >= bound)
    first = above[-1] + 1 if len(above) else 0
    # To twelve digits, as values of parameters are: 4.8 and not 4.799999999999942.
    return float(f"{time[first]:.12g}") if first < len(time) else float("nan")


def coupling_energy(z: State, parameters: FieldParameters) -> NDArray[np.float64]:
    """-k_coupling times the sum of cos(phase difference) over all pairs of neighbours, a site; `(frame,)`, 1/s.

    Pairs weigh what their neighbourhood says. Its gradient is the pull of the neighbours if that does not lag, as in
    the XY model. The field need not lower it, nor the sum of the three energies: the input moves, and Omega mixes.
    """
    k_coupling = parameters.k_coupling
    if not terms_of(parameters, RunParameters()).isdisjoint(_OTHER_NEIGHBOURS):
        pulled = z.conj() * neighbour_sum(z, parameters)
        return -k_coupling / 2 * pulled.real.mean(axis=SITES, dtype=np.float64)
    from oscillator_field.analysis.compiled import products_of_neighbours

    products = np.empty(len(z))
    products_of_neighbours(z, products)
    return -k_coupling * products / z[0].size


def bias_energy(z: State, input_phase: NDArray[np.float32], k_bias: float) -> NDArray[np.float64]:
    """-k_bias times the mean of cos(phase - input phase) over all sites, the input at the start; `(frame,)`, 1/s.

    It is that of the input whether this acts or not: of frames outside of the drive window too.
    """
    return -k_bias * (z * state(-input_phase)).real.mean(axis=SITES, dtype=np.float64)


def omega_energy(z: State, omega: NDArray[np.float32], k_omega: float) -> NDArray[np.float64]:
    """-k_omega/2 times the sum of Omega[a, b] sin(phase b - phase a) over channels, a site; `(frame,)`, 1/s.

    The real part of conj(z) Omega z vanishes, since Omega is skew-symmetric; this is its imaginary part, which says how
    far the channels have turned the way that Omega turns them. It is no potential of the mixing.
    """
    mixed = z @ omega.T.astype(np.complex64)
    return -k_omega / 2 * (z.conj() * mixed).imag.mean(axis=SITES, dtype=np.float64)


def wrapped(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Angles between -2 pi and 2 pi by the turn that brings them into [-pi, pi]."""
    turn = np.float32(2 * np.pi)
    return angle - turn * np.rint(angle / turn)

"""The terms of the model beside the notebook's: when each is on, its formula and its source.

Engines say which of them they compute. Their keys, with units and limits, are in `parameters`; the model as a whole is
written out in `engines.problem`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oscillator_field.parameters import DEFAULTS, NOT_LEARNED, SET_BY_OTHERS, FieldParameters, RunParameters, value_text


@dataclass(frozen=True)
class Term:
    """A term of the model.

    Attributes:
        meaning: what it is, in a few words.
        formula: as the docs show it; z state, N sum of the neighbours, F what a site is pulled by.
        source: where it comes from.
        keys: the parameters that set it.
        is_on: whether it does anything in a run. Where it is not, engines leave it out.
    """

    meaning: str
    formula: str
    source: str
    keys: tuple[str, ...]
    is_on: Callable[[FieldParameters, RunParameters], bool]


# How far a site may turn in a step, rad, with integrators that do not bring it back to the circle within the step.
FARTHEST = 2.0
# So many standard deviations out lies none of a billion normal numbers.
NORMAL_WIDTHS = 6

# The parameters that a run of a learned field has; all others are what it has learned.
OF_LEARNED = ("learned", "channels", "steps", "delta_t", "spike_threshold")

# The parameters that contradict others only by making a step too long.
STRENGTHS = ("k_coupling", "k_omega", "k_bias", "input_rate")

TERMS = {
    "lag": Term(
        "phase lag of the coupling",
        "k_coupling * (exp(-i*phase_lag) * N - z)",
        "Sakaguchi and Kuramoto, Prog. Theor. Phys. 76, 576 (1986)",
        ("phase_lag",),
        lambda field, run: field.phase_lag != 0,
    ),
    "frequencies": Term(
        "natural frequencies of the sites",
        "F + i*frequency*z",
        "Kuramoto, Lecture Notes in Physics 39, 420 (1975)",
        ("frequency_distribution", "frequency_mean", "frequency_spread"),
        lambda field, run: run.frequency_distribution != "none",
    ),
    "noise": Term(
        "white noise of the phases",
        "z_next * exp(i*sqrt(2*noise*delta_t)*normal), one normal number a site and step",
        "Sakaguchi, Prog. Theor. Phys. 79, 39 (1988); numbers: Threefry-2x32 of 13 rounds, Salmon et al., SC'11 (2011)",
        ("noise",),
        lambda field, run: field.noise > 0,
    ),
    "disc": Term(
        "coupling to all pixels of a disc, without the site itself",
        "N = 4 * mean of z over the other sites within radius",
        "Kuramoto and Battogtokh, Nonlinear Phenom. Complex Syst. 5, 380 (2002)",
        ("neighbourhood", "radius"),
        lambda field, run: field.neighbourhood == "disc",
    ),
    "gaussian": Term(
        "coupling that falls off as a Gaussian, without the site itself",
        "N = 4 * mean of z over the other sites, weighted by exp(-distance^2 / (2*radius^2))",
        "Kuramoto and Battogtokh, Nonlinear Phenom. Complex Syst. 5, 380 (2002)",
        ("neighbourhood", "radius"),
        lambda field, run: field.neighbourhood == "gaussian",
    ),
    "global": Term(
        "coupling to the mean field of the channel",
        "N = 4 * mean of z over all sites of the channel",
        "Kuramoto, Lecture Notes in Physics 39, 420 (1975)",
        ("neighbourhood",),
        lambda field, run: field.neighbourhood == "global",
    ),
    "channels apart": Term(
        "no coupling between channels; Omega still mixes them",
        "N without the sites of channel +-1",
        "this project",
        ("channel_coupling",),
        lambda field, run: not field.channel_coupling,
    ),
    "periodic": Term(
        "rows and columns close to a torus",
        "the site beyond a border is the first of the other side",
        "textbooks",
        ("boundary",),
        lambda field, run: field.boundary == "periodic",
    ),
    "reflecting": Term(
        "rows and columns end without a flow",
        "the site beyond a border is the border site itself, and so on inwards",
        "textbooks",
        ("boundary",),
        lambda field, run: field.boundary == "reflecting",
    ),
    "heun": Term(
        "Heun's method on the circle",
        "G = i*Im(conj(z)*F)*z; normalise(z + delta_t/2 * (G(z) + G(z + delta_t*G(z))))",
        "Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993); "
        "with noise Ruemelin, SIAM J. Numer. Anal. 19, 604 (1982)",
        ("integrator",),
        lambda field, run: field.integrator == "heun",
    ),
    "rk4": Term(
        "the classical Runge-Kutta method on the circle",
        "G = i*Im(conj(z)*F)*z; normalise(z + delta_t/6 * (G1 + 2*G2 + 2*G3 + G4))",
        "Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993)",
        ("integrator",),
        lambda field, run: field.integrator == "rk4",
    ),
    "drive window": Term(
        "an input that acts for a time",
        "k_bias = input_rate = 0 in steps that begin before drive_onset, or at drive_end or later",
        "this project",
        ("drive_onset", "drive_end"),
        lambda field, run: field.drive_onset > 0 or field.drive_end < DEFAULTS["drive_end"],
    ),
    "settling": Term(
        "a run that ends when it has settled",
        "the last frame is the first up to which, for settled_for, the share of sites that did not spike in a step was "
        "at least stop_when_settled",
        "this project",
        ("stop_when_settled", "settled_for"),
        lambda field, run: run.stop_when_settled > 0,
    ),
}


# The parameters that decide which terms are on.
OF_TERMS = tuple(dict.fromkeys(key for term in TERMS.values() for key in term.keys))


def terms_of(field: FieldParameters, run: RunParameters) -> frozenset[str]:
    """The terms that are on in a run."""
    return frozenset(name for name, term in TERMS.items() if term.is_on(field, run))


def contradictions(field: FieldParameters, run: RunParameters, rows: int, columns: int) -> Iterator[str]:
    """What does not go together in a run of so many rows and columns, a line each: what, why, and what is allowed."""
    if run.learned != NOT_LEARNED:
        for name, value in {**vars(field), **vars(run)}.items():
            if name not in (*OF_LEARNED, *SET_BY_OTHERS) and value != DEFAULTS[name]:
                yield _without_effect(name, value, "learned", value_text(run.learned), NOT_LEARNED)
        return
    if message := noise_contradiction(field):
        yield message
    if field.neighbourhood in ("disc", "gaussian") and field.radius >= max(rows, columns):
        yield (
            f"radius: {value_text(field.radius)} is not allowed on a lattice of {rows} x {columns} pixels "
            f"(less than {max(rows, columns)})"
        )
    if field.neighbourhood in ("nearest", "global") and field.radius != DEFAULTS["radius"]:
        yield _without_effect("radius", field.radius, "neighbourhood", field.neighbourhood, "disc or gaussian")
    if run.start == "twisted":
        for name, length in (("winding_rows", rows), ("winding_columns", columns)):
            turns = getattr(run, name)
            if turns != 0 and field.boundary != "periodic":
                yield (
                    f"{name}: {turns} is not allowed with boundary: {field.boundary}, across which no turn closes "
                    "(0, or boundary: periodic)"
                )
            if abs(turns) > length / 2:
                yield f"{name}: {turns} is not allowed over {length} pixels (at most {length // 2})"
    else:
        for name in ("winding_rows", "winding_columns"):
            if getattr(run, name) != DEFAULTS[name]:
                yield _without_effect(name, getattr(run, name), "start", run.start, "twisted")
    if run.frequency_distribution == "none":
        for name in ("frequency_mean", "frequency_spread"):
            if getattr(run, name) != 0:
                yield _without_effect(
                    name, getattr(run, name), "frequency_distribution", "none", "normal, lorentzian or uniform"
                )
    if field.integrator != "euler" and run.frequency_distribution == "lorentzian":
        yield (
            f"frequency_distribution: lorentzian is not allowed with integrator: {field.integrator}, whose steps "
            "cannot follow its fastest sites (integrator: euler)"
        )
    widths = NORMAL_WIDTHS if run.frequency_distribution == "normal" else 1
    if message := step_contradiction(field, run.channels, abs(run.frequency_mean) + widths * run.frequency_spread):
        yield message
    # But for a rounding of the product.
    if run.stop_when_settled > 0 and run.settled_for > run.steps * field.delta_t * (1 + 1e-9):
        yield (
            f"settled_for: {value_text(run.settled_for)} s is not allowed with {run.steps} steps of "
            f"{value_text(field.delta_t)} s: no run can be quiet for so long (at most "
            f"{value_text(run.steps * field.delta_t)})"
        )
    if run.stop_when_settled == 0 and run.settled_for != DEFAULTS["settled_for"]:
        yield _without_effect("settled_for", run.settled_for, "stop_when_settled", "0", "a share above 0")
    if field.drive_end <= field.drive_onset:
        yield (
            f"drive_end: {value_text(field.drive_end)} is not allowed with drive_onset: "
            f"{value_text(field.drive_onset)} (more)"
        )


def settling_contradiction(stop_when_settled: float, settled_share: float) -> str:
    """Why runs would end before they count as settled; empty if they would not."""
    if 0 < stop_when_settled <= 1 - settled_share:
        return (
            f"settled_share: {value_text(settled_share)} is not allowed with stop_when_settled: "
            f"{value_text(stop_when_settled)}, which ends runs that have not settled by it (more than "
            f"{value_text(round(1 - stop_when_settled, 12))})"
        )
    return ""


def noise_contradiction(field: FieldParameters) -> str:
    """Why an integrator does not go with noise; empty if it does."""
    if field.integrator == "rk4" and field.noise > 0:
        return (
            f"integrator: rk4 is not allowed with noise: {value_text(field.noise)}, which has no derivative that its "
            "stages could use (euler or heun)"
        )
    return ""


def step_contradiction(field: FieldParameters, channels: int, fastest: float) -> str:
    """Why a step is too long for an integrator that is not normalised within it; empty if it is not.

    Args:
        field: the parameters.
        channels: of the lattice.
        fastest: the largest natural frequency, rad/s.
    """
    # What can pull a site at most, and how much of that changes with it. Heun's method is stable up to 2.
    rate = (
        8 * abs(field.k_coupling) + channels * abs(field.k_omega) + abs(field.k_bias) + abs(field.input_rate) + fastest
    )
    if field.integrator == "euler" or field.delta_t * rate <= FARTHEST:
        return ""
    return (
        f"delta_t: {value_text(field.delta_t)} is not allowed with integrator: {field.integrator}, strengths and "
        f"frequencies that turn a site by up to {rate:.3g} rad/s (at most {FARTHEST / rate:.3g}, or integrator: euler)"
    )


def _without_effect(name: str, value: object, by: str, other: str, allowed: str) -> str:
    return f"{name}: {value_text(value)} has no effect with {by}: {other} (allowed with {by}: {allowed})"

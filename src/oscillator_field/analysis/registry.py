"""The observables by name: what each is, and its unit; and the numbers of a summary. Pure.

An observable is one entry here, and a method of its name in `block.Block`: of one over time, its values; of one of a
whole run, what each frame adds to it. Times follow from the share of spiking sites, in `observer`.
"""

from __future__ import annotations

from dataclasses import dataclass

# Of quantiles over sites, the shares of sites below.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# A run has settled when fewer sites than this share spike in a step, for good, unless another is asked for.
SETTLED_SHARE = 0.05


@dataclass(frozen=True)
class Observable:
    """What an observable is.

    Attributes:
        axes: its dimensions after `run`.
        meaning: in words, for the store.
        unit: of its values.
        is_mean: of a whole run, whether it is the modulus of the mean over all frames, and not their sum.
        words: what a summary calls it, of which it holds the last value; empty for none.
        is_share: whether it lies between 0 and 1, whatever the field.
        may_be_missing: whether a field may have no such number, which is then NaN.
        of_course: whether it tells how a run went, so that one frame after many steps says nothing of it: NaN.
    """

    axes: tuple[str, ...]
    meaning: str
    unit: str
    is_mean: bool = False
    words: str = ""
    is_share: bool = False
    may_be_missing: bool = False
    of_course: bool = False


OVER_TIME = {
    "order_parameter": Observable(
        ("frame",),
        "|mean of exp(i phase)| over all sites",
        "1",
        words="order parameter",
        is_share=True,
    ),
    "channel_order_parameter": Observable(
        ("frame", "channel"),
        "|mean of exp(i phase)| over the sites of a channel",
        "1",
        is_share=True,
    ),
    "local_order_parameter": Observable(
        ("frame",),
        "|mean of exp(i phase)| over nearest neighbours, mean over sites",
        "1",
        words="local order parameter",
        is_share=True,
    ),
    "input_alignment": Observable(
        ("frame",),
        "|mean of exp(i (phase - input phase at the start))| over all sites",
        "1",
        words="alignment with the input",
        is_share=True,
    ),
    "spike_share": Observable(
        ("frame",),
        "share of sites that spike in a step",
        "1",
        words="share of spiking sites",
        is_share=True,
        of_course=True,
    ),
    "phase_velocity": Observable(
        ("frame",),
        "mean absolute phase velocity",
        "rad/s",
        words="phase velocity",
        of_course=True,
    ),
    "phase_velocity_quantile": Observable(
        ("frame", "quantile"),
        "quantiles over sites of the absolute phase velocity",
        "rad/s",
        of_course=True,
    ),
    "singularities": Observable(
        ("frame",),
        "phase singularities of all channels",
        "1",
        words="phase singularities",
    ),
    "energy_coupling": Observable(
        ("frame",),
        "energy of the coupling for each site",
        "1/s",
        words="energy of the coupling",
        may_be_missing=True,
    ),
    "energy_bias": Observable(
        ("frame",),
        "energy of the bias for each site",
        "1/s",
        words="energy of the bias",
        may_be_missing=True,
    ),
    "energy_omega": Observable(
        ("frame",),
        "imaginary part of the mixing for each site",
        "1/s",
        words="imaginary part of the mixing",
        may_be_missing=True,
    ),
    "correlation_length": Observable(
        ("frame",),
        "distance at which the spatial correlation of exp(i phase) falls below 1/e",
        "pixel",
        words="correlation length",
        may_be_missing=True,
    ),
}
ENERGIES = ("energy_coupling", "energy_bias", "energy_omega")
OF_THE_RUN = {
    "phase_locking": Observable(
        ("row", "column", "channel"),
        "|mean over frames of exp(i (phase - phase of the mean field))|",
        "1",
        is_mean=True,
        is_share=True,
        of_course=True,
    ),
    "spike_count": Observable(
        ("row", "column", "channel"),
        "spikes over the whole run",
        "1",
    ),
    "singularity_count": Observable(
        ("row_edge", "column_edge"),
        "singularities over all frames and channels",
        "1",
    ),
    "settling_time": Observable(
        (),
        "time from which on the share of spiking sites stays below the bound",
        "s",
        may_be_missing=True,
        of_course=True,
    ),
    "end_time": Observable(
        (), "time of the last step, earlier than that of `steps` only where the run has settled", "s"
    ),
}
OBSERVABLES = {**OVER_TIME, **OF_THE_RUN}
# Observables that follow from others, and so are always there.
TIMES = ("settling_time", "end_time")


@dataclass(frozen=True)
class Scalar:
    """A number of a summary.

    Attributes:
        words: what it is called.
        unit: its unit.
        meaning: how it is defined.
        made_of: the observable of which it is the last value, or the mean over the sites.
        censored: whether it is a time that a run may not have reached at its end.
    """

    words: str
    unit: str
    meaning: str
    made_of: str
    censored: bool = False

    @property
    def over_time(self) -> str:
        """The observable of which it is the last value, if it is."""
        return self.made_of if self.made_of in OVER_TIME else ""


SCALARS = {
    **{
        f"final_{name}": Scalar(f"{one.words} at the end", one.unit, one.meaning, name)
        for name, one in OVER_TIME.items()
        if one.words
    },
    "spikes_a_site": Scalar("spikes of a site", "1", "spikes over the whole run, mean over sites", "spike_count"),
    "mean_phase_locking": Scalar(
        "locking to the mean field", "1", f"{OF_THE_RUN['phase_locking'].meaning}, mean over sites", "phase_locking"
    ),
    "settling_time": Scalar("time to settle", "s", OF_THE_RUN["settling_time"].meaning, "settling_time", censored=True),
    "end_time": Scalar("time at the end", "s", OF_THE_RUN["end_time"].meaning, "end_time"),
}

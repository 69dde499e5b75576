"""How much longer than in the default field a step of a site takes, for the time that a job may take."""

from __future__ import annotations

from oscillator_field.engines.lanes import FAR, LANES
from oscillator_field.named_run import Run

# The parameters that decide it, and how long a run is.
OF_COSTS = ("steps", "channels", "integrator", "neighbourhood", "radius")
# Measured on two cores, as all of this: the stages of a step, with what is kept between them.
_OF_INTEGRATORS = {"euler": 1, "heun": 3, "rk4": 6}
# Channels up to which their mixing takes no time beside the rest.
_FEW_CHANNELS = 4
# Of a far neighbourhood, for each pixel of its radius.
_OF_RADIUS = 4


def slowness(run: Run, runs: int) -> float:
    """The time of a step of a site, as a multiple of that of the default field, about.

    Args:
        run: of these parameters.
        runs: that are computed together; sums over far neighbours take as long where they are few.
    """
    far = _OF_RADIUS * run.field.radius * LANES / min(LANES, runs) if run.field.neighbourhood in FAR else 1.0
    return _OF_INTEGRATORS[run.field.integrator] * max(1.0, run.settings.channels / _FEW_CHANNELS) * far

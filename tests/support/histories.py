"""Small histories of random pictures, without a data set."""

import itertools

import numpy as np

from oscillator_field.analysis.measuring import measure
from oscillator_field.analysis.observed_runs import columns_of
from oscillator_field.field import open_course, problem
from oscillator_field.inputs.encoding import over_channels
from oscillator_field.named_run import Run
from oscillator_field.starts import frequencies_of, start
from oscillator_field.stores.history_writing import write_history

# Of runs that are made here.
STEPS = 5


def write_small_history(
    path, runs, pixels, *, channels=4, steps, frames_a_piece=64, attributes=None, precision="exact"
):
    """Simulate runs that are driven by pictures, and write their history.

    Args:
        path: where the store belongs.
        runs: what is simulated.
        pixels: a picture for each, `(run, row, column)`.
    """
    starts, omegas = zip(*(start(run.settings.seed, *pixels.shape[1:], channels) for run in runs), strict=True)
    own = [frequencies_of(run.settings, *pixels.shape[1:], channels) for run in runs]
    task = problem(
        over_channels(pixels.astype(np.float32) / 40, channels),
        initial_phase=np.stack(starts),
        omega=np.stack(omegas),
        frequency=None if any(one is None for one in own) else np.stack(own),
        parameters=[run.field for run in runs],
        steps=steps,
        stop_when_settled=[run.settings.stop_when_settled for run in runs],
        settled_for=[run.settings.settled_for for run in runs],
    )
    pieces = open_course(task, frames_a_piece=frames_a_piece).pieces
    write_history(path, task, pieces, runs=runs, pixels=pixels, attributes=attributes or {}, precision=precision)


def rows_of(observables):
    """The rows of the runs in a store of observables for a summary, each a dict."""
    columns = columns_of(observables)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_job(folder, runs, attributes=None):
    """The stores of a job of runs on a lattice of 4 by 3 pixels."""
    folder.mkdir(parents=True)
    pixels = np.stack([np.random.default_rng(run.label).integers(0, 256, (4, 3), np.uint8) for run in runs])
    write_small_history(folder / "history.zarr", runs, pixels, steps=STEPS, attributes=attributes)
    measure(folder / "history.zarr", folder / "observables.zarr", settled_share=0.05)


def runs_of(digits=(3, 4), **axes):
    """All runs of some digits at all combinations of parameters."""
    points = [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]
    return [Run.of(digit, 0, {"steps": STEPS, **point}) for point in points for digit in digits]


def write_runs(results, runs):
    """A job for each run; their observables."""
    for run in runs:
        write_job(results / "runs" / run.name, [run])
    return [results / "runs" / run.name / "observables.zarr" for run in runs]

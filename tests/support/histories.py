"""Small histories of random pictures, without a data set."""

import numpy as np

from oscillator_field.analysis.observed_runs import columns_of
from oscillator_field.field import open_course, problem
from oscillator_field.inputs.encoding import over_channels
from oscillator_field.starts import start
from oscillator_field.stores.history import write_history


def write_small_history(path, runs, pixels, *, channels=4, steps, frames_a_piece=64, attributes=None):
    """Simulate runs that are driven by pictures, and write their history.

    Args:
        path: where the store belongs.
        runs: what is simulated.
        pixels: a picture for each, `(run, row, column)`.
    """
    starts, omegas = zip(*(start(run.settings.seed, *pixels.shape[1:], channels) for run in runs), strict=True)
    task = problem(
        over_channels(pixels.astype(np.float32) / 40, channels),
        initial_phase=np.stack(starts),
        omega=np.stack(omegas),
        parameters=[run.field for run in runs],
        steps=steps,
        stop_when_settled=[run.settings.stop_when_settled for run in runs],
        settled_for=[run.settings.settled_for for run in runs],
    )
    pieces = open_course(task, frames_a_piece=frames_a_piece).pieces
    write_history(path, task, pieces, runs=runs, pixels=pixels, attributes=attributes or {})


def rows_of(observables):
    """The rows of the runs in a store of observables for a summary, each a dict."""
    columns = columns_of(observables)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

"""config/notebook.yaml is the notebook: its history agrees with an independent float64 simulation of its settings."""

import numpy as np
import pytest
import xarray as xr

from tests.support.pictures import sample_digit
from tests.support.reference import apart, simulate_float64

NOTEBOOK = {
    "delta_t": 0.01,
    "k_coupling": 0.12,
    "k_omega": 0.12,
    "k_bias": 1.25,
    "input_rate": 0.1,
    "evolve_input": True,
    "spike_threshold": 0.00035,
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def history(new_project):
    project = new_project("notebook")
    target = "results/runs/digit=3/history.zarr"
    project.snakemake("--configfile", "config/notebook.yaml", "--", target)
    with xr.open_zarr(project.folder / target) as dataset:
        pixels = sample_digit(3)
        yield dataset.load().isel(run=0), pixels


def test_every_phase_agrees_with_float64(history):
    dataset, pixels = history
    standardised = (pixels / 255 - 0.1307) / 0.3081
    drive = np.repeat((standardised * 2 * np.pi)[:, :, np.newaxis], 4, axis=2)
    start, omega = dataset["initial_phase"].values, dataset["omega"].values
    assert dataset["phase"].shape == (512, 28, 28, 4)
    phases, changes, final_input = simulate_float64(drive, start, omega, 512, **NOTEBOOK)
    error = apart(dataset["phase"].values, phases)
    print(f"phase error: 99.9% quantile {np.quantile(error, 0.999):.2e} rad, worst {error.max():.2e} rad")
    assert np.quantile(error, 0.999) < 1e-4
    assert error.max() < 2e-2
    assert apart(dataset["final_input_phase"].values, final_input).max() < 2e-2

    # Spikes differ only where the change is within float32 rounding of the threshold.
    different = dataset["spikes"].values != (np.abs(changes) > NOTEBOOK["spike_threshold"])
    margin = np.abs(np.abs(changes) - NOTEBOOK["spike_threshold"])
    print(f"spikes: {different.sum()} of {different.size} differ")
    assert margin[different].max(initial=0) < 1e-5
    assert different.mean() < 1e-3


def test_the_setting_is_that_of_the_notebook(history):
    dataset, _ = history
    start, omega = dataset["initial_phase"].values, dataset["omega"].values
    assert 0 <= start.min() < start.max() < 2 * np.pi
    assert np.array_equal(omega, -omega.T)
    for name, value in NOTEBOOK.items():
        assert dataset[name].item() == value, name
    assert dataset["seed"].item() == 42

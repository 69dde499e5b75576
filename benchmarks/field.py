"""How fast the field is: the notebook's class, torch in batches and the compiled engine, side by side in one run.

usage: python benchmarks/field.py [--quick] [--json FILE]
"""

import argparse
import atexit
import contextlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from oscillator_field import FieldParameters
from oscillator_field.field import open_course, problem
from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, TRAINING
from oscillator_field.inputs.encoding import Statistics, encode, levels, over_channels
from oscillator_field.inputs.fetch import read_source
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.inputs.pictures import Picture
from oscillator_field.named_run import Run
from oscillator_field.parameters import EncodingParameters
from oscillator_field.simulation import simulate_runs
from oscillator_field.starts import start

ROOT = Path(__file__).parents[1]
SAMPLE = BUNDLED
STEPS, CHANNELS, SIDE = 512, 4, 28
SITE_STEPS = STEPS * CHANNELS * SIDE * SIDE
STATISTICS = Statistics(*DATA_SETS["mnist"].statistics)


def pictures(count):
    images, labels = read_source(IdxSource("mnist", SAMPLE), TRAINING)
    return np.stack([images[np.flatnonzero(labels == number % 10)[number // 10]] for number in range(count)])


def setting(runs):
    """The arguments of a batch of real digits: input phases, start phases, Omega."""
    phases = encode(levels(pictures(min(runs, 100))), EncodingParameters(), STATISTICS)
    drive = over_channels(np.resize(phases, (runs, SIDE, SIDE)), CHANNELS)
    begin, omega = start(42, SIDE, SIDE, CHANNELS)
    return drive, np.broadcast_to(begin, drive.shape), omega


def nothing():
    """Tidies up after a case that leaves nothing behind."""


def of_notebook():
    import baseline
    import torch

    torch.set_num_threads(1)
    drive, begin, omega = setting(1)
    begin = begin.copy()

    def call():
        baseline.run(drive[0], begin[0], omega, FieldParameters(), STEPS)

    return call, 1, nothing


def of_engine(engine, runs, every, threads, natural=False, **values):
    """A batch of real digits; `natural` frequencies have a deviation of 1 rad/s, `values` are field parameters."""
    drive, begin, omega = setting(runs)
    frequency = np.random.default_rng(2).normal(0, 1, drive.shape) if natural else None
    parameters = FieldParameters(**values)
    task = problem(drive, initial_phase=begin, omega=omega, parameters=parameters, steps=STEPS, every=every,
                   frequency=frequency)  # fmt: skip
    return course_of(task, engine, threads), runs, nothing


def course_of(task, engine, threads):
    """What computes a problem to its end and keeps nothing."""

    def call():
        for _ in open_course(task, engine=engine, threads=threads, device="cpu").pieces:
            pass

    return call


def of_store(runs, precision, threads, sizes):
    """From encoded digits to a finished history."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    each = [Run.of(number % 10, number // 10, {}) for number in range(runs)]
    paths = []
    for run, pixels in zip(each, pictures(runs), strict=True):
        paths.append(folder / f"{run.perturbation}.zarr")
        write_perturbation(paths[-1], Picture(levels(pixels), STATISTICS, {}), run.encoding, {})

    store = folder / "history.zarr"

    def call():
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
            simulate_runs(each, paths, store, precision=precision, threads=threads, device="cpu")
        sizes[precision] = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) / runs / 1e6

    def tidy():
        shutil.rmtree(store)

    return call, runs, tidy


def measure(cases, rounds):
    """The best time a field of each case, ms; the cases take turns, so that a slow spell hits all of them.

    Each is called once before it is timed: it then finds compiled code, caches and the machine's free memory as it
    leaves them, and not as the case before did. What a call has made is removed outside the time that is measured.
    """
    best, ready = {}, {name: make() for name, make in cases.items()}
    for _ in range(rounds):
        for name, (call, runs, tidy) in ready.items():
            call()
            tidy()
            begin = time.perf_counter()
            call()
            best[name] = min(best.get(name, np.inf), (time.perf_counter() - begin) / runs * 1e3)
            tidy()
    return best


# More sites in a batch take minutes, and tell nothing new.
SIDES, RUNS, MOST_SITES = (28, 64, 128, 256, 512, 1024), (1, 4, 16, 100, 1000), 2**25
SITE_STEPS_A_CELL = 1.5e9
TERMS = {
    "none": {},
    "phase lag": {"phase_lag": 1.0},
    "natural frequencies": {"natural": True},
    "noise": {"noise": 0.5},
    "channels apart": {"channel_coupling": False},
    "periodic boundary": {"boundary": "periodic"},
    "reflecting boundary": {"boundary": "reflecting"},
    "global": {"neighbourhood": "global"},
    "Heun": {"integrator": "heun"},
    "Runge-Kutta": {"integrator": "rk4"},
    **{f"disc of radius {radius}": {"neighbourhood": "disc", "radius": radius} for radius in (1, 2, 5, 10)},
    **{f"gaussian of radius {radius}": {"neighbourhood": "gaussian", "radius": radius} for radius in (1, 2, 4)},
}


def of_shape(side, runs, threads):
    """A batch of random phases on a square lattice; counted in site-steps."""
    generator = np.random.default_rng(1)
    phases = generator.uniform(0, 6, (runs, side, side, CHANNELS)).astype(np.float32)
    steps = int(np.clip(SITE_STEPS_A_CELL / phases.size, 128, STEPS))
    task = problem(phases, initial_phase=phases, omega=start(42, 1, 1, CHANNELS)[1], parameters=FieldParameters(),
                   steps=steps, every=steps)  # fmt: skip
    return course_of(task, "numba", threads), phases.size * steps, nothing


def rates_over_sizes(rounds):
    """Site-steps a second over side, threads and runs."""
    found = {}
    for side in SIDES:
        for threads in (1, 2):
            cells = {
                runs: lambda runs=runs, side=side, threads=threads: of_shape(side, runs, threads)
                for runs in RUNS
                if runs * side * side * CHANNELS <= MOST_SITES
            }
            found[f"{side} x {side}, {threads} thread{'s' * (threads > 1)}"] = {
                runs: 1e3 / milliseconds for runs, milliseconds in measure(cells, rounds).items()
            }
    return found


def machine():
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    flags = Path("/proc/cpuinfo").read_text()
    vectors = next(name for name in ("avx512f", "avx2", "sse2") if name in flags)
    return f"{models[0].split(':')[1].strip()}, {len(models)} cores, {vectors}, Python {platform.python_version()}"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer rounds and fields")
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    fields, rounds = (32, 1) if chosen.quick else (192, 5)
    sizes = {}
    cases = {
        "notebook's class, every step": of_notebook,
        "torch, batch of 16, final state": lambda: of_engine("torch", 16, STEPS, 1),
        "numba, a field by itself, 1 thread, final state": lambda: of_engine("numba", 1, STEPS, 1),
        "numba, 1 thread, final state": lambda: of_engine("numba", fields, STEPS, 1),
        "numba, 2 threads, final state": lambda: of_engine("numba", fields, STEPS, 2),
        "numba, 1 thread, every step": lambda: of_engine("numba", fields, 1, 1),
        "numba, 2 threads, every step": lambda: of_engine("numba", fields, 1, 2),
        "to a finished store, exact, 2 threads": lambda: of_store(fields, "exact", 2, sizes),
        "to a finished store, 1e-4 rad, 2 threads": lambda: of_store(fields, 1e-4, 2, sizes),
    }
    best = measure(cases, rounds)
    print(f"{STEPS} steps of {SIDE} x {SIDE} x {CHANNELS} sites; {machine()}\n")
    print(f"{'':42} {'ms a field':>10} {'1e9 site-steps/s':>17} {'times notebook':>15}")
    notebook = best["notebook's class, every step"]
    for name, milliseconds in best.items():
        speed = SITE_STEPS / milliseconds / 1e6
        print(f"{name:42} {milliseconds:10.2f} {speed:17.3f} {notebook / milliseconds:15.1f}")
    one, two = best["numba, 1 thread, final state"], best["numba, 2 threads, final state"]
    print(f"\ntwo threads over one: {one / two:.2f}")
    print(f"compiled over batched torch: {best['torch, batch of 16, final state'] / one:.1f}")
    for precision, megabytes in sizes.items():
        print(f"store, {precision}: {megabytes:.2f} MB a field")

    many = 1000 if chosen.quick else 10_000
    call, *_ = of_engine("numba", many, STEPS, 2)
    begin = time.perf_counter()
    call()
    seconds = time.perf_counter() - begin
    print(
        f"{many:,} fields, final state, 2 threads: {seconds:.1f} s, "
        f"{many * SITE_STEPS / seconds / 1e9:.3f}e9 site-steps/s"
    )
    peak = peak_of_a_large_job(200 if chosen.quick else 1000)
    print(f"peak memory of a job of {200 if chosen.quick else 1000} fields, every step to a store: {peak:.0f} MB")
    rates = rates_over_sizes(1)
    print("\n1e9 site-steps/s, final state, over the runs of a batch")
    for name, of_runs in rates.items():
        print(f"{name:24} " + "  ".join(f"{runs}: {rate / 1e9:.2f}" for runs, rate in of_runs.items()))
    terms = measure(
        {name: lambda values=values: of_engine("numba", 32, STEPS, 1, **values) for name, values in TERMS.items()},
        rounds,
    )
    print("\nms a field, final state, 1 thread, with a term")
    for name, milliseconds in terms.items():
        print(f"{name:24} {milliseconds:6.2f} {milliseconds / terms['none']:6.2f}")
    if chosen.json:
        figures = {"machine": machine(), "milliseconds_a_field": best, "megabytes_a_field": sizes}
        figures |= {"site_steps_a_second": rates, "milliseconds_with_a_term": terms}
        figures |= {"many_fields": many, "seconds_of_many_fields": seconds, "peak_megabytes": peak}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


def peak_of_a_large_job(runs):
    """Peak memory of a process that simulates so many fields into a store, MB."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import field; field.large_job(int(sys.argv[2]))"
    command = [sys.executable, "-c", program, str(Path(__file__).parent), str(runs)]
    # After what the job itself prints.
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def large_job(runs):
    call, *_ = of_store(min(runs, 1000), "exact", 2, {})
    call()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    main()

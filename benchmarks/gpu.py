"""How fast the field is on a GPU: batched torch, compiled torch and the kernel, side by side in one run, and how right.

usage: python benchmarks/gpu.py [--rehearse] [--json FILE]

Correctness comes first, on fresh random inputs, against float64, with outputs that were poisoned before. Then the best
of several rounds, in which the rivals take turns: final states without what the host does, and whole histories that
are streamed to the host's page-locked memory, beside a plain copy of such memory. `--rehearse` runs all of it where no
GPU is, on tiny lattices, with the kernel in numba's simulator and torch on the CPU: its times mean nothing.
"""

import argparse
import dataclasses
import json
import os
import sys
import time
from pathlib import Path

if "--rehearse" in sys.argv:
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
sys.path.append(str(Path(__file__).parents[1]))

import numpy as np
import torch
from numba import config, cuda

from oscillator_field import FieldParameters, simulate
from oscillator_field.engines import cuda as kernel_engine
from oscillator_field.engines import torch as torch_engine
from oscillator_field.field import open_course, problem
from tests.support.random_settings import random_setting
from tests.support.reference import apart, simulate_float64

REHEARSAL = bool(config.ENABLE_CUDASIM)
PLACE = torch.device("cpu" if REHEARSAL else "cuda")
STEPS = 4 if REHEARSAL else 512
LATTICE = (4, 3, 2) if REHEARSAL else (28, 28, 4)
LARGE = (5, 5, 2) if REHEARSAL else (256, 256, 8)
BATCHES = (1, 2, 3) if REHEARSAL else (1, 128, 4096)
ROUNDS = 1 if REHEARSAL else 5
FRAMES_A_PIECE = 2 if REHEARSAL else 64
# What one step of a site costs at least, for a bound: see the model.
OPERATIONS = 75


def random_problem(generator, runs, lattice=LATTICE, steps=STEPS, every=STEPS):
    return problem(**random_setting(generator, runs, lattice), parameters=FieldParameters(), steps=steps, every=every)


def advanced(task):
    """The first piece of a problem, whose arrays were poisoned before."""
    slot = kernel_engine._Slot(task, len(task.kept_steps()))
    for name, array in slot.on_host.items():
        array.fill(np.nan if array.dtype.kind == "f" else np.iinfo(array.dtype).max)
        slot.on_gpu[name].copy_to_device(array)
    stream = cuda.stream()
    field = kernel_engine._Field(task, stream)
    field.advance(slice(0, slot.frames), slot.on_gpu)
    slot.computed.record(stream)
    slot.copy_out(stream)
    return slot.piece(task, slice(0, len(task.parameters)), slice(0, slot.frames))


def check(seed):
    """The largest errors against float64, rad, on and off the chip; raises where anything is wrong."""
    generator = np.random.default_rng(seed)
    errors = {}
    for name, lattice, steps, runs in (("a block a run", LATTICE, STEPS, 4), ("a launch a step", LARGE, 4, 1)):
        task = random_problem(generator, runs, lattice, steps, every=1)
        assert kernel_engine.fits_on_chip(*lattice) == (name == "a block a run") or REHEARSAL
        piece = advanced(task)
        worst = []
        for run, parameters in enumerate(task.parameters):
            exact, changes, final = simulate_float64(
                task.input_phase[run], task.initial_phase[run], task.omega[run], steps, **dataclasses.asdict(parameters)
            )
            difference = apart(piece.phase[run], exact)
            assert np.isfinite(difference).all(), f"{name}: not all was written"
            worst.append((np.quantile(difference, 0.999), difference.max()))
            clear = np.abs(np.abs(changes) - parameters.spike_threshold) > 1e-5
            spikes = np.abs(changes) > parameters.spike_threshold
            assert (piece.spikes[run] == spikes)[clear].all(), f"{name}: wrong spikes"
            assert apart(piece.input_phase[run], final).max() < 1e-3
        errors[name] = np.max(worst, axis=0)
        assert errors[name][0] < 5e-5, f"{name}: {errors[name]}"
    many = random_problem(generator, BATCHES[-1], steps=min(STEPS, 64))
    together = advanced(many)
    for run in (0, BATCHES[-1] // 2, BATCHES[-1] - 1):
        alone = advanced(many.part(slice(run, run + 1)))
        assert np.array_equal(together.phase[run], alone.phase[0]), "the batch shows in the bits"
    few = random_problem(generator, 2)
    arguments = {
        "initial_phase": few.initial_phase,
        "omega": few.omega,
        "parameters": few.parameters,
        "steps": STEPS,
        "every": STEPS,
    }
    phases = [
        simulate(few.input_phase, **arguments, engine=engine, device=device).phase
        for engine, device in (("cuda", "auto"), ("torch", PLACE.type), ("numba", "cpu"))
    ]
    for other in phases[1:]:
        assert np.quantile(apart(phases[0], other), 0.999) < 5e-5, "the engines differ"
    return errors


def of_torch(task, compiled):
    """Batched torch: all runs at once, each step; frames that are kept go to the host in pieces, between steps."""
    model = torch_engine._Model(task, PLACE)

    def step(z, c):
        z_next, c_next = model.advance(z, c)
        return z_next, c_next, torch.abs(torch_engine._angle_between(z_next, z)) > model.spike_threshold

    if compiled:
        step = torch.compile(step, dynamic=False, backend="eager" if REHEARSAL else "inductor")
    z_start, c_start = (
        torch_engine._to_tensor(np.stack(torch_engine.on_circle(phase)), PLACE)
        for phase in (task.initial_phase, task.input_phase)
    )
    keep = task.every == 1
    shape = (FRAMES_A_PIECE, *task.initial_phase.shape)
    # The frames of a large batch do not fit beside each other; they come in smaller pieces.
    shape = (max(1, min(shape[0], 2**31 // (4 * int(np.prod(shape[1:]))))), *shape[1:])
    if keep:
        frames = torch.empty(shape, device=PLACE), torch.empty(shape, dtype=torch.uint8, device=PLACE)
        on_host = [torch.empty(shape, dtype=part.dtype, pin_memory=not REHEARSAL) for part in frames]

    @torch.inference_mode()
    def call():
        z, c = z_start, c_start
        count = torch.zeros(task.initial_phase.shape, dtype=torch.int32, device=PLACE)
        for number in range(task.steps):
            z, c, spike = step(z, c)
            if keep:
                index = number % shape[0]
                frames[0][index], frames[1][index] = torch.atan2(z[1], z[0]), spike
                if index == shape[0] - 1 or number == task.steps - 1:
                    for part, copy in zip(frames, on_host, strict=True):
                        copy[: index + 1].copy_(part[: index + 1], non_blocking=True)
            else:
                count += spike
        synchronise()

    return call


def of_kernel(task):
    """The kernel alone for final states; the whole engine, from phases on the host to frames there, for histories."""
    if task.every == 1:

        def stream():
            for _ in open_course(task, engine="cuda", frames_a_piece=FRAMES_A_PIECE).pieces:
                pass

        return stream
    slot, stream = kernel_engine._Slot(task, 1), cuda.stream()
    field = kernel_engine._Field(task, stream)

    def call():
        field.done = 0
        field.advance(slice(0, 1), slot.on_gpu)
        stream.synchronize()

    return call


def synchronise():
    if not REHEARSAL:
        torch.cuda.synchronize()


def host_link(rounds=ROUNDS):
    """Bytes a second of a plain copy from the GPU to page-locked memory."""
    count = 2**10 if REHEARSAL else 2**30
    on_gpu, on_host = cuda.device_array(count, np.uint8), cuda.pinned_array(count, np.uint8)
    stream, best = cuda.stream(), np.inf
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        on_gpu.copy_to_host(on_host, stream=stream)
        stream.synchronize()
        best = min(best, time.perf_counter() - begin)
    return count / best


def arithmetic_bound():
    """Site-steps a second if nothing but arithmetic counted, from the number of lanes and their clock."""
    if REHEARSAL:
        return np.nan
    device = cuda.get_current_device()
    return device.MULTIPROCESSOR_COUNT * 128 * 2 * device.CLOCK_RATE * 1e3 / OPERATIONS


def measure(every):
    """Site-steps a second of each rival at each batch; the rivals take turns."""
    makers = {
        "torch, batched": lambda task: of_torch(task, compiled=False),
        "torch.compile, batched": lambda task: of_torch(task, compiled=True),
        "kernel": of_kernel,
    }
    speeds = {name: {} for name in makers}
    for runs in BATCHES:
        task = random_problem(np.random.default_rng(runs), runs, every=every)
        calls = {}
        for name, make in makers.items():
            try:
                calls[name] = make(task)
                calls[name]()  # compiles
            except Exception as error:  # no memory, or no compiler
                calls.pop(name, None)
                if name == "kernel":
                    raise
                print(f"{name}, batch {runs:,}: left out, {str(error).splitlines()[0] or type(error).__name__}")
        best = dict.fromkeys(calls, np.inf)
        for _ in range(ROUNDS):
            for name, call in calls.items():
                begin = time.perf_counter()
                call()
                best[name] = min(best[name], time.perf_counter() - begin)
        for name, seconds in best.items():
            speeds[name][runs] = runs * STEPS * int(np.prod(LATTICE)) / seconds
        del calls
        torch.compiler.reset()  # it counts what it compiles, and gives up past a limit
        if not REHEARSAL:
            torch.cuda.empty_cache()
    return speeds


def table(title, speeds, bound):
    lines = [f"{title:34}" + "".join(f"{f'batch {runs:,}':>16}" for runs in BATCHES) + f"{'of the bound':>14}"]
    for name, of_batch in speeds.items():
        numbers = "".join(f"{of_batch[runs] / 1e9:16.2f}" if runs in of_batch else f"{'-':>16}" for runs in BATCHES)
        lines.append(f"{name:34}{numbers}{max(of_batch.values()) / bound:14.0%}")
    return "\n".join(lines)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rehearse", action="store_true", help="without a GPU, on tiny lattices")
    options.add_argument("--json", type=Path, help="where to write the figures too")
    chosen = options.parse_args()
    try:
        kernel_engine.check_gpu(random_problem(np.random.default_rng(0), 1), 1)
    except kernel_engine.UnusableGpuError as error:
        sys.exit(f"bench-gpu: {error}")
    name = "a simulator, times mean nothing" if REHEARSAL else torch.cuda.get_device_name()
    size = " x ".join(map(str, LATTICE))
    print(f"{STEPS} steps of {size} sites on {name}; speeds in 1e9 site-steps/s\n")
    seed = int.from_bytes(os.urandom(4), "little")
    errors = check(seed)
    for way, (usual, worst) in errors.items():
        print(f"right (seed {seed}), {way}: 99.9% of phases within {usual:.1e} rad of float64, all within {worst:.1e}")
    link, bound = host_link(), arithmetic_bound()
    final, whole = measure(every=STEPS), measure(every=1)
    per_site_step = 4 + 1
    print("\n" + table("final state, nothing copied", final, bound))
    print("\n" + table("every step, streamed to the host", whole, link / per_site_step))
    most = BATCHES[-1]
    if most in final["torch, batched"]:
        print(
            f"\nkernel over batched torch, batch {most:,}: {final['kernel'][most] / final['torch, batched'][most]:.0f}"
        )
    share = whole["kernel"][most] * per_site_step / link
    print(f"the host link copies {link / 1e9:.1f} GB/s; the streamed history uses {share:.0%} of it")
    if chosen.json:
        figures = {"machine": name, "final": final, "every_step": whole, "host_link": link, "bound": bound}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()

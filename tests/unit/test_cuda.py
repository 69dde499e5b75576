"""The engine for GPUs: its kernels in numba's simulator where no GPU is, compiled for real ones, and its fallback.

That it agrees with float64 stands in test_field, with the other engines.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscillator_field import FieldParameters, field, simulate
from oscillator_field.devices import visible_gpus
from oscillator_field.engines import cuda, cuda_kernels, registry
from tests.support.random_settings import STRONG, random_setting
from tests.support.reference import assert_agrees


@pytest.fixture(params=["a block a run", "a launch a step"])
def way(request, monkeypatch):
    if request.param == "a launch a step":
        monkeypatch.setattr(cuda_kernels, "MOST_PIXELS_ON_CHIP", 0)
        monkeypatch.setattr(cuda_kernels, "THREADS_A_BLOCK", 8)  # so that a field takes several blocks
        monkeypatch.setattr(cuda, "THREADS_A_BLOCK", 8)


@pytest.mark.parametrize("scheduler", ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "SGE_TASK_ID"])
def test_a_job_of_a_scheduler_has_the_gpus_that_it_was_given(monkeypatch, scheduler):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv(scheduler, "7")
    assert visible_gpus() == "none"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert visible_gpus() == "1"


def course(setting, parameters, *, steps, every, frames_a_piece):
    """All pieces of a course, put together; each piece is copied, since its arrays are used again."""
    task = field.problem(**setting, parameters=parameters, steps=steps, every=every)
    shape = (len(parameters), len(task.kept_steps()), *setting["input_phase"].shape[1:])
    # Poisoned, so that what nobody writes is seen.
    phase, spikes = np.full(shape, np.nan, np.float32), np.full(shape, 99, np.int64)
    final = np.full((shape[0], *shape[2:]), np.nan, np.float32)
    sizes = set()
    for piece in field.open_course(task, engine="cuda", frames_a_piece=frames_a_piece).pieces:
        assert np.isnan(phase[piece.runs, piece.frames]).all(), "a frame came twice"
        assert list(piece.step) == list(task.kept_steps()[piece.frames])
        phase[piece.runs, piece.frames], spikes[piece.runs, piece.frames] = piece.phase, piece.spikes
        final[piece.runs] = piece.input_phase
        sizes.add(piece.runs.stop - piece.runs.start)
    return phase, spikes, final, sizes


@pytest.mark.parametrize("shape", [(7, 5, 3), (1, 1, 1), (1, 9, 2), (4, 4, 1), (2, 3, 9)])
def test_both_ways_agree_with_float64(way, shape):
    parameters = FieldParameters(**STRONG)
    setting = random_setting(1, shape=shape)
    history = simulate(**setting, parameters=parameters, steps=12, engine="cuda")
    assert_agrees(history, setting, parameters, 12, error=2e-5)


@pytest.mark.slow
@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 3)),
    runs=st.integers(1, 5),
    every=st.integers(1, 4),
    frames_a_piece=st.integers(1, 6),
    host_bytes=st.sampled_from([1, 2000, 2**30]),
    on_chip=st.booleans(),
)
def test_bits_depend_on_neither_batches_nor_pieces(seed, shape, runs, every, frames_a_piece, host_bytes, on_chip):
    setting = random_setting(seed, runs, shape)
    parameters = [FieldParameters(**(STRONG if run % 2 else {}), evolve_input=bool(run % 3)) for run in range(runs)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuda_kernels, "MOST_PIXELS_ON_CHIP", 1024 if on_chip else 0)
        patch.setattr(cuda, "HOST_BYTES", host_bytes)
        *together, _ = course(setting, parameters, steps=7, every=every, frames_a_piece=frames_a_piece)
        patch.setattr(cuda, "HOST_BYTES", 2**30)
        chosen = seed % runs
        one = {name: values[chosen : chosen + 1] for name, values in setting.items()}
        *alone, _ = course(one, [parameters[chosen]], steps=7, every=every, frames_a_piece=100)
    for ours, theirs in zip(together, alone, strict=True):
        assert np.array_equal(ours[chosen], theirs[0])


def test_a_batch_is_what_free_memory_and_page_locked_memory_allow(monkeypatch):
    setting = random_setting(2, runs=7)
    task = field.problem(**setting, parameters=FieldParameters(), steps=4)
    of_run, of_slot = cuda._bytes_of_run(task, 2)
    assert cuda.check_gpu(task, 2) == 7
    monkeypatch.setattr(cuda, "_free_bytes", lambda: int(5.5 * (of_run + 2 * of_slot) / cuda.SHARE_OF_FREE))
    assert cuda.check_gpu(task, 2) == 4
    *_, sizes = course(setting, [FieldParameters()] * 7, steps=4, every=1, frames_a_piece=2)
    assert sizes == {4, 3}
    monkeypatch.setattr(cuda, "HOST_BYTES", 2 * of_slot * 2)
    assert cuda.check_gpu(task, 2) == 2
    monkeypatch.setattr(cuda, "HOST_BYTES", 1)
    assert cuda.check_gpu(task, 2) == 1


def test_too_little_memory_is_an_error_if_the_gpu_was_asked_for_and_a_line_if_not(monkeypatch, capsys):
    monkeypatch.setattr(cuda, "_free_bytes", lambda: 10**3)
    monkeypatch.setattr(registry, "gpu_at_hand", lambda: True)
    setting = random_setting(3)
    expected = "too little memory on the GPU: 0 MB are free, one run needs 1 MB"
    for asked in ({"engine": "cuda"}, {"device": "cuda"}):
        with pytest.raises(RuntimeError, match=expected):
            simulate(**setting, parameters=FieldParameters(), steps=3, **asked)
    capsys.readouterr()
    history = simulate(**setting, parameters=FieldParameters(), steps=3)
    assert capsys.readouterr().out == f"Falling back to numba on the CPU: {expected}\n"
    plain = simulate(**setting, parameters=FieldParameters(), steps=3, engine="numba")
    assert np.array_equal(history.phase, plain.phase)


# What is below needs the real compiler and driver, which a process that simulates has not.
WITHOUT_SIMULATOR = {name: value for name, value in os.environ.items() if name != "NUMBA_ENABLE_CUDASIM"}


def outside(script):
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=WITHOUT_SIMULATOR, capture_output=True, text=True, timeout=300)


def test_a_driver_that_is_not_there_leaves_one_line():
    if registry.gpu_at_hand():
        pytest.skip("this machine has a GPU")
    done = outside(
        "import numpy as np\n"
        "from oscillator_field import FieldParameters, simulate\n"
        "from oscillator_field.engines import registry\n"
        "registry.gpu_at_hand = lambda: True\n"
        "x = np.zeros((1, 2, 2, 1), np.float32)\n"
        "setting = dict(initial_phase=x, omega=np.zeros((1, 1)), parameters=FieldParameters(), steps=1)\n"
        "simulate(x, **setting)\n"
        "simulate(x, **setting, engine='cuda')\n"
    )
    (line,) = done.stdout.splitlines()
    assert line.startswith("Falling back to numba on the CPU: no usable GPU: ")
    assert "driver" in line
    assert done.stderr.splitlines()[-1].startswith("oscillator_field.engines.cuda.UnusableGpuError: no usable GPU: ")


def test_a_batch_of_few_runs_fills_no_log_with_warnings():
    done = outside(
        "import warnings\n"
        "from numba.core.errors import NumbaPerformanceWarning\n"
        "from oscillator_field.engines import cuda_kernels\n"
        "text = 'Grid size 8 will likely result in GPU under-utilization due to low occupancy.'\n"
        "warnings.warn(NumbaPerformanceWarning(text))\n"
        "warnings.warn(NumbaPerformanceWarning('another'))\n"
    )
    assert "Grid size" not in done.stderr
    assert "another" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the compiler for GPUs is installed on Linux alone")
@pytest.mark.parametrize("compute_capability", [(7, 5), (9, 0)])
def test_kernels_compile_for_real_gpus_and_keep_the_state_in_registers(compute_capability):
    done = outside(f"""
from numba import cuda, float32, int32, int64, uint8
from oscillator_field.engines.cuda_kernels import kernels
from oscillator_field.engines.registry import OF_CUDA

state, settings, weights = float32[:, :, :, ::1], float32[:, ::1], float32[:, :, ::1]
counts, frames, spikes = int32[:, :, ::1], float32[:, :, :, ::1], uint8[:, :, :, ::1]
signatures = {{
    "to_circle": (weights, state),
    "whole_course": (
        state, state, settings, weights, weights, int64[::1], int64, int64[::1], int64, frames, spikes
    ),
    "one_step": (state, state, state, counts, settings, weights, weights, int64[::1], int64),
    "write_frame": (state, counts, int64, frames, spikes),
    "write_input": (state, weights),
}}
for terms in (frozenset(), OF_CUDA - {{"reflecting"}}):
    of = kernels(28, 28, 4, terms)
    for name in vars(of):
        text, _ = cuda.compile_ptx(
            getattr(of, name).py_func, signatures[name], cc={compute_capability}, fastmath=True, opt=True
        )
        if not terms:
            print(name, text.count(".local"), text.count("bar.sync"), text.count("sqrt.approx"))
""")
    assert done.returncode == 0, done.stderr[-3000:]
    found = {name: tuple(map(int, numbers)) for name, *numbers in map(str.split, done.stdout.splitlines())}
    assert found.keys() == {"to_circle", "whole_course", "one_step", "write_frame", "write_input"}
    # No little array of a thread lies in local memory; the argument of a cosine in float64 may.
    assert all(found[name][0] == 0 for name in found if name != "to_circle")
    _, barriers, roots = found["whole_course"]
    assert barriers >= 2
    assert roots >= 8

"""Whether this process has a GPU, found out without importing torch, which takes seconds."""

from __future__ import annotations

import os
from pathlib import Path

# The devices of NVIDIA's driver, on Linux and under Windows; a container may see any one of them.
_GPU_FILES = ("nvidia[0-9]*", "dxg")
# Variables of the jobs of Slurm, PBS, LSF and Grid Engine.
_OF_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "SGE_TASK_ID")


def gpu_at_hand() -> bool:
    """Whether there is a GPU that this process may use: there at all, and not withheld."""
    return visible_gpus() != "none" and any(any(Path("/dev").glob(name)) for name in _GPU_FILES)


def visible_gpus() -> str:
    """What `CUDA_VISIBLE_DEVICES` leaves to this process: numbers or names, `all` or `none`.

    A job of a scheduler without GPUs of its own has none, though the node may have some and let everybody open them.
    """
    otherwise = "none" if os.environ.keys() & set(_OF_JOBS) else "all"
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", otherwise)
    return "none" if visible in ("", "-1", "NoDevFiles") else visible

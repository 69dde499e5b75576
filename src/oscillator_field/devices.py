"""Whether this machine has a GPU, found out without importing torch, which takes seconds."""

from __future__ import annotations

from pathlib import Path

# The devices of NVIDIA's driver, on Linux and under Windows.
_GPU_FILES = (Path("/dev/nvidia0"), Path("/dev/dxg"))


def gpu_at_hand() -> bool:
    """Whether there is a GPU that torch may be able to use."""
    return any(path.exists() for path in _GPU_FILES)

"""MP4 from frames, by ffmpeg: an optional extra of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscillator_field.stores.atomic import whole_file


def write_mp4(path: str | Path, frames: Iterator[NDArray[np.uint8]], rate: float) -> None:
    """Write frames as H.264, which every browser plays.

    Args:
        path: the file to write.
        frames: each `(height, width, 3)`.
        rate: frames a second.

    Raises:
        ModuleNotFoundError: imageio-ffmpeg is not installed.
        OSError: the file could not be written whole.
    """
    import imageio_ffmpeg

    first = next(frames)
    # H.264 stores colours for squares of two by two pixels.
    height, width = (length + length % 2 for length in first.shape[:2])

    def padded(frame: NDArray[np.uint8]) -> bytes:
        return np.pad(frame, ((0, height - frame.shape[0]), (0, width - frame.shape[1]), (0, 0)), mode="edge").tobytes()

    with whole_file(path) as temporary:
        # ffmpeg knows the format by the name alone.
        named = temporary.with_suffix(".mp4")
        writer = imageio_ffmpeg.write_frames(
            str(named),
            (width, height),
            fps=rate,
            macro_block_size=2,
            codec="libx264",
            quality=8,
            ffmpeg_log_level="error",
        )
        writer.send(None)
        writer.send(padded(first))
        count = 1
        for frame in frames:
            writer.send(padded(frame))
            count += 1
        writer.close()
        # It does not say whether ffmpeg, which writes most at its end, had room for it.
        try:
            written, _ = imageio_ffmpeg.count_frames_and_secs(str(named))
        except RuntimeError:
            written = 0
        if written != count:
            raise OSError(f"{path}: {written} of {count} frames could be written (is the disk full?)")
        named.rename(temporary)

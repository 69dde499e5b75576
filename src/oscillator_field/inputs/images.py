"""Image files as grey levels, by Pillow: whatever they hold, one level from 0 (black) to 1 (white) a pixel.

Colours become grey as Pillow's mode L has it (ITU-R 601-2 luma). Of several frames or pages the first is taken. What a
picture says of its rotation (EXIF) is obeyed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscillator_field.inputs.errors import PicturesError

BACKGROUNDS = {"black": 0, "white": 255}
# TIFF's tags for the range of samples: of any type, and of unsigned ones.
_RANGE_TAGS = ((340, 341), (280, 281))
_ORIENTATION, _LYING = 274, (5, 6, 7, 8)


def shape_of(path: Path) -> tuple[int, int]:
    """Rows and columns of an image file as it is to be seen, from its head.

    Raises:
        PicturesError: it is no image, or Pillow is not there.
        OSError: it cannot be read.
    """
    with _opened(path) as image:
        if image.format == "TIFF":
            # Pillow turns it by itself, some versions of it before it is loaded and some then.
            image.load()
            return image.size[1], image.size[0]
        columns, rows = image.size
        return (columns, rows) if image.getexif().get(_ORIENTATION) in _LYING else (rows, columns)


def read_image(path: Path, *, background: str, range: Sequence[float] | None = None) -> Any:
    """The grey levels of an image file: float64 `(row, column)`, from 0 to 1.

    Args:
        path: the file.
        background: `black` or `white`, what lies behind what is transparent.
        range: the numbers that stand for black and white in pictures of 16 bits, of whole numbers or of floats; None
            for 0 and 65535 of 16 bits, and for what a TIFF states, or 0 and 1, of the others.

    Raises:
        PicturesError: it is no whole image, or its numbers leave their range.
        OSError: it cannot be read.
    """
    import numpy as np
    from PIL import ImageOps

    with _opened(path) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            print(f"{path}: the first of {frames} frames or pages is taken")
        tags = dict(getattr(image, "tag_v2", {}))
        mode, numbers = image.mode, image.mode.startswith(("I", "F"))
        image.load()
        upright = ImageOps.exif_transpose(image)
        if not numbers:
            return np.asarray(_grey(upright, BACKGROUNDS[background]), np.float64) / 255
        values = np.asarray(upright, np.float64)
    low, high = range or _stated_range(tags, mode)
    if not np.isfinite(values).all():
        raise PicturesError(f"{path}: holds values that are not finite numbers (allowed: finite grey levels)")
    if values.min() < low or values.max() > high:
        raise PicturesError(
            f"{path}: holds values from {values.min():.6g} to {values.max():.6g} (allowed: {low:g} to {high:g}, or say "
            "in pictures.range what black and white are)"
        )
    return (values - low) / (high - low)


def _stated_range(tags: dict[int, Any], mode: str) -> tuple[float, float]:
    """The range that a TIFF states; without one that of its kind of numbers."""
    for lowest, highest in _RANGE_TAGS:
        if lowest in tags and highest in tags:
            low, high = (_first(tags[tag]) for tag in (lowest, highest))
            if low < high:
                return low, high
    return (0, 65535) if mode.startswith("I;16") else (0, 1) if mode == "F" else (0, 65535)


def _first(value: Any) -> float:
    return float(value[0] if isinstance(value, tuple | list) else value)


def _grey(image: Any, background: int) -> Any:
    """A picture of 8 bits in mode L, over a grey."""
    from PIL import Image

    if image.has_transparency_data:
        over = image.convert("RGBA")
        ground = Image.new("RGBA", over.size, (background, background, background, 255))
        return Image.alpha_composite(ground, over).convert("RGB").convert("L")
    # Pillow knows the way to grey from these alone.
    return image.convert("L") if image.mode in ("1", "L", "P", "RGB") else image.convert("RGB").convert("L")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An image file, opened; what is wrong with it is one line.

    Raises:
        PicturesError: Pillow cannot read it, or refuses its size, or is not there.
        OSError: the file cannot be read.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ModuleNotFoundError:
        raise PicturesError(
            f"{path}: cannot be read without Pillow (install pillow where Snakemake is called, or set pictures.size)"
        ) from None
    try:
        with warnings.catch_warnings():
            # Beyond Pillow's limit, where it would only warn, a picture may be made to fill the memory.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # As a stream: of a file that it maps into memory, Pillow 13 garbles a TIFF that lies on its side.
            with path.open("rb") as stream, Image.open(stream) as image:
                yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PicturesError(f"{path}: {error} (allowed: at most {Image.MAX_IMAGE_PIXELS:,} pixels)") from None
    except UnidentifiedImageError:
        size = path.stat().st_size
        raise PicturesError(f"{path}: not an image that Pillow knows ({size} bytes; mend or remove it)") from None
    except PicturesError:
        raise
    except (PermissionError, FileNotFoundError, IsADirectoryError):
        raise
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        raise PicturesError(f"{path}: not a whole image ({error}; mend or remove it)") from None

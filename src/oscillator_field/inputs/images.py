"""Image files as grey levels, by Pillow: whatever they hold, one level from 0 (black) to 1 (white) a pixel.

Colours become grey as Pillow's mode L has it (ITU-R 601-2 luma). Of several frames or pages the first is taken. What a
picture says of its rotation (EXIF) is obeyed.
"""

from __future__ import annotations

import errno
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscillator_field.inputs.errors import PicturesError

WHITE = 255
BACKGROUNDS = {"black": 0, "white": WHITE}
# The formats that Pillow may take a file for, whatever its name.
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
# Tags of TIFF: the smallest and largest sample, which number is white, whether samples have a sign, their bits.
_SMALLEST, _LARGEST, _PHOTOMETRIC, _SAMPLE_FORMAT, _BITS = 340, 341, 262, 339, 258
_WHITE_IS_ZERO, _SIGNED = 0, 2
_ORIENTATION, _LYING = 274, (5, 6, 7, 8)
# Errors that say nothing of the picture: a failing disk, too many open files.
_OF_THE_MACHINE = (errno.EIO, errno.EMFILE, errno.ENFILE)
# How Pillow spreads greys of few bits, but not the grey that is transparent.
_SPREAD = {"L;2": 85, "L;4": 17}


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
            for 0 and the largest number of their bits, and for what a TIFF states, or 0 and 1, of the others.

    Raises:
        PicturesError: it is no whole image, or its numbers leave their range.
        OSError: it cannot be read.
    """
    import numpy as np
    from PIL import ImageOps

    with _opened(path) as image:
        frames = getattr(image, "n_frames", 1)
        tags = dict(getattr(image, "tag_v2", {}))
        mode, numbers = image.mode, image.mode.startswith(("I", "F"))
        if mode == "L" and _SIGNED in np.atleast_1d(tags.get(_SAMPLE_FORMAT, ())):
            raise PicturesError(f"{path}: holds bytes with a sign (allowed: without one, 16 bits, or floats)")
        key = image.info.get("transparency")
        if isinstance(key, int) and image.tile:
            image.info["transparency"] = key * _SPREAD.get(str(image.tile[0][3]), 1)
        image.load()
        upright = ImageOps.exif_transpose(image)
        values = np.asarray(upright if numbers else _grey(upright, BACKGROUNDS[background]), np.float64)
    if frames > 1:
        print(f"{path}: the first of {frames} frames or pages is taken")
    if not numbers:
        return values / WHITE
    low, high = range or _stated_range(tags, mode)
    if not np.isfinite(values).all():
        raise PicturesError(f"{path}: holds values that are not finite numbers (allowed: finite grey levels)")
    if values.min() < low or values.max() > high:
        raise PicturesError(
            f"{path}: holds values from {values.min():.6g} to {values.max():.6g} (allowed: {low:g} to {high:g}, or say "
            "in pictures.range what black and white are)"
        )
    level = (values - low) / (high - low)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        level = 1 - level
    if isinstance(key, int):
        level[values == key] = BACKGROUNDS[background] / WHITE
    return level


def _stated_range(tags: dict[int, Any], mode: str) -> tuple[float, float]:
    """The range that a TIFF of floats or of long whole numbers states; without one that of its kind of numbers."""
    if not mode.startswith("I;16") and _SMALLEST in tags and _LARGEST in tags:
        low, high = _first(tags[_SMALLEST]), _first(tags[_LARGEST])
        if low < high:
            return low, high
    # Of 12 bits in 16 no file says that they are 12; of 12 bits packed it does.
    bits = int(_first(tags.get(_BITS, 16))) if mode.startswith("I;16") else 16
    return (0, 1) if mode == "F" else (0, 2**bits - 1)


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
            with path.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
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
        if getattr(error, "errno", None) in _OF_THE_MACHINE:
            raise
        raise PicturesError(f"{path}: not a whole image ({error}; mend or remove it)") from None

"""What may drive a field in Python: digits that come with the package, arrays, image files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, TRAINING
from oscillator_field.inputs.encoding import Statistics, levels, statistics_of
from oscillator_field.inputs.encoding import encode as phases_of
from oscillator_field.inputs.fetch import read_source
from oscillator_field.inputs.fitting import fitted
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.images import BACKGROUNDS, read_image
from oscillator_field.inputs.pictures import Picture
from oscillator_field.inputs.sources import check_instance, expanded, name_of
from oscillator_field.nouns import DIGIT, PICTURE, Label
from oscillator_field.parameters import EncodingParameters

# A picture: grey levels as whole numbers 0 to 255 or as shares of white 0 to 1, or an image file.
Source = ArrayLike | str | Path
_NAMELESS = "picture"
USUAL_DIGIT = 3


def encode(picture: Source, *, background: str = "black", **encoding: Any) -> NDArray[np.float32]:
    """The input phases of a picture, which drive all channels of a field.

    Args:
        picture: grey levels `(row, column)`, whole numbers 0 to 255 or shares of white 0 to 1; or the path of an image
            file.
        background: `black` or `white`, below what is transparent in a file.
        encoding: parameters of `EncodingParameters`. `scale: standardised` takes mean and deviation of this picture.
            `size` pads the picture to a square and resamples it.

    Returns:
        float32 `(row, column)`, rad, not wrapped.

    Raises:
        ValueError: the picture or a parameter is not allowed (`PicturesError` for files).

    Examples:
        >>> import numpy as np
        >>> from oscillator_field import encode
        >>> encode(np.eye(3), scale="unit").round(2)[0].tolist()
        [6.28..., 0.0, 0.0]
    """
    parameters = EncodingParameters(**encoding)
    made = brought_to(parameters.shape, picture_of(picture, background=background), background)
    return phases_of(made.level, parameters, made.statistics)


def picture_of(source: Source, *, background: str = "black") -> Picture:
    """A picture that is standardised by itself.

    Raises:
        ValueError: it is no picture.
    """
    if background not in BACKGROUNDS:
        raise ValueError(f"background: {background!r} is not allowed ({' or '.join(BACKGROUNDS)})")
    if isinstance(source, str | Path):
        path = Path(expanded(str(source)))
        level = read_image(path, background=background)
        return Picture(level, statistics_of(level), {"source": "file", "file": path.name})
    if getattr(source, "mode", "L") not in ("1", "L"):
        # Such as a palette, whose numbers are no levels.
        raise ValueError(
            f"picture: an image of mode {getattr(source, 'mode', '')} is no array of grey levels (give the path of its "
            'file, or image.convert("L"))'
        )
    array = np.asarray(source)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"picture: shape {array.shape} is not (row, column), each at least 1")
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"picture: values of the type {array.dtype} are no grey levels (allowed: whole or real numbers)"
        )
    if array.dtype.kind in "iu":
        if array.min() < 0 or array.max() > 255:
            raise ValueError(f"picture: {array.min()} to {array.max()} are not grey levels from 0 to 255")
        if array.max() == 1:
            raise ValueError(
                "picture: whole numbers 0 and 1 of 255 are as good as black (for black and white give 0 and 255, 0.0 "
                "and 1.0, or true and false)"
            )
        level = levels(array.astype(np.uint8))
    else:
        level = array.astype(np.float64)
        if not (np.isfinite(level).all() and level.min() >= 0 and level.max() <= 1):
            raise ValueError(
                f"picture: {array.dtype} numbers from {level.min():g} to {level.max():g} are not allowed (shares of "
                "white from 0 to 1, or levels from 0 to 255 in a type of whole numbers, such as uint8)"
            )
    return Picture(level, statistics_of(level), {"source": "array"})


def brought_to(shape: tuple[int, int] | None, picture: Picture, background: str = "black") -> Picture:
    """A picture of so many rows and columns, padded and resampled; as it is for None."""
    return replace(picture, level=fitted(picture.level, shape, fit="pad", background=background))


def bundled_digit(digit: int, instance: int) -> Picture:
    """The `instance`-th picture of a digit in the part of MNIST that comes with the package, from 0.

    Raises:
        ValueError: there are not so many (`PicturesError`), or it is no digit.
    """
    if digit not in DATA_SETS["mnist"].labels:
        raise ValueError(f"digit: {digit!r} is not allowed (0 to 9)")
    images, labels = _bundled()
    check_instance(DIGIT, digit, instance, int((labels == digit).sum()))
    level = levels(images[np.flatnonzero(labels == digit)[instance]])
    published = DATA_SETS["mnist"].statistics
    assert published is not None, "MNIST is published with them"
    return Picture(level, Statistics(*published), {"source": "bundled", "data_set": "mnist"})


@cache
def _bundled() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return read_source(IdxSource("mnist", BUNDLED), TRAINING)


def named(
    picture: Source | Mapping[str, Source] | None,
    digit: int | Sequence[int] | None,
    instance: int | Sequence[int] | None,
) -> tuple[str, dict[tuple[Label, int], Picture]]:
    """What labels are called, and the pictures by label and instance.

    Raises:
        ValueError: a picture is not there, or is none; or they differ in size; or a digit is asked for beside them.
    """
    if picture is None:
        digits, instances = (
            _each(name, usual if asked is None else asked)
            for name, asked, usual in (("digit", digit, USUAL_DIGIT), ("instance", instance, 0))
        )
        return DIGIT, {(one, other): bundled_digit(one, other) for one in digits for other in instances}
    for name, asked in (("digit", digit), ("instance", instance)):
        if asked is not None:
            raise ValueError(f"{name}: {asked!r} is not allowed beside a picture (one of both)")
    if isinstance(picture, Mapping):
        sources = dict(picture)
    else:
        sources = {Path(picture).stem if isinstance(picture, str | Path) else _NAMELESS: picture}
    pictures: dict[tuple[Label, int], Picture] = {}
    for name, source in sources.items():
        label = name_of(str(name))
        if not label:
            raise ValueError(
                "picture: a name without letters is not allowed (letters, digits, dots, dashes, underscores)"
            )
        if (label, 0) in pictures:
            raise ValueError(f"picture: {name!r} is called {label}, as another is (give it another name)")
        pictures[label, 0] = picture_of(source)
    shapes = {one.level.shape for one in pictures.values()}
    if len(shapes) > 1 or not shapes:
        told = " and ".join(map(str, sorted(shapes))) or "none"
        raise ValueError(f"picture: pictures of one field have one size (given: {told})")
    return PICTURE, pictures


def _each(name: str, value: int | Sequence[int]) -> list[int]:
    each: list[Any] = list(value) if isinstance(value, Sequence | np.ndarray) and np.ndim(value) == 1 else [value]
    whole = all(isinstance(one, int | np.integer) and not isinstance(one, bool) and one >= 0 for one in each)
    if not each or not whole:
        raise ValueError(f"{name}: {value!r} is not allowed (a whole number from 0, or a list of these)")
    return [int(one) for one in each]

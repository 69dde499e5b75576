"""Pictures for the readout drawn: as they are, turned and shifted, or corrupted; one store a set (see `sets`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.data_sets import TEST, TRAINING
from oscillator_field.inputs.encoding import as_pixels, levels
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.fetch import read_provenance, read_set
from oscillator_field.inputs.fitting import fitted
from oscillator_field.readout.sets import CORRUPTIONS, is_test, parts
from oscillator_field.stores.zarr_stores import add_values, new_store


def write_images(
    path: str | Path,
    folder: str | Path,
    name: str,
    *,
    seed: int = 0,
    rotation: float = 0.0,
    translation: float = 0.0,
    shape: Sequence[int] | None = None,
    fit: str = "pad",
    background: str = "black",
) -> None:
    """Write a set of pictures.

    Args:
        path: where the store belongs.
        folder: folder of the IDX files, as `inputs.fetch` makes it.
        name: of the set.
        seed: of all that is drawn.
        rotation: largest angle of augmented pictures, degree.
        translation: their largest shift, as a share of their width.
        shape: rows and columns of the lattice; None for those of the pictures.
        fit, background: as `fitting.fitted` takes them.

    Raises:
        PicturesError: the folder does not hold the files, or they are damaged.
        ValueError: no set has this name.
    """
    images, labels = read_set(folder, TEST if is_test(name) else TRAINING)
    if len(images) == 0:
        raise PicturesError(f"{folder}: holds no picture for {parts(name)[0]}")
    if shape is not None and images.shape[1:] != tuple(shape):
        target = (shape[0], shape[1])
        images = np.stack(
            [as_pixels(fitted(levels(image), target, fit=fit, background=background)) for image in images]
        )
    _, kind, strength = parts(name)
    # The name is part of the seed: each set is drawn by itself, whatever other sets there are.
    generator = np.random.default_rng([seed, *name.encode()])
    if kind == "augmentation":
        images = augmented(images, generator, rotation=rotation, translation=translation)
    elif kind in CORRUPTIONS:
        images = corrupted(images, kind, float(strength), generator)
    elif kind:
        raise ValueError(f"{name}: no such set of pictures (allowed: augmentation, {', '.join(CORRUPTIONS)})")
    drawn = {"set": name, "seed": seed, "rotation": rotation, "translation": translation}
    written = read_provenance(folder)
    attributes = {
        "drawn": drawn,
        "data_set": written["data_set"],
        "standardised_by": {"mean": written["mean"], "deviation": written["deviation"]},
        # The class of each number that is a label; of numbers between them there may be none.
        "classes": written["labels"],
    }
    with new_store(path, title="Pictures for the readout", attributes=attributes) as group:
        add_values(group, "image", ("image", "row", "column"), images, long_name="grey level", units="1")
        add_values(group, "label", ("image",), labels, long_name="number of the class", units="1")


def augmented(
    images: NDArray[np.uint8], generator: np.random.Generator, *, rotation: float, translation: float
) -> NDArray[np.uint8]:
    """Each picture turned and shifted at random, as the notebook does it: torchvision's RandomAffine.

    Args:
        images: `(image, row, column)`.
        generator: gives torch its seed.
        rotation: largest angle, degree.
        translation: largest shift, as a share of the width.
    """
    import torch
    from torchvision.transforms import v2

    transform = v2.RandomAffine(degrees=rotation, translate=(translation, translation))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(generator.integers(2**63)))
        moved = [transform(image[None])[0] for image in torch.from_numpy(images.copy())]
    return torch.stack(moved).numpy()


def corrupted(
    images: NDArray[np.uint8], kind: str, strength: float, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Each picture with noise of one of CORRUPTIONS, at a strength as they say.

    Args:
        images: `(image, row, column)`.
    """
    if kind == "gaussian_noise":
        noise = generator.normal(0, 255 * strength, images.shape)
        return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)
    result = images.copy()
    if kind == "salt_and_pepper":
        hit = generator.random(images.shape) < strength
        result[hit] = generator.integers(0, 2, np.count_nonzero(hit), dtype=np.uint8) * 255
        return result
    count, rows, columns = images.shape
    side = int(strength)
    tops = generator.integers(0, rows - side + 1, count)
    lefts = generator.integers(0, columns - side + 1, count)
    inside = _spans(tops, side, rows)[:, :, np.newaxis] & _spans(lefts, side, columns)[:, np.newaxis, :]
    result[inside] = 0
    return result


def _spans(starts: NDArray[np.int64], length: int, size: int) -> NDArray[np.bool_]:
    """True from each start on, for a length: `(start, size)`."""
    index = np.arange(size)
    return (index >= starts[:, np.newaxis]) & (index < starts[:, np.newaxis] + length)

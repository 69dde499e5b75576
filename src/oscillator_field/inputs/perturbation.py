"""The store of one encoded picture: the phases that drive a field, and the picture they were made of.

    input_phase, pixel      (row, column)

Channels come in only when the field is simulated, so a deeper lattice encodes nothing anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.inputs.encoding import as_pixels, encode
from oscillator_field.inputs.pictures import Picture
from oscillator_field.parameters import EncodingParameters
from oscillator_field.stores.zarr_stores import add_values, new_store, read_stores


def write_perturbation(
    path: str | Path, picture: Picture, parameters: EncodingParameters, attributes: Mapping[str, Any]
) -> None:
    """Encode a picture and write it to a store.

    Args:
        path: where the store belongs.
        picture: what drives the field.
        parameters: how to encode it.
        attributes: label and instance of the picture; JSON values only.

    Raises:
        ValueError: the picture has another size than the parameters say.
    """
    if parameters.shape not in (None, picture.level.shape):
        raise ValueError(f"size: {parameters.size} is not that of a picture of the shape {picture.level.shape}")
    standardised = {"standardised_by": asdict(picture.statistics)} if parameters.scale == "standardised" else {}
    made_by = {**attributes, "source": picture.source, "encoding": asdict(parameters), **standardised}
    with new_store(path, title="Input of an oscillator field", attributes=made_by) as group:
        phase = encode(picture.level, parameters, picture.statistics)
        pixels = as_pixels(picture.level)
        add_values(group, "input_phase", ("row", "column"), phase, units="rad", long_name="input phase of the pixel")
        add_values(group, "pixel", ("row", "column"), pixels, units="1", long_name="grey level of the picture")


def read_perturbations(
    paths: Sequence[str | Path],
) -> list[tuple[NDArray[np.float32], NDArray[np.uint8], dict[str, Any]]]:
    """Of each store: input phases `(row, column)` in rad, pixels `(row, column)`, and the attributes.

    Raises:
        FileNotFoundError: a store is not there.
        ValueError: a store is damaged.
    """
    read = read_stores(paths, ("input_phase", "pixel"))
    return [(phase, pixels, attributes) for (phase, pixels), attributes in read]

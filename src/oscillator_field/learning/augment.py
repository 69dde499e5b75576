"""Pictures turned, scaled and shifted at random, a batch at a time, as the notebook's training does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Augmentation:
    """How far pictures are moved at most; each is drawn evenly.

    Attributes:
        rotation: degree, to either side.
        scale: share by which they grow or shrink.
        shift: pixels along rows and columns, to either side.
    """

    rotation: float = 12.0
    scale: float = 0.1
    shift: float = 2.0


def augmented(pictures: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Each picture moved in a way of its own, read between pixels by the nearest four; black comes in from outside.

    Args:
        pictures: `(picture, 1, row, column)`.
        augmentation: how far.
        generator: of what is drawn.
    """
    count, _, rows, columns = pictures.shape
    drawn = (2 * torch.rand(4, count, generator=generator) - 1).to(pictures.device)
    angle = math.radians(augmentation.rotation) * drawn[0]
    zoom = 1 + augmentation.scale * drawn[1]
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    down, right = 2 * augmentation.shift / rows * drawn[2], 2 * augmentation.shift / columns * drawn[3]
    # Of pictures that are no squares, a turn is one of pixels and not of sides.
    aspect = rows / columns
    maps = torch.stack(
        [torch.stack([cosine, -sine * aspect, right], dim=1), torch.stack([sine / aspect, cosine, down], dim=1)], dim=1
    )
    grid = functional.affine_grid(maps, [count, 1, rows, columns], align_corners=False)
    return functional.grid_sample(pictures, grid, align_corners=False)

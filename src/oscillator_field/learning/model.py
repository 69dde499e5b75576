"""The field as a layer of torch whose couplings are learned, and a linear readout of where it gets to.

State and input are points of the unit circle at each site, as everywhere (a strided drive also gives the input an
amplitude); here each is a real tensor `(picture, 2 * channel, row, column)`, the cosines of all channels first, then
the sines. A step of the size h turns each site:

    turn   = h * (Im(conj(z) * F) + frequency)
    z_next = normalise(z + turn * i z)
    F      = kernel * z + Omega @ z + strength * c

What is along z drops out, as in the slopes of `engines.problem` (its Euler step keeps it). The kernel is a convolution
over pixels that takes the real and imaginary parts of all channels to those of all channels, so it may treat z and
conj(z) apart; outside the lattice there is nothing. All steps are alike. The field starts as its input.

Plain backpropagation through all steps: a batch of 128 pictures of 28 x 28 adds some 0.15 GB in either size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from oscillator_field.learning.arms import Size
from oscillator_field.learning.gradients import coupled, turned

EPSILON = 1e-12
# Deviation of a coupling at first, times the root of how many a site sums up.
FIRST_COUPLING = 0.6
FIRST_STEP = 0.3
# Standardised pixels times 2 pi, as the notebook has them.
_NOTEBOOK_ARC, _NOTEBOOK_OFFSET = 2 * math.pi / 0.3081, -2 * math.pi * 0.1307 / 0.3081
_NOTEBOOK_COUPLING, _NOTEBOOK_OMEGA, _NOTEBOOK_BIAS = 0.12, 0.12, 1.25


class LearnedField(nn.Module):
    """A lattice that is driven by a picture, takes some steps, and is read by a linear layer.

    Args:
        size: what it is made of.
        rows, columns: of the pictures.
        classes: labels to tell apart.
    """

    def __init__(self, size: Size, rows: int, columns: int, classes: int) -> None:
        super().__init__()
        self.size = size
        channels = size.channels
        self.drive = drive_of(size)
        deviation = FIRST_COUPLING / math.sqrt(2 * channels * size.kernel**2)
        self.kernel = nn.Parameter(deviation * torch.randn(2 * channels, 2 * channels, size.kernel, size.kernel))
        self.upper_omega = nn.Parameter(deviation * torch.randn(channels * (channels - 1) // 2))
        self.frequency = nn.Parameter(torch.zeros(channels))
        self.strength = nn.Parameter(torch.ones(channels))
        self.step_size = nn.Parameter(torch.tensor(FIRST_STEP))
        self.readout = Readout(size, rows, columns, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """The outputs of the classes, `(picture, class)`, for pictures `(picture, 1, row, column)` in 0..1."""
        *_, last = self.states(self.drive(pictures), self.size.steps)
        outputs: Tensor = self.readout(last)
        return outputs

    def states(self, c: Tensor, steps: int) -> Iterator[Tensor]:
        """The state at the start and after each step."""
        z = normalised(c)
        yield z
        weights, drive = self.coupling(), _over_parts(self.strength) * c
        for _ in range(steps):
            z = turned(z, coupled(z, weights) + drive, self.frequency, self.step_size)
            yield z

    def coupling(self) -> Tensor:
        """Kernel and Omega as one kernel: Omega acts at its centre, on real and imaginary parts alike."""
        middle = self.size.kernel // 2
        both = torch.block_diag(self.omega(), self.omega())[:, :, None, None]
        return self.kernel + functional.pad(both, (middle, middle, middle, middle))

    def omega(self) -> Tensor:
        """The mixing of the channels, skew-symmetric."""
        channels = self.size.channels
        upper = self.upper_omega.new_zeros(channels, channels)
        rows, columns = torch.triu_indices(channels, channels, 1, device=upper.device)
        upper = upper.index_put((rows, columns), self.upper_omega)
        return upper - upper.T

    def energy(self, z: Tensor, c: Tensor) -> Tensor:
        """-(z . kernel * z / 2 + z . strength c), mean over sites.

        Small steps lower it where the kernel is symmetric and Omega and frequencies are zero.

        Args:
            z, c: state and input `(picture, 2 * channel, row, column)`.

        Returns:
            `(picture,)`, 1/s.
        """
        each = z * (coupled(z, self.kernel) / 2 + _over_parts(self.strength) * c)
        return -each.sum(dim=1).mean(dim=(1, 2)) / self.size.channels

    def as_notebook(self) -> None:
        """Take the notebook's couplings, and its encoding where the drive is an arc."""
        channels, middle = self.size.channels, self.size.kernel // 2
        with torch.no_grad():
            self.kernel.zero_()
            for row, column in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                for part in range(2 * channels):
                    self.kernel[part, part, middle + row, middle + column] = _NOTEBOOK_COUPLING
            for part in (*range(channels - 1), *range(channels, 2 * channels - 1)):
                self.kernel[part, part + 1, middle, middle] = _NOTEBOOK_COUPLING
                self.kernel[part + 1, part, middle, middle] = _NOTEBOOK_COUPLING
            uniform = torch.rand(channels, channels)
            rows, columns = torch.triu_indices(channels, channels, 1)
            self.upper_omega.copy_(_NOTEBOOK_OMEGA * (uniform - uniform.T)[rows, columns])
            self.strength.fill_(_NOTEBOOK_BIAS)
            if isinstance(self.drive, Arc):
                self.drive.arc.fill_(_NOTEBOOK_ARC)
                self.drive.offset.fill_(_NOTEBOOK_OFFSET)


class Arc(nn.Module):
    """The encoding of the lattice with a learned arc and offset for each channel: phase = arc * grey level + offset."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.arc = nn.Parameter(torch.linspace(0.5, 1.5, channels) * math.pi)
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, pictures: Tensor) -> Tensor:
        """The input, of modulus one."""
        phase = self.arc[:, None, None] * pictures + self.offset[:, None, None]
        return torch.cat([phase.cos(), phase.sin()], dim=1)


class StridedDrive(nn.Module):
    """A convolution of the picture with a stride, which gives amplitude and phase of the input of each site."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 2 * channels, 2 * stride + 1, stride=stride, padding=stride, bias=False)
        self.norm = nn.BatchNorm2d(2 * channels)

    def forward(self, pictures: Tensor) -> Tensor:
        """The input, of any modulus."""
        drive: Tensor = self.norm(self.convolution(pictures))
        return drive


class Readout(nn.Module):
    """A linear layer on means over squares of pixels of what each channel has: cosine and sine of a field."""

    def __init__(self, size: Size, rows: int, columns: int, classes: int) -> None:
        super().__init__()
        self.pooled, self.dropout = size.pooled, size.dropout
        height, width = (length // size.pooled for length in size.lattice(rows, columns))
        self.linear = nn.Linear(2 * size.channels * height * width, classes)

    def forward(self, state: Tensor) -> Tensor:
        """The outputs of the classes, `(picture, class)`."""
        features = functional.avg_pool2d(state, self.pooled).flatten(1)
        outputs: Tensor = self.linear(functional.dropout(features, self.dropout, self.training))
        return outputs


def drive_of(size: Size) -> nn.Module:
    """What makes the input of a picture."""
    return Arc(size.channels) if size.stride == 1 else StridedDrive(size.channels, size.stride)


def normalised(x: Tensor) -> Tensor:
    """Each site on the unit circle."""
    real, imaginary = x.chunk(2, dim=1)
    scale = torch.rsqrt(real * real + imaginary * imaginary + EPSILON)
    return x * torch.cat([scale, scale], dim=1)


def _over_parts(of_channels: Tensor) -> Tensor:
    """A number for each channel, for its real and its imaginary part."""
    return torch.cat([of_channels, of_channels])[:, None, None]

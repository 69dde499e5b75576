"""The two parts of a step with gradients of their own: on a CPU those that torch would find take half as long again.

States and pulls are real tensors `(picture, 2 * channel, row, column)`: real parts of all channels, then imaginary.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.grad import conv2d_weight


def coupled(z: Tensor, kernel: Tensor) -> Tensor:
    """The convolution of a state with a square kernel of an odd side; outside the lattice there is nothing."""
    pull: Tensor = _Coupled.apply(z, kernel)
    return pull


def turned(z: Tensor, pull: Tensor, frequency: Tensor, step_size: Tensor) -> Tensor:
    """normalise(z + turn * i z) with turn = step_size * (Im(conj(z) * pull) + frequency), for z of modulus one.

    Args:
        z, pull: state and force.
        frequency: `(channel,)`.
        step_size: a number.
    """
    result: Tensor = _Turned.apply(z, pull, frequency, step_size)
    return result


class _Coupled(torch.autograd.Function):
    """The gradient of the state is a convolution with the mirrored kernel, which torch computes by a slower way."""

    @staticmethod
    def forward(context: Any, z: Tensor, kernel: Tensor) -> Tensor:
        context.save_for_backward(z, kernel)
        return functional.conv2d(z, kernel, padding=kernel.shape[-1] // 2)

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        z, kernel = context.saved_tensors
        (gradient,), reach = gradients, kernel.shape[-1] // 2
        of_state = of_kernel = None
        if context.needs_input_grad[0]:
            of_state = functional.conv2d(gradient, kernel.flip(2, 3).transpose(0, 1), padding=reach)
        if context.needs_input_grad[1]:
            of_kernel = conv2d_weight(z, kernel.shape, gradient, padding=reach)
        return of_state, of_kernel


class _Turned(torch.autograd.Function):
    """A step turns z by the angle atan(turn); gradients turn back, and their part across z goes to the angle."""

    @staticmethod
    def forward(context: Any, z: Tensor, pull: Tensor, frequency: Tensor, step_size: Tensor) -> Tensor:
        (real, imaginary), (pull_real, pull_imaginary) = z.chunk(2, dim=1), pull.chunk(2, dim=1)
        speed = torch.addcmul(frequency[:, None, None], real, pull_imaginary)
        speed.addcmul_(imaginary, pull_real, value=-1)
        turn = step_size * speed
        cosine = torch.rsqrt(1 + turn * turn)
        sine = turn * cosine
        result = torch.empty_like(z)
        result_real, result_imaginary = result.chunk(2, dim=1)
        torch.mul(real, cosine, out=result_real).addcmul_(imaginary, sine, value=-1)
        torch.mul(imaginary, cosine, out=result_imaginary).addcmul_(real, sine)
        # The modulus is one but for roundings, which would add up over many steps; to first order this is 1 / modulus.
        scale = (result_real * result_real).addcmul_(result_imaginary, result_imaginary).mul_(-0.5).add_(1.5)
        result_real.mul_(scale)
        result_imaginary.mul_(scale)
        context.save_for_backward(z, pull, result, speed, cosine, sine, step_size)
        return result

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        z, pull, result, speed, cosine, sine, step_size = context.saved_tensors
        (real, imaginary), (pull_real, pull_imaginary) = z.chunk(2, dim=1), pull.chunk(2, dim=1)
        of_result_real, of_result_imaginary = gradients[0].chunk(2, dim=1)
        result_real, result_imaginary = result.chunk(2, dim=1)
        of_turn = (of_result_imaginary * result_real).addcmul_(of_result_real, result_imaginary, value=-1)
        of_turn.mul_(cosine).mul_(cosine)
        of_size = (of_turn * speed).sum()
        of_speed = of_turn.mul_(step_size)
        of_z, of_pull = torch.empty_like(z), torch.empty_like(z)
        of_real, of_imaginary = of_z.chunk(2, dim=1)
        torch.mul(of_result_real, cosine, out=of_real).addcmul_(of_result_imaginary, sine)
        torch.mul(of_result_imaginary, cosine, out=of_imaginary).addcmul_(of_result_real, sine, value=-1)
        of_real.addcmul_(of_speed, pull_imaginary)
        of_imaginary.addcmul_(of_speed, pull_real, value=-1)
        of_pull_real, of_pull_imaginary = of_pull.chunk(2, dim=1)
        torch.mul(of_speed, imaginary, out=of_pull_real).neg_()
        torch.mul(of_speed, real, out=of_pull_imaginary)
        return of_z, of_pull, of_speed.sum((0, 2, 3)), of_size

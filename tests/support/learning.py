"""Learned fields for tests: small ones, pictures for them, and their course in double precision, written apart."""

import numpy as np
import torch

from oscillator_field.learning.arms import Model
from oscillator_field.learning.controls import model_of
from oscillator_field.learning.fitting import Pictures
from oscillator_field.learning.model import StridedDrive

SETTINGS = {
    "epochs": 3,
    "unmoved_share": 0.34,
    "batch": 64,
    "learning_rate": 0.01,
    "weight_decay": 1e-4,
    "largest_gradient": 1.0,
    "patience": 3,
    "validation_share": 0.2,
    "rotation": 12,
    "scale": 0.1,
    "shift": 2,
}


def some_pictures(count=40, side=12, classes=3, seed=0):
    """Bars at a place that tells the class, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count).astype(np.uint8)
    images = rng.integers(0, 60, (count, side, side)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + 3 * label : 4 + 3 * label, 2:-2] = 250
    return Pictures(images, labels)


def some_field(size="small", side=12, seed=3):
    """A learned field with couplings that matter."""
    model = model_of(Model(size, "learned", seed), side, side, 3)
    with torch.no_grad():
        for name in ("kernel", "upper_omega", "frequency", "strength"):
            values = getattr(model, name)
            values.copy_(torch.randn(values.shape, generator=torch.Generator().manual_seed(len(name))) * 0.15)
    return model.eval()


def course_apart(model, pictures, steps):
    """The course of a learned field in complex numbers of double precision, site by site: `(frame, picture, ...)`."""
    state = {name: values.detach().double().numpy() for name, values in model.state_dict().items()}
    channels, kernel = model.size.channels, state["kernel"]
    reach = model.size.kernel // 2
    if isinstance(model.drive, StridedDrive):
        weight, stride = state["drive.convolution.weight"][:, 0], model.size.stride
        wide = np.pad(pictures / 255, ((0, 0), (stride, stride), (stride, stride)))
        windows = np.lib.stride_tricks.sliding_window_view(wide, weight.shape[1:], axis=(1, 2))[:, ::stride, ::stride]
        parts = np.einsum("nyxab,cab->ncyx", windows, weight)
        mean, variance, scale, offset = (
            state[f"drive.norm.{name}"][:, None, None] for name in ("running_mean", "running_var", "weight", "bias")
        )
        parts = (parts - mean) / np.sqrt(variance + 1e-5) * scale + offset
        c = parts[:, :channels] + 1j * parts[:, channels:]
    else:
        phase = state["drive.arc"][:, None, None] * (pictures[:, None] / 255) + state["drive.offset"][:, None, None]
        c = np.exp(1j * phase)
    omega = np.zeros((channels, channels))
    omega[np.triu_indices(channels, 1)] = state["upper_omega"]
    omega -= omega.T
    z = c / np.abs(c)
    frames = [z]
    for _ in range(steps):
        wide = np.pad(z, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
        force = np.einsum("ab,nbyx->nayx", omega, z) + state["strength"][:, None, None] * c
        for row in range(2 * reach + 1):
            for column in range(2 * reach + 1):
                seen = wide[:, :, row : row + z.shape[2], column : column + z.shape[3]]
                both = np.concatenate([seen.real, seen.imag], axis=1)
                pulled = np.einsum("ab,nbyx->nayx", kernel[:, :, row, column], both)
                force += pulled[:, :channels] + 1j * pulled[:, channels:]
        turn = state["step_size"] * ((np.conj(z) * force).imag + state["frequency"][:, None, None])
        z = z + turn * 1j * z
        z /= np.abs(z)
        frames.append(z)
    return np.stack(frames)

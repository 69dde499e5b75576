"""The notebook's way, rewritten from the model's description: one field, complex64 tensors, one operation a line."""

import torch


class NotebookField:
    """A lattice that is stepped one step at a time, as the notebook does it."""

    def __init__(self, initial_phase, omega, parameters):
        self.z = torch.exp(1j * torch.from_numpy(initial_phase)).to(torch.complex64)
        self.omega = torch.from_numpy(omega).to(torch.complex64)
        self.parameters = parameters

    def neighbours(self):
        total = torch.zeros_like(self.z)
        total[1:] += self.z[:-1]
        total[:-1] += self.z[1:]
        total[:, 1:] += self.z[:, :-1]
        total[:, :-1] += self.z[:, 1:]
        total[:, :, 1:] += self.z[:, :, :-1]
        total[:, :, :-1] += self.z[:, :, 1:]
        return total

    def step(self, c):
        p = self.parameters
        coupling = p.k_coupling * (self.neighbours() - self.z)
        mixed = p.k_omega * torch.einsum("ij,rcj->rci", self.omega, self.z)
        bias = p.k_bias * (c - self.z)
        z_next = self.z + p.delta_t * (coupling + mixed + bias)
        z_next = z_next / (z_next.abs() + 1e-12)
        velocity = torch.angle(z_next * torch.conj(self.z))
        spike = velocity.abs() > p.spike_threshold
        if p.evolve_input:
            c = c + p.delta_t * p.input_rate * (z_next - c)
            c = c / (c.abs() + 1e-12)
        self.z = z_next
        return c, spike


@torch.no_grad()
def run(input_phase, initial_phase, omega, parameters, steps):
    """Phases and spikes of every step, and the final input: what the notebook holds in lists."""
    field = NotebookField(initial_phase, omega, parameters)
    c = torch.exp(1j * torch.from_numpy(input_phase)).to(torch.complex64)
    phases, spikes = [], []
    for _ in range(steps):
        c, spike = field.step(c)
        phases.append(torch.angle(field.z))
        spikes.append(spike)
    return torch.stack(phases).numpy(), torch.stack(spikes).numpy(), torch.angle(c).numpy()

"""The learned field and its controls: steps and gradients against double precision, sizes, what an arm learns."""

import numpy as np
import pytest
import torch

from oscillator_field.learning.arms import ARMS, SIZES, Model, models
from oscillator_field.learning.controls import model_of, multiplications, parameters
from oscillator_field.learning.evaluation import over_steps
from oscillator_field.learning.history import courses
from oscillator_field.learning.model import LearnedField
from tests.support.learning import course_apart, some_field, some_pictures


@pytest.mark.parametrize("size", SIZES)
def test_steps_are_those_of_the_model_in_double_precision(size):
    pictures = some_pictures(5).images
    model = some_field(size)
    steps = model.size.steps + 3  # beyond those that were learned, too
    found = courses(model, pictures, steps).phase
    expected = np.angle(course_apart(model, pictures, steps)).transpose(0, 1, 3, 4, 2)
    exact = courses(model.double(), pictures, steps).phase
    assert np.ptp(expected[-1] - expected[0]) > 1
    # Roundings grow from step to step, and an input near zero is normalised with the small number of `normalised`.
    for course, most, usual in ((exact, 1e-6, 1e-8), (found, 1e-3, 1e-5)):
        assert course.shape == expected.shape
        away = np.abs(np.angle(np.exp(1j * (course - expected))))
        assert away.max() < most
        assert np.quantile(away, 0.9) < usual


@pytest.mark.parametrize("size", SIZES)
def test_gradients_go_through_all_steps(size):
    model = some_field(size).double()
    pictures = some_pictures(3)
    inputs, targets = pictures.grey(slice(None)).double(), pictures.targets

    def loss():
        return torch.nn.functional.cross_entropy(model(inputs), targets)

    loss().backward()
    rng = np.random.default_rng(1)
    for name, values in model.named_parameters():
        assert values.grad is not None, name
        flat, gradient = values.data.view(-1), values.grad.view(-1)
        for place in rng.integers(0, len(flat), 2):
            before, each = flat[place].item(), []
            for change in (1e-6, -1e-6):
                flat[place] = before + change
                each.append(loss().item())
            flat[place] = before
            assert gradient[place].item() == pytest.approx((each[0] - each[1]) / 2e-6, rel=1e-4, abs=1e-8), name


def test_sites_stay_on_the_circle_over_many_steps():
    model = some_field(side=3)
    with torch.inference_mode():
        model.frequency.copy_(torch.tensor([0.03, 0.4, 1.1, 5.0]))
        *_, last = model.states(model.drive(torch.linspace(0, 1, 18).view(2, 1, 3, 3)), 20_000)
    real, imaginary = last.chunk(2, dim=1)
    assert (real.square() + imaginary.square()).sub(1).abs().max() < 1e-6


def test_the_notebook_step_is_the_untrained_one():
    """With the notebook's couplings a small step is one of the engines, to its first order."""
    from oscillator_field import FieldParameters, simulate

    model = LearnedField(SIZES["small"], 9, 11, 3).eval()
    model.as_notebook()
    with torch.no_grad():
        model.step_size.fill_(0.001)
    images = np.random.default_rng(5).integers(0, 256, (2, 9, 11)).astype(np.uint8)
    found = courses(model, images, 4)
    history = simulate(
        found.input_phase,
        initial_phase=found.input_phase,
        omega=model.omega().detach().numpy() / 0.12,
        parameters=FieldParameters(delta_t=0.001, evolve_input=False),
        steps=4,
        engine="torch",
    )
    moved = found.phase[4] - found.phase[0]
    away = np.angle(np.exp(1j * (found.phase[4] - history.phase[:, 3])))
    assert np.abs(np.angle(np.exp(1j * moved))).max() > 1e-3
    assert np.abs(away).max() < 5e-6


def test_the_energy_falls_where_the_kernel_is_symmetric():
    model = some_field()
    with torch.no_grad():
        kernel = model.kernel
        kernel.copy_((kernel + kernel.transpose(0, 1).flip(2, 3)) / 2)
        model.upper_omega.zero_()
        model.frequency.zero_()
        model.step_size.fill_(0.02)
    steps, _, energy = over_steps(model, some_pictures(6))
    assert len(steps) == 41
    assert (np.diff(energy) < 0).all()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_learns_what_it_says(arm, size):
    model = model_of(Model(size, arm, 0), 12, 12, 3)
    before = {name: values.clone() for name, values in model.named_parameters()}
    pictures = some_pictures(64)
    optimiser = torch.optim.SGD([one for one in model.parameters() if one.requires_grad], lr=0.1)
    torch.nn.functional.cross_entropy(model(pictures.grey(slice(None))), pictures.targets).backward()
    optimiser.step()
    changed = {name.split(".")[0] for name, values in model.named_parameters() if not torch.equal(values, before[name])}
    field = {"kernel", "upper_omega", "frequency", "strength", "step_size", "drive", "readout"}
    expected = {
        "learned": field,
        "no_steps": {"drive", "readout"},
        "frozen_kernel": field - {"kernel", "upper_omega"},
        "no_omega": field - {"upper_omega", "frequency"},
        "untrained": {"readout"},
        "recurrent_convolution": {"drive", "layers", "step_size", "readout"},
        "deep_convolution": {"drive", "layers", "readout"},
        "shallow_convolution": {"drive", "layers", "readout"},
        "pixels": {"linear"},
    }[arm]
    assert changed == expected
    if arm == "no_omega":
        assert not model.omega().any()
        assert not model.frequency.any()


@pytest.mark.parametrize("size", SIZES)
def test_controls_are_as_large_as_they_say(size):
    learned = parameters(model_of(Model(size, "learned", 0), 28, 28, 10))
    assert learned <= 40_000
    count = {arm: multiplications(Model(size, arm, 0), 28, 28, 10) for arm in ARMS}
    alike = parameters(model_of(Model(size, "recurrent_convolution", 0), 28, 28, 10))
    assert alike == pytest.approx(learned, rel=0.01)
    assert parameters(model_of(Model(size, "shallow_convolution", 0), 28, 28, 10)) == pytest.approx(learned, rel=0.01)
    assert count["recurrent_convolution"] == count["deep_convolution"] == count["learned"]
    one = SIZES[size]
    height, width = one.lattice(28, 28)
    steps = one.steps * (2 * one.channels * one.kernel) ** 2 * height * width
    assert count["learned"] - count["no_steps"] == steps


@pytest.mark.parametrize("size", SIZES)
def test_no_steps_read_what_a_field_begins_with(size):
    control, field = (model_of(Model(size, arm, 0), 12, 12, 3).eval() for arm in ("no_steps", "learned"))
    field.load_state_dict(control.state_dict(), strict=False)
    grey = some_pictures().grey(slice(None))
    with torch.inference_mode():
        begin = next(field.states(field.drive(grey), 0))
        assert torch.equal(control(grey), field.readout(begin))


def test_models_are_named_and_drawn_by_their_seed():
    named = models(["small"], ["learned", "pixels"], [0, 7])
    assert list(named) == ["small-learned-0", "small-learned-7", "small-pixels-0", "small-pixels-7"]
    first, again, other = (model_of(Model("small", "learned", seed), 12, 12, 3).kernel for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    with pytest.raises(ValueError, match=r"arm: 'pixel' is unknown"):
        model_of(Model("small", "pixel", 0), 12, 12, 3)

"""Training by gradient: long gradients, random parts, and where it ends."""

import math
import pickle

import pytest
import torch

from oscillator_field.training import Examples, Rule, train

RIGHT, WRONG = torch.zeros(8, dtype=torch.int64), torch.ones(8, dtype=torch.int64)


def descend(checkpoint, layer, level, *, rate, epochs=1, patience=1, targets=RIGHT, seed=0, **rule):
    """Train a layer of 4 inputs by plain gradient descent, a step an epoch, on 8 examples of one level; its curves."""
    inputs = torch.full((8, 4), level)
    rule = Rule(torch.optim.SGD(layer.parameters(), lr=rate), epochs, patience, **rule)
    examples = Examples(lambda chosen: inputs[chosen], RIGHT, 8)
    return train(layer, lambda *_: [(inputs, targets)], examples, rule, seed=seed, checkpoint=checkpoint, identity="a")


@pytest.mark.parametrize("largest", [0.5, math.inf])
def test_long_gradients_are_scaled_down(tmp_path, largest):
    """One step at a rate of one moves the weights by the gradient."""
    layer = torch.nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[-1.0], [1.0]]).expand(2, 4))
        layer.bias.zero_()
    before = torch.cat([values.detach().flatten().clone() for values in layer.parameters()])
    descend(tmp_path / "a", layer, 300.0, rate=1.0, largest_gradient=largest)
    after = torch.cat([values.detach().flatten() for values in layer.parameters()])
    # Of two classes, four inputs of 300 and a bias.
    whole = math.sqrt(2 * (4 * 300**2 + 1))
    assert (after - before).norm().item() == pytest.approx(min(largest, whole), rel=1e-4)


def test_a_damaged_checkpoint_is_not_gone_on_from(tmp_path, capsys):
    def trained(epochs, checkpoint):
        layer = torch.nn.Linear(4, 2)
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        return descend(checkpoint, layer, 1.0, rate=0.1, epochs=epochs, patience=9)

    trained(2, tmp_path / "a")
    good = (tmp_path / "a").read_bytes()
    whole = trained(3, tmp_path / "b")
    assert trained(3, tmp_path / "a") == whole
    assert "going on after epoch 2" in capsys.readouterr().out
    cuts = [good[:length] for length in (0, 1, 100, len(good) // 2, len(good) - 1)]
    for damaged in (*cuts, b"garbage", b"e" * 500, pickle.dumps([1]), good[:300] + b"\0" * 200 + good[500:]):
        (tmp_path / "a").write_bytes(damaged)
        assert trained(3, tmp_path / "a") == whole
        assert "is damaged; training begins anew" in capsys.readouterr().out


class Watched(torch.nn.Linear):
    """A layer that notes its weight, and a random number, at each step of a training."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(4, 2)
        self.weights, self.random = [], []

    def forward(self, inputs):
        if self.training:
            self.weights.append(self.weight.detach().clone())
            self.random.append(torch.rand(1).item())
        return super().forward(inputs)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_left_out_at_random_differs_between_epochs_and_seeds(tmp_path, seed):
    def drawn(name, seed):
        layer = Watched()
        descend(tmp_path / name, layer, 1.0, rate=0.1, epochs=3, patience=3, seed=seed)
        return layer.random

    first = drawn("a", seed)
    assert drawn("b", seed) == first
    assert len({*first, *drawn("c", seed + 1)}) == 6


def test_training_stops_where_it_gets_no_better_and_keeps_the_best(tmp_path):
    """Each step makes it worse: its targets are the other class."""
    layer = Watched()
    curves = descend(tmp_path / "a", layer, 1.0, rate=0.1, epochs=50, patience=4, targets=WRONG)
    assert len(curves["validation_loss"]) == len(layer.weights) == 5
    assert torch.equal(layer.weight, layer.weights[1])


def test_a_last_step_that_diverges_is_refused(tmp_path):
    """The loss of an epoch is that before its last step."""
    layer = torch.nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.zero_()
    with pytest.raises(ValueError, match="the loss is no number after epoch 1"):
        descend(tmp_path / "a", layer, 100.0, rate=1e38)

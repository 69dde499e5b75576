"""Random inputs, starts and mixings for fields of any shape."""

import numpy as np

# Strong enough that a wrong term shows within one step.
STRONG = {"k_coupling": 2.0, "k_omega": 1.5, "k_bias": 3.0, "input_rate": 4.0, "spike_threshold": 0.02}


def random_setting(seed, runs=1, shape=(7, 5, 3)):
    """The arrays that `simulate` takes; `seed` may be a generator that goes on."""
    generator = np.random.default_rng(seed)
    drive, begin = generator.uniform(-9, 9, (2, runs, *shape)).astype(np.float32)
    uniform = generator.uniform(size=(runs, shape[-1], shape[-1])).astype(np.float32)
    return {"input_phase": drive, "initial_phase": begin, "omega": uniform - uniform.swapaxes(-1, -2)}

"""PCA against a singular value decomposition, t-SNE against what it promises."""

import numpy as np
import pytest

from oscillator_field.embedding import pca, tsne


@pytest.fixture
def features():
    generator = np.random.default_rng(0)
    cloud = generator.normal(size=(120, 4)) * [3, 1, 0.3, 0.1]
    cloud[:60, 0] += 12
    return cloud.astype(np.float32)


def test_pca_is_the_singular_value_decomposition(features):
    [(positions, explained)] = pca()([features])
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(positions), np.abs(left[:, :2] * size[:2]), atol=1e-4)
    assert explained == pytest.approx(np.sum(size[:2] ** 2) / np.sum(size**2))


def test_tsne_keeps_apart_what_is_apart_and_repeats_itself(features):
    frames = [features, features + 0.01]
    fit = tsne(perplexity=15, iterations=300, seed=1)
    placed, again = list(fit(frames)), list(fit(frames))
    for (positions, divergence), (same, equal) in zip(placed, again, strict=True):
        assert positions.shape == (120, 2)
        assert np.array_equal(positions, same)
        assert 0 < divergence == equal < 2
        one, other = positions[:60], positions[60:]
        gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
        assert gap > one.std() + other.std()


def test_tsne_goes_on_from_the_frame_before(features):
    first, second = (positions for positions, _ in tsne(15, 300, 1)([features, features + 0.01]))
    assert np.linalg.norm(second - first, axis=1).mean() < 0.1 * first.std()

"""PCA against a singular value decomposition, t-SNE against what it promises, qualities against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as independent_trustworthiness

from oscillator_field.analysis.embedding import cos_sin, embed_samples, embed_sites
from oscillator_field.analysis.embedding_quality import displacements, trustworthiness
from oscillator_field.analysis.projections import pca, tsne, turned_to
from oscillator_field.figures.views.trajectory import frames_with_quality
from oscillator_field.inputs.perturbation import write_perturbation
from oscillator_field.named_run import Run
from oscillator_field.simulation import simulate_runs
from oscillator_field.stores.history import open_history
from oscillator_field.stores.zarr_stores import open_store
from tests.support.histories import write_small_history
from tests.support.pictures import as_picture

STEPS = 6


@pytest.fixture
def features():
    generator = np.random.default_rng(0)
    cloud = generator.normal(size=(120, 4)) * [3, 1, 0.3, 0.1]
    cloud[:60, 0] += 12
    return cloud.astype(np.float32)


def write_small(path, runs, seed):
    """The history of some runs on a small lattice, driven by random pictures."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(runs), 5, 6), np.uint8)
    write_small_history(path, runs, pixels, channels=3, steps=STEPS)


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    """Four digits on a small lattice: two in a store of their own, two together."""
    folder = tmp_path_factory.mktemp("histories")
    paths = []
    for digits in ((0,), (1,), (2, 3)):
        runs = [Run.of(digit, 0, {"steps": STEPS}) for digit in digits]
        paths.append(folder / f"{digits[0]}.zarr")
        write_small(paths[-1], runs, seed=digits[0])
    return paths


def decomposed(features):
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, :2] * size[:2], np.sum(size[:2] ** 2) / np.sum(size**2)


def test_pca_of_each_frame_is_the_singular_value_decomposition(features):
    [(positions, explained)] = pca("frame")(features[np.newaxis])
    expected, share = decomposed(features)
    np.testing.assert_allclose(np.abs(positions), np.abs(expected), atol=1e-4)
    assert explained == pytest.approx(share)


def test_one_plane_is_that_of_all_frames_together(features):
    frames = np.stack([features, features[:, ::-1]])
    placed = list(pca("all")(frames))
    expected, _ = decomposed(frames.reshape(-1, 4))
    together = np.concatenate([positions for positions, _ in placed])
    np.testing.assert_allclose(np.abs(together), np.abs(expected), atol=1e-4)
    for (positions, explained), frame in zip(placed, frames, strict=True):
        assert explained == pytest.approx(positions.var(axis=0).sum() / frame.var(axis=0).sum(), rel=1e-4)


def test_aligned_planes_neither_flip_nor_turn(features):
    # The two largest directions swap their order between frames, so that planes of each frame must flip.
    frames = np.stack([features * [1, 1, 1, 1], features * [0.2, 1, 1, 1], features * [0.3, 1.1, 1, 1]]).astype(
        np.float32
    )
    each = np.stack([positions for positions, _ in pca("frame")(frames)])
    aligned = np.stack([positions for positions, _ in pca("aligned")(frames)])
    moved = [np.linalg.norm(np.diff(placed, axis=0), axis=-1).mean() for placed in (each, aligned)]
    assert moved[1] < moved[0]
    for one, other in zip(each, aligned, strict=True):
        # The same plane: distances between points are kept.
        np.testing.assert_allclose(
            np.linalg.norm(one[0] - one[1:], axis=1), np.linalg.norm(other[0] - other[1:], axis=1), rtol=1e-3
        )


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["chained", "independent"])
def test_tsne_keeps_apart_what_is_apart_and_repeats_itself(features, fit):
    frames = np.stack([features, features + 0.01])
    model = tsne(fit, perplexity=15, iterations=300, seed=1)
    placed, again = list(model(frames)), list(model(frames))
    for (positions, divergence), (same, equal) in zip(placed, again, strict=True):
        assert positions.shape == (120, 2)
        assert np.array_equal(positions, same)
        assert 0 < divergence == equal < 2
        one, other = positions[:60], positions[60:]
        gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
        assert gap > one.std() + other.std()


@pytest.mark.slow
def test_chained_tsne_stays_near_and_as_good_as_fits_by_themselves():
    # A cloud that turns about itself in a third dimension: fits by themselves start from other principal components.
    generator = np.random.default_rng(2)
    cloud = generator.normal(size=(150, 3))
    frames = []
    for angle in np.linspace(0, 1.5, 12):
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        frames.append(cloud @ turn * [1, 0.5, 1.5])
    moved, divergence = {}, {}
    for fit in ("chained", "independent"):
        placed = list(tsne(fit, 15, 300, 1)(np.stack(frames).astype(np.float32)))
        moved[fit] = displacements(np.stack([positions for positions, _ in placed]))[1:].mean()
        divergence[fit] = np.mean([quality for _, quality in placed])
    assert moved["chained"] < 0.5 * moved["independent"]
    assert divergence["chained"] < 1.1 * divergence["independent"]


def test_too_large_a_perplexity_is_refused(features):
    with pytest.raises(ValueError, match=r"perplexity: 40 is too large for 120 points \(allowed: at most 39.6667\)"):
        list(tsne("chained", 40, 300, 1)(features[np.newaxis]))


@settings(max_examples=40, deadline=None)
@given(points=st.integers(4, 60), seed=st.integers(0, 2**32 - 1), noise=st.floats(0, 3))
def test_trustworthiness_is_that_of_scikit_learn(points, seed, noise):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(points, 5)).astype(np.float32)
    positions = (features[:, :2] + noise * generator.normal(size=(points, 2))).astype(np.float32)
    near = min(12, (points - 1) // 2)
    expected = independent_trustworthiness(features, positions, n_neighbors=near)
    # Distances of float32 that are equal but for rounding change a rank by one.
    assert trustworthiness(features, positions) == pytest.approx(expected, abs=2e-3)


def test_trustworthiness_within_narrow_clusters_is_that_of_scikit_learn():
    generator = np.random.default_rng(2)
    centres = generator.uniform(-1, 1, (4, 8))
    features = (centres[np.arange(400) % 4] + generator.normal(0, 1e-4, (400, 8))).astype(np.float32)
    [(positions, _)] = pca("frame")(features[np.newaxis])
    expected = independent_trustworthiness(features.astype(np.float64), positions, n_neighbors=12)
    assert trustworthiness(features, positions) == pytest.approx(expected, abs=1e-4)


@given(angle=st.floats(0, 6.3), mirror=st.booleans(), shift=st.floats(-5, 5))
def test_a_common_turn_is_no_displacement(angle, mirror, shift):
    points = np.random.default_rng(3).normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = (points @ turn * ([1, -1] if mirror else [1, 1]) + shift).astype(np.float32)
    np.testing.assert_allclose(turned_to(turned, points), points, atol=1e-4)
    assert displacements(np.stack([points, turned]))[1] == pytest.approx(0, abs=1e-4)


def test_displacement_is_the_share_of_the_spread():
    points = np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32)
    # Turns and shifts have no part in it: two points of the cross move out, two move in.
    stretched = points * np.array([1.1, 0.9], np.float32)
    assert displacements(np.stack([points, stretched]))[1] == pytest.approx(
        0.1 / np.sqrt(np.mean([1.1**2, 0.9**2])), rel=1e-4
    )


def test_sites_are_embedded_by_the_features_that_were_asked_for(histories, tmp_path):
    phase = open_history(histories[2])["phase"][:].reshape(2, STEPS, 30, 3)
    for name, features, unit in (("phase", phase, "rad"), ("cos_sin", cos_sin(phase), "1")):
        place = tmp_path / f"{name}.zarr"
        embed_sites(histories[2], place, method="pca", every=2, features=name, fit="frame", threads=2)
        store = open_store(place)
        assert store["position"].attrs["units"] == unit
        assert store["position"].shape == (2, 3, 30, 2)
        for run in range(2):
            for frame, source in enumerate((1, 3, 5)):
                expected, share = decomposed(features[run, source])
                np.testing.assert_allclose(np.abs(store["position"][run, frame]), np.abs(expected), atol=1e-3)
                assert store["explained_variance"][run, frame] == pytest.approx(share, abs=1e-4)
        np.testing.assert_allclose(store["jitter"][:], store["displacement"][:, 1:].mean(axis=1))


def test_samples_are_as_far_apart_as_their_oscillators(histories, tmp_path):
    names = [f"digit={digit}+steps={STEPS}" for digit in (0, 1, 2, 3)]
    place = tmp_path / "samples.zarr"
    embed_samples(histories, names, place, set_name="digit=all", method="pca", every=3, fit="frame")
    store = open_store(place)
    assert store["sample_digit"][:].tolist() == [0, 1, 2, 3]
    phases = np.concatenate([open_history(path)["phase"][:, [2, 5]] for path in histories]).reshape(4, 2, -1)
    for frame in range(2):
        angles = phases[:, frame].astype(np.float64)
        expected, _ = decomposed(np.concatenate([np.cos(angles), np.sin(angles)], axis=1) / np.sqrt(angles.shape[1]))
        np.testing.assert_allclose(np.abs(store["position"][0, frame]), np.abs(expected), atol=1e-5)


def test_samples_of_a_store_with_several_time_steps_have_their_own_times(tmp_path):
    runs = [Run.of(digit, 0, {"steps": STEPS, "delta_t": delta_t}) for delta_t in (0.01, 0.02) for digit in (0, 1, 2)]
    write_small(tmp_path / "history.zarr", runs, seed=4)
    names = [run.name for run in runs[3:]]
    place = tmp_path / "samples.zarr"
    embed_samples([tmp_path / "history.zarr"], names, place, set_name="digit=all", method="pca", every=2, fit="all")
    store = open_store(place)
    assert store["time"].metadata.dimension_names == ("frame",)
    np.testing.assert_allclose(store["time"], [0.04, 0.08, 0.12])
    assert store["delta_t"][:].tolist() == [0.02]


def fits():
    return {
        **{f"pca {fit}": pca(fit) for fit in ("all", "frame", "aligned")},
        **{f"tsne {fit}": tsne(fit, 5, 20, 0) for fit in ("chained", "independent")},
    }


@pytest.mark.parametrize("fit", fits())
@pytest.mark.parametrize("noise", [0, 1e-7])
def test_points_in_one_place_stay_there_and_have_no_quality(features, fit, noise):
    generator = np.random.default_rng(1)
    alike = 0.35 + noise * generator.standard_normal((len(features), 4))
    frames = np.stack([features, alike, features + 0.1, alike, alike]).astype(np.float32)
    placed = list(fits()[fit](frames))
    for number, (positions, quality) in enumerate(placed):
        assert np.isfinite(positions).all()
        together = number in (1, 3, 4)
        assert np.isnan(quality) == together
        assert (np.ptp(positions, axis=0).max() == 0) == together
    moved = displacements(np.stack([positions for positions, _ in placed]))
    assert moved[[0, 1, 3, 4]].tolist() == [0, 0, 0, 0]
    assert 0 < moved[2] < 3


@pytest.mark.parametrize("fit", fits())
def test_nothing_but_points_in_one_place_is_no_error(fit):
    for positions, quality in fits()[fit](np.full((3, 50, 4), 0.35, np.float32)):
        assert not positions.any()
        assert np.isnan(quality)


@pytest.mark.parametrize("fit", fits())
def test_many_points_in_few_places_are_embedded(fit):
    frames = np.repeat(np.eye(3, 4, dtype=np.float32), 20, axis=0)[np.newaxis].repeat(2, axis=0)
    for positions, quality in fits()[fit](frames):
        assert np.isfinite(positions).all()
        assert np.isfinite(quality)


@pytest.mark.parametrize("fit", ["all", "frame", "aligned"])
def test_points_that_send_the_solver_s_start_to_nothing_are_embedded(fit):
    x = np.random.default_rng(0).standard_normal((1, 60, 1)).astype(np.float32)
    frames = np.concatenate([x, -x], axis=2)
    [(positions, quality)] = pca(fit)(frames)
    assert quality == pytest.approx(1)
    np.testing.assert_allclose(np.abs(positions[:, 0]), np.sqrt(2) * np.abs(x[0, :, 0] - x.mean()), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ({"k_coupling": 50.0, "k_bias": 0.0, "k_omega": 0.0, "steps": 6000}, {"precision": 1e-3, "every": 500}),
        ({"k_bias": 1.0, "delta_t": 1.0, "k_coupling": 0.0, "k_omega": 0.0, "input_rate": 0.0, "steps": 3}, {}),
    ],
    ids=["full synchrony", "no input but one phase"],
)
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_field_that_becomes_one_point_is_embedded(tmp_path, field, settings, method):
    run = Run.of(3, 0, {"arc": 1e-30, "channels": 2, **field})
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6), np.uint8)
    write_perturbation(tmp_path / f"{run.perturbation}.zarr", as_picture(pixels), run.encoding, {})
    simulate_runs([run], [tmp_path / f"{run.perturbation}.zarr"], tmp_path / "history.zarr", **settings)
    chosen = {"fit": "all"} if method == "pca" else {"fit": "chained", "perplexity": 5, "iterations": 20, "seed": 0}
    embed_sites(tmp_path / "history.zarr", tmp_path / "embedding.zarr", method=method, every=1, **chosen)
    store = open_store(tmp_path / "embedding.zarr")
    assert np.isfinite(store["position"][:]).all()
    assert np.isnan(store["trustworthiness"][0, -1])
    assert store["displacement"][0, -1] == 0
    assert store["displacement"][:].max() < 20
    assert store["trustworthiness"].attrs["long_name"].endswith("undefined where all points are in one place")
    assert "undefined" in frames_with_quality(store, method)[-1]

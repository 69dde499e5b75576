"""Classifiers without a training loop, by scikit-learn; what they leave open is chosen on validation pictures alone.

Each takes features and labels to train on, features and labels to choose by, and its settings; and returns what
predicts labels, what it says of the pictures to choose by, and what was chosen.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
Labels = NDArray[np.uint8]
Predict = Callable[[Features], Labels]
Fitted = tuple[Predict, Labels, dict[str, float]]


def logistic_regression(
    features: Features, labels: Labels, validation: Features, validation_labels: Labels, settings: Mapping[str, Any]
) -> Fitted:
    """Multinomial logistic regression (lbfgs), the strength of its L2 regularisation chosen from a list.

    Args:
        features, labels: to train on, `(image, feature)` and `(image,)`.
        validation, validation_labels: to choose by.
        settings: `regularisation`, a list of inverse strengths C; `iterations`, at most.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    best: tuple[float, Fitted] | None = None
    for inverse in settings["regularisation"]:
        model = LogisticRegression(C=inverse, max_iter=settings["iterations"])
        with warnings.catch_warnings():
            # To stop early regularises too; the validation pictures judge it like any other choice.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        said = model.predict(validation)
        accuracy = float(np.mean(said == validation_labels))
        print(f"logistic_regression: C = {inverse:g}, {model.n_iter_.max()} iterations, validation {accuracy:.4f}")
        if best is None or accuracy > best[0]:
            best = accuracy, (model.predict, said, {"regularisation": inverse})
    assert best is not None
    return best[1]


def nearest_centroid(
    features: Features, labels: Labels, validation: Features, validation_labels: Labels, settings: Mapping[str, Any]
) -> Fitted:
    """The class whose mean is nearest; nothing to choose.

    scikit-learn's NearestCentroid would take ten times the memory of the features.
    """
    from sklearn.metrics import pairwise_distances_argmin

    classes = np.unique(labels)
    centroids = np.stack([features[labels == one].mean(axis=0) for one in classes])

    def predict(values: Features) -> Labels:
        return classes[pairwise_distances_argmin(values, centroids)]

    return predict, predict(validation), {}


def nearest_neighbours(
    features: Features, labels: Labels, validation: Features, validation_labels: Labels, settings: Mapping[str, Any]
) -> Fitted:
    """The majority among the nearest training pictures, their number chosen from a list.

    Args:
        settings: `neighbours`, a list of numbers; `images`, how many training pictures are looked at, at most; and
            `as_they_are`, how many come first that are no moved versions of others, which are taken before those.
    """
    from scipy.stats import mode
    from sklearn.neighbors import NearestNeighbors

    most = max(settings["neighbours"])
    count, first = settings["images"], settings["as_they_are"]
    # Spread over the set, which may be sorted by class.
    chosen = np.concatenate([_spread(0, first, count), _spread(first, len(labels), count - first)])
    known = labels[chosen]
    index = NearestNeighbors(n_neighbors=min(most, len(known)), algorithm="brute").fit(features[chosen])

    def of_neighbours(values: Features) -> Labels:
        return known[index.kneighbors(values, return_distance=False)]

    near = of_neighbours(validation)
    # Ties go to the smaller label, as in scikit-learn.
    said = {number: mode(near[:, :number], axis=1).mode for number in settings["neighbours"]}
    accuracy = {number: float(np.mean(values == validation_labels)) for number, values in said.items()}
    print("nearest_neighbours: validation", {number: round(value, 4) for number, value in accuracy.items()})
    best = max(accuracy, key=lambda number: accuracy[number])
    return lambda values: mode(of_neighbours(values)[:, :best], axis=1).mode, said[best], {"neighbours": best}


def _spread(first: int, end: int, count: int) -> NDArray[np.int64]:
    """So many indices, if there are as many, evenly from the first to the end."""
    return np.linspace(first, end - 1, min(max(0, count), end - first)).astype(np.int64)


FITS = {
    "logistic_regression": logistic_regression,
    "nearest_neighbours": nearest_neighbours,
    "nearest_centroid": nearest_centroid,
}

"""Train a classifier on an arm, some times over, and store what it says of the pictures that it has not seen.

    prediction               (set, repetition, image)       of the test sets
    label                    (image)
    validation_prediction,
    validation_label,
    validation_image         (repetition, validation)       which training pictures validated
    training_loss, validation_loss, validation_accuracy     (repetition, epoch), NaN after the last; networks only

Every accuracy and confusion of the results is computed from this store.
"""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscillator_field.readout.arms import NETWORK, Arm
from oscillator_field.readout.classifiers import FITS, Predict
from oscillator_field.readout.features import read_features
from oscillator_field.readout.images import read_classes, split
from oscillator_field.readout.sets import is_test
from oscillator_field.stores.zarr_stores import add_coordinate, add_values, new_store


def write_predictions(
    path: str | Path,
    arm: Arm,
    classifier: str,
    images: Mapping[str, str | Path],
    shards: Mapping[str, Sequence[str | Path]],
    *,
    settings: Mapping[str, Any],
    repetitions: int,
    seed: int,
    validation_share: float,
    checkpoints: str | Path,
    code: str = "",
    threads: int = 1,
) -> None:
    """Train a classifier on an arm and write its predictions.

    Args:
        path: where the store belongs.
        arm: what the classifier sees.
        classifier: one of `arms.CLASSIFIERS`.
        images: the store of each set; the first is the training set as it is, augmented ones follow.
        shards: the stores of the field over each set.
        settings: of the classifier.
        repetitions: how often; each has a split and a start of its own.
        seed: of the first; the next ones count on from it.
        validation_share: of the training pictures, to choose and to stop by.
        checkpoints: folder for those of a network; it is removed when the predictions are there.
        code: digest of the code that trains; a network does not go on from a checkpoint of other code.
        threads: of torch; the others are limited from outside.

    Raises:
        FileNotFoundError, ValueError: a store is missing or damaged.
    """
    training = [read_features(arm, images[name], shards.get(name, ())) for name in images if not is_test(name)]
    tests = {name: read_features(arm, images[name], shards.get(name, ())) for name in images if is_test(name)}
    classes = read_classes(next(iter(images.values()))).names
    count = len(training[0][1])
    outcomes: list[dict[str, Any]] = []
    for repetition in range(repetitions):
        begin = time.perf_counter()
        learn, validate = split(count, validation_share, seed + repetition)
        # The augmented versions of a picture stay on its side of the split, so no validation picture is trained on.
        features = np.empty((len(learn) * len(training), training[0][0].shape[1]), np.float32)
        for number, (values, _) in enumerate(training):
            np.take(values, learn, axis=0, out=features[number * len(learn) : (number + 1) * len(learn)])
        labels = np.concatenate([marks[learn] for _, marks in training])
        all_alike = bool((features == features[0]).all())
        # What all pictures share says nothing, and would force Adam to large steps.
        middle = features.mean(axis=0)
        features -= middle
        held, held_labels = training[0][0][validate] - middle, training[0][1][validate]
        curves: dict[str, list[float]] = {}
        chosen: dict[str, float] = {}
        if all_alike:
            # All features are equal, as at the start of the field: predict the commonest label.
            predict = _always(np.bincount(labels).argmax())
            said = predict(held)
        elif classifier == NETWORK:
            start = {
                "classes": len(classes),
                "seed": seed + repetition,
                "checkpoint": Path(checkpoints) / f"{repetition}.pt",
                "code": code,
                "threads": threads,
            }
            predict, chosen, curves = _network(features, labels, held, held_labels, settings, start)
            said = predict(held)
        else:
            known = {**settings, "as_they_are": len(learn)}
            predict, said, chosen = FITS[classifier](features, labels, held, held_labels, known)
        outcomes.append(
            {
                "validation_image": validate,
                "validation_label": held_labels,
                "validation_prediction": np.asarray(said, np.uint8),
                "prediction": np.stack([np.asarray(predict(seen - middle), np.uint8) for seen, _ in tests.values()]),
                "chosen": chosen,
                "curves": curves,
                "seconds": round(time.perf_counter() - begin, 1),
            }
        )
        accuracy = np.mean(outcomes[-1]["prediction"][0] == next(iter(tests.values()))[1])
        print(f"{classifier}, repetition {repetition}: {outcomes[-1]['seconds']} s, test {accuracy:.4f}")
        # Free this large array before the next repetition makes its own.
        del features, held, predict
    _write(path, arm, classifier, settings, tests, outcomes, seed, classes)
    if classifier == NETWORK:
        shutil.rmtree(checkpoints, ignore_errors=True)


def _always(label: np.intp) -> Predict:
    return lambda values: np.full(len(values), label, np.uint8)


def _network(
    features: NDArray[np.float32],
    labels: NDArray[np.uint8],
    held: NDArray[np.float32],
    held_labels: NDArray[np.uint8],
    settings: Mapping[str, Any],
    start: Mapping[str, Any],
) -> tuple[Predict, dict[str, float], dict[str, list[float]]]:
    # Imported by name, so that jobs of other classifiers need no torch and do not depend on this module.
    trained = importlib.import_module("oscillator_field.readout.network").train(
        features, labels, held, held_labels, settings, **start
    )
    return trained.predict, {"epoch": trained.epoch}, trained.curves


def _write(
    path: str | Path,
    arm: Arm,
    classifier: str,
    settings: Mapping[str, Any],
    tests: Mapping[str, tuple[NDArray[np.float32], NDArray[np.uint8]]],
    outcomes: Sequence[Mapping[str, Any]],
    seed: int,
    classes: Sequence[str],
) -> None:
    attributes = {
        "arm": {"kind": arm.kind, "parameters": dict(arm.parameters), "step": arm.step},
        "classifier": classifier,
        "settings": dict(settings),
        "chosen": [outcome["chosen"] for outcome in outcomes],
        "seconds": [outcome["seconds"] for outcome in outcomes],
        "seed": seed,
        "classes": list(classes),
    }
    libraries = ["torch"] if classifier == NETWORK else ["scikit-learn"]
    with new_store(path, title="Predictions of a readout", attributes=attributes, libraries=libraries) as group:
        add_coordinate(group, "set", ("set",), list(tests), long_name="test set")
        add_values(
            group,
            "prediction",
            ("set", "repetition", "image"),
            np.stack([outcome["prediction"] for outcome in outcomes], axis=1),
            long_name="label that the classifier says",
        )
        label = next(iter(tests.values()))[1]
        add_values(group, "label", ("image",), label, long_name="label of a test picture")
        for name, words in (
            ("validation_image", "index of a validation picture in the training set"),
            ("validation_label", "label of a validation picture"),
            ("validation_prediction", "label that the classifier says of a validation picture"),
        ):
            values = np.stack([outcome[name] for outcome in outcomes])
            add_values(group, name, ("repetition", "validation"), values, long_name=words)
        for name in outcomes[0]["curves"]:
            longest = max(len(outcome["curves"][name]) for outcome in outcomes)
            values = np.full((len(outcomes), longest), np.nan)
            for row, outcome in zip(values, outcomes, strict=True):
                row[: len(outcome["curves"][name])] = outcome["curves"][name]
            words, unit = name.replace("_", " "), "nat" if name.endswith("loss") else "1"
            add_values(group, name, ("repetition", "epoch"), values, long_name=words, units=unit)

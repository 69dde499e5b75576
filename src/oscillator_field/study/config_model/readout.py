"""The keys of `readout`: what classifiers make of the field."""

from __future__ import annotations

from typing import Any

from oscillator_field.keys import FLAG, SEED, Key, Section, choice, list_of, number, whole
from oscillator_field.readout.arms import CLASSIFIERS

_FITS = ("fit_logistic_regression", "fit_nearest_neighbours", "fit_nearest_centroid", "train_network")


def _strengths(default: list[float], meaning: str, items: dict[str, Any], unit: str = "") -> Key:
    return Key(
        default,
        meaning,
        list_of(items),
        unit=unit,
        reruns=(*_FITS, "evaluate_field"),
        adds=("draw_images", "simulate_images"),
    )


READOUT = Section(
    "what classifiers make of the field, in results/readout.html; config/readout.yaml turns it on",
    {
        "enabled": Key(False, "whether to make it at all", FLAG, reruns=("write_gallery",), adds=("draw_images",)),
        "steps": Key(
            [32, 128, 512],
            "steps after which the field is read, beside the start",
            list_of(whole(1, 1_000_000), shortest=1),
            details="multiples of a large number are computed fastest",
            reruns=("simulate_images",),
        ),
        "repetitions": Key(
            3,
            "of each training, with a split and a start of its own",
            whole(1, 100),
            details="their spread is shown",
            reruns=_FITS,
        ),
        "seed": Key(
            0, "of the first repetition, and of all that is drawn for the pictures", SEED, reruns=("draw_images",)
        ),
        "validation_share": Key(
            0.2,
            "of the training pictures, to choose and to stop by",
            number(exclusiveMinimum=0, exclusiveMaximum=1),
            reruns=_FITS,
        ),
        "augmentations": Key(
            1,
            "passes over the training pictures that are turned and shifted, beside the pictures themselves",
            whole(0, 100),
            reruns=_FITS,
            adds=("draw_images", "simulate_images"),
        ),
        "rotation": Key(35, "largest angle", number(minimum=0, maximum=180), unit="degree", reruns=("draw_images",)),
        "translation": Key(
            0.1, "largest shift, as a share of the width", number(minimum=0, maximum=1), reruns=("draw_images",)
        ),
        "corruptions": Section(
            "test pictures with noise",
            {
                "gaussian_noise": _strengths(
                    [0.5], "standard deviations, as shares of white", number(exclusiveMinimum=0, maximum=10)
                ),
                "salt_and_pepper": _strengths(
                    [0.2], "shares of the pixels that turn black or white", number(exclusiveMinimum=0, maximum=1)
                ),
                "occlusion": _strengths(
                    [10], "sides of a square that is blackened at a random place", whole(1, 2048), unit="pixels"
                ),
            },
        ),
        "classifiers": Key(
            list(CLASSIFIERS),
            "what is trained",
            list_of(choice(*CLASSIFIERS), shortest=1),
            reruns=("compare_readouts",),
            adds=_FITS,
        ),
        "logistic_regression": Section(
            "multinomial, by lbfgs",
            {
                "regularisation": Key(
                    [0.01, 0.1],
                    "inverse strengths of the L2 regularisation to choose from",
                    list_of(number(exclusiveMinimum=0), shortest=1),
                    reruns=("fit_logistic_regression",),
                ),
                "iterations": Key(50, "at most", whole(1, 100_000), reruns=("fit_logistic_regression",)),
            },
        ),
        "nearest_neighbours": Section(
            "the majority of the nearest training pictures",
            {
                "neighbours": Key(
                    [1, 3, 5],
                    "numbers of neighbours to choose from",
                    list_of(whole(1, 100), shortest=1),
                    reruns=("fit_nearest_neighbours",),
                ),
                "images": Key(
                    5000,
                    "training pictures that are looked at, at most",
                    whole(100),
                    details="those as they are come first; time grows with it",
                    reruns=("fit_nearest_neighbours",),
                ),
            },
        ),
        "network": Section(
            "one hidden layer, by Adam",
            {
                "hidden": Key(128, "units of the hidden layer", whole(1, 10_000), reruns=("train_network",)),
                "epochs": Key(20, "largest number of epochs", whole(1, 10_000), reruns=("train_network",)),
                "batch": Key(64, "pictures a step", whole(1, 100_000), reruns=("train_network",)),
                "learning_rate": Key(
                    0.001, "of Adam", number(exclusiveMinimum=0, maximum=1), reruns=("train_network",)
                ),
                "patience": Key(
                    3,
                    "epochs without a better validation loss, after which training stops",
                    whole(1, 10_000),
                    details="the best weights are kept",
                    reruns=("train_network",),
                ),
            },
        ),
        "shard": Key(
            5000,
            "pictures that one job simulates",
            whole(16, 100_000),
            details="memory grows with it",
            reruns=("simulate_images",),
        ),
    },
    text="""\
Classifiers are trained on the pixels, on the input phases, and on the field at the start and after each of `steps`:
cosine and sine of all phases. All arms share pictures and splits. What is left open is chosen on validation pictures
alone. The pictures are all of the data set, whatever `digits`, `labels`, `instances` and `field.steps` say.
Parameters in `grid` make a field each.""",
)

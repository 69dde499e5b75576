"""The keys of `learning`: fields that are trained, and what they are held against."""

from __future__ import annotations

from oscillator_field.keys import FLAG, SEED, Key, Section, choice, list_of, number, whole
from oscillator_field.learning.arms import ARMS, LEARNED, SIZES

_TRAINS = ("train_field",)

LEARNING = Section(
    "fields whose couplings are trained, in results/learned.html; config/learned.yaml turns it on",
    {
        "enabled": Key(
            False, "whether to train at all", FLAG, reruns=("write_gallery",), adds=("draw_images", "train_field")
        ),
        "sizes": Key(
            ["small"],
            "sizes of the field that are trained",
            list_of(choice(*SIZES), shortest=1),
            details="; ".join(f"`{name}`: {one.meaning}" for name, one in SIZES.items()),
            reruns=("compare_fields",),
            adds=_TRAINS,
        ),
        "arms": Key(
            list(ARMS),
            f"what is trained beside each other: {LEARNED}, and controls",
            list_of(choice(*ARMS), shortest=1),
            details="; ".join(f"`{name}`: {meaning}" for name, meaning in ARMS.items()),
            reruns=("compare_fields",),
            adds=_TRAINS,
        ),
        "seeds": Key(
            [0, 1, 2],
            "of first weights, split, order and movements of the pictures: a training for each",
            list_of(SEED, shortest=1),
            reruns=("compare_fields",),
            adds=_TRAINS,
        ),
        "epochs": Key(20, "largest number of epochs", whole(1, 10_000), reruns=_TRAINS),
        "unmoved_share": Key(
            0.2,
            "share of the epochs, at the end, in which pictures are not moved",
            number(minimum=0, maximum=1),
            details="a picture that was turned is smoother than those that are judged",
            reruns=_TRAINS,
        ),
        "batch": Key(128, "pictures a step of AdamW", whole(2, 100_000), reruns=_TRAINS),
        "learning_rate": Key(
            0.002,
            "the highest of one cycle",
            number(exclusiveMinimum=0, maximum=1),
            details="it rises for the first 30 % of the epochs, then falls to nothing",
            reruns=_TRAINS,
        ),
        "weight_decay": Key(0.1, "of AdamW", number(minimum=0, maximum=1), reruns=_TRAINS),
        "largest_gradient": Key(
            1.0,
            "norm that longer gradients are scaled down to",
            number(exclusiveMinimum=0),
            details="through many steps some are very long",
            reruns=_TRAINS,
        ),
        "patience": Key(
            20,
            "epochs without a better validation loss, after which training stops",
            whole(1, 10_000),
            details="the best weights are kept; in one cycle the rate has to fall before they are good",
            reruns=_TRAINS,
        ),
        "validation_share": Key(
            0.2,
            "of the training pictures, to stop by",
            number(exclusiveMinimum=0, exclusiveMaximum=1),
            reruns=_TRAINS,
        ),
        "rotation": Key(12, "largest angle", number(minimum=0, maximum=180), unit="degree", reruns=_TRAINS),
        "scale": Key(0.1, "largest share by which they grow or shrink", number(minimum=0, maximum=0.9), reruns=_TRAINS),
        "shift": Key(2, "largest shift", number(minimum=0, maximum=1000), unit="pixels", reruns=_TRAINS),
        "attacked": Key(
            1000,
            "test pictures that are attacked, at most; spread evenly over the set",
            whole(1, 1_000_000),
            reruns=("evaluate_field",),
        ),
        "strengths": Key(
            [0.05, 0.1],
            "largest changes of a pixel by an attack, as shares of white",
            list_of(number(exclusiveMinimum=0, maximum=1), shortest=1),
            reruns=("evaluate_field",),
        ),
    },
    text="""\
Each training pass but the last ones moves the pictures anew, by angle, size and shift, each drawn evenly. A model is
named by size, arm and seed, for example `small-learned-0`, and lies in `results/learned/<name>`, or in
`results/<study>/learned/<name>` where the study has a name. Test pictures decide nothing; those with noise are the
readout's (`readout.corruptions`). [docs/learned.md](../docs/learned.md) says what came out.""",
)

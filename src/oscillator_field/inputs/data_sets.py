"""The data sets by name: what their files and labels are called, where they are published, and what is known of them.

Each is one entry of DATA_SETS. That of a folder of image files has no entry: its labels are those of its folder.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oscillator_field.nouns import DIGIT, LABEL

FOLDER = "folder"
# Of the sets of a data set: pictures for training, which are run, and pictures for tests, which a readout needs too.
TRAINING, TEST = "training", "test"
# The files of each set as `fetch` writes them: pictures, labels.
FILES = {
    TRAINING: ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    TEST: ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
# The pictures of a config that says nothing of them, and how they come to the lattice.
DEFAULT_PICTURES = {
    "dataset": "mnist",
    "source": "bundled",
    "size": None,
    "fit": "pad",
    "background": "black",
    "range": None,
}
# A part of MNIST that comes with the package: the first pictures for training and for tests, 5,000 and 1,000.
BUNDLED = Path(__file__).parent / "mnist_sample"
# What a fetched set says of itself.
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class DataSet:
    """A data set of IDX files.

    Attributes:
        words: what it is called.
        noun: what a label is called: DIGIT or LABEL.
        labels: of each number in the files the name of its class; empty where any number is a class.
        counts: pictures of each of these classes in the published training set.
        tests: pictures in the published test set.
        files: names of the published files of each set, if they are not those of MNIST.
        published: the class of torchvision that knows where they are published; none for files of one's own.
        archive: the folder of the files in the one archive that is published, if it is one; and its bytes.
        statistics: published mean and standard deviation of all training pixels, as shares of white.
        turned: whether rows and columns of its pictures are exchanged in the files.
        content_md5: of the published files, unpacked, where it is known: then a mirror may pack them its own way.
        bundled: whether a part of it is in the repository.
    """

    words: str
    noun: str
    labels: Mapping[int, str] = field(default_factory=dict)
    counts: Sequence[int] = ()
    tests: int = 10_000
    files: Mapping[str, tuple[str, str]] = field(default_factory=lambda: FILES)
    published: str = ""
    archive: tuple[str, int] | None = None
    statistics: tuple[float, float] | None = None
    turned: bool = False
    content_md5: Mapping[str, str] = field(default_factory=dict)
    bundled: bool = False


# Of all published sets.
SIDE = 28
_DIGITS = {number: str(number) for number in range(10)}
_CLOTHES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle_boot")
_KUZUSHIJI = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
# Letters whose small form looks like the large one are one class.
_BALANCED = (*string.digits, *string.ascii_uppercase, *"abdefghnqrt")
# How often each digit occurs in the training set of MNIST, and of QMNIST, which reconstructs it.
_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


def _emnist(split: str, noun: str, labels: Mapping[int, str], count: int, tests: int) -> DataSet:
    """A part of EMNIST, with so many training pictures of each label.

    G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: extending MNIST to handwritten letters", IJCNN (2017).
    """
    return DataSet(
        f"EMNIST {split}",
        noun,
        labels,
        (count,) * len(labels),
        tests=tests,
        files={
            kind: (f"emnist-{split}-{name}-images-idx3-ubyte", f"emnist-{split}-{name}-labels-idx1-ubyte")
            for kind, name in ((TRAINING, "train"), (TEST, "test"))
        },
        published="EMNIST",
        archive=("gzip", 561_753_746),
        turned=True,
    )


DATA_SETS = {
    # Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    "mnist": DataSet(
        "MNIST",
        DIGIT,
        _DIGITS,
        _COUNTS,
        published="MNIST",
        statistics=(0.1307, 0.3081),
        content_md5={
            "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
            "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
            "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
            "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
        },
        bundled=True,
    ),
    # H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747 (2017).
    "fashion_mnist": DataSet(
        "Fashion-MNIST",
        LABEL,
        dict(enumerate(_CLOTHES)),
        (6000,) * 10,
        published="FashionMNIST",
        statistics=(0.2860, 0.3530),
    ),
    # T. Clanuwat et al., "Deep Learning for Classical Japanese Literature", arXiv:1812.01718 (2018).
    "kmnist": DataSet("Kuzushiji-MNIST", LABEL, dict(enumerate(_KUZUSHIJI)), (6000,) * 10, published="KMNIST"),
    # C. Yadav, L. Bottou, "Cold Case: The Lost MNIST Digits", NeurIPS (2019).
    "qmnist": DataSet(
        "QMNIST",
        DIGIT,
        _DIGITS,
        _COUNTS,
        tests=60_000,
        files={
            kind: (f"qmnist-{name}-images-idx3-ubyte", f"qmnist-{name}-labels-idx2-int")
            for kind, name in ((TRAINING, "train"), (TEST, "test"))
        },
        published="QMNIST",
    ),
    "emnist_digits": _emnist("digits", DIGIT, _DIGITS, 24_000, 40_000),
    "emnist_letters": _emnist("letters", LABEL, dict(enumerate(string.ascii_lowercase, 1)), 4800, 20_800),
    "emnist_balanced": _emnist("balanced", LABEL, dict(enumerate(_BALANCED)), 2400, 18_800),
    "idx": DataSet("IDX files", LABEL),
}

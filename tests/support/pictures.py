"""Pictures for tests: digits of the sample, IDX files of any numbers, and image files."""

import gzip

import numpy as np

from oscillator_field.inputs.data_sets import BUNDLED, DATA_SETS, TEST, TRAINING
from oscillator_field.inputs.encoding import Statistics, levels
from oscillator_field.inputs.fetch import fetch, make_sample, read_source
from oscillator_field.inputs.idx import pack
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.pictures import Picture

SAMPLE = BUNDLED


def sample_digit(digit, instance=0):
    """A picture of the sample in the repository: uint8 `(28, 28)`."""
    images, labels = read_source(IdxSource("mnist", SAMPLE), TRAINING)
    return images[np.flatnonzero(labels == digit)[instance]]


def as_picture(pixels):
    """Pixels as a picture that is standardised as MNIST is."""
    return Picture(levels(pixels), Statistics(*DATA_SETS["mnist"].statistics), {"source": "bundled"})


def fetched_sample(folder, training, tests):
    """A folder of so many bundled digits, as the workflow fetches it."""
    make_sample(BUNDLED, folder / "sample", training, tests)
    fetched = folder / "mnist"
    fetched.mkdir()
    fetch(fetched, IdxSource("mnist", folder / "sample"), origin={})
    return fetched


def write_idx(path, array):
    """Write an array of unsigned bytes as an IDX file, gzipped if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = pack(np.ascontiguousarray(array, np.uint8))
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_data_set(folder, images, labels, test_images=None, test_labels=None, name="mnist", ending=""):
    """Write pictures and labels under the published names of a data set."""
    sets = {TRAINING: (images, labels)} | ({} if test_images is None else {TEST: (test_images, test_labels)})
    for kind, arrays in sets.items():
        for file, array in zip(DATA_SETS[name].files[kind], arrays, strict=True):
            write_idx(folder / f"{file}{ending}", array)
    return folder


def letters(count, seed, rows=20, columns=24, classes=26):
    """Pictures that can be told apart: each class has a pattern, each picture its noise; labels count from 1."""
    patterns = np.random.default_rng(7).integers(0, 2, (classes, 5, 6)).repeat(rows // 5, 1).repeat(columns // 6, 2)
    generator = np.random.default_rng(seed)
    kinds = np.resize(np.arange(classes), count)
    noisy = 160 * patterns[kinds] + generator.normal(40, 40, (count, rows, columns))
    return noisy.clip(0, 255).astype(np.uint8), (kinds + 1).astype(np.uint8)

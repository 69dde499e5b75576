"""Data sets of IDX files: every way in which people keep them, damaged ones, what is fetched, pictures out of them."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from oscillator_field.inputs import data_sets
from oscillator_field.inputs.data_sets import DATA_SETS, TEST, TRAINING
from oscillator_field.inputs.encoding import encode
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.fetch import fetch, make_sample, picture, read_provenance, read_set, read_source
from oscillator_field.inputs.idx import pack, read_file, shape_of_images
from oscillator_field.inputs.idx_source import IdxSource
from oscillator_field.inputs.pictures import read_picture
from oscillator_field.inputs.sources import check_instance, expanded
from oscillator_field.parameters import EncodingParameters
from oscillator_field.study.pictures import check_pictures
from tests.support.pictures import SAMPLE, write_data_set, write_idx
from tests.support.processes import folder_for_all, told_to_nobody

FULL = Path(__file__).parents[3] / "shared" / "mnist"
FILES = [name for names in data_sets.FILES.values() for name in names]
IMAGES, LABELS = data_sets.FILES[TRAINING]


@pytest.fixture
def small(tmp_path):
    """A folder with the first ten pictures of the sample, unpacked."""
    for kind in (TRAINING, TEST):
        arrays = read_source(IdxSource("mnist", SAMPLE), kind)
        for name, array in zip(data_sets.FILES[kind], arrays, strict=True):
            write_idx(tmp_path / "small" / name, array[:10])
    return tmp_path / "small"


def mnist(folder):
    return IdxSource("mnist", folder)


def test_the_sample_ends_in_verified_files_and_their_provenance(tmp_path):
    fetch(tmp_path, mnist(SAMPLE), origin={"source": "bundled"})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "provenance.json"])
    provenance = json.loads((tmp_path / "provenance.json").read_text())
    assert provenance["source"] == "bundled"
    assert [provenance["files"][name]["items"] for name in FILES] == [5000, 5000, 1000, 1000]
    assert (provenance["mean"], provenance["deviation"]) == (0.1307, 0.3081)
    for name in FILES:
        content = (tmp_path / name).read_bytes()
        assert provenance["files"][name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert provenance["files"][name]["is_published_file"] is False


def test_the_first_three_of_the_sample_is_the_one_everybody_knows(tmp_path):
    images, labels = read_source(mnist(SAMPLE), TRAINING)
    # The published training set begins so.
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    fetch(tmp_path, mnist(SAMPLE), origin={})
    three = picture(tmp_path, 3, 0)
    assert np.array_equal(three, images[7])
    assert three.dtype == np.uint8
    assert three[5:25].any(axis=1).all()


@pytest.mark.slow
@pytest.mark.skipif(not FULL.is_dir(), reason="the full set is not at hand")
def test_the_sample_is_made_of_the_full_set_by_the_script(tmp_path):
    make_sample(FULL, tmp_path, training=5000, test=1000)
    for path in SAMPLE.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    held = mnist(FULL)._held
    assert tuple(held[digit] for digit in range(10)) == DATA_SETS["mnist"].counts
    fetch(tmp_path / "out", mnist(FULL), origin={})
    assert '"is_published_file": false' not in (tmp_path / "out" / "provenance.json").read_text()


def in_their_own_folders(name):
    """As unpacking on Kaggle leaves them: each file in a folder of its name."""
    return f"{name}/{name}"


LAYOUTS = {
    "as published, unpacked": ("mnist", lambda name: name),
    "as published, gzipped": ("mnist", lambda name: f"{name}.gz"),
    "with dots, as on Kaggle": ("mnist", lambda name: name.replace("-idx", ".idx")),
    "in folders of their names": ("mnist", in_their_own_folders),
    "with dots in folders with dashes": ("mnist", lambda name: in_their_own_folders(name.replace("-idx", ".idx"))),
    "as torchvision keeps them": ("mnist", lambda name: f"MNIST/raw/{name}"),
    "the folder raw of torchvision": ("kmnist", lambda name: f"raw/{name}.gz"),
    "Fashion-MNIST of torchvision": ("fashion_mnist", lambda name: f"FashionMNIST/raw/{name}"),
    "EMNIST of torchvision": ("emnist_letters", lambda name: f"EMNIST/raw/{name}"),
    "of two dimensions by name": ("idx", lambda name: name.replace("idx3", "idx2")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_are_found_as_people_have_them(tmp_path, layout):
    name, place = LAYOUTS[layout]
    data_set = DATA_SETS[name]
    images = np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)
    labels = np.array([1, 2, 3, 1, 2, 3], np.uint8)
    for kind in (TRAINING, TEST):
        for file, array in zip(data_set.files[kind], (images, labels), strict=True):
            write_idx(tmp_path / place(file), array)
    source = IdxSource(name, tmp_path)
    assert source.sets == (TRAINING, TEST)
    upright = images.swapaxes(1, 2) if data_set.turned else images
    assert source.shape([]) == upright.shape[1:]
    fetch(tmp_path / "out", source, origin={})
    for kind in (TRAINING, TEST):
        held, marks = read_set(tmp_path / "out", kind)
        assert np.array_equal(held, upright)
        assert np.array_equal(marks, labels)


def test_a_set_for_training_is_enough(tmp_path):
    write_data_set(tmp_path, np.zeros((3, 5, 5), np.uint8), np.arange(3, dtype=np.uint8))
    source = mnist(tmp_path)
    assert source.sets == (TRAINING,)
    fetch(tmp_path / "out", source, origin={})
    # What is written does not depend on what the folder holds: there are no pictures in the other files.
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*FILES, "provenance.json"])
    assert read_set(tmp_path / "out", TEST)[0].shape == (0, 5, 5)
    with pytest.raises(PicturesError, match=r"no file t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz"):
        source.count(TEST)


@pytest.mark.parametrize(
    ("array", "labels", "shape"),
    [
        (np.zeros((4, 36), np.uint8), 4, (4, 6, 6)),
        (np.zeros((1, 36), np.uint8), 1, (1, 6, 6)),
        (np.zeros((7, 5), np.uint8), 1, (1, 7, 5)),
        (np.zeros((4, 3, 9), np.uint8), 4, (4, 3, 9)),
    ],
)
def test_pictures_of_two_dimensions_are_squares_in_rows_or_one_picture(tmp_path, array, labels, shape):
    write_idx(tmp_path / IMAGES, array)
    assert shape_of_images(tmp_path / IMAGES, labels) == shape


def test_labels_of_other_numbers_and_pictures_of_other_sizes_will_do(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 9, 4), np.uint8)
    write_data_set(tmp_path, images, np.array([7, 200, 7, 200, 7, 13], np.uint8), name="idx")
    source = IdxSource("idx", tmp_path)
    assert source.labels() == ["7", "13", "200"]
    assert [source.label(given) for given in (200, "13")] == ["200", "13"]
    source.check("200", 1)
    with pytest.raises(PicturesError, match=r"labels: 8 is no label of IDX files \(allowed: 7, 13, 200\)"):
        source.label(8)
    fetch(tmp_path / "out", source, origin={})
    assert np.array_equal(picture(tmp_path / "out", 200, 1), images[3])
    written = read_provenance(tmp_path / "out")
    assert abs(written["mean"] - images.mean() / 255) < 5e-5
    assert abs(written["deviation"] - images.std() / 255) < 5e-5
    # Digits beyond nine, in files that are said to be MNIST.
    assert mnist(tmp_path).label(200) == 200


def test_labels_have_their_names_and_numbers():
    clothes = IdxSource("fashion_mnist", None)
    assert [clothes.label(given) for given in ("sneaker", "Sneaker", 7)] == ["sneaker"] * 3
    assert clothes.labels()[0] == "t-shirt"
    assert clothes.identity("t-shirt", 2) == {"instance": 2, "number": 0}
    letters = IdxSource("emnist_letters", None)
    assert [letters.label(given) for given in (1, "a", "A")] == ["a"] * 3
    balanced = IdxSource("emnist_balanced", None)
    assert [balanced.label(given) for given in (3, "3", 10, "A", "a", "b")] == ["3", "3", "A", "A", "a", "b"]
    assert len(balanced.labels()) == 47
    assert IdxSource("qmnist", None).labels() == list(range(10))


def test_a_path_may_use_the_home_and_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PICTURES", "mine")
    assert expanded("~/$PICTURES/raw") == f"{tmp_path}/mine/raw"


def test_a_picture_that_was_fetched_becomes_the_phases_that_one_computes_by_hand(tmp_path):
    images = np.array([[[0, 255], [51, 102]], [[9, 9], [9, 9]]], np.uint8)
    write_data_set(tmp_path, images, np.array([4, 5], np.uint8), name="kmnist")
    fetch(tmp_path / "out", IdxSource("kmnist", tmp_path), origin={})
    one = read_picture(
        fetched=tmp_path / "out", directory=None, shape=None, fit="pad", background="black", number=4, instance=0
    )
    # All eight pixels: mean 0.2176, deviation 0.3213.
    level = np.array([[0, 1], [0.2, 0.4]])
    assert (one.statistics.mean, one.statistics.deviation) == (0.2176, 0.3213)
    expected = (level - 0.2176) / 0.3213 * 2 * np.pi
    np.testing.assert_allclose(encode(one.level, EncodingParameters(), one.statistics), expected, rtol=1e-6)


def test_an_instance_that_is_not_there_says_how_many_are(tmp_path):
    with pytest.raises(PicturesError, match=r"instances: 479 of digit 0 .* holds 479 \(allowed: 0 to 478\)"):
        mnist(SAMPLE).check(0, 479)
    with pytest.raises(PicturesError, match=r"holds 0 \(allowed: digits that it holds\)"):
        check_instance("digit", 1, 0, 0)


DAMAGE = {
    "no labels": (lambda folder: (folder / LABELS).unlink(), "no file train-labels-idx1-ubyte or train-labels-idx1-u"),
    "truncated": (lambda folder: cut(folder / IMAGES, -9), "train-images.*holds 7831 bytes of data where its header"),
    "a header cut off": (lambda folder: cut(folder / IMAGES, 5), "train-images.*cut off within its header"),
    "zero bytes": (lambda folder: cut(folder / LABELS, 0), "train-labels.*not an IDX file.*begins with nothing"),
    "a page": (lambda folder: (folder / IMAGES).write_bytes(b"<html>"), r"not an IDX file.*begins with 3c68746d"),
    "wrong magic": (lambda folder: (folder / IMAGES).write_bytes(b"\0\0\x0d\x03" + bytes(20)), "begins with 00000d03"),
    "labels fewer than images": (
        lambda folder: write_idx(folder / LABELS, np.zeros(9)),
        "train-images.*10 pictures, for which there are 9 labels",
    ),
    "pictures of whole numbers": (
        lambda folder: (folder / IMAGES).write_bytes(b"\0\0\x0c\x03" + b"\0\0\0\x01" * 3 + bytes(4)),
        "train-images.*holds whole numbers",
    ),
    "pictures of four dimensions": (
        lambda folder: write_idx(folder / IMAGES, np.zeros((10, 2, 2, 3))),
        r"train-images.*shape \(10, 2, 2, 3\) is not one of pictures",
    ),
    "rows that are no squares": (
        lambda folder: write_idx(folder / IMAGES, np.zeros((10, 35))),
        r"train-images.*shape \(10, 35\) is not one of pictures",
    ),
    "labels of two dimensions": (
        lambda folder: write_idx(folder / LABELS, np.zeros((10, 10))),
        r"train-labels.*shape \(10, 10\) is not one of labels",
    ),
    "pictures in place of labels": (
        lambda folder: write_idx(folder / IMAGES, np.zeros(10)),
        r"train-images.*shape \(10,\) is not one of pictures",
    ),
    "tests of another size": (
        lambda folder: write_idx(folder / FILES[2], np.zeros((10, 28, 27))),
        r"t10k-images.*pictures of \(28, 27\), where those of .*train-images.* are of \(28, 28\)",
    ),
    "a label in tests alone": (
        lambda folder: write_idx(folder / FILES[3], np.full(10, 11)),
        "t10k-labels.*holds the label 11, which .*train-labels.* does not",
    ),
    "half a gzip file": (lambda folder: pack_badly(folder / LABELS, lambda packed: packed[:-4]), "not a whole gzip"),
    "other bytes in a gzip file": (
        lambda folder: pack_badly(folder / LABELS, lambda packed: packed[:12] + b"??" + packed[14:]),
        "not a whole gzip file",
    ),
    "no gzip file": (lambda folder: pack_badly(folder / LABELS, lambda packed: b"<html>"), "not a whole gzip file"),
}


def cut(path, length):
    path.write_bytes(path.read_bytes()[:length])


def pack_badly(path, damage):
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_name(path.name + ".gz").write_bytes(damage(packed))


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_sources_are_refused_and_nothing_is_written(small, tmp_path, kind):
    damage, message = DAMAGE[kind]
    damage(small)
    with pytest.raises(PicturesError, match=message) as refused:
        fetch(tmp_path / "out", mnist(small), origin={})
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["truncated", "labels fewer than images", "rows that are no squares", "zero bytes"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_same_is_seen_before_any_job_without_unpacking_pictures(small, kind, packed):
    damage, message = DAMAGE[kind]
    damage(small)
    if packed:
        for name in (IMAGES, LABELS):
            (small / f"{name}.gz").write_bytes(gzip.compress((small / name).read_bytes()))
            (small / name).unlink()
    with pytest.raises(PicturesError, match=message):
        mnist(small).check(3, 0)


def test_a_folder_of_nothing_is_refused(tmp_path):
    with pytest.raises(PicturesError, match=r"no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz"):
        mnist(tmp_path).check(3, 0)
    with pytest.raises(PicturesError, match="no such folder"):
        mnist(tmp_path / "nowhere").check(3, 0)


def test_a_file_that_may_not_be_read_is_named():
    with folder_for_all() as folder:
        write_data_set(folder, np.zeros((3, 5, 5)), np.arange(3))
        (folder / LABELS).chmod(0)
        told = told_to_nobody(lambda: check_pictures(mnist(folder), [(1, 0)], alike=True))
        assert told == f"ConfigError: {folder / LABELS}: cannot be read (Permission denied)"


def test_a_data_set_of_no_pictures_is_refused(tmp_path):
    write_data_set(tmp_path, np.zeros((0, 5, 5)), np.zeros(0), name="idx")
    with pytest.raises(PicturesError, match=r"train-images.*holds no picture"):
        IdxSource("idx", tmp_path).labels()


def test_a_gzip_file_of_several_parts_is_read_whole(small):
    content = (small / IMAGES).read_bytes()
    (small / IMAGES).unlink()
    (small / f"{IMAGES}.gz").write_bytes(gzip.compress(content[:5000]) + gzip.compress(content[5000:]))
    mnist(small).check(3, 0)


def test_pictures_of_one_level_have_no_deviation(tmp_path):
    write_data_set(tmp_path, np.full((3, 7, 5), 100), np.arange(3), name="idx")
    fetch(tmp_path / "out", IdxSource("idx", tmp_path), origin={})
    assert read_provenance(tmp_path / "out")["deviation"] == 0


@pytest.mark.parametrize("name", [IMAGES, LABELS, "provenance.json"])
def test_a_picture_is_taken_only_from_what_was_fetched(tmp_path, name):
    fetch(tmp_path, mnist(SAMPLE), origin={})
    content = bytearray((tmp_path / name).read_bytes())
    place = content.index(b"sha256") + 12 if name == "provenance.json" else len(content) - 1
    content[place] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        PicturesError, match=f"damaged, its content is not what provenance.json says.*{tmp_path}.*again"
    ):
        picture(tmp_path, 3, 0)


def test_what_is_packed_is_read_again(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "one.gz", array)
    assert read_file(tmp_path / "one.gz") == pack(array)

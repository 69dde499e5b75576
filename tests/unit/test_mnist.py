"""The IDX files: the bundled sample, folders whole and damaged, pictures out of them."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from oscillator_field.inputs import mnist
from oscillator_field.inputs.mnist import FILES, IMAGES, LABELS, MnistError

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "mnist-sample"
FULL = ROOT.parent / "shared" / "mnist"


@pytest.fixture
def small(tmp_path):
    """A folder with the first ten pictures of the sample, unpacked."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name in FILES:
        array = mnist.parse_idx(mnist.read_file(SAMPLE, name), name)
        (folder / name).write_bytes(mnist.pack_idx(array[:10]))
    return folder


def test_the_sample_ends_in_verified_files_and_their_provenance(tmp_path):
    mnist.fetch(tmp_path, source=SAMPLE, origin={"source": "bundled"})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*FILES, "provenance.json"])
    provenance = json.loads((tmp_path / "provenance.json").read_text())
    assert provenance["source"] == "bundled"
    assert [provenance["files"][name]["items"] for name in FILES] == [5000, 5000, 1000, 1000]
    for name in FILES:
        content = (tmp_path / name).read_bytes()
        assert provenance["files"][name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert provenance["files"][name]["is_published_file"] is False


def test_the_first_three_of_the_sample_is_the_one_everybody_knows():
    labels = mnist.parse_idx(mnist.read_file(SAMPLE, LABELS), LABELS)
    # The published training set begins so.
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    three = mnist.picture(SAMPLE, 3, 0)
    assert np.array_equal(three, mnist.parse_idx(mnist.read_file(SAMPLE, IMAGES), IMAGES)[7])
    assert three.dtype == np.uint8
    assert three[5:25].any(axis=1).all()


@pytest.mark.slow
@pytest.mark.skipif(not FULL.is_dir(), reason="the full set is not at hand")
def test_the_sample_is_made_of_the_full_set_by_the_script(tmp_path):
    mnist.make_sample(FULL, tmp_path, training=5000, test=1000)
    for path in SAMPLE.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    for digit in range(10):
        assert np.array_equal(mnist.picture(FULL, digit, 2), mnist.picture(SAMPLE, digit, 2))
    assert tuple(mnist.digit_counts(FULL)) == mnist.PUBLISHED_COUNTS == tuple(mnist.digit_counts(None))


def test_unpacked_files_of_a_folder_will_do(small, tmp_path):
    mnist.fetch(tmp_path / "out", source=small, origin={"source": "directory"})
    assert (tmp_path / "out" / LABELS).read_bytes() == (small / LABELS).read_bytes()
    assert mnist.digit_counts(small)[1] == 3


def test_an_instance_that_is_not_there_says_how_many_are():
    with pytest.raises(MnistError, match=r"instances: 479 of digit 0 .* holds 479 \(allowed: 0 to 478\)"):
        mnist.picture(SAMPLE, 0, 479)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / LABELS).unlink(), "no file train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz"),
        (lambda folder: (folder / IMAGES).write_bytes((folder / IMAGES).read_bytes()[:-9]), "header promises 7840"),
        (lambda folder: (folder / IMAGES).write_bytes(b"\0\0\x08\x03\0"), "cut off within its header"),
        (lambda folder: (folder / IMAGES).write_bytes(b"<html>not found</html>"), "not an IDX file"),
        (lambda folder: (folder / LABELS).write_bytes(mnist.pack_idx(np.zeros(9, np.uint8))), "9 labels for 10"),
        (lambda folder: (folder / LABELS).write_bytes(mnist.pack_idx(np.full(10, 11, np.uint8))), "holds the label 11"),
        (lambda folder: (folder / IMAGES).write_bytes(mnist.pack_idx(np.zeros((10, 8, 8), np.uint8))), r"\(10, 8, 8\)"),
        (lambda folder: pack_badly(folder / LABELS, lambda packed: packed[:-4]), "not a whole gzip file"),
        (lambda folder: pack_badly(folder / LABELS, lambda packed: packed[:12] + b"??" + packed[14:]), "not a whole"),
        (lambda folder: pack_badly(folder / LABELS, lambda packed: b"<html>" + packed), "not a whole gzip file"),
    ],
)
def test_damaged_sources_are_refused_and_nothing_is_written(small, tmp_path, damage, message):
    damage(small)
    with pytest.raises(MnistError, match=message):
        mnist.fetch(tmp_path / "out", source=small, origin={})
    assert not (tmp_path / "out").exists()


def pack_badly(path, damage):
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_name(path.name + ".gz").write_bytes(damage(packed))


@pytest.mark.parametrize(
    ("instance", "allowed"), [(2, r"holds 2 \(allowed: 0 to 1\)"), (0, r"holds 0 \(allowed: digits that it holds\)")]
)
def test_a_picture_that_is_not_there_is_refused_with_what_is(instance, allowed):
    counts = np.array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    with pytest.raises(MnistError, match=allowed):
        mnist.check_instance(0 if instance else 1, instance, counts)


@pytest.mark.parametrize("name", [IMAGES, LABELS, "provenance.json"])
def test_a_picture_is_taken_only_from_what_was_fetched(tmp_path, name):
    mnist.fetch(tmp_path, source=SAMPLE, origin={})
    content = bytearray((tmp_path / name).read_bytes())
    place = content.index(b"sha256") + 12 if name == "provenance.json" else len(content) - 1
    content[place] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MnistError, match=f"damaged, its content is not what provenance.json says.*{tmp_path}.*again"):
        mnist.picture(tmp_path, 3, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda files: files | {LABELS: np.zeros((300, 10), np.uint8)},
            r"labels.*: shape \(300, 10\) is not \(picture,\)",
        ),
        (lambda files: files | {IMAGES: files[LABELS], LABELS: files[IMAGES]}, r"images.*: shape \(10,\) is not \(pic"),
        (lambda files: files | {IMAGES: files[IMAGES][:9]}, "labels.*: 10 labels for 9 pictures"),
        (lambda files: files | {IMAGES: files[IMAGES][:, :27]}, r"images.*: shape \(10, 27, 28\) is not"),
        (lambda files: files | {FILES[3]: files[FILES[3]] + 7}, "t10k-labels.*: holds the label 1[0-6]"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_is_checked_without_unpacking_its_pictures(small, change, message, packed):
    files = {name: mnist.parse_idx(mnist.read_file(small, name), name) for name in FILES}
    mnist.check_folder(small)
    for name, array in change(files).items():
        (small / name).unlink()
        content = mnist.pack_idx(array)
        (small / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(MnistError, match=message):
        mnist.digit_counts(small)


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_that_are_cut_off_are_seen_without_unpacking_them(small, packed):
    path = small / IMAGES
    content = path.read_bytes()
    path.unlink()
    whole = gzip.compress(content) if packed else content
    (small / (f"{IMAGES}.gz" if packed else IMAGES)).write_bytes(whole[:-20])
    with pytest.raises(MnistError, match=f"{IMAGES}.*bytes of data where its header promises 7840"):
        mnist.check_folder(small)

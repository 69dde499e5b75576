"""Downloads from real HTTP servers on this machine: good mirrors, and every kind of bad one."""

import gzip
import threading
import time
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import md5
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from oscillator_field.inputs import data_sets
from oscillator_field.inputs.data_sets import DATA_SETS, TRAINING
from oscillator_field.inputs.download import _published, download
from oscillator_field.inputs.errors import PicturesError
from oscillator_field.inputs.fetch import fetch, read_set
from oscillator_field.inputs.idx import read_file
from oscillator_field.inputs.idx_source import IdxSource
from tests.support.pictures import SAMPLE, write_data_set

FULL = Path(__file__).parents[3] / "shared" / "mnist"
FILES = [name for names in data_sets.FILES.values() for name in names]


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, changed on the way as `change` says."""

    def __init__(self, *arguments, change, **named):
        self.change = change
        super().__init__(*arguments, **named)

    def log_message(self, *_):
        pass

    def do_GET(self):
        content = (Path(self.directory) / self.path.lstrip("/")).read_bytes()
        status, announced, sent = self.change(content)
        self.send_response(status)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(sent)


def good(content):
    return 200, len(content), content


def missing(_):
    return 404, 9, b"not there"


def page(_):
    content = b"<!DOCTYPE html><html><body>Please log in</body></html>"
    return 200, len(content), content


def truncated(content):
    half = content[: len(content) // 2]
    return 200, len(half), half


def broken_off(content):
    return 200, len(content), content[: len(content) // 2]


def tampered(content):
    plain = bytearray(gzip.decompress(content))
    plain[-1] ^= 1
    return good(gzip.compress(bytes(plain), compresslevel=1))


BAD = [missing, page, truncated, broken_off, tampered]


@pytest.fixture
def published(monkeypatch):
    """A folder that stands for the published files: the full set where it is at hand, else the sample."""
    if FULL.is_dir():
        return FULL
    sums = {name: md5(read_file(SAMPLE / f"{name}.gz"), usedforsecurity=False).hexdigest() for name in FILES}
    monkeypatch.setitem(DATA_SETS, "mnist", replace(DATA_SETS["mnist"], content_md5=sums))
    return SAMPLE


@pytest.fixture
def mirror(published):
    servers = []

    def serve(change):
        handler = partial(Quiet, change=change, directory=str(published))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_good_mirror_gives_the_published_files(mirror, tmp_path):
    address = mirror(good)
    assert download(tmp_path, "mnist", [address], pause_s=0) == dict.fromkeys(FILES, address + "/")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    if FULL.is_dir():
        fetch(tmp_path / "out", IdxSource("mnist", tmp_path), origin={})
        assert '"is_published_file": false' not in (tmp_path / "out" / "provenance.json").read_text()


@pytest.mark.parametrize("change", BAD, ids=lambda change: change.__name__)
def test_after_a_bad_mirror_comes_the_next(mirror, tmp_path, change):
    bad, fine = mirror(change), mirror(good)
    assert set(download(tmp_path, "mnist", [bad, fine], pause_s=0).values()) == {fine + "/"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_mirror_that_falters_once_is_tried_again(mirror, tmp_path):
    answers = iter([missing])
    address = mirror(lambda content: next(answers, good)(content))
    assert set(download(tmp_path, "mnist", [address], pause_s=0).values()) == {address + "/"}


def test_without_a_good_mirror_one_line_says_what_each_gave_and_nothing_is_left(mirror, tmp_path):
    addresses = [mirror(change) for change in BAD] + ["http://127.0.0.1:9"]
    with pytest.raises(PicturesError) as caught:
        download(tmp_path, "mnist", addresses, pause_s=0)
    message = str(caught.value)
    assert message.startswith("pictures.mirrors: none gives train-images-idx3-ubyte.gz (")
    assert all(address in message for address in addresses)
    assert "404" in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_hangs_is_given_up(published, tmp_path, monkeypatch):
    class Silent(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            release.wait(20)

    release = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr("oscillator_field.inputs.download.PATIENCE_S", 0.3)
    try:
        with pytest.raises(PicturesError, match="timed out"):
            download(tmp_path, "mnist", [f"http://127.0.0.1:{server.server_port}"], pause_s=0)
    finally:
        release.set()
        server.shutdown()
        server.server_close()
    assert list(tmp_path.iterdir()) == []


class Tap(BaseHTTPRequestHandler):
    """Sends without an end: `part` again and again, with a pause after each."""

    part, pause_s, announce = b"", 0.0, True

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.announce:
            self.send_response(200)
            self.end_headers()
        with suppress(OSError):
            while not self.server.stopped.wait(self.pause_s):
                self.wfile.write(self.part)


@pytest.fixture
def tap():
    servers = []

    def serve(**described):
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Kind", (Tap,), described))
        server.stopped = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.stopped.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("announce", [True, False], ids=["slow content", "slow head"])
def test_a_mirror_that_trickles_is_given_up_and_tried_last(mirror, tap, tmp_path, monkeypatch, announce, capsys):
    monkeypatch.setattr("oscillator_field.inputs.download.FILE_S", 0.6)
    slow, fine = tap(part=b"H", pause_s=0.05, announce=announce), mirror(good)
    begin = time.monotonic()
    assert set(download(tmp_path, "mnist", [slow, fine], pause_s=0).values()) == {fine + "/"}
    # Once, not for each of the four files.
    assert capsys.readouterr().out.count("not there after 0.6 s") == 1
    assert time.monotonic() - begin < 5


def test_a_stream_without_an_end_is_cut(mirror, tap, tmp_path):
    endless, fine = tap(part=b"\0" * 2**16), mirror(good)
    assert set(download(tmp_path, "mnist", [endless, fine], pause_s=0).values()) == {fine + "/"}
    with pytest.raises(PicturesError, match=r"more than the [0-9]+ bytes that the published file can take"):
        download(tmp_path, "mnist", [endless], pause_s=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_zeros_that_pack_well_do_not_fill_memory(mirror, tmp_path):
    packed = gzip.compress(bytes(200 * 10**6), compresslevel=9)
    bomb = mirror(lambda content: (200, len(packed), packed))
    tracemalloc.start()
    with pytest.raises(PicturesError, match="the content is larger than the published 47040016 bytes"):
        download(tmp_path, "mnist", [bomb], pause_s=0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 150 * 10**6
    assert list(tmp_path.iterdir()) == []


def test_a_folder_can_be_a_mirror(published, tmp_path):
    source = tmp_path / "a mirror"
    source.mkdir()
    for name in FILES:
        (source / f"{name}.gz").write_bytes(gzip.compress(read_file(published / f"{name}.gz"), compresslevel=1))
    target = tmp_path / "target"
    target.mkdir()
    assert set(download(target, "mnist", [source.as_uri()]).values()) == {f"{source.as_uri()}/"}


@pytest.mark.parametrize("address", ["file:///nowhere", "gopher://127.0.0.1", "nonsense", "http://"])
def test_an_address_that_leads_nowhere_is_passed_over(mirror, tmp_path, address):
    fine = mirror(good)
    assert set(download(tmp_path, "mnist", [address, fine], pause_s=0).values()) == {fine + "/"}


def test_torchvision_knows_where_each_data_set_is_published():
    for data_set in DATA_SETS.values():
        if data_set.published:
            published, mirrors = _published(data_set)
            wanted = [f"{name}.gz" for names in data_set.files.values() for name in names]
            assert set(wanted) <= set(published) or data_set.archive
            assert all(len(checksum) == 32 for checksum in published.values())
            assert all(mirror.startswith("http") for mirror in mirrors)
            assert len(data_set.counts) == len(data_set.labels)


@pytest.fixture
def small_sets(tmp_path, monkeypatch):
    """Published files of three data sets, of a few pictures each, and checksums that fit them."""
    from torchvision import datasets

    places = {}
    images = np.random.default_rng(1).integers(0, 256, (6, 28, 28), np.uint8)
    labels = np.array([1, 2, 3, 1, 2, 3], np.uint8)

    def checksum(path):
        return md5(path.read_bytes(), usedforsecurity=False).hexdigest()

    for name in ("fashion_mnist", "qmnist", "emnist_letters"):
        folder = write_data_set(tmp_path / name, images, labels, images[:3], labels[:3], name=name, ending=".gz")
        if name == "qmnist":
            # Rows of eight whole numbers, of which the first is the label.
            for kind, count in (("train", 6), ("test", 3)):
                rows = np.zeros((count, 8), ">i4")
                rows[:, 0], rows[:, 1:] = labels[:count], 99
                content = bytes([0, 0, 0x0C, 2]) + np.array(rows.shape, ">u4").tobytes() + rows.tobytes()
                (folder / f"qmnist-{kind}-labels-idx2-int.gz").write_bytes(gzip.compress(content))
        places[name] = folder
    known = {path.name: checksum(path) for folder in places.values() for path in folder.iterdir()}
    monkeypatch.setattr(
        datasets.FashionMNIST,
        "resources",
        [(name, checksum(places["fashion_mnist"] / name)) for name, _ in datasets.FashionMNIST.resources],
    )
    monkeypatch.setattr(
        datasets.QMNIST,
        "resources",
        {
            kind: [(address, known[address.rpartition("/")[2]]) for address, _ in datasets.QMNIST.resources[kind]]
            for kind in ("train", "test")
        },
    )
    archive = tmp_path / "archive" / "gzip.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        for path in places["emnist_letters"].iterdir():
            packed.write(path, f"gzip/{path.name}")
    monkeypatch.setattr(datasets.EMNIST, "md5", checksum(archive))
    places["emnist_letters"] = archive.parent
    return places, images, labels


@pytest.mark.parametrize("name", ["fashion_mnist", "qmnist", "emnist_letters"])
def test_other_data_sets_are_downloaded_and_end_in_the_same_files(small_sets, tmp_path, name):
    places, images, labels = small_sets
    target = tmp_path / "target"
    target.mkdir()
    download(target, name, [places[name].as_uri()], pause_s=0)
    assert not [path for path in target.iterdir() if path.suffix == ".tmp"]
    fetch(tmp_path / "out", IdxSource(name, target), origin={})
    held, marks = read_set(tmp_path / "out", TRAINING)
    # EMNIST's pictures lie on their side in its files.
    assert np.array_equal(held, images.swapaxes(1, 2) if name == "emnist_letters" else images)
    assert np.array_equal(marks, labels)


@pytest.mark.parametrize("name", ["fashion_mnist", "emnist_letters"])
def test_other_content_than_the_published_is_refused(small_sets, tmp_path, name):
    places, _, _ = small_sets
    target = tmp_path / "target"
    target.mkdir()
    for path in places[name].iterdir():
        content = bytearray(path.read_bytes())
        content[4] ^= 1
        path.write_bytes(content)
    with pytest.raises(PicturesError, match="the content is not the published one"):
        download(target, name, [places[name].as_uri()], pause_s=0)
    assert list(target.iterdir()) == []

"""Downloads from real HTTP servers on this machine: good mirrors, and every kind of bad one."""

import gzip
import threading
import time
import tracemalloc
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from oscillator_field.inputs import mnist
from oscillator_field.inputs.mnist import FILES, PUBLISHED_MD5, MnistError
from oscillator_field.inputs.mnist_download import download

FULL = Path(__file__).parents[3] / "shared" / "mnist"
SAMPLE = Path(__file__).parents[2] / "resources" / "mnist-sample"


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
    import hashlib

    sums = {name: hashlib.md5(mnist.read_file(SAMPLE, name), usedforsecurity=False).hexdigest() for name in FILES}
    monkeypatch.setattr("oscillator_field.inputs.mnist_download.PUBLISHED_MD5", sums)
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
    assert download(tmp_path, [address], pause_s=0) == dict.fromkeys(FILES, address + "/")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    if FULL.is_dir():
        mnist.fetch(tmp_path / "out", source=tmp_path, origin={})
        assert '"is_published_file": false' not in (tmp_path / "out" / "provenance.json").read_text()


@pytest.mark.parametrize("change", BAD, ids=lambda change: change.__name__)
def test_after_a_bad_mirror_comes_the_next(mirror, tmp_path, change):
    bad, fine = mirror(change), mirror(good)
    assert set(download(tmp_path, [bad, fine], pause_s=0).values()) == {fine + "/"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_a_mirror_that_falters_once_is_tried_again(mirror, tmp_path):
    answers = iter([missing])
    address = mirror(lambda content: next(answers, good)(content))
    assert set(download(tmp_path, [address], pause_s=0).values()) == {address + "/"}


def test_without_a_good_mirror_one_line_says_what_each_gave_and_nothing_is_left(mirror, tmp_path):
    addresses = [mirror(change) for change in BAD] + ["http://127.0.0.1:9"]
    with pytest.raises(MnistError) as caught:
        download(tmp_path, addresses, pause_s=0)
    message = str(caught.value)
    assert message.startswith("mnist.mirrors: none gives train-images-idx3-ubyte.gz (")
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
    monkeypatch.setattr("oscillator_field.inputs.mnist_download.PATIENCE_S", 0.3)
    try:
        with pytest.raises(MnistError, match="timed out"):
            download(tmp_path, [f"http://127.0.0.1:{server.server_port}"], pause_s=0)
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
    monkeypatch.setattr("oscillator_field.inputs.mnist_download.FILE_S", 0.6)
    slow, fine = tap(part=b"H", pause_s=0.05, announce=announce), mirror(good)
    begin = time.monotonic()
    assert set(download(tmp_path, [slow, fine], pause_s=0).values()) == {fine + "/"}
    # Once, not for each of the four files.
    assert capsys.readouterr().out.count("not there after 0.6 s") == 1
    assert time.monotonic() - begin < 5


def test_a_stream_without_an_end_is_cut(mirror, tap, tmp_path):
    endless, fine = tap(part=b"\0" * 2**16), mirror(good)
    assert set(download(tmp_path, [endless, fine], pause_s=0).values()) == {fine + "/"}
    with pytest.raises(MnistError, match=r"more than the [0-9]+ bytes that the published file can take"):
        download(tmp_path, [endless], pause_s=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_zeros_that_pack_well_do_not_fill_memory(mirror, tmp_path):
    packed = gzip.compress(bytes(200 * 10**6), compresslevel=9)
    bomb = mirror(lambda content: (200, len(packed), packed))
    tracemalloc.start()
    with pytest.raises(MnistError, match="the content is larger than the published 47040016 bytes"):
        download(tmp_path, [bomb], pause_s=0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 150 * 10**6
    assert list(tmp_path.iterdir()) == []


def test_a_folder_can_be_a_mirror(published, tmp_path):
    source = tmp_path / "a mirror"
    source.mkdir()
    for name in FILES:
        (source / f"{name}.gz").write_bytes(gzip.compress(mnist.read_file(published, name), compresslevel=1))
    target = tmp_path / "target"
    target.mkdir()
    assert set(download(target, [source.as_uri()]).values()) == {f"{source.as_uri()}/"}


@pytest.mark.parametrize("address", ["file:///nowhere", "gopher://127.0.0.1", "nonsense", "http://"])
def test_an_address_that_leads_nowhere_is_passed_over(mirror, tmp_path, address):
    fine = mirror(good)
    assert set(download(tmp_path, [address, fine], pause_s=0).values()) == {fine + "/"}


def test_the_checksums_are_those_of_torchvision():
    from torchvision.datasets import MNIST

    assert [file for file, _ in MNIST.resources] == [f"{name}.gz" for name in (FILES[0], FILES[1], FILES[2], FILES[3])]
    assert set(PUBLISHED_MD5) == set(FILES)

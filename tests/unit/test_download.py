"""Downloads from real HTTP servers on this machine: good mirrors, and every kind of bad one."""

import gzip
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from oscillator_field import mnist
from oscillator_field.mnist import FILES, PUBLISHED_MD5, MnistError
from oscillator_field.mnist_download import download

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
    return good(gzip.compress(bytes(plain)))


BAD = [missing, page, truncated, broken_off, tampered]


@pytest.fixture
def published(monkeypatch):
    """A folder that stands for the published files: the full set where it is at hand, else the sample."""
    if FULL.is_dir():
        return FULL
    import hashlib

    sums = {name: hashlib.md5(mnist.read_file(SAMPLE, name), usedforsecurity=False).hexdigest() for name in FILES}
    monkeypatch.setattr("oscillator_field.mnist_download.PUBLISHED_MD5", sums)
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
    monkeypatch.setattr("oscillator_field.mnist_download.PATIENCE_S", 0.3)
    try:
        with pytest.raises(MnistError, match="timed out"):
            download(tmp_path, [f"http://127.0.0.1:{server.server_port}"], pause_s=0)
    finally:
        release.set()
        server.shutdown()
        server.server_close()
    assert list(tmp_path.iterdir()) == []


def test_the_checksums_are_those_of_torchvision():
    from torchvision.datasets import MNIST

    assert [file for file, _ in MNIST.resources] == [f"{name}.gz" for name in (FILES[0], FILES[1], FILES[2], FILES[3])]
    assert set(PUBLISHED_MD5) == set(FILES)

"""Hostile mirrors: each is given up in bounded time, memory and disk, and leaves nothing behind."""

import gzip
import itertools
import threading
import time
import tracemalloc
from contextlib import redirect_stdout, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

# What a download imports on its way costs no mirror its time or memory.
import torchvision.datasets  # noqa: F401

from oscillator_field.inputs import download as downloading
from oscillator_field.inputs.data_sets import BUNDLED, FILES, TRAINING
from oscillator_field.inputs.errors import PicturesError

SAMPLE = BUNDLED
SECONDS, MOST_BYTES = 3.0, 150 * 10**6
BOMB = gzip.compress(bytes(10**9), compresslevel=6)


def whole(handler, content, status=200, length=None):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def forever(handler, part, pause_s):
    while not handler.server.stopped.wait(pause_s):
        handler.wfile.write(part)


def trickle(handler):
    handler.send_response(200)
    handler.end_headers()
    forever(handler, b"\x1f", 0.05)


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    forever(handler, bytes(2**16), 0)


def other_file(handler):
    whole(handler, gzip.compress((SAMPLE / f"{FILES[TRAINING][1]}.gz").read_bytes()))


KINDS = {
    "a byte now and then": trickle,
    "a head now and then": lambda handler: forever(handler, b"H", 0.05),
    "a head without an end": lambda handler: forever(handler, b"HTTP/1.0 200 OK\r\nX: y\r\n", 0),
    "silence": lambda handler: handler.server.stopped.wait(60),
    "a stream without an end": endless,
    "a gigabyte of zeros in a megabyte": lambda handler: whole(handler, BOMB),
    "redirects in a circle": redirect,
    "nothing": lambda handler: whole(handler, b""),
    "a page": lambda handler: whole(handler, b"<html>log in</html>"),
    "half of what is announced": lambda handler: whole(handler, BOMB[:5000], length=10**6),
    "an announced terabyte": lambda handler: whole(handler, b"\x1f\x8b", length=10**12),
    "no gzip": lambda handler: whole(handler, bytes(1000)),
    "an error": lambda handler: whole(handler, b"no", status=500),
    "another file": other_file,
}


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's kind does."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        with suppress(OSError):
            self.server.answer(self)


def torture(cases, seed):
    before = downloading.FILE_S, downloading.PATIENCE_S
    downloading.FILE_S, downloading.PATIENCE_S = SECONDS, 1.0
    faults, tried, slowest = [], 0, 0.0
    try:
        for _, (kind, answer) in itertools.product(cases, KINDS.items()):
            with redirect_stdout(StringIO()):
                seconds, found = borne(kind, answer)
            slowest, tried = max(slowest, seconds), tried + 1
            faults += found
    finally:
        downloading.FILE_S, downloading.PATIENCE_S = before
    return f"{tried} hostile mirrors of {len(KINDS)} kinds, the slowest given up after {slowest:.1f} s", faults


def borne(kind, answer):
    """Try to download from a mirror of a kind: the seconds that it took, and what is wrong."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.stopped, server.daemon_threads = answer, threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begin, faults = time.monotonic(), []
    tracemalloc.start()
    with TemporaryDirectory() as folder:
        try:
            downloading.download(folder, "mnist", [f"http://127.0.0.1:{server.server_port}"], pause_s=0)
            faults.append(f"{kind}: taken for the published file")
        except PicturesError as error:
            if "\n" in str(error):
                faults.append(f"{kind}: more than a line: {error}")
        seconds = time.monotonic() - begin
        _, most = tracemalloc.get_traced_memory()
        if left := list(Path(folder).iterdir()):
            faults.append(f"{kind}: left {left}")
    tracemalloc.stop()
    server.stopped.set()
    server.shutdown()
    server.server_close()
    if seconds > 2 * SECONDS + 1:
        faults.append(f"{kind}: took {seconds:.1f} s")
    if most > MOST_BYTES:
        faults.append(f"{kind}: took {most / 1e6:.0f} MB")
    return seconds, faults

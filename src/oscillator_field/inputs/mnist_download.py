"""MNIST from the network: each file from the first mirror that gives the published content, and no more than that.

What a mirror gives instead (an error page, half a file, a file that was tampered with, a stream without an end) is
thrown away. Bytes and seconds are bounded by what the published files need, so that no mirror can fill a disk or
memory, or hold up the call.
"""

from __future__ import annotations

import gzip
import threading
import time
import uuid
import zlib
from collections.abc import Sequence
from hashlib import md5
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from oscillator_field.inputs.mnist import FILES, PUBLISHED_BYTES, PUBLISHED_MD5, MnistError

ATTEMPTS = 2
# Seconds of silence, and for a file as a whole: ten megabytes, from the moment that its address is looked up.
PATIENCE_S = 30.0
FILE_S = 300.0
# What gzip may add to a file that it cannot make smaller.
GZIP_OVERHEAD = 1.001
GZIP_HEADER = 1000


def download(
    folder: str | Path, mirrors: Sequence[str] = (), *, attempts: int = ATTEMPTS, pause_s: float = 1.0
) -> dict[str, str]:
    """Download the four published files and unpack them into a folder.

    Args:
        folder: an existing folder; it holds nothing half-written afterwards.
        mirrors: addresses of folders that hold the gzipped files (http, https, ftp or file), tried in this order; a
            mirror that is too slow is tried last for the files that follow. None stands for torchvision's own.
        attempts: how often each mirror is tried, but for one that is too slow.
        pause_s: seconds between two attempts at one mirror.

    Returns:
        For each file the mirror that it came from.

    Raises:
        MnistError: no mirror gives one of the files; the message says what each gave.
    """
    left = [mirror.rstrip("/") + "/" for mirror in (mirrors or _mirrors_of_torchvision())]
    return {name: _from_first_good(name, Path(folder), left, attempts, pause_s) for name in FILES}


def _mirrors_of_torchvision() -> list[str]:
    from torchvision.datasets import MNIST

    return list(MNIST.mirrors)


def _from_first_good(name: str, folder: Path, mirrors: list[str], attempts: int, pause_s: float) -> str:
    failures = []
    for mirror in list(mirrors):
        for attempt in range(attempts):
            if attempt:
                time.sleep(pause_s)
            try:
                (folder / name).write_bytes(_published(name, mirror, folder))
                return mirror
            except (OSError, EOFError, ValueError, HTTPException, zlib.error) as error:
                problem = " ".join(str(error).split()) or type(error).__name__
                print(f"{name}: {mirror}: {problem}")
                if isinstance(error, TimeoutError):
                    mirrors.append(mirrors.pop(mirrors.index(mirror)))
                    break
        failures.append(f"{mirror}: {problem}")
    raise MnistError(f"mnist.mirrors: none gives {name}.gz ({'; '.join(failures)})")


def _published(name: str, mirror: str, folder: Path) -> bytes:
    """The content of a file of a mirror, if it is the published one."""
    # A name of its own: an attempt that was given up may still be writing.
    packed = folder / f".{name}.{uuid.uuid4().hex}.tmp"
    try:
        _fetch(f"{mirror}{name}.gz", packed, int(PUBLISHED_BYTES[name] * GZIP_OVERHEAD) + GZIP_HEADER)
        with gzip.open(packed) as stream:
            content = stream.read(PUBLISHED_BYTES[name] + 1)
    finally:
        packed.unlink(missing_ok=True)
    if len(content) > PUBLISHED_BYTES[name]:
        raise MnistError(f"the content is larger than the published {PUBLISHED_BYTES[name]} bytes")
    if md5(content, usedforsecurity=False).hexdigest() != PUBLISHED_MD5[name]:
        raise MnistError("the content is not the published one")
    return content


def _fetch(address: str, path: Path, most_bytes: int) -> None:
    """Write what lies at an address to a file.

    Raises:
        TimeoutError: it takes too long.
        OSError, ValueError, HTTPException: it cannot be had, or is too large.
    """
    failure: list[BaseException] = []
    given_up = threading.Event()

    def work() -> None:
        try:
            request = Request(address, headers={"User-Agent": "oscillator-field"})
            received = 0
            with urlopen(request, timeout=PATIENCE_S) as response:
                if given_up.is_set():
                    return
                with path.open("wb") as stream:
                    # Read what has arrived, however little; to wait for more could exceed the time limit unnoticed.
                    while (part := response.read1(2**16)) and not given_up.is_set():
                        received += len(part)
                        if received > most_bytes:
                            raise MnistError(f"more than the {most_bytes} bytes that the published file can take")
                        stream.write(part)
        except BaseException as error:
            failure.append(error)

    # In a thread of its own, which is left behind: nothing else bounds how long a name is looked up, or how slowly the
    # head of an answer comes.
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(FILE_S)
    if worker.is_alive():
        given_up.set()
        raise TimeoutError(f"not there after {FILE_S:g} s")
    for error in failure:
        reason = getattr(error, "reason", None)
        if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
            raise TimeoutError(f"timed out after {PATIENCE_S:g} s of silence") from None
        raise error

"""MNIST from the network: torchvision's downloader, told which mirrors to try, and never trusted without a check.

Each file comes from the first mirror that gives the published content. What a mirror gives instead (an error
page, half a file, a file that was tampered with) is thrown away before the next attempt.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import md5
from http.client import HTTPException
from pathlib import Path

from torchvision.datasets import MNIST

from oscillator_field.mnist import FILES, PUBLISHED_MD5, MnistError, read_file

ATTEMPTS = 2
PATIENCE_S = 30.0


def download(
    folder: str | Path, mirrors: Sequence[str] = (), *, attempts: int = ATTEMPTS, pause_s: float = 1.0
) -> dict[str, str]:
    """Download the four published files, gzipped, into a folder.

    Args:
        folder: an existing folder; it holds nothing half-written afterwards.
        mirrors: addresses of folders that hold the files, tried in this order; none stands for torchvision's own.
        attempts: how often each mirror is tried.
        pause_s: seconds between two attempts at one mirror.

    Returns:
        For each file the mirror that it came from.

    Raises:
        MnistError: no mirror gives one of the files; the message says what each gave.
    """
    chosen = [mirror.rstrip("/") + "/" for mirror in (mirrors or MNIST.mirrors)]
    with _time_limit(PATIENCE_S):
        return {name: _from_first_good(name, Path(folder), chosen, attempts, pause_s) for name in FILES}


def _from_first_good(name: str, folder: Path, mirrors: Sequence[str], attempts: int, pause_s: float) -> str:
    failures = []
    for mirror in mirrors:
        for attempt in range(attempts):
            if attempt:
                time.sleep(pause_s)
            problem = _try_mirror(name, folder, mirror)
            if problem is None:
                return mirror
            print(f"{name}: {mirror}: {problem}")
        failures.append(f"{mirror}: {problem}")
    raise MnistError(f"mnist.mirrors: none gives {name}.gz ({'; '.join(failures)})")


def _try_mirror(name: str, folder: Path, mirror: str) -> str | None:
    """What went wrong, or None if the file is there with its published content."""
    source = _OneFile(mirror, f"{name}.gz", folder)
    try:
        source.download()
        content = read_file(folder, name)
        if md5(content, usedforsecurity=False).hexdigest() != PUBLISHED_MD5[name]:
            raise MnistError("the content is not the published one")
    except (OSError, EOFError, RuntimeError, ValueError, HTTPException) as error:
        source.discard()
        # torchvision lists every mirror that it tried; here that is this one.
        reason = " ".join(str(error).split("got:")[-1].split())
        return reason or type(error).__name__
    (folder / f"{name}.gz").unlink()
    return None


class _OneFile(MNIST):
    """torchvision's MNIST, narrowed to one file of one mirror, unpacked straight into a folder."""

    def __init__(self, mirror: str, file: str, folder: Path) -> None:
        # The base class would load the data set; only its downloader is wanted.
        self.mirrors = [mirror]
        self.resources = [(file, None)]
        self._folder = folder

    @property
    def raw_folder(self) -> str:
        return str(self._folder)

    def _check_exists(self) -> bool:
        return False

    def discard(self) -> None:
        """Remove what a failed attempt left; torchvision would take it for the file next time."""
        for file, _ in self.resources:
            for path in (self._folder / file, self._folder / Path(file).stem):
                path.unlink(missing_ok=True)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """A limit on each wait for the network, which torchvision sets none for."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)

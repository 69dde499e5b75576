"""A data set from the network: each file from the first mirror that gives the published content, and no more than that.

Where it is published, and under which checksums, torchvision's classes say. What a mirror gives instead (an error page,
half a file, a file that was tampered with, a stream without an end) is thrown away. Bytes and seconds are bounded by
what the published files need, so that no mirror can fill a disk or memory, or hold up the call.
"""

from __future__ import annotations

import gzip
import shutil
import threading
import time
import uuid
import zipfile
import zlib
from collections.abc import Callable, Sequence
from hashlib import md5
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from oscillator_field.inputs.data_sets import DATA_SETS, FILES, SIDE, TRAINING, DataSet
from oscillator_field.inputs.errors import PicturesError

ATTEMPTS = 2
# Seconds of silence, and for a file of fifty megabytes (unpacked), from the moment that its address is looked up. One
# that is larger has as much longer.
PATIENCE_S = 30.0
FILE_S, FILE_BYTES = 300.0, 5 * 10**7
# What gzip may add to a file that it cannot make smaller.
GZIP_OVERHEAD = 1.001
GZIP_HEADER = 1000
# What comes before the items of an IDX file, and the bytes of an item of the labels of QMNIST.
_IDX_HEADER, _QMNIST_LABEL = 16, 32


def download(
    folder: str | Path, name: str, mirrors: Sequence[str] = (), *, attempts: int = ATTEMPTS, pause_s: float = 1.0
) -> dict[str, str]:
    """Download the published files of a data set into a folder.

    Args:
        folder: an existing folder; it holds nothing half-written afterwards.
        name: of the data set.
        mirrors: addresses of folders that hold the published files (http, https, ftp or file), tried in this order; a
            mirror that is too slow is tried last for the files that follow. None stands for torchvision's own.
        attempts: how often each mirror is tried, but for one that is too slow.
        pause_s: seconds between two attempts at one mirror.

    Returns:
        For each file the mirror that it came from.

    Raises:
        PicturesError: no mirror gives one of the files; the message says what each gave.
    """
    data_set, folder = DATA_SETS[name], Path(folder)
    published, own = _published(data_set)
    left = [mirror.rstrip("/") + "/" for mirror in (mirrors or own)]
    if data_set.archive:
        [(archive, checksum)] = published.items()
        inside, most = data_set.archive

        def unpack(packed: Path) -> None:
            if _md5_of(packed) != checksum:
                raise PicturesError("the content is not the published one")
            with zipfile.ZipFile(packed) as whole:
                for member in (f"{one}.gz" for names in data_set.files.values() for one in names):
                    with whole.open(f"{inside}/{member}") as stream, (folder / member).open("wb") as target:
                        shutil.copyfileobj(stream, target)

        return {archive: _from_first_good(archive, folder, left, attempts, pause_s, most, unpack)}
    sources = {}
    for kind, names in data_set.files.items():
        for number, file in enumerate(names):
            most = _bytes_of(data_set, kind, number)
            checksum = published[f"{file}.gz"]

            def accept(packed: Path, file: str = file, most: int = most, checksum: str = checksum) -> None:
                with gzip.open(packed) as stream:
                    content = stream.read(most + 1)
                if len(content) > most:
                    raise PicturesError(f"the content is larger than the published {most} bytes")
                unpacked = md5(content, usedforsecurity=False).hexdigest()
                if unpacked != data_set.content_md5.get(file) and _md5_of(packed) != checksum:
                    raise PicturesError("the content is not the published one")
                (folder / file).write_bytes(content)

            room = int(most * GZIP_OVERHEAD) + GZIP_HEADER
            sources[file] = _from_first_good(f"{file}.gz", folder, left, attempts, pause_s, room, accept)
    return sources


def _published(data_set: DataSet) -> tuple[dict[str, str], list[str]]:
    """The published files with their MD5, and the folders that they are published in, as torchvision knows them."""
    from torchvision import datasets

    known = getattr(datasets, data_set.published)
    if data_set.archive:
        place, _, name = known.url.rpartition("/")
        return {name: known.md5}, [place]
    resources = known.resources
    if isinstance(resources, dict):
        # QMNIST has a list of addresses for each of its sets.
        pairs = [pair for kind in ("train", "test") for pair in resources[kind]]
        return {address.rpartition("/")[2]: checksum for address, checksum in pairs}, [pairs[0][0].rpartition("/")[0]]
    return dict(resources), list(known.mirrors)


def _bytes_of(data_set: DataSet, kind: str, number: int) -> int:
    """Bytes of a published file, unpacked: of the pictures of a set (number 0), or of its labels."""
    items = sum(data_set.counts) if kind == TRAINING else data_set.tests
    if number == 0:
        return _IDX_HEADER + items * SIDE * SIDE
    return 8 + items if data_set.files is FILES else 12 + items * _QMNIST_LABEL


def _md5_of(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while part := stream.read(2**20):
            digest.update(part)
    return digest.hexdigest()


def _from_first_good(
    name: str,
    folder: Path,
    mirrors: list[str],
    attempts: int,
    pause_s: float,
    most_bytes: int,
    accept: Callable[[Path], None],
) -> str:
    """The first mirror whose file is accepted, which puts what is in it into the folder."""
    failures = []
    for mirror in list(mirrors):
        for attempt in range(attempts):
            if attempt:
                time.sleep(pause_s)
            # A name of its own: an attempt that was given up may still be writing.
            packed = folder / f".{name}.{uuid.uuid4().hex}.tmp"
            try:
                _fetch(f"{mirror}{name}", packed, most_bytes)
                accept(packed)
                return mirror
            except (OSError, EOFError, ValueError, KeyError, HTTPException, zlib.error, zipfile.BadZipFile) as error:
                problem = " ".join(str(error).split()) or type(error).__name__
                print(f"{name}: {mirror}: {problem}")
                if isinstance(error, TimeoutError):
                    mirrors.append(mirrors.pop(mirrors.index(mirror)))
                    break
            finally:
                packed.unlink(missing_ok=True)
        failures.append(f"{mirror}: {problem}")
    raise PicturesError(f"pictures.mirrors: none gives {name} ({'; '.join(failures)})")


def _fetch(address: str, path: Path, most_bytes: int) -> None:
    """Write what lies at an address to a file.

    Raises:
        TimeoutError: it takes too long.
        OSError, ValueError, HTTPException: it cannot be had, or is too large.
    """
    failure: list[BaseException] = []
    given_up = threading.Event()
    patience = FILE_S * max(1, most_bytes / FILE_BYTES)

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
                            raise PicturesError(f"more than the {most_bytes} bytes that the published file can take")
                        stream.write(part)
        except BaseException as error:
            failure.append(error)

    # In a thread of its own, which is left behind: nothing else bounds how long a name is looked up, or how slowly the
    # head of an answer comes.
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(patience)
    if worker.is_alive():
        given_up.set()
        raise TimeoutError(f"not there after {patience:g} s")
    for error in failure:
        reason = getattr(error, "reason", None)
        if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
            raise TimeoutError(f"timed out after {PATIENCE_S:g} s of silence") from None
        raise error

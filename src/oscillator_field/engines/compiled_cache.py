"""Compiled code on disk: one file for each lattice, signature, processor and version, checked when it is read.

numba's own cache keeps one index of all that a function was compiled for, and numbers the files. Two processes that
save at the same moment can take one number, so that a later one loads the code of another lattice; and a damaged file
is an exception for good. Here a file is named by the digest of all that decides its code, and begins with the digest
of its content: two processes that write one name write the same code, and what is damaged is compiled anew.
"""

from __future__ import annotations

import math
import os
import pickle
import time
import uuid
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

_SUFFIX = ".compiled"
_DIGEST_BYTES = sha256().digest_size
# After this many seconds a temporary file belongs to a process that was killed.
_ABANDONED_S = 3600
# After this many, compiled code of another source is taken for that of an earlier one.
_OF_OTHERS_S = 7 * 24 * 3600


def keep_compiled(dispatcher: Any) -> Any:
    """Let a jitted function find its compiled code on disk, in NUMBA_CACHE_DIR or where numba puts it otherwise.

    No trouble with that folder is an error: what cannot be kept is compiled in each process, and a line says so.

    Args:
        dispatcher: what `numba.njit` returns.

    Returns:
        The same.
    """
    try:
        dispatcher._cache = _CheckedCache(dispatcher.py_func)
    except (RuntimeError, OSError) as error:
        print(f"compiled code is not kept: {error}")
    return dispatcher


class _CheckedCache(FunctionCache):
    """numba's cache of a function, with files of our own in place of its index and numbered files."""

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        source = Path(py_func.__code__.co_filename).parent
        folder = Path(self.cache_path)
        if folder.parent == Path(config.CACHE_DIR):
            # numba names its folder there by where the source lies. A digest says more: copies share what is compiled.
            folder = folder.with_name(source.name)
        self._cache_path = str(folder)
        self._cache_file = _Files(folder, _source_digest(source))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            print(f"{self._cache_path}: compiled code cannot be read and is compiled anew: {error!r}")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            print(f"{self._cache_path}: compiled code is not kept: {error}")


@cache
def _source_digest(folder: Path) -> str:
    """The digest of all modules of a folder: a function is compiled together with what it calls from its neighbours."""
    digest = sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


class _Files:
    """What numba's `IndexDataCacheFile` is to a cache: content by key."""

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source

    def _path(self, key: Any) -> Path:
        # `key` holds signature, processor, and what the function closes over: the sizes of the lattice.
        decides = repr((key, numba.__version__, llvmlite.__version__))
        return self._folder / f"{self._source}-{sha256(decides.encode()).hexdigest()}{_SUFFIX}"

    def load(self, key: Any) -> Any:
        path = self._path(key)
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            return None
        digest, content = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if sha256(content).digest() != digest:
            raise ValueError(f"{path.name} is damaged")
        return pickle.loads(content)

    def save(self, key: Any, data: Any) -> None:
        path = self._path(key)
        self._folder.mkdir(parents=True, exist_ok=True)
        content = dumps(data)
        temporary = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_bytes(sha256(content).digest() + content)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        for other in self._folder.glob("*"):
            of_others = other.suffix == _SUFFIX and not other.name.startswith(self._source)
            kept_for = _OF_OTHERS_S if of_others else _ABANDONED_S if other.suffix == ".tmp" else math.inf
            with suppress(OSError):
                if time.time() - other.stat().st_mtime > kept_for:
                    other.unlink()

    def flush(self) -> None:
        for path in self._folder.glob(f"{self._source}-*{_SUFFIX}"):
            path.unlink(missing_ok=True)

"""Whole or not at all: files and folders that appear under their name only once they are complete.

Each writer works under a temporary name of its own beside the place, and renames it when it is whole. A writer
that starts clears what earlier writers of the same place left behind; should one of those still be running (a
job given up for dead), it finds its temporary gone and gives up, so the writer that started last wins.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_directory(place: str | Path) -> Iterator[Path]:
    """A new empty folder to fill; on leaving without an error it becomes `place`, replacing what was there.

    Raises:
        RuntimeError: another writer of the same place has started since and taken over.
    """
    with _claimed(Path(place)) as whole:
        whole.mkdir()
        yield whole


@contextmanager
def whole_file(place: str | Path) -> Iterator[Path]:
    """A path to write a file to; on leaving without an error the file becomes `place`, replacing what was there.

    Raises:
        RuntimeError: another writer of the same place has started since and taken over.
    """
    with _claimed(Path(place)) as whole:
        yield whole


@contextmanager
def _claimed(place: Path) -> Iterator[Path]:
    """A path in a temporary folder that nobody else has; what is made there becomes `place`."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for stale in place.parent.glob(f".{_glob_escaped(place.name)}.*.tmp"):
        _discard(stale, place)
    temporary = _temporary_name(place)
    temporary.mkdir()
    whole = temporary / "whole"
    token = temporary / "owner"
    token.touch()
    try:
        yield whole
        # A later writer renames our folder away; what we wrote since then stands in a folder without our token.
        if not token.exists():
            raise RuntimeError(f"{place}: another job has started to write it and takes over")
        if whole.is_dir():
            _discard(place, place)
            whole.rename(place)
        else:
            whole.replace(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary_name(place: Path) -> Path:
    return place.with_name(f".{place.name}.{uuid.uuid4().hex[:12]}.tmp")


def _glob_escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _discard(path: Path, place: Path) -> None:
    """Remove a file or folder; a folder is renamed first, so that it vanishes at once for whoever still writes."""
    if path.is_dir():
        trash = _temporary_name(place)
        try:
            os.rename(path, trash)
        except FileNotFoundError:
            return
        shutil.rmtree(trash, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

"""Whole or not at all: files and folders that appear under their name only once they are complete.

Each writer works under a temporary name of its own beside the target, and renames it when it is whole. A writer
that starts clears what earlier writers of the same target left behind; should one of those still be running (a
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
def whole_directory(target: str | Path) -> Iterator[Path]:
    """A new empty folder to fill; on leaving without an error it becomes `target`, replacing what was there.

    Raises:
        RuntimeError: another writer of the same target has started since and taken over.
    """
    with _claimed(Path(target)) as whole:
        whole.mkdir()
        yield whole


@contextmanager
def whole_file(target: str | Path) -> Iterator[Path]:
    """A path to write a file to; on leaving without an error the file becomes `target`, replacing what was there.

    Raises:
        RuntimeError: another writer of the same target has started since and taken over.
    """
    with _claimed(Path(target)) as whole:
        yield whole


@contextmanager
def _claimed(target: Path) -> Iterator[Path]:
    """A path in a temporary folder that nobody else has; what is made there becomes `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{_glob_escaped(target.name)}.*.tmp"):
        _discard(stale, target)
    temporary = _temporary_name(target)
    temporary.mkdir()
    whole = temporary / "whole"
    token = temporary / "owner"
    token.touch()
    try:
        yield whole
        # A later writer renames our folder away; what we wrote since then is in a folder without our token.
        if not token.exists():
            raise RuntimeError(
                f"{target}: its temporary folder was taken away (another job has started to write it, or somebody "
                "removed it)"
            )
        if whole.is_dir():
            _discard(target, target)
            whole.rename(target)
        else:
            whole.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _temporary_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.tmp")


def _glob_escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _discard(path: Path, target: Path) -> None:
    """Remove a file, link or folder; a folder is renamed first, so it vanishes at once for whoever still writes."""
    if path.is_dir() and not path.is_symlink():
        trash = _temporary_name(target)
        try:
            os.rename(path, trash)
        except FileNotFoundError:
            return
        shutil.rmtree(trash, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

"""The log file of a job: everything it prints, and the traceback if it fails."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


@contextmanager
def log_to(path: str | Path) -> Iterator[None]:
    """Send what is printed inside to the file at `path`.

    An error leaves its traceback in the file and one line on the terminal, which names the file.

    Raises:
        SystemExit: something inside raised an exception; the message is that exception's.
    """
    with open(path, "w", buffering=1) as stream, redirect_stdout(stream), redirect_stderr(stream):
        try:
            yield
        except Exception as error:
            traceback.print_exc(file=stream)
            failure = SystemExit(f"{error or type(error).__name__} (traceback in {path})")
        else:
            return
    print(failure, file=sys.stderr)
    raise SystemExit(1)

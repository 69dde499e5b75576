"""The log file of a job: everything it prints, how far it is, and the traceback if it fails."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

# The exit status of a process that Ctrl-C ended, as shells have it.
INTERRUPTED = 130


@contextmanager
def log_to(path: str | Path) -> Iterator[None]:
    """Send what is printed inside to the file at `path`.

    An error leaves its traceback in the file and one line on the terminal, which names the file; Ctrl-C leaves a line
    in each.

    Args:
        path: the log.

    Raises:
        SystemExit: something inside raised an exception, whose message was printed.
    """
    with (
        # A name of a file may hold bytes that are no text.
        open(path, "w", buffering=1, encoding="utf-8", errors="backslashreplace") as stream,
        redirect_stdout(stream),
        redirect_stderr(stream),
    ):
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            if _came_of_interrupt(error):
                print("interrupted")
                told, code = f"interrupted (log in {path})", INTERRUPTED
            else:
                # A full disk takes no more of it.
                with suppress(OSError):
                    traceback.print_exc(file=stream)
                told, code = f"{str(error) or type(error).__name__} (traceback in {path})", 1
        else:
            return
    print(told, file=sys.stderr)
    raise SystemExit(code)


def _came_of_interrupt(error: BaseException | None) -> bool:
    """Whether an error is Ctrl-C, or was raised because of it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def progress(**described: Any) -> tqdm:
    """A progress bar in the log, and on the terminal if there is one, of what takes some time; as tqdm takes it."""
    return tqdm(file=_LogAndTerminal(), mininterval=2, delay=1, **described)


class _LogAndTerminal:
    """Writes to standard error, which may be a log, and to the terminal beside it."""

    def __init__(self) -> None:
        terminal = sys.__stderr__
        both = terminal is not None and terminal is not sys.stderr and terminal.isatty()
        self._streams: list[Any] = [sys.stderr, terminal] if both else [sys.stderr]

    def write(self, text: str) -> None:
        for stream in self._streams:
            stream.write(text)

    def flush(self) -> None:
        for stream in self._streams:
            stream.flush()

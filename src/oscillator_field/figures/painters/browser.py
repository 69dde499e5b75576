"""The Chrome or Chromium that Kaleido draws PNG pictures with: the first that is found and starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache

HOW_TO_GET_ONE = "install Chrome or Chromium, or run `make browser`"
# Names the browser that was found to start, to the jobs of the process that has tried it.
TRIED = "OSCILLATOR_FIELD_BROWSER"
STARTING_SECONDS = 30.0
# Chrome without its windows: it starts in a third of the time, and draws the same pixels.
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
USUAL_NAMES = (*SHELLS, "google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")
# Chrome has a socket in its temporary folder, and the path of a socket has 107 letters at most.
LONGEST_FOLDER = 60
# Letters that are shown of what a browser says that does not start.
MOST_SAID = 200


def find_browser() -> str | None:
    """The path of a Chrome or Chromium that starts, None if there is none.

    It is the one that BROWSER_PATH names, a headless shell, Kaleido's own, or another of the system, whichever is the
    first to start.
    """
    return _tried()[0]


def a_browser_is_there() -> bool:
    """Whether there is a browser at all, which need not start: without trying one."""
    return next(_candidates(), None) is not None


def refused_browsers() -> tuple[str, ...]:
    """Of each browser before the one that was found: its path, and what it said in place of starting."""
    return _tried()[1]


def what_is_missing() -> str:
    """What to do where no browser is found, and what those that are there said in place of starting."""
    return "; ".join([HOW_TO_GET_ONE, *refused_browsers()])


def short_folder() -> str:
    """A folder for temporary files whose path is short enough for a browser."""
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp", os.path.expanduser("~")):
        if len(folder) <= LONGEST_FOLDER and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return tempfile.gettempdir()


@cache
def _tried() -> tuple[str | None, tuple[str, ...]]:
    known = os.environ.get(TRIED)
    if known and shutil.which(known):
        return known, ()
    refused: list[str] = []
    for path in dict.fromkeys(_candidates()):
        trouble = _trouble_of(path)
        if trouble is None:
            os.environ[TRIED] = path
            return path, tuple(refused)
        refused.append(f"{path} does not start: {trouble}")
    return None, tuple(refused)


def _candidates() -> Iterator[str]:
    named = os.environ.get("BROWSER_PATH")
    if named and shutil.which(named):
        yield named
    yield from filter(None, map(shutil.which, SHELLS))
    try:
        from choreographer.browsers.chromium import Chromium, chromium_based_browsers  # type: ignore[attr-defined]
    except ImportError:
        # Kaleido is in the environment of the jobs; this one may have Snakemake alone.
        yield from filter(None, map(shutil.which, USUAL_NAMES))
        return
    own = Chromium.find_browser(skip_local=False)
    # Without one of its own, Kaleido gives what BROWSER_PATH names or what is on the PATH, there or not.
    if own and shutil.which(own):
        yield own
    for browser in chromium_based_browsers.values():
        for name in (*browser.exe_names, *browser.typical_paths):
            if path := shutil.which(name):
                yield path


def _trouble_of(path: str) -> str | None:
    """What keeps a browser from showing an empty page; None if it does."""
    # A browser in a snap sees no temporary folder but those below its user's home.
    parent = os.path.expanduser("~") if "snap" in path else short_folder()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    try:
        with tempfile.TemporaryDirectory(prefix=".oscillator-field-", dir=parent, ignore_cleanup_errors=True) as folder:
            said = subprocess.run(
                [path, *options, f"--user-data-dir={folder}", "--dump-dom", "about:blank"],
                env=os.environ | {"TMPDIR": parent},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=STARTING_SECONDS,
            )
    except subprocess.TimeoutExpired:
        return f"nothing came in {STARTING_SECONDS:g} s"
    except OSError as error:
        return str(error)
    if said.returncode == 0 and b"<html>" in said.stdout:
        return None
    lines = (said.stderr + said.stdout).decode(errors="replace").split()
    return " ".join(lines)[-MOST_SAID:] or f"it ended with exit status {said.returncode}"


if __name__ == "__main__":
    for refused in refused_browsers():
        print(f"browser: {refused}", file=sys.stderr)
    sys.exit(find_browser() is None)

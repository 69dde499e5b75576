"""The Chrome or Chromium that Kaleido draws PNG pictures with."""

from __future__ import annotations

import os
import shutil

from choreographer.browsers.chromium import Chromium

HOW_TO_GET_ONE = "install Chrome or Chromium, or run `make browser`"
# Without the parts that only people need: starts in two thirds of the time and half of the work.
_HEADLESS = ("chromium-headless-shell", "chrome-headless-shell")


def find_browser() -> str | None:
    """The path of a Chrome or Chromium.

    The one that BROWSER_PATH names, a headless one on the PATH, Kaleido's own, or any on the PATH.
    """
    named = os.environ.get("BROWSER_PATH")
    headless = next(filter(None, map(shutil.which, _HEADLESS)), None)
    found = named or headless or Chromium.find_browser(skip_local=False)
    # BROWSER_PATH may name what is not there.
    return str(found) if found and shutil.which(found) else None

"""The Chrome or Chromium that Kaleido draws PNG pictures with."""

from __future__ import annotations

import shutil

from choreographer.browsers.chromium import Chromium

HOW_TO_GET_ONE = "install Chrome or Chromium, or run `make browser`"


def find_browser() -> str | None:
    """The path of a Chrome or Chromium: Kaleido's own, the one that BROWSER_PATH names, or one on the PATH."""
    found = Chromium.find_browser(skip_local=False)
    # BROWSER_PATH may name what is not there.
    return found if found is not None and shutil.which(found) else None

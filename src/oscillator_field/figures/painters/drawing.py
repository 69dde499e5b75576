"""A browser that draws figures of plotly, through Kaleido; another takes its place if it has not done so in time."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from importlib.resources import as_file
from typing import Any

import kaleido
import numpy as np
from choreographer import Browser, Tab
from choreographer.browsers.chromium import Chromium
from numpy.typing import NDArray
from PIL import Image

from oscillator_field.figures.painters.browser import HOW_TO_GET_ONE, find_browser, refused_browsers, short_folder
from oscillator_field.figures.plotlyjs import CARTESIAN

Pixels = NDArray[np.uint8]
# Draws a figure of plotly, at so many pixels for one of its own: `(height, width, 3)`.
Draw = Callable[[dict[str, Any], int], Pixels]

# Seconds that a browser has to start, and then to draw, in the first try and in those after it.
PATIENCE = (30.0, 60.0, 120.0)
CLOSING_SECONDS = 10.0
# Whether the page of Kaleido is there as a whole, its scripts and its load event included.
_READY = "document.readyState === 'complete' && typeof kaleido_scopes === 'object'"


@contextmanager
def one_browser() -> Iterator[Drawer]:
    """What draws figures while it lasts: a browser takes a second to start, and then a tenth of one a figure.

    Raises:
        RuntimeError: there is no browser to draw with; or, on drawing, no try has succeeded.
    """
    path = find_browser()
    if path is None:
        raise RuntimeError("; ".join([f"no browser is found to draw PNG with ({HOW_TO_GET_ONE})", *refused_browsers()]))
    with as_file(CARTESIAN) as cartesian:
        drawer = Drawer(path, cartesian.as_uri())
        try:
            yield drawer
        finally:
            drawer.stop()


class _Kaleido(kaleido.Kaleido):
    """Kaleido's browser, subscribed to all events of its pages, and ready only when they are.

    Kaleido waits for its page to be loaded, but asks to be told of that only once the page is on its way: it would wait
    for ever for one that was there sooner. Told from the start, it may take the empty page of a new tab for its own.
    """

    async def populate_targets(self) -> None:
        await Browser.populate_targets(self)
        for tab in self.tabs.values():
            await tab.send_command("Page.enable")
        await super().populate_targets()
        for tab in self.tabs.values():
            while not (await _evaluated(tab, _READY)):
                await asyncio.sleep(0.02)


class _Chromium(Chromium):
    """A browser whose temporary files, among them a socket, are where their paths are short."""

    def get_env(self) -> MutableMapping[str, str]:
        return {**super().get_env(), "TMPDIR": short_folder()}


async def _evaluated(tab: Tab, expression: str) -> Any:
    answer = await tab.send_command("Runtime.evaluate", {"expression": expression, "returnByValue": True})
    return answer.get("result", {}).get("result", {}).get("value")


class Drawer:
    """One browser at a time, which a thread of its own speaks with.

    So it can be used where an event loop runs already, as in a notebook, and left behind if it never answers.
    """

    def __init__(self, path: str, plotlyjs: str) -> None:
        self._path = path
        self._plotlyjs = plotlyjs
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._start()

    def draw(self, content: dict[str, Any], scale: int) -> Pixels:
        """A figure of plotly, at so many pixels for one of its own: `(height, width, 3)`."""
        drawn = self.written(content, "png", scale)
        return np.array(Image.open(io.BytesIO(drawn)).convert("RGB"))

    def written(self, content: dict[str, Any], kind: str, scale: int = 1) -> bytes:
        """A figure of plotly as a file: `png`, `svg` or `pdf`.

        Raises:
            RuntimeError: no try has succeeded.
        """
        layout = content["layout"]
        options: Any = {"format": kind, "width": layout["width"], "height": layout["height"], "scale": scale}
        return self._tried(lambda: self._browser.calc_fig(content, opts=options), "has not drawn the figure")

    def evaluated(self, expression: str) -> Any:
        """The value of an expression of JavaScript, as JSON has it.

        Raises:
            RuntimeError: no try has succeeded.
        """

        async def evaluate() -> Any:
            tab = next(iter(self._browser.tabs.values()))
            answer = await tab.send_command("Runtime.evaluate", {"expression": expression, "returnByValue": True})
            if "exceptionDetails" in answer["result"]:
                raise RuntimeError(answer["result"]["exceptionDetails"]["exception"]["description"])
            return answer["result"]["result"]["value"]

        return self._tried(evaluate, "has not run a script")

    def _tried(self, task: Callable[[], Coroutine[Any, Any, Any]], failed: str) -> Any:
        """The result of a task of the browser; another browser takes its place if it has not come in time."""
        for seconds in PATIENCE:
            try:
                self._opened.result(seconds)
                return self._begin(task()).result(seconds)
            except Exception as error:
                told = _told(error, seconds)
                print(f"the browser {failed}: {told}")
                self._close()
                self._start()
        raise RuntimeError(f"{self._path} {failed} in {len(PATIENCE)} tries; the last: {told}")

    def stop(self) -> None:
        # A browser that is closed while it starts may hang, so its start is awaited.
        wait([self._opened], CLOSING_SECONDS)
        self._close()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _start(self) -> None:
        self._browser = _Kaleido(
            n=1,
            mathjax=False,
            plotlyjs=self._plotlyjs,
            path=self._path,
            browser_cls=_Chromium,
            tmp_dir=None if "snap" in self._path else short_folder(),
        )
        self._opened = self._begin(self._browser.open())

    def _close(self) -> None:
        """Close the browser; one that does not is killed, for it must not hold up the job."""
        self._opened.cancel()
        try:
            self._begin(self._browser.close()).result(CLOSING_SECONDS)
        except Exception as error:
            print(f"the browser has not closed and is killed: {_told(error, CLOSING_SECONDS)}")
            # There is no process yet, or it has ended.
            with suppress(AttributeError, ProcessLookupError):
                # A session of its own, all of which goes: a process that starts Chrome, and Chrome's own.
                os.killpg(self._browser.subprocess.pid, signal.SIGKILL)

    def _begin(self, task: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(task, self._loop)


def _told(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came in {seconds:g} s"
    return " ".join(map(str, error.args)) or type(error).__name__

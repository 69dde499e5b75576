"""Firefox, driven over WebDriver BiDi: just what the tests of pages need.

https://w3c.github.io/webdriver-bidi/
"""

import json
import re
import shutil
import subprocess
import time
from contextlib import contextmanager

from websocket import create_connection

WAITING_SECONDS = 60


def find_firefox():
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One tab; complaints are all that its pages wrote as errors."""

    def __init__(self, address):
        self.socket = create_connection(f"{address}/session", timeout=WAITING_SECONDS, suppress_origin=True)
        self.number = 0
        self.complaints = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **parameters):
        """The result of a command; events that come before it are looked at."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.complaints.append(message["params"]["text"])
            if message.get("id") == self.number:
                assert message["type"] == "success", message
                return message["result"]

    def open(self, path, hash_=""):
        self.call("browsingContext.navigate", context=self.context, url=path.as_uri() + hash_, wait="complete")
        self.wait("document.body?.dataset.ready === 'true'")

    def resize(self, width, height):
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self.context, viewport=viewport)

    def value(self, expression):
        """The value of an expression, by way of JSON."""
        script = f"(async () => JSON.stringify(await ({expression})))()"
        target = {"context": self.context}
        done = self.call("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert done["type"] == "success", done
        return json.loads(done["result"].get("value", "null"))

    def wait(self, condition):
        end = time.monotonic() + WAITING_SECONDS
        # While a page comes, it has neither a body nor its variables.
        while not self.value(f"(() => {{ try {{ return {condition}; }} catch {{ return false; }} }})()"):
            assert time.monotonic() < end, f"waited in vain for {condition}"
            time.sleep(0.05)

    def press(self, key):
        """A key of the keyboard, as the user presses it."""
        codes = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "Home": "\ue011", "End": "\ue010", "Enter": "\ue007"}
        value = codes.get(key, key)
        actions = [{"type": kind, "value": value} for kind in ("keyDown", "keyUp")]
        self.act({"type": "key", "id": "keys", "actions": actions})

    def click(self, selector, touch=False):
        """A click or a tap into the middle of an element, once it no longer moves."""
        x, y = self.value(f"""(async () => {{
            let box = null, before = null;
            do {{
                before = box;
                const node = document.querySelector({json.dumps(selector)});
                node.scrollIntoView({{ block: "center" }});
                await new Promise((resolve) => setTimeout(resolve, 100));
                box = node.getBoundingClientRect();
            }} while (before === null || box.x !== before.x || box.y !== before.y);
            return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
        }})()""")
        actions = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}]
        parameters = {"pointerType": "touch" if touch else "mouse"}
        actions.append({"type": "pointerUp", "button": 0})
        self.act({"type": "pointer", "id": "finger", "parameters": parameters, "actions": actions})

    def act(self, source):
        self.call("input.performActions", context=self.context, actions=[source])

    def screenshot(self):
        """What is seen, as PNG in base64."""
        return self.call("browsingContext.captureScreenshot", context=self.context)["data"]


@contextmanager
def firefox(profile):
    """A Firefox with a profile of its own, closed at the end."""
    command = [find_firefox(), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port=0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            for line in process.stderr:
                if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    yield Firefox(found[1])
                    break
        finally:
            process.terminate()

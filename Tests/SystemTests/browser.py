"""A headless Chromium, driven over its DevTools protocol: no driver program and no library beside `websockets`.

https://chromedevtools.github.io/devtools-protocol/ has the methods and events by name.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

from websockets.sync.client import connect

import netlink
from waiting import PATIENCE, until

# Ubuntu has it under another name, or not at all: Google's own will do.
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)

FLAGS = [
    "--headless=new", "--remote-debugging-port=0", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--enable-precise-memory-info", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=en-US",
    # Several pages are looked at, and only one of them is in front.
    "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-background-timer-throttling",
]


class Browser:
    """One Chromium with a profile of its own. Use `with`."""

    def __init__(self, folder):
        assert CHROMIUM, "Chromium is not installed: apt-get install chromium"
        self.profile = folder / f"chromium-{os.urandom(4).hex()}"
        self.profile.mkdir()
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.log = (self.profile / "log").open("wb")
        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, *sandbox, f"--user-data-dir={self.profile}", "about:blank"],
            stdout=self.log, stderr=self.log, start_new_session=True, preexec_fn=netlink.forbidder(),
        )
        port_file = self.profile / "DevToolsActivePort"
        until(lambda: port_file.exists() and len(port_file.read_text().split()) == 2, "Chromium does not start", 60)
        port, path = port_file.read_text().split()
        address = f"ws://127.0.0.1:{port}{path}"
        self.stack = contextlib.ExitStack()
        self.socket = self.stack.enter_context(connect(address, max_size=None, proxy=None, ping_interval=None))
        self.last = 0
        self.pages = {}

    def call(self, method, session=None, **params):
        """What a method answers; events that come meanwhile go to their pages."""
        self.last += 1
        number = self.last
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self.socket.send(json.dumps(message))
        while (answer := self.read(PATIENCE * 4)).get("id") != number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def read(self, timeout):
        message = json.loads(self.socket.recv(timeout=timeout))
        page = self.pages.get(message.get("sessionId"))
        if page and "method" in message:
            page.happened(message["method"], message["params"])
        return message

    def page(self, url, width=1280, height=800):
        """A page of its own profile, so that nothing of another is there."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self.pages[session] = page
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        page.go(url)
        return page

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Page:
    """A tab. What goes on in it is kept: requests, dialogs, and what the console says."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.requests, self.dialogs, self.complaints = [], [], []
        self.loads = 0

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def happened(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"])
        elif method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", params))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str(params["args"]))

    @property
    def violations(self):
        return [text for text in self.complaints if "Content Security Policy" in text or "Trusted" in text]

    def go(self, url):
        loads = self.loads
        self.call("Page.navigate", url=url)
        until(lambda: self.run("document.readyState") == "complete" and self.loads > loads, "the page does not load")

    def resize(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def run(self, expression):
        """The value of an expression; of a promise, what it comes to."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, expression, what=None, seconds=PATIENCE):
        """Asks until an expression is true, and returns its value."""
        return until(lambda: self.run(expression), f"waited for {what or expression}", seconds)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)})?.textContent ?? null")

    def click(self, selector):
        """A real click: what lies over the element would get it."""
        x, y = self.wait(
            f"(() => {{ const node = document.querySelector({json.dumps(selector)}); if (!node) return null;"
            " node.scrollIntoView({block: 'nearest'}); const box = node.getBoundingClientRect();"
            " return box.width ? [box.x + box.width / 2, box.y + box.height / 2] : null; })()",
            f"{selector} to be seen",
        )
        for type in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=type, x=x, y=y, button="left", clickCount=1)

    def type(self, selector, text):
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def key(self, key, text=None):
        codes = {"Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " "), "ArrowDown": (40, ""), "ArrowUp": (38, "")}
        codes |= {"PageDown": (34, ""), "End": (35, ""), "ArrowRight": (39, "")}
        code, typed = codes.get(key, (ord(key.upper()[0]), key))
        params = {"key": key, "windowsVirtualKeyCode": code} | ({"text": typed} if typed else {})
        self.call("Input.dispatchKeyEvent", type="keyDown", **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def theme(self, name):
        """As if the system were light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

"""A real browser over the DevTools protocol, with every request that it makes written down.

Over a pipe, not a socket: Chromium reads file descriptor 3 and writes 4, so no client library is needed.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1400,1000",
)

# WCAG's contrast of each text that is shown with what is behind it; the worst one.
CONTRAST = """
(() => {
  const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const bright = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  return Math.min(...[...document.querySelectorAll('body *')].filter(
    e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length
  ).map(e => { const [a, b] = [bright(parts(getComputedStyle(e).color)), bright(behind(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }));
})()
"""


def not_run(how: str) -> NoReturn:
    """A group that did not run says so; where everything has to run, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"not run: {how}")
    pytest.skip(f"not run: {how}")


def find() -> str | None:
    """$CHROMIUM, else the system's."""
    named = os.environ.get("CHROMIUM")
    return (
        named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )


class Page:
    """One tab. `requests` holds the address of everything it asked for, refused or not."""

    def __init__(self, to: int, source: int) -> None:
        self._to, self._source = to, source
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.errors: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", expression))
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = 20) -> Any:
        """The first true value of the expression."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.value(expression):
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {expression}\non the page:\n{self.text()[:2000]}")

    def text(self) -> str:
        return str(self.value("document.body ? document.body.innerText : ''"))

    def click_text(self, text: str) -> None:
        """The innermost visible element with exactly this text, clicked as a person would."""
        self.wait(f"!!({_INNERMOST})({json.dumps(text)})")
        self.value(f"({_INNERMOST})({json.dumps(text)}).click()")

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key, down and up again, as a person's keyboard sends it."""
        for kind, typed in (("keyDown", text), ("keyUp", "")):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=typed)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            chunk = os.read(self._source, 1 << 16)
            if not chunk:
                raise RuntimeError("Chromium has gone away")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    def _note(self, event: dict[str, Any]) -> None:
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(event["params"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(event["params"]["exceptionDetails"])[:500])
            case "Log.entryAdded" if event["params"]["entry"]["level"] == "error":
                self.errors.append(event["params"]["entry"]["text"])


_INNERMOST = """text => [...document.querySelectorAll('body *')].filter(
  e => e.innerText && e.innerText.trim() === text && e.getClientRects().length).pop()"""


@contextmanager
def page(binary: str, profile: Path) -> Iterator[Page]:
    """A fresh browser with a profile of its own, ended with the context."""
    theirs_in, to = os.pipe()
    source, theirs_out = os.pipe()

    def wire() -> None:
        # Beyond 3 and 4 first: either end may already have one of these numbers.
        one, two = os.dup(theirs_in), os.dup(theirs_out)
        high_one, high_two = _above(one), _above(two)
        os.dup2(high_one, 3)
        os.dup2(high_two, 4)

    process = subprocess.Popen(
        [binary, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        preexec_fn=wire,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Page(to, source)
    finally:
        os.close(to)
        os.close(source)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _above(handle: int) -> int:
    while handle < 10:
        handle = os.dup(handle)
    return handle

"""One way to speak HTTP for all connectors: bounded in time and size, and again only where that can do no harm.

What is asked again: 429 (the request was not taken), and of what may be repeated also 5xx, a lost connection and a body
that ends too early. Never 401, 403 or 404: those need a person. A token goes to the host that it was meant for, alone.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from compliance.sync.connectors import addresses, answers
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.sync.connectors.protocol import Task

_REDIRECTS = (301, 302, 303, 307, 308)
_HOPS = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """As schemas/http.json describes them."""

    connect_seconds: float = 10
    read_seconds: float = 30
    total_seconds: float = 180
    wait_seconds: float = 60
    attempts: int = 5
    max_bytes: int = 64 * 1024 * 1024
    requests_per_second: float | None = None
    plain: bool = False


class Client:
    """Of one host. `token_env`: the variable of its token; `scheme`: what stands before that, such as `Bearer`;
    `secret`: does a secret go there by another way?"""

    def __init__(
        self, task: Task, address: str, *, token_env: str | None = None, header: str = "Authorization",
        scheme: str = "Bearer", headers: Mapping[str, str] | None = None, rate: float | None = None,
        secret: bool = False,
    ) -> None:  # fmt: skip
        import httpx
        import stamina.instrumentation

        stamina.instrumentation.set_on_retry_hooks(())  # it would write a line of its own to standard error
        self.task, self.token_env = task, token_env
        self.settings = Settings(**{"requests_per_second": rate, **task.config.get("http", {})})
        self.address = addresses.checked(
            address, secret=secret or token_env is not None, plain=self.settings.plain
        )
        self.secret = _token(task, token_env)
        # Nothing packed: what it becomes could be a thousand times larger.
        sent = {"Accept-Encoding": "identity", "User-Agent": "dot-compliance", **(headers or {})}
        if self.secret:
            sent[header] = f"{scheme} {self.secret}".strip()
        limits = httpx.Timeout(self.settings.read_seconds, connect=self.settings.connect_seconds)
        self.http = httpx.Client(timeout=limits, headers=sent, follow_redirects=False)
        self.next_at = 0.0

    def json(self, method: str, url: str, body: Any = None, *, again: bool = True) -> Any:
        """The value of its answer. `again`: is nothing done twice where the request is made twice?"""
        sent = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        kind = {"Content-Type": "application/json"} if sent is not None else {}
        data = self.data(method, url, sent, kind, again=again)
        return answers.value(data, f"{method} {addresses.shown(self.full(url))}")

    def data(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        *, again: bool = True, most: int | None = None,
    ) -> bytes:  # fmt: skip
        """Its body, whole."""
        import stamina

        end = time.monotonic() + self.settings.total_seconds
        full = self.full(url)

        def wait(error: Exception) -> bool | float:
            return self._wait(error, end, again=again)

        limits = {"attempts": self.settings.attempts, "timeout": self.settings.total_seconds, "wait_max": 10.0}
        for attempt in stamina.retry_context(on=wait, wait_jitter=0.5, **limits):  # type: ignore[arg-type]
            with attempt:
                return self._once(method, full, body, dict(headers or {}), end, most or self.settings.max_bytes)
        raise AssertionError  # the last failure is let through

    def full(self, url: str) -> str:
        """Of this host. Raises `Failed` where it leads to another one: the token would go along."""
        return addresses.joined(self.address, url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def _wait(self, error: Exception, end: float, *, again: bool) -> bool | float:
        """Whether it is worth another attempt, and after how many seconds."""
        if not isinstance(error, answers.Passing) or not (again or error.untaken):
            return False
        if error.wait is None:
            self.task.say(f"{error}: once more")
            return True
        if error.wait > self.settings.wait_seconds or time.monotonic() + error.wait > end:
            return False
        self.task.say(f"{error}: once more after {error.wait:.0f} s")
        return max(error.wait, 0.01)

    def _once(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], end: float, most: int
    ) -> bytes:
        for _ in range(_HOPS):
            self._pace(end)
            given = answers.ask(self.http, method, url, body, headers, end, most)
            if given.code not in _REDIRECTS:
                return self._judged(given, method, url)
            if method not in ("GET", "HEAD"):
                break
            url = addresses.joined(self.address, given.headers.get("location", ""), base=url)
        raise Failed(f"{method} {addresses.shown(url)} leads elsewhere ({given.code}), which is not followed")

    def _judged(self, given: answers.Answer, method: str, url: str) -> bytes:
        if 200 <= given.code < 300:
            return given.body
        said = answers.said(given.body, self.secret)
        raise answers.failure(given, f"{method} {addresses.shown(url)}", said, self.token_env)

    def _pace(self, end: float) -> None:
        """So many requests a second on average as the other side allows."""
        rate = self.settings.requests_per_second
        if rate is None:
            return
        now = time.monotonic()
        if self.next_at > end:
            raise Failed("its rate limit leaves no time for the next request", passing=True)
        time.sleep(max(0.0, self.next_at - now))
        self.next_at = max(now, self.next_at) + 1 / rate


def _token(task: Task, name: str | None) -> str:
    if name is None:
        return ""
    found = task.variable(name)
    if not found.isascii() or not found.isprintable() or " " in found:
        raise Failed(f"{name} holds a blank, a line end or a sign that no token has: set it anew")
    return found

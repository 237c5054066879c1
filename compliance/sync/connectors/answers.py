"""What a service answered: whole, within its time and size, and why it did not."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import redact
from compliance.sync.connectors import addresses
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_TOO_MANY = (429, 529)  # the second is no standard, and means that the whole service is overloaded
_SAID = 200  # characters of what the other side says of its failure


class Passing(Failed):
    """Another attempt may go well. `untaken`: the request was certainly not carried out; `wait`: seconds, where the
    other side names them."""

    def __init__(self, message: str, *, untaken: bool = False, wait: float | None = None) -> None:
        super().__init__(message, passing=True)
        self.untaken = untaken
        self.wait = wait


class Answer(NamedTuple):
    code: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    client: httpx.Client,
    method: str,
    url: str,
    body: bytes | None,
    headers: dict[str, str],
    end: float,
    most: int,
) -> Answer:
    """One request. Whoever sends a byte now and then is cut off at `end` too."""
    import httpx

    watch = _Watch(end)
    what = f"{method} {addresses.shown(url)}"
    try:
        with client.stream(method, url, content=body, headers=headers, extensions={"trace": watch}) as response:
            return Answer(response.status_code, response.headers, _body(response, what, end, most))
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise _unreached(what, error) from None
    except httpx.TimeoutException:
        raise Passing(f"{what}: no answer in time") from None
    except httpx.TransportError as error:
        late = "was cut off, since its time was up" if time.monotonic() >= end else "the connection broke off"
        why = "" if time.monotonic() >= end else f" ({type(error).__name__})"
        raise Passing(f"{what}: {late}{why}") from None
    finally:
        watch.done()


def _unreached(what: str, error: httpx.TransportError) -> Failed:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Failed(
            f"{what}: its certificate cannot be verified: where it is your own, name SSL_CERT_FILE in `env` and set it"
        )
    return Passing(f"{what}: cannot be reached ({error or type(error).__name__})", untaken=True)


def _body(response: httpx.Response, what: str, end: float, most: int) -> bytes:
    if (packed := response.headers.get("content-encoding", "identity")) != "identity":
        raise Failed(f"{what}: answers packed ({packed[:20]}), which was not asked for")
    found = bytearray()
    for block in response.iter_raw():
        found += block
        if len(found) > most:
            raise Failed(f"{what}: the answer is larger than {most} bytes (http.max_bytes)")
        if time.monotonic() > end:
            raise Passing(f"{what}: was cut off, since its time was up")
    return bytes(found)


class _Watch:
    """Closes the connection at the end of the time: a byte now and then would keep any read from timing out."""

    def __init__(self, end: float) -> None:
        self.connection: socket.socket | None = None
        self.timer = Timer(max(0.0, end - time.monotonic()), self._cut)
        self.timer.daemon = True
        self.timer.start()

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Of httpcore's trace: the request that is sent knows the connection it is sent on."""
        stream = info.get("return_value")
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")) and stream is not None:
            self.connection = stream.get_extra_info("socket")

    def done(self) -> None:
        self.timer.cancel()

    def _cut(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)


def failure(given: Answer, what: str, said: str, token_env: str | None) -> Failed:
    """What a code means for whoever has to go on."""
    code, more = given.code, f" ({said})" if said else ""
    if code == 401:
        remedy = f"renew the token and set {token_env}" if token_env else "name `token_env`, which it asks for"
        return Failed(f"{what}: 401, it does not know the token: {remedy}{more}")
    if code == 403:
        return Failed(f"{what}: 403, the token of {token_env} may not do that: give it the right{more}")
    if code == 404:
        return Failed(f"{what}: 404, it is not there, or the token may not see it{more}")
    wait = retry_after(given.headers.get("retry-after"))
    asked = f", come again after {wait:.0f} s" if wait is not None else ""
    if code in _TOO_MANY:
        return Passing(f"{what}: {code}, too many requests{asked}{more}", untaken=True, wait=wait)
    if code >= 500:
        return Passing(f"{what}: {code}, the service failed{asked}{more}", wait=wait)
    return Failed(f"{what}: {code}{more}")


def retry_after(text: str | None) -> float | None:
    """Seconds, of a number or of a date; None where there is none that can be read."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def said(body: bytes, secret: str) -> str:
    """What it says of itself, on one line and without secrets; nothing where it is no JSON with a message."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = value.get("message") if isinstance(value, dict) else None
    if not isinstance(message, str):
        return ""
    line = " ".join(message.replace(secret, "…").split() if secret else message.split())
    return redact.text(line, None)[:_SAID]


def value(data: bytes, what: str) -> Any:
    """Of JSON; raises `Failed` with the place, never with what stands there."""
    try:
        return json.loads(data, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        text = "is empty" if not data else f"is no JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        raise Failed(f"{what}: the answer {text}") from None
    except (ValueError, RecursionError) as error:
        why = (
            "nested too deeply"
            if isinstance(error, RecursionError)
            else "not in UTF-8, or with a number that is none"
        )
        raise Failed(f"{what}: the answer is no JSON: {why}") from None


def _no_number(_: str) -> None:
    raise ValueError

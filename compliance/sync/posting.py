"""One body to one address over HTTP, in a bounded time. The address is a secret: no message of here names it."""

from __future__ import annotations

import ipaddress
import logging
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

SECONDS = 10.0  # for all of them together
_ATTEMPTS = 3
_FIRST = 0.5  # seconds before the second attempt, doubled before the next
_LATE = "no answer within its time"


class Letter(NamedTuple):
    address: str
    body: Mapping[str, Any]


class _Again(Exception):
    """It may go well another time. `wait`: seconds, where the other side names them."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _No(Exception):
    """It will not."""


def post(letters: Sequence[Letter], seconds: float = SECONDS) -> list[str | None]:
    """Side by side, so that one that is slow delays no other; for each why it was not sent, or None.

    Threads that are left behind where the time is up: neither a name server nor a side that sends a byte now and then
    can be hurried.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log the address
    end = time.monotonic() + seconds
    reasons: list[str | None] = [_LATE] * len(letters)

    def one(number: int) -> None:
        reasons[number] = _sent(letters[number], end)

    threads = [Thread(target=one, args=(number,), daemon=True) for number in range(len(letters))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(reasons)


def _sent(letter: Letter, end: float) -> str | None:
    import httpx

    try:
        _check(letter.address)
        with httpx.Client(follow_redirects=False, headers={"User-Agent": "dot-compliance"}) as client:
            _until_it_goes(client, letter, end)
    except (_Again, _No) as error:
        return str(error)
    except Exception as error:  # whatever is wrong with an address or a proxy: its text may hold the address
        return f"it could not be sent ({type(error).__name__})"
    return None


def _check(address: str) -> None:
    """Over plain HTTP everybody on the way reads an address that lets whoever has it write."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise _No("its address is no https://…")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise _No("its address has to be https://…")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _until_it_goes(client: httpx.Client, letter: Letter, end: float) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _once(client, letter, end - time.monotonic())
        except _Again as error:
            wait = _FIRST * 2 ** (attempt - 1) if error.wait is None else error.wait
            if attempt == _ATTEMPTS:
                raise _No(f"{error}, {_ATTEMPTS} times") from None
            if time.monotonic() + wait >= end:
                raise _No(f"{error}, and the next attempt would be after its time") from None
            time.sleep(wait)
        else:
            return


def _once(client: httpx.Client, letter: Letter, seconds: float) -> None:
    """What it says in its answer is not read: it is of no use here, and may never end."""
    import httpx

    if seconds <= 0:
        raise _No(_LATE)
    try:
        with client.stream("POST", letter.address, json=letter.body, timeout=seconds) as response:
            code, headers = response.status_code, response.headers
    except httpx.TimeoutException:
        raise _No(_LATE) from None
    except httpx.TransportError as error:
        raise _Again(f"no connection ({type(error).__name__})") from None
    if code == 429 or code >= 500:
        raise _Again(f"it answered {code}", _asked(headers.get("Retry-After")))
    if 300 <= code < 400:
        raise _No(f"it answered {code}: a redirect is not followed")
    if code >= 400:
        raise _No(f"it answered {code}")


def _asked(text: str | None) -> float | None:
    """Seconds, or a date."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())

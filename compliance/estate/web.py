"""One service over HTTP: a few requests, within a budget of time and size. Whatever it answers, no secret is told.

Neither a proxy of the caller's environment nor a redirect gets a token: a request goes where `estate.yaml` says.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import quote

from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

_PLAIN = "/:@!$&'()*+,;=~"  # and letters and digits: what a path may hold as it is
SECONDS = 30.0  # for all requests of a look at one service
EACH = 10.0  # to connect, or between two pieces of an answer
BYTES = 64 * 2**20
_SAID = {
    "ConnectTimeout": "time-out: no connection",
    "PoolTimeout": "time-out: no connection",
    "ReadTimeout": "time-out: no answer",
    "WriteTimeout": "time-out: the request was not taken",
    "RemoteProtocolError": "what answers does not speak HTTP, or stopped in the middle",
    "DecodingError": "the answer is not compressed as it says",
    "InvalidURL": "the url in estate.yaml is none",
    "UnsupportedProtocol": "the url in estate.yaml is none",
}
_STATUS = {
    401: "the token was not accepted",
    403: "the token may not",
    404: "there is no such thing",
    429: "too many requests",
}


class Unanswered(CouldNotLook):
    """A request that got no answer that can be read; `status` where it got one at all."""

    def __init__(self, message: str, *, status: int | None = None, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status


class Form(NamedTuple):
    """A part of an answer, which is read only as what it has to be."""

    asked: str
    value: Any

    def at(self, name: str) -> Form:
        """What a mapping holds under a name, or None."""
        return Form(self.asked, self._of(dict).get(name))

    @property
    def text(self) -> str:
        return str(self._of(str))

    @property
    def number(self) -> int:
        return int(self._of(int))

    @property
    def truth(self) -> bool:
        return bool(self._of(bool))

    @property
    def parts(self) -> list[Form]:
        return [Form(self.asked, item) for item in self._of(list)]

    def _of(self, kind: type) -> Any:
        # To Python True is an int.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise CouldNotLook(f"{self.asked}: the answer has not the form that was expected")
        return self.value


class Answer(NamedTuple):
    """What a service said. `data`: the bytes, of which nothing is known yet."""

    asked: str
    status: int
    data: bytes

    @property
    def form(self) -> Form:
        """What it holds as JSON; a number that JSON has no word for is no JSON."""
        try:
            return Form(self.asked, json.loads(self.data, parse_constant=_no_json))
        except (ValueError, RecursionError):
            raise Unanswered(f"{self.asked}: the answer is not JSON", status=self.status) from None

    def expected(self, *statuses: int) -> Answer:
        """Itself where its status is one of these."""
        if self.status in statuses:
            return self
        told = _STATUS.get(self.status, "a redirect, which is not followed" if 300 <= self.status < 400 else "")
        raise Unanswered(
            f"{self.asked}: answers {self.status}{f', {told}' if told else ''}", status=self.status
        )


class Web:
    """An open client. `name`: what the source is called in all that is said of it."""

    def __init__(self, name: str, client: httpx.Client, watch: _Watch) -> None:
        self.name, self._client, self._watch = name, client, watch
        self._once: dict[str, Form] = {}
        self._gone = ""

    def once(self, path: str) -> Form:
        """What a GET answers, asked for once."""
        if path not in self._once:
            self._once[path] = self.get(path)
        return self._once[path]

    def get(self, path: str, **params: str | int) -> Form:
        """What a GET answers with 200."""
        return self.ask("GET", path, params=params).expected(200).form

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str | int] | None = None, body: Any = None
    ) -> Answer:
        """Any answer, whatever its status; raises `Unanswered` where there is none."""
        import httpx

        asked, address = f"{self.name}: {method} {path}", quote(path, safe=_PLAIN)
        if self._gone:
            raise Unanswered(f"{asked}: {self._gone}")
        if _elsewhere(path):
            raise Unanswered(f"{asked}: such a path leads elsewhere, so it is not asked for")
        content = None if body is None else json.dumps(body).encode()
        try:
            with self._client.stream(
                method, address, params=params or None, content=content,
                headers={"content-type": "application/json"} if content else None,
                extensions={"trace": self._watch.trace},
            ) as response:  # fmt: skip
                return Answer(asked, response.status_code, _read(response, asked))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            said = self._watch.told or _told(error)
            if self._watch.told or isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
                self._gone = said  # another try would take as long and say the same
            raise Unanswered(f"{asked}: {said}") from None


def _elsewhere(path: str) -> bool:
    """A client joins what begins with `//` or a scheme to another address or none, and `..` to another request."""
    return not path.startswith("/") or path.startswith("//") or not {".", ".."}.isdisjoint(path.split("/"))


def _read(response: httpx.Response, asked: str) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > BYTES:
            raise Unanswered(
                f"{asked}: the answer is larger than {BYTES >> 20} MiB", status=response.status_code
            )
    return b"".join(parts)


def _told(error: Exception) -> str:
    """By kind: a client's message may repeat a header, and a header holds the token."""
    name = type(error).__name__
    if name == "ConnectError":
        return f"no connection ({error})"
    return _SAID.get(name, f"the connection was lost ({name})")


def _no_json(word: str) -> NoReturn:
    raise ValueError(word)


class _Watch:
    """Ends whatever is under way when the time is over: a client's own limits begin anew with each byte."""

    def __init__(self, seconds: float) -> None:
        self.told = ""
        self._seconds, self._sockets = seconds, list[socket.socket]()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Hears of each connection that is made."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.told:
                self._cut()

    def _cut(self) -> None:
        self.told = f"time-out: not done within {self._seconds:g} s"
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self._timer.cancel()


@contextmanager
def opened(
    name: str, url: str, headers: Mapping[str, str], seconds: float | None = None, *, each: float | None = None
) -> Iterator[Web]:
    """A client for the service at `url`. A connection that is refused is tried once more, a request never.

    `each`: how long it may take to begin to answer, if not `EACH`.
    """
    import httpx

    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Unanswered(f"{name}: {_told(error)}") from None
    verify = httpx.create_ssl_context() if address.scheme == "https" else False
    transport = httpx.HTTPTransport(verify=verify, retries=1, trust_env=False)
    watch = _Watch(SECONDS if seconds is None else seconds)
    try:
        with httpx.Client(
            base_url=address, headers=dict(headers), timeout=EACH if each is None else each,
            follow_redirects=False, trust_env=False, transport=transport,
        ) as client:  # fmt: skip
            yield Web(name, client, watch)
    finally:
        watch.end()

"""A server on loopback that answers as it is told to, byte by byte: what services do when they are not themselves."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Behaviour = Callable[[str], Iterable[bytes]]


class Asked:
    """What came in: the first line of each request and its headers as they were sent."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.heads: list[bytes] = []


@contextmanager
def misbehaving(behave: Behaviour) -> Iterator[tuple[str, Asked]]:
    """The address, and what was asked. `behave` is given `METHOD /path` and gives pieces; then the end."""
    asked = Asked()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        threading.Thread(target=_accept, args=(listener, behave, asked), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, behave: Behaviour, asked: Asked) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, behave, asked), daemon=True).start()


def _serve(connection: socket.socket, behave: Behaviour, asked: Asked) -> None:
    with connection, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        _read_body(connection, head)
        line = head.split(b"\r\n", 1)[0].decode().rpartition(" ")[0]
        asked.lines.append(line)
        asked.heads.append(head)
        for piece in behave(line):
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)


def _read_body(connection: socket.socket, head: bytes) -> None:
    """What is left unread when a connection is closed makes the other end lose the answer."""
    lines = head.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    length = sum(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    left = length - len(head.partition(b"\r\n\r\n")[2])
    while left > 0 and (data := connection.recv(65536)):
        left -= len(data)


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole answer, well formed."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def answer(value: Any) -> list[bytes]:
    return [http(json.dumps(value).encode(), content_type="application/json")]


def dribbling(piece: bytes, count: int, pause: float) -> Iterator[bytes]:
    """A little at a time, so that no single wait is long."""
    for _ in range(count):
        yield piece
        time.sleep(pause)

"""`compliance report open`: the page fetches its data, so it needs a server, reachable from here alone."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.reporting.page import POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class _Handler(SimpleHTTPRequestHandler):
    """Files only; with the page's policy as a header too, so that it holds for attachments."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def list_directory(self, path: Any) -> None:  # noqa: ARG002 - the signature is the base's
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the base's
        """Nothing: who serves to himself needs no log."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the folder for as long as the context lasts."""
    if not (folder / "index.html").is_file():
        raise ConfigurationError(
            f"there is no page in {folder}", remedy="run the audit first, then open its report"
        )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(folder: Path, say: Callable[[str], None]) -> None:
    """Until Ctrl-C, which is how it is meant to end."""
    with serving(folder) as address:
        say(f"{address} (Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            Event().wait()

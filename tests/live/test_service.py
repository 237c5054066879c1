"""Services under the keeper: they stay only where told to, end when asked to, and say why they did not start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import service
from tests.live.test_embedded import gone

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = "word-that-is-secret"
WEB = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, {handler})
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def web(*, deaf: bool = False, code: str | None = None, timeout: float = 20) -> service.Program:
    """A service; `deaf` to the request to end."""
    port = service.free_port()
    code = code or WEB.format(handler="signal.SIG_IGN" if deaf else "lambda *_: sys.exit()")
    return service.Program(
        name="Web", command=(sys.executable, "-c", code, str(port)), environment={"SECRET": SECRET},
        url=f"http://{service.LOOPBACK}:{port}", ready="/", secrets=(SECRET,), timeout=timeout,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Iterator[service.Place]:
    found = service.Place(tmp_path / "web")
    yield found
    service.stop(found)


def pid_of(place: service.Place) -> int:
    return int(place.process.read_text())


def test_one_that_serves_a_block_ends_with_it_and_leaves_no_file() -> None:
    with service.serving(web()) as found:
        pid = pid_of(found)
        assert service.running(found)
    assert gone(pid, 0.1)
    assert not found.folder.exists()
    assert not service.running(found)


def test_one_that_was_told_to_stay_outlives_who_started_it_until_it_is_stopped(place: service.Place) -> None:
    body = f"""
        from pathlib import Path
        from compliance.estate import service
        from tests.live.test_service import web
        service.start(web(), service.Place(Path({str(place.folder)!r})))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(body)], cwd=CHECKOUT, check=True, timeout=30)
    assert service.running(place)
    pid = pid_of(place)
    service.stop(place)
    service.stop(place)
    assert gone(pid, 0.1)
    assert not service.running(place)


def test_one_that_stays_and_is_killed_is_not_taken_for_running(place: service.Place) -> None:
    service.start(web(), place)
    os.kill(pid_of(place), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while service.running(place) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not service.running(place)
    service.start(web(), place)
    assert service.running(place)


def test_one_that_is_stopped_for_a_while_goes_on_afterwards(place: service.Place) -> None:
    service.start(web(), place)
    pid = pid_of(place)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.5)  # as long as its end would take to be noticed
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.2)
    assert service.running(place)
    assert not gone(pid, 0.1)


def test_one_that_does_not_end_when_asked_to_is_ended(
    place: service.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 1)
    with service.serving(web(deaf=True)) as found:
        pid = pid_of(found)
    assert gone(pid, 0.1)
    service.start(web(deaf=True), place)
    pid = pid_of(place)
    service.stop(place)
    assert gone(pid, 0.1)


def test_one_that_does_not_start_is_told_of_with_its_last_lines_but_no_secret() -> None:
    code = f"import os; print('because'); raise SystemExit(os.environ['SECRET'] + '{'x' * 9}')"
    with (
        pytest.raises(ConfigurationError, match="Web did not start") as caught,
        service.serving(web(code=code)),
    ):
        pytest.fail("it started")
    assert "\n  | because" in str(caught.value)
    assert "…xxxxxxxxx" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_one_that_never_answers_is_ended_and_told_of() -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    never = service.serving(web(code=code, timeout=1))
    with pytest.raises(ConfigurationError, match="Web was not ready after 1 s") as caught, never:
        pytest.fail("it answered")
    assert gone(int(str(caught.value).split("| ")[1].split()[0]), 0.1)


def test_it_gets_nothing_of_the_caller_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "x")
    with service.serving(web()) as found:
        told = Path(f"/proc/{pid_of(found)}/environ").read_text().rstrip("\0").split("\0")
    names = {entry.partition("=")[0] for entry in told}
    assert {"PATH", "SECRET"} <= names <= {"PATH", "HOME", "LC_ALL", "TZ", "SECRET"}

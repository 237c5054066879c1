"""Who asked for it is told of a run: by the real client, over HTTP, from a receiver on loopback."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync import history, notifying, posting, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sync.sandbox import Ran, Sandbox

SECRET = "T0AAAAAAA-B0AAAAAAA-abcdefghijklmnop"
Answer = tuple[int, dict[str, str]]


class Receiver:
    """What it was sent; `answers` are given one after the other, then 200."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.paths: list[str] = []
        self.answers: list[Answer] = []
        self.drips = False
        self.url = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            found.paths.append(self.path)
            code, headers = found.answers.pop(0) if found.answers else (200, {})
            if found.drips:
                for sign in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
                    self.wfile.write(bytes([sign]))
                    time.sleep(0.05)
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # it is gone, as is told by its client
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def box(sandbox: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """One target, which does what `scripts/news.sh` says."""
    monkeypatch.setenv("CHAT", receiver.url)
    return sandbox


def run(
    box: Sandbox, script: str, *words: str, kind: str = "webhook", on: tuple[str, ...] = ("always",)
) -> Ran:
    box.rest["notifications"] = [{"name": "team", "kind": kind, "url_env": "CHAT", "on": list(on)}]
    box.pull("news", script)
    box.commit()
    return box.run(*words)


def test_a_webhook_gets_the_summary_of_the_run(box: Sandbox, receiver: Receiver) -> None:
    ran = run(box, "echo one >out/one; echo because; exit 3", "--json")
    assert ran.code == 1
    (body,) = receiver.bodies
    summary._validator().validate(body)
    told = ran.summary
    assert told.pop("notifications") == [{"name": "team", "sent": True, "reason": None}]
    assert body.pop("notifications") == []
    assert body == told


def test_slack_gets_text_and_blocks(box: Sandbox, receiver: Receiver) -> None:
    run(box, "exit 3", kind="slack")
    assert receiver.bodies == [
        {
            "text": "Sync of repository: 1 of 1 targets failed",
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "Sync of repository: 1 of 1 targets failed"}},
                {"type": "section", "text": {"type": "mrkdwn", "text": "FAILED news: its entrypoint ended with 3"}},
            ],
        }
    ]  # fmt: skip


def test_mattermost_gets_text_and_an_attachment(box: Sandbox, receiver: Receiver) -> None:
    run(box, "echo one >out/one", kind="mattermost")
    assert receiver.bodies == [
        {
            "text": "Sync of repository: all 1 targets succeeded",
            "attachments": [
                {
                    "fallback": "Sync of repository: all 1 targets succeeded", "color": "#2e7d32",
                    "text": "news: landed: 1 added",
                }
            ],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("on", "script", "sent"),
    [
        ("failure", "exit 3", True), ("failure", "echo one >out/one", False), ("change", "echo one >out/one", True),
        ("change", "exit 3", False), ("always", "echo one >out/one", True), ("recovered", "echo one >out/one", False),
    ],
)  # fmt: skip
def test_only_what_was_asked_for_is_told(
    box: Sandbox, receiver: Receiver, on: str, script: str, *, sent: bool
) -> None:
    told = run(box, script, "--json", on=(on,)).summary["notifications"]
    assert (len(receiver.bodies), len(told)) == (int(sent), int(sent))


def test_a_run_that_changed_nothing_is_no_change(box: Sandbox, receiver: Receiver) -> None:
    for _ in range(2):
        run(box, "echo one >out/one", on=("change",))
    assert len(receiver.bodies) == 1


def test_who_has_recovered_is_told_once(box: Sandbox, receiver: Receiver) -> None:
    box.pull("other", "echo x >other/x", ["other/**"])
    for script, times in (("exit 3", 0), ("exit 3", 0), ("echo one >out/one", 1), ("echo two >out/one", 1)):
        run(box, script, kind="slack", on=("recovered",))
        assert len(receiver.bodies) == times
    assert receiver.bodies[0]["blocks"][1]["text"]["text"].splitlines()[0] == "recovered news"
    run(box, "exit 3", "--target", "news", on=("recovered",))
    run(box, "echo three >out/one", "--target", "other", on=("recovered",))
    assert len(receiver.bodies) == 1  # another one went well
    run(box, "echo three >out/one", kind="slack", on=("recovered",))
    assert "recovered news" in receiver.bodies[1]["blocks"][1]["text"]["text"]


def test_a_dry_run_tells_nobody(box: Sandbox, receiver: Receiver) -> None:
    assert run(box, "exit 3", "--dry-run", "--json").summary["notifications"] == []
    assert receiver.bodies == []


def test_a_run_that_is_refused_is_told_as_a_failure(box: Sandbox, receiver: Receiver) -> None:
    run(box, "echo one >out/one")
    box.git("checkout", "-q", "--detach")
    assert box.run().code == 4
    assert "detached HEAD" in receiver.bodies[1]["results"][0]["message"]


def test_a_rollback_is_told(box: Sandbox, receiver: Receiver) -> None:
    run(box, "echo one >out/one", kind="slack", on=("change",))
    assert box.run("rollback", history.read(box.root)[0].id).code == 0
    assert len(receiver.bodies) == 2


@pytest.mark.parametrize("code", [400, 404, 410])
def test_a_notification_that_fails_is_a_warning_and_the_run_is_what_it_was(
    box: Sandbox, receiver: Receiver, code: int
) -> None:
    receiver.answers = [(code, {})]
    ran = run(box, "echo one >out/one", "--json")
    assert ran.code == 0
    assert f"warning: the notification 'team' was not sent: it answered {code}" in ran.err
    assert ran.summary["notifications"] == [{"name": "team", "sent": False, "reason": f"it answered {code}"}]
    assert len(receiver.bodies) == 1


def test_what_may_pass_is_tried_again(box: Sandbox, receiver: Receiver) -> None:
    receiver.answers = [(503, {}), (429, {"Retry-After": "0"})]
    assert run(box, "exit 3", "--json").summary["notifications"][0]["sent"]
    assert len(receiver.bodies) == 3
    receiver.answers = [(500, {"Retry-After": "0"})] * 9
    ran = run(box, "exit 4", "--json")
    assert ran.summary["notifications"][0]["reason"] == "it answered 500, 3 times"
    assert len(receiver.bodies) == 6


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_it_waits_as_long_as_it_is_asked_to_within_its_time(receiver: Receiver, form: str) -> None:
    letter = posting.Letter(receiver.url, {})
    soon = "1" if form == "seconds" else formatdate(time.time() + 1.9, usegmt=True)
    receiver.answers = [(429, {"Retry-After": soon})]
    began = time.monotonic()
    assert posting.post([letter]) == [None]
    assert 0.3 < time.monotonic() - began < 5
    late = "60" if form == "seconds" else formatdate(time.time() + 60, usegmt=True)
    receiver.answers = [(429, {"Retry-After": late})]
    began = time.monotonic()
    assert posting.post([letter]) == ["it answered 429, and the next attempt would be after its time"]
    assert time.monotonic() - began < 1


def test_a_redirect_is_not_followed(box: Sandbox, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.answers = [(307, {"Location": other.url})]
        ran = run(box, "exit 3", "--json")
        assert ran.summary["notifications"][0]["reason"] == "it answered 307: a redirect is not followed"
        assert other.bodies == []


def test_whoever_answers_sign_by_sign_holds_up_nobody(receiver: Receiver) -> None:
    receiver.drips = True
    with receiving() as quick:
        began = time.monotonic()
        told = posting.post([posting.Letter(receiver.url, {}), posting.Letter(quick.url, {})], 1.0)
    assert told == ["no answer within its time", None]
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://chat.example.org/x", "https"), ("ftp://127.0.0.1/x", "https"), ("nonsense", "https"),
        ("https:///x", "https"), ("http://127.0.0.1:1/x", "no connection"), ("http://[::1", "could not be sent"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_told_without_it(url: str, reason: str) -> None:
    (told,) = posting.post([posting.Letter(url, {})], 3.0)
    assert told is not None
    assert reason in told
    assert url not in told


def test_an_address_that_is_not_set_is_a_warning(
    box: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT")
    ran = run(box, "echo one >out/one")
    assert (ran.code, "warning: the notification 'team' was not sent: CHAT is not set" in ran.err) == (0, True)
    assert receiver.bodies == []


def test_the_address_stands_nowhere(
    box: Sandbox, receiver: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a target that is given the variable says it, nor where the client logs."""
    caplog.set_level("INFO")
    monkeypatch.setenv("CHAT2", receiver.url)
    box.target("sent", 'echo "to $CHAT"; exit 3', direction="push", inputs=["scripts/**"], env=["CHAT"])
    receiver.answers = [(404, {})]
    ran = run(box, "exit 3", "--json", "--verbose")
    assert "<secret CHAT>" in ran.told
    kept = box.git("cat-file", "-p", "refs/directional-sync/history:run.json")
    for text in (ran.told, json.dumps(receiver.bodies), kept, caplog.text):
        assert SECRET not in text


def test_what_targets_say_is_escaped_and_wakes_nobody(box: Sandbox, receiver: Receiver) -> None:
    for kind in ("slack", "mattermost"):
        run(box, "echo x >'<x> & @all @here <!channel>'", kind=kind)
    for body in receiver.bodies:
        text = json.dumps(body)
        assert "&lt;x&gt;" in text
        assert not any(sign in text for sign in ("<", "@all", "@here"))


def test_a_body_is_limited_in_length() -> None:
    lines = [f"FAILED t{n}: " + "<&>@" * 100 for n in range(100)]
    for body in (notifying._slack("<" * 900, lines), notifying._mattermost("<" * 900, lines, good=False)):
        text = json.dumps(body)
        assert len(text) < 20_000
    (header, section) = notifying._slack("&" * 900, lines)["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000
    assert header["text"]["text"].replace("&amp;", "") == ""


def test_several_are_told_each_in_its_own_way(
    box: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as other:
        monkeypatch.setenv("OTHER", other.url + "-other")
        box.rest["notifications"] = [
            {"name": "a", "kind": "slack", "url_env": "CHAT", "on": ["failure"]},
            {"name": "b", "kind": "webhook", "url_env": "OTHER", "on": ["change", "failure"]},
            {"name": "c", "kind": "webhook", "url_env": "OTHER", "on": ["change"]},
        ]
        box.pull("news", "exit 3")
        box.commit()
        told = box.run("--json").summary["notifications"]
    assert [each["name"] for each in told] == ["a", "b"]
    assert (len(receiver.bodies), len(other.bodies)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "pager"}, "pager"), ({"url": "https://x"}, "url"), ({"url_env": "https://x"}, "variable"),
        ({"on": []}, "on"), ({"on": ["sometimes"]}, "sometimes"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(sandbox: Sandbox, change: dict[str, Any], said: str) -> None:
    sandbox.pull("news", "true")
    sandbox.rest["notifications"] = [
        {"name": "a", "kind": "slack", "url_env": "X", "on": ["failure"], **change}
    ]
    sandbox.commit()
    ran = sandbox.run("--list")
    assert ran.code == 2
    assert said in ran.err
    assert "sync.yaml:" in ran.err


def test_two_of_one_name_are_refused(sandbox: Sandbox) -> None:
    sandbox.pull("news", "true")
    sandbox.rest["notifications"] = [{"name": "a", "kind": "slack", "url_env": "X", "on": ["failure"]}] * 2
    sandbox.commit()
    assert "notifications: 'a' stands there twice" in sandbox.run("--list").err


def test_the_workflow_hands_the_address_to_the_step_that_runs(sandbox: Sandbox) -> None:
    sandbox.pull("news", "true", schedule="0 3 * * *")
    sandbox.rest["notifications"] = [{"name": "a", "kind": "slack", "url_env": "CHAT", "on": ["failure"]}]
    sandbox.file(".insightpulse/requirements.txt", "dot-compliance==1.0\n")
    sandbox.commit()
    assert sandbox.run("workflow").code == 0
    text = (sandbox.root / ".github/workflows/directional-sync.yml").read_text()
    assert text.count("${{ secrets.CHAT }}") == 1

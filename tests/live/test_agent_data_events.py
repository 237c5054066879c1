"""What Agent Data tells of a change, and to whom; and that it comes and goes as a whole, with its secrets kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from compliance.core.errors import ConfigurationError
from compliance.estate import agent_data, service
from compliance.estate.resources import resource
from tests.conftest import clone
from tests.live.agent_data_live import REPOSITORY, Client, asking, document, receiver, repository, served
from tests.live.test_embedded import disappears, gone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

CHECKOUT = Path(__file__).resolve().parents[2]
SERVE = resource("fixtures/agent_data/serve.py")


@pytest.fixture(scope="module")
def store(reference_template: NoopExecutor) -> Iterator[str]:
    with clone(reference_template, "agent_data_events") as dsn:
        yield make_conninfo(dsn, user=agent_data.ROLE)


@pytest.fixture(scope="module")
def client(store: str) -> Iterator[Client]:
    with served(store) as found:
        yield found


@pytest.fixture
def name() -> str:
    return f"registries/tests/{uuid.uuid4().hex[:8]}"


# --- events ------------------------------------------------------------------------------------------------------

DOES: dict[str, tuple[str, str, Any, list[str]]] = {
    "create": ("POST", "/documents", document("{}/new"), ["created"]),
    "upsert": ("POST", "/documents?upsert=true", document("{}"), ["updated"]),
    "upsert of a new one": ("POST", "/documents?upsert=true", document("{}/new"), ["created"]),
    "put": ("PUT", "/documents/{}", document("{}"), ["updated"]),
    "patch": ("PATCH", "/documents/{}", {"old_str": "text", "new_str": "word"}, ["updated"]),
    "delete": ("DELETE", "/documents/{}", None, ["deleted"]),
    "move": ("POST", "/documents/{}/move", {"new_id": "{}-moved"}, []),
    "batch": ("POST", "/documents/batch", {"documents": [document("{}"), document("{}/new")]}, []),
    "what is refused": ("POST", "/documents", document("{}"), []),
}


def _named(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _named(each, name) for key, each in value.items()}
    if isinstance(value, list):
        return [_named(each, name) for each in value]
    return value.replace("{}", name) if isinstance(value, str) else value


@pytest.mark.parametrize("action", DOES)
def test_events_come_of_each_change_but_not_of_move_and_batch(client: Client, name: str, action: str) -> None:
    client.ask("POST", "/documents", document(name))
    method, path, body, expected = DOES[action]
    before = client.newest()
    client.ask(method, path.replace("{}", name), _named(body, name))
    told = [(e["kind"], e["event_type"]) for e in client.settled(after=before, prefix=name)]
    assert told == [("event", f"document.{each}") for each in expected]


def test_webhooks_are_told_of_every_document_whatever_its_prefix(client: Client, name: str) -> None:
    with receiver() as (address, told):
        for body in ({"url": f"{address}/all"}, {"url": f"{address}/fails", "events": ["document.deleted"]},
                     {"url": f"{address}/off", "active": False}):  # fmt: skip
            assert client.status("POST", "/api/webhooks", body) == 201
        made = client.ask("GET", "/api/webhooks").json()["items"]
        before = client.newest()
        client.ask("POST", "/documents", document(name))
        client.ask("POST", f"/documents/{name}/move", {"new_id": f"{name}-moved"})
        client.ask("DELETE", f"/documents/{name}-moved")
        assert [(t["event_type"], t["document_id"]) for t in told(3)] == [
            ("document.created", name), *[("document.deleted", f"{name}-moved")] * 2,
        ]  # fmt: skip
        sent = client.settled(after=before, kind="webhook")
        for webhook in made:
            assert client.status("DELETE", f"/api/webhooks/{webhook['id']}") == 200
    assert sorted((s["status"], s["http_status"]) for s in sent) == [
        ("failed", 500),
        ("sent", 204),
        ("sent", 204),
    ]
    assert client.ask("GET", "/api/webhooks").json()["total"] == 0


# --- the reverse sync, which is the repository's own source -------------------------------------------------------


@pytest.mark.parametrize(
    ("prefixes", "reversed_"),
    [
        ('("knowledge/",)', ["knowledge"]),
        ('("knowledge/", "registries/")', ["knowledge", "registries"]),
        ('["registries/"]', ["registries"]),
        ("()", []),
    ],
)
def test_the_prefixes_of_the_source_decide_what_goes_back(
    store: str, tmp_path: Path, prefixes: str, reversed_: list[str]
) -> None:
    """The positive control too: `knowledge/` does cause an attempt, so that none for `registries/` says something."""
    names = [f"{area}/{uuid.uuid4().hex[:8]}" for area in ("knowledge", "registries", "elsewhere")]
    with served(store, repository(tmp_path / "repository", prefixes)) as client:
        said = client.ask("GET", "/info").json()["sync_prefixes"]
        before = client.newest()
        for each in names:
            assert client.status("POST", "/documents", document(each)) == 201
        log = client.settled(after=before)
    assert said == [f"{area}/" for area in reversed_]
    assert sorted(e["document_id"] for e in log if e["kind"] == "event") == sorted(names)
    attempts = [e["document_id"].partition("/")[0] for e in log if e["kind"] == "reverse"]
    assert sorted(attempts) == reversed_


def test_a_source_without_prefixes_of_its_own_says_none(store: str, tmp_path: Path) -> None:
    changed = repository(tmp_path / "repository", "frozenset()  # where are they?")
    with served(store, changed) as client:
        assert "sync_prefixes" not in client.ask("GET", "/info").json()


def test_nothing_is_written_into_the_governed_repository(store: str, tmp_path: Path) -> None:
    own = repository(tmp_path / "repository", '("knowledge/",)')
    before = sorted(own.rglob("*"))
    with served(store, own) as client:
        assert client.status("POST", "/documents", document(f"knowledge/{uuid.uuid4()}")) == 201
    assert sorted(own.rglob("*")) == before


def test_an_attempt_that_finds_nobody_is_recorded_and_holds_up_nobody(store: str) -> None:
    nobody = agent_data.ReverseSync(f"http://{service.LOOPBACK}:{service.free_port()}", "t")
    with served(store, reverse=nobody) as client:
        assert client.ask("GET", "/info").json()["reverse_sync"] is True
        before = client.newest()
        assert client.status("POST", "/documents?upsert=true", document("knowledge/nobody")) in (200, 201)
        [attempt] = client.settled(after=before, kind="reverse")
    assert (attempt["status"], attempt["http_status"]) == ("failed", None)
    assert attempt["detail"].startswith("ConnectError")


# --- it comes and goes as a whole --------------------------------------------------------------------------------


def test_a_restart_keeps_documents_webhooks_and_the_log(store: str, name: str) -> None:
    asked = ("/kb/list?limit=1000", "/api/webhooks", "/api/events/log")
    with served(store) as client:
        client.ask("POST", "/documents", document(name))
        client.ask("POST", "/api/webhooks", {"url": "http://127.0.0.1:9/", "active": False})
        before = [client.ask("GET", path).json() for path in asked]
    with served(store) as client:
        assert [client.ask("GET", path).json() for path in asked] == before


def test_it_listens_on_loopback_alone(store: str) -> None:
    with agent_data.serving(store, repository=REPOSITORY) as agent:
        port = int(agent.url.rpartition(":")[2])
        listening = [
            line.split()[1]
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            if line.split()[3] == "0A" and int(line.split()[1].rpartition(":")[2], 16) == port
        ]
    assert [socket.inet_ntoa(bytes.fromhex(each[:8])[::-1]) for each in listening] == ["127.0.0.1"]


def test_no_secret_is_in_an_argument_in_the_environment_of_the_keeper_or_in_the_log(store: str) -> None:
    reverse = agent_data.ReverseSync(f"http://{service.LOOPBACK}:{service.free_port()}", "token-that-is-secret")
    key = "key-that-is-secret"
    with agent_data.serving(store, repository=REPOSITORY, api_key=key, reverse=reverse) as agent:
        with asking(agent) as client:
            client.ask("POST", "/documents?upsert=true", document("knowledge/secret"))
            client.ask("POST", "/documents", raw=b"{")
            client.settled(kind="reverse")
        pid = int(agent.place.process.read_text())
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        told = [Path(f"/proc/{each}/cmdline").read_text() for each in (pid, parent)]
        told += [
            Path(f"/proc/{parent}/environ").read_text(),
            agent.place.log.read_text(),
            repr(agent),
            repr(reverse),
        ]
    assert [each for each in told if "that-is-secret" in each] == []
    assert all(told)


def test_a_store_that_does_not_answer_is_named_without_its_password(store: str) -> None:
    parts = {**conninfo_to_dict(store), "host": "/nowhere", "password": "that-is-secret"}
    started = served(make_conninfo(**parts))
    with pytest.raises(ConfigurationError, match="Agent Data did not start") as caught, started:
        pytest.fail("it started")
    assert "the store does not answer" in str(caught.value)
    assert "that-is-secret" not in str(caught.value)


def test_a_killed_user_leaves_neither_a_service_nor_a_file(store: str) -> None:
    body = f"""
        import sys
        from compliance.estate import agent_data
        from compliance.estate.resources import resource
        with agent_data.serving({store!r}, repository=resource("fixtures/reference/repository")) as agent:
            print(agent.place.process.read_text(), agent.place.folder, flush=True)
            sys.stdin.read()
    """
    command, pipe = [sys.executable, "-c", textwrap.dedent(body)], subprocess.PIPE
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True) as user:
        assert user.stdout is not None
        pid, folder = user.stdout.readline().split()
        user.send_signal(signal.SIGKILL)
        assert gone(int(pid))
        assert disappears(Path(folder))


# --- by hand -----------------------------------------------------------------------------------------------------


def by_hand(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    given = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"} | environment
    command, pipe = [sys.executable, str(SERVE), *arguments], subprocess.PIPE
    return subprocess.Popen(command, env=given, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize(("more", "said"), [((), "Agent Data: http://127.0.0.1:"), (("--print-port",), "")])
def test_it_says_where_it_is_and_sigterm_ends_it_without_a_word(
    store: str, more: tuple[str, ...], said: str
) -> None:
    arguments = ("--dsn", store, "--repository", str(REPOSITORY), "--port", "0", *more)
    with by_hand(*arguments, API_KEY="k") as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith(said)
        with socket.create_connection(("127.0.0.1", int(line.removeprefix(said))), timeout=5):
            process.terminate()
            assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (("--repository", str(REPOSITORY)), {}, "API_KEY is not set"),
        (
            ("--repository", str(REPOSITORY), "--directus-url", "http://x"),
            {"API_KEY": "k"},
            "DIRECTUS_TOKEN is not",
        ),
        (("--repository", "/nowhere"), {"API_KEY": "k"}, "has no agent_data/directus_sync.py"),
        (("--repository", str(REPOSITORY)), {"API_KEY": "k"}, "AGENT_DATA_DSN says where the store is"),
        (("--repository", str(REPOSITORY), "--schema", "a; b"), {"API_KEY": "k"}, "no plain name of a schema"),
        (
            ("--repository", str(REPOSITORY), "--schema", "absent", "--dsn", "STORE"),
            {"API_KEY": "k"},
            "33_agent_data",
        ),
    ],
)
def test_a_start_that_cannot_be_is_refused_in_a_line(
    store: str, arguments: tuple[str, ...], environment: dict[str, str], message: str
) -> None:
    given = [store if argument == "STORE" else argument for argument in arguments]
    with by_hand(*given, **environment) as process:
        said = process.communicate(timeout=20)
    assert (process.returncode, said[0]) == (2, "")
    assert message in said[1]
    assert said[1].count("\n") == 1


def test_help_teaches_how_to_start_it() -> None:
    with by_hand("--help") as process:
        said, _ = process.communicate(timeout=20)
    for word in (
        "API_KEY",
        "DIRECTUS_TOKEN",
        "AGENT_DATA_DSN",
        "--repository",
        "--directus-url",
        "--print-port",
    ):
        assert word in said

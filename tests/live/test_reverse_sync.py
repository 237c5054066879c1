"""The reverse sync into a real Directus: what goes back, what does not, and the loop that wrong prefixes make."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from compliance.estate import agent_data, service
from compliance.estate.agent_data import ReverseSync
from tests.live.agent_data_live import Client, document, repository, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.directus_live import Live

ITEMS = "/items/knowledge_documents?limit=-1&fields=source_id,title,content"
REGISTRY = "registries/workflows/wf-1"
ROUND = 8  # as often as no chance brings it about


def reverse(directus: Live) -> ReverseSync:
    return ReverseSync(directus.url, directus.directus.people.writer_token)


@pytest.fixture
def client(directus: Live) -> Iterator[Client]:
    with served(directus.dsn(agent_data.ROLE), reverse=reverse(directus)) as found:
        yield found


def sent_back(directus: Live, document_id: str) -> list[tuple[str, str]]:
    rows = directus.data("GET", ITEMS)
    return [(row["title"], row["content"]) for row in rows if row["source_id"] == f"agentdata:{document_id}"]


def test_a_document_under_its_prefix_comes_changes_and_goes_in_directus(directus: Live, client: Client) -> None:
    name = f"knowledge/{uuid.uuid4().hex[:8]}"
    seen = []
    for method, path, body in (
        ("POST", "/documents", document(name, "one")),
        ("PUT", f"/documents/{name}", document(name, "two")),
        ("PATCH", f"/documents/{name}", {"old_str": "two", "new_str": "three"}),
        ("DELETE", f"/documents/{name}", None),
    ):
        before = client.newest()
        assert client.ask(method, path, body).is_success
        [attempt] = client.settled(after=before, kind="reverse")
        assert attempt["status"] == "sent", attempt
        seen.append(sent_back(directus, name))
    assert seen == [*([(f"On {name}", body)] for body in ("one", "two", "three")), []]


def test_registry_documents_make_no_attempt_and_no_row(directus: Live, client: Client) -> None:
    before, rows = client.newest(), directus.data("GET", ITEMS)
    assert client.status("POST", "/documents?upsert=true", document(REGISTRY)) == 200
    assert client.status("DELETE", f"/documents/{REGISTRY}") == 200
    told = client.settled(after=before)
    assert [entry["kind"] for entry in told] == ["event", "event"]
    assert directus.data("GET", ITEMS) == rows


def test_a_refusal_by_directus_is_recorded_with_its_status_and_without_the_token(directus: Live) -> None:
    wrong = ReverseSync(directus.url, "no-such-token")
    with served(directus.dsn(agent_data.ROLE), reverse=wrong) as client:
        before = client.newest()
        assert client.status("POST", "/documents", document(f"knowledge/{uuid.uuid4()}")) == 201
        [attempt] = client.settled(after=before, kind="reverse")
    assert (attempt["status"], attempt["http_status"]) == ("failed", 401)
    assert "no-such-token" not in str(attempt)


# --- the loop ----------------------------------------------------------------------------------------------------


def answering_flow(directus: Live, port: int, key: str) -> str:
    """Whenever a document comes back, it writes a registry document: harmless alone."""
    flow, operation = str(uuid.uuid4()), str(uuid.uuid4())
    request: dict[str, Any] = {
        "method": "POST",
        "url": f"http://{service.LOOPBACK}:{port}/documents?upsert=true",
        "headers": [{"header": "X-API-Key", "value": key}],
        "body": document(REGISTRY),
    }
    only = {
        "id": operation,
        "key": "send",
        "type": "request",
        "position_x": 1,
        "position_y": 1,
        "options": request,
    }
    scope = {
        "type": "action",
        "scope": ["items.create", "items.update"],
        "collections": ["knowledge_documents"],
    }
    body = {"id": flow, "name": "Answer", "status": "active", "trigger": "event", "options": scope,
            "operation": operation, "operations": [only]}  # fmt: skip
    directus.data("POST", "/flows", body)
    return flow


def reached(client: Client, number: int, **query: object) -> int:
    """How many entries the log has, once there are as many or no more come."""
    deadline, seen = time.monotonic() + 20, 0
    while time.monotonic() < deadline and seen < number:
        seen = len(client.log(**query))
        time.sleep(0.05)
    return seen


@pytest.mark.parametrize(
    ("prefixes", "loops"), [('("knowledge/",)', False), ('("knowledge/", "registries/")', True)]
)
def test_one_flow_is_harmless_with_the_right_prefixes_and_goes_round_for_ever_with_the_wrong_ones(
    directus: Live, tmp_path: Path, prefixes: str, loops: bool
) -> None:
    key, port = "key-of-a-loop", service.free_port()
    source = repository(tmp_path / "repository", prefixes)
    flow = answering_flow(directus, port, key)
    try:
        with served(
            directus.dsn(agent_data.ROLE), source, reverse=reverse(directus), api_key=key, port=port
        ) as client:
            before = client.newest()
            assert client.status("POST", "/documents", document(f"knowledge/{uuid.uuid4()}")) == 201
            if loops:
                assert reached(client, ROUND, after=before, kind="reverse", prefix="registries/") >= ROUND
            else:
                assert reached(client, 1, after=before, kind="event", prefix="registries/") == 1
                told = [entry["kind"] for entry in client.settled(after=before)]
                assert sorted(told) == ["event", "event", "reverse"]
    finally:  # the brake: nobody goes on without the flow
        directus.data("DELETE", f"/flows/{flow}")
    assert not loops or directus.runs(flow) >= ROUND

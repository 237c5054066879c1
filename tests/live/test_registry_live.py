"""The registry sync on a real Directus and Agent Data: rows are made by REST, and their documents have to follow."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import rules_with, told
from tests.live.agent_data_live import document, repository
from tests.live.registry_live import COLLECTIONS, Answer, Sync, sync_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.directus_live import Live

MANY = 50
ROUND = 8  # as often as no chance brings it about
GOOD = Answer(3, 3, 3, 0, 0, control=True)


@pytest.fixture
def sync(directus: Live, tmp_path: Path) -> Iterator[Sync]:
    with sync_of(directus, tmp_path, seconds=5) as found:
        yield found


def test_51_rows_of_each_collection_arrive_change_and_go_and_none_is_sent_back(
    directus: Live, tmp_path: Path
) -> None:
    with sync_of(directus, tmp_path, many=MANY) as sync:
        seen = sync.exercise()
        assert seen == dict.fromkeys(COLLECTIONS, Answer(51, 51, 51, 0, 0, control=True))
        assert sync.markers() == {}
        # The same by the log of Agent Data itself: one of 51 in each collection was changed alone, and 50 at once.
        logged = directus.rows(
            "select split_part(document_id, '/', 2), kind, event_type, count(*), count(distinct document_id)"
            " from agent_data.events_log where document_id like 'registries/%' group by 1, 2, 3 order by 1, 2, 3"
        )
        events = ("document.created", "document.deleted", "document.updated")
        assert logged == [(c, "event", event, 51, 51) for c in sorted(COLLECTIONS) for event in events]
        verdict = sync.judged()
        assert verdict.conclusion == "kept", told(verdict)
        assert {"RS004", "RS005", "RS013", "RS015", "RS040", "RS031"} <= rules_with(verdict, "kept")


# --- whatever ends it --------------------------------------------------------------------------------------------


def test_after_ctrl_c_nothing_of_it_is_left(sync: Sync) -> None:
    done = sync.struck(at="make rows: workflow_steps", do="interrupt")
    assert done.code == 130, done.err
    assert sync.markers() == {}
    assert sync.kinds() == ["marking", "unmarked"]
    assert sync.entries[-1].body["rows"] == 6


def test_what_a_killed_one_has_left_is_removed_by_the_next(sync: Sync) -> None:
    done = sync.struck(at="change rows: workflow_steps", do="kill_client")
    assert done.code == -9
    left = sync.markers()
    assert {name: left[name] for name in COLLECTIONS} == dict.fromkeys(COLLECTIONS, 3)
    assert sync.exercise() == dict.fromkeys(COLLECTIONS, GOOD)
    assert sync.markers() == {}
    assert sync.kinds() == ["marking", "unmarked", "marking", "unmarked", "exercise"]
    assert sync.entries[2].body["rows"] == 18


def test_a_service_that_stops_in_the_middle_leaves_rows_that_the_next_one_removes(
    sync: Sync, directus: Live
) -> None:
    running = sync.starts(at="change rows: table_registry", do="wait").waits()
    with stopped(directus):
        done = running.goes_on().end()
        assert done.code == 3, done.err
        assert "could not be removed" in done.err
        assert "give the same command again" in done.err
        assert sync.kinds() == ["marking"]
    assert sync.exercise() == dict.fromkeys(COLLECTIONS, GOOD)
    assert sync.markers() == {}


# --- a service that fails ----------------------------------------------------------------------------------------


@contextmanager
def stopped(live: Live) -> Iterator[None]:
    """Agent Data does not run for the length of a block."""
    live.documents.stop()
    try:
        yield
    finally:
        live.documents.start(live.directus, live.database)


def issues(live: Live) -> list[str]:
    """What the reject path has recorded."""
    query = "select title from public.system_issues where source = 'registry_sync' order by id"
    return [title for (title,) in live.rows(query)]


def test_what_a_stopped_service_did_not_get_is_recorded_and_named(directus: Live, sync: Sync) -> None:
    before = issues(directus)
    with stopped(directus):
        directus.data("PATCH", "/items/workflows", {"keys": [1, 2], "data": {"name": "Renamed"}})
        directus.settle()
        said = sync.run("exercise", "registry_sync", "--out", str(sync.folder / "compiled"))
        assert said.code == 4, said.err
        assert "GET /info" in said.err
    flow = "[DOT-REG] Workflows Update -> AD (one document)"
    assert sorted(issues(directus)[len(before) :]) == [
        f"{flow} failed at send: registries/workflows/wf-{key}" for key in (1, 2)
    ]
    assert sync.markers() == {}
    assert sync.kinds() == []
    verdict = sync.judged()
    assert rules_with(verdict, "broken") == {"RS017"}, told(verdict)
    assert directus.data("PATCH", "/items/workflows", {"keys": [1, 2], "data": {"name": "Once more"}})
    directus.settle()
    assert sync.judged().conclusion == "kept"


def test_what_the_service_refuses_is_recorded_too(directus: Live) -> None:
    before = issues(directus)
    directus.rows(
        "update public.directus_operations set options = replace(options::text, 'AGENT_DATA_API_KEY', 'WRONG')::json"
        " where flow = (select id from public.directus_flows where name = '[DOT-REG] WCR Create -> AD')"
    )
    directus.reload()
    row = directus.data("POST", "/items/workflow_change_requests", {"code": "WCR-900", "name": "Refused"})
    directus.settle()
    name = f"registries/workflow_change_requests/wcr-{row['id']}"
    assert issues(directus)[len(before) :] == [f"[DOT-REG] WCR Create -> AD failed at send: {name}"]


# --- a loop ------------------------------------------------------------------------------------------------------


def insert_answering_flow(live: Live, name: str) -> str:
    """Whenever a document comes back, it writes the document of a workflow: harmless alone."""
    flow, operation = str(uuid.uuid4()), str(uuid.uuid4())
    scope = (
        '{"type": "action", "scope": ["items.create", "items.update"], "collections": ["knowledge_documents"]}'
    )
    request: dict[str, Any] = {
        "method": "POST",
        "url": "{{$env.AGENT_DATA_URL}}/documents?upsert=true",
        "headers": [{"header": "X-API-Key", "value": "{{$env.AGENT_DATA_API_KEY}}"}],
        "body": document("registries/workflows/wf-1"),
    }
    live.rows(
        "insert into public.directus_flows (id, name, status, trigger, accountability, options, operation)"
        " values (%s, %s, 'active', 'event', 'all', %s, %s)", flow, name, scope, operation,
    )  # fmt: skip
    live.rows(
        "insert into public.directus_operations (id, name, key, type, position_x, position_y, options, flow)"
        " values (%s, 'Send', 'send', 'request', 1, 1, %s, %s)", operation, json.dumps(request), flow,
    )  # fmt: skip
    return flow


def test_a_loop_is_named_as_a_path_before_it_is_started_and_then_goes_round_for_ever(
    directus: Live, tmp_path: Path
) -> None:
    source = repository(tmp_path / "repository", '("knowledge/", "registries/")')
    (folder := tmp_path / "sync").mkdir()
    with directus.agent_data_of(source), sync_of(directus, folder, repository=source) as sync:
        flow = insert_answering_flow(directus, "Answer")
        named = [f.message for case in sync.judged().cases if case.rule.id == "PL004" for f in case.findings]
        assert any("documents:registries/workflows/" in path and "'Answer'" in path for path in named), named
        said = sync.run("exercise", "registry_sync", "--out", str(folder / "compiled"))
        assert said.code == 4
        assert "PL004" in said.err
        assert sync.kinds() == []
        directus.reload()
        try:
            directus.data("PATCH", "/items/workflows/1", {"name": "Round and round"})
            deadline = time.monotonic() + 30
            while directus.runs(flow) < ROUND and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:  # the brake: nobody goes on without the flow
            directus.data("DELETE", f"/flows/{flow}")
        assert directus.runs(flow) >= ROUND
        directus.settle()

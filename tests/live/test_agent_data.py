"""Agent Data over HTTP: whom it lets in, what it keeps, and what it refuses."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from psycopg.conninfo import make_conninfo

from compliance.estate import agent_data
from tests.conftest import clone
from tests.live.agent_data_live import ENDPOINTS, REPOSITORY, Client, asking, document, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.agent_data import AgentData


@pytest.fixture(scope="module")
def store(reference_template: NoopExecutor) -> Iterator[str]:
    with clone(reference_template, "agent_data") as dsn:
        yield make_conninfo(dsn, user=agent_data.ROLE)


@pytest.fixture(scope="module")
def agent(store: str) -> Iterator[AgentData]:
    with agent_data.serving(store, repository=REPOSITORY) as found:
        yield found


@pytest.fixture(scope="module")
def client(agent: AgentData) -> Iterator[Client]:
    with asking(agent) as found:
        yield found


@pytest.fixture
def name() -> str:
    """An id that no other test uses, where nothing filters."""
    return f"registries/tests/{uuid.uuid4().hex[:8]}"


# --- who may ask, and what is there -----------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [name for name in ENDPOINTS if name != "GET /health"])
def test_whoever_has_no_key_gets_403_and_changes_nothing(
    agent: AgentData, client: Client, endpoint: str
) -> None:
    method, path = endpoint.split(" ")
    url = agent.url + path.replace("{id:path}", "knowledge/naming").replace("{id}", "1")
    before = client.newest()
    for headers in ({}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"X-API-Key": "é".encode()}):
        answer = httpx.request(method, url, headers=headers, json=document("knowledge/new"), trust_env=False)
        assert (answer.status_code, set(answer.json())) == (403, {"detail"})
    assert client.newest() == before
    assert client.status("GET", "/kb/get/knowledge/naming") == 200


def test_every_endpoint_answers_in_its_shape(agent: AgentData, name: str) -> None:
    with asking(agent) as client:
        said = _asked_for_everything(client, name)
        assert client.used == set(ENDPOINTS)
    assert said == [200, 200, 201, *[200] * 11, 201, 200]


def _asked_for_everything(client: Client, name: str) -> list[int]:
    said = [
        client.status("GET", "/health"),
        client.status("GET", "/info"),
        client.status("POST", "/documents", document(name)),
        client.status("POST", "/documents?upsert=true", document(name)),
        client.status("PUT", f"/documents/{name}", {**document(name), "parent_id": "registries/tests"}),
        client.status("PATCH", f"/documents/{name}", {"old_str": "text", "new_str": "word"}),
        client.status("GET", f"/documents/{name}"),
        client.status("GET", f"/kb/get/{name}"),
        client.status("GET", "/kb/list"),
        client.status("POST", f"/documents/{name}/move", {"new_id": f"{name}-moved"}),
        client.status("POST", "/documents/batch", {"documents": [document(name)]}),
        client.status("DELETE", f"/documents/{name}"),
        client.status("GET", "/api/events/log"),
        client.status("GET", "/api/webhooks"),
    ]
    made = client.ask("POST", "/api/webhooks", {"url": "http://127.0.0.1:9/", "active": False})
    return [*said, made.status_code, client.status("DELETE", f"/api/webhooks/{made.json()['id']}")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/documents/no/such", None),
        ("GET", "/kb/get/no/such", None),
        ("PUT", "/documents/no/such", {k: v for k, v in document("x").items() if k != "document_id"}),
        ("PATCH", "/documents/no/such", {"old_str": "a", "new_str": "b"}),
        ("DELETE", "/documents/no/such", None),
        ("POST", "/documents/no/such/move", {"new_id": "y"}),
        ("DELETE", "/api/webhooks/no-uuid", None),
        ("DELETE", "/api/webhooks/5002cc97-7e96-45f8-bb26-d9cd1bb62879", None),
    ],
)
def test_what_is_not_there_is_404(client: Client, method: str, path: str, body: Any) -> None:
    assert client.status(method, path, body) == 404


def test_the_documents_of_the_estate_are_listed_page_by_page_in_the_order_of_their_ids(client: Client) -> None:
    first = client.ask("GET", "/kb/list?prefix=registries/workflow_steps/&limit=4").json()
    second = client.ask("GET", "/kb/list?prefix=registries/workflow_steps/&limit=4&offset=4").json()
    ids = [item["document_id"] for item in first["items"] + second["items"]]
    assert ids == [f"registries/workflow_steps/ws-{n}" for n in range(1, 7)]
    assert (first["total"], second["total"]) == (6, 6)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=-1", "limit=x", "offset=1e3", "offset=²"])
def test_a_page_that_cannot_be_is_refused(client: Client, query: str) -> None:
    assert client.status("GET", f"/kb/list?{query}") == 422


# --- documents ---------------------------------------------------------------------------------------------------


def test_a_document_is_made_once_and_written_over_only_on_demand(client: Client, name: str) -> None:
    made = client.ask("POST", "/documents", document(name, "one"))
    refused = client.ask("POST", "/documents", document(name, "two"))
    over = client.ask("POST", "/documents?upsert=true", document(name, "three"))
    assert (made.status_code, refused.status_code, over.status_code) == (201, 409, 200)
    found = client.ask("GET", f"/documents/{name}").json()
    assert (found["revision"], found["content"]["body"]) == (2, "three")
    assert found["created_at"] == made.json()["created_at"] < found["updated_at"]


@pytest.mark.parametrize("length", [500, 501])
def test_500_characters_are_shown_unless_all_are_asked_for(client: Client, name: str, length: int) -> None:
    client.ask("POST", "/documents", document(name, "ü" * length))
    short, full = (client.ask("GET", f"/documents/{name}?full={f}").json() for f in ("false", "true"))
    assert (len(short["content"]["body"]), short["truncated"]) == (500, length > 500)
    assert (len(full["content"]["body"]), full["truncated"]) == (length, False)
    assert client.ask("GET", f"/kb/get/{name}").json() == full


@pytest.mark.parametrize(("old", "status"), [("two", 200), ("nothing", 409), ("one", 409)])
def test_a_patch_changes_the_one_place_it_names(client: Client, name: str, old: str, status: int) -> None:
    client.ask("POST", "/documents", document(name, "one two one"))
    assert client.status("PATCH", f"/documents/{name}", {"old_str": old, "new_str": "2"}) == status
    body = client.ask("GET", f"/documents/{name}").json()["content"]["body"]
    assert body == ("one 2 one" if status == 200 else "one two one")


def test_what_is_deleted_is_gone_for_who_asks_kept_in_the_store_and_may_come_back(
    client: Client, store: str, name: str
) -> None:
    client.ask("POST", "/documents", document(name, "old"))
    assert client.status("DELETE", f"/documents/{name}") == 200
    assert client.status("GET", f"/documents/{name}") == client.status("DELETE", f"/documents/{name}") == 404
    assert client.ask("GET", f"/kb/list?prefix={name}").json()["total"] == 0
    assert [(d["content"]["body"], d["deleted_at"] is None) for d in stored(store, name)] == [("old", False)]
    assert client.status("POST", "/documents", document(name, "new")) == 201
    assert [(d["content"]["body"], d["deleted_at"]) for d in stored(store, name)] == [("new", None)]


def test_a_moved_document_is_under_its_new_id_alone(client: Client, name: str) -> None:
    client.ask("POST", "/documents", document(name, parent_id="a"))
    moved = client.ask("POST", f"/documents/{name}/move", {"new_id": f"{name}/new"}).json()
    assert (moved["document_id"], moved["parent_id"], moved["revision"]) == (f"{name}/new", "a", 2)
    assert client.status("GET", f"/documents/{name}") == 404
    assert client.ask("GET", f"/documents/{name}/new").json() == moved
    again = client.ask("POST", f"/documents/{name}/new/move", {"new_id": name, "new_parent_id": None}).json()
    assert again["parent_id"] is None


def test_a_document_is_not_moved_onto_another_one_but_where_one_was_deleted(client: Client, name: str) -> None:
    for each in ("a", "b"):
        client.ask("POST", "/documents", document(f"{name}/{each}", each))
    assert client.status("POST", f"/documents/{name}/a/move", {"new_id": f"{name}/b"}) == 409
    assert [client.ask("GET", f"/documents/{name}/{e}").json()["content"]["body"] for e in "ab"] == ["a", "b"]
    client.ask("DELETE", f"/documents/{name}/b")
    assert client.status("POST", f"/documents/{name}/a/move", {"new_id": f"{name}/b"}) == 200
    assert client.ask("GET", f"/documents/{name}/b").json()["content"]["body"] == "a"


def test_two_ids_of_one_key_are_one_document(client: Client, store: str, name: str) -> None:
    """`a/b` and `a__b`: a fact of the governed system, which a probe has to know of."""
    other = name.replace("/", "__")
    assert client.status("POST", "/documents", document(name, "first")) == 201
    assert client.status("POST", "/documents", document(other, "second")) == 409
    assert client.status("POST", "/documents?upsert=true", document(other, "second")) == 200
    found = client.ask("GET", f"/documents/{name}").json()
    assert (found["document_id"], found["content"]["body"]) == (other, "second")
    assert len(stored(store, name)) == 1


def test_a_batch_writes_all_or_nothing(client: Client, name: str) -> None:
    client.ask("POST", "/documents", document(f"{name}/b"))
    batch = [document(f"{name}/{each}", "batch") for each in ("c", "b", "a")]
    said = client.ask("POST", "/documents/batch", {"documents": batch}).json()["results"]
    assert [(each["document_id"][-1], each["status"]) for each in said] == [
        ("c", "created"), ("b", "updated"), ("a", "created"),
    ]  # fmt: skip
    bad = {"documents": [document(f"{name}/d"), {**document(f"{name}/e"), "metadata": {}}]}
    assert client.status("POST", "/documents/batch", bad) == 422
    assert client.ask("GET", f"/kb/list?prefix={name}/").json()["total"] == 3


# --- what is refused ---------------------------------------------------------------------------------------------

WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown key": lambda d: d.update(status="x"),
    "an unknown key of the content": lambda d: d["content"].update(html="x"),
    "no title": lambda d: d.update(metadata={"code": "x"}),
    "a title that is no text": lambda d: d["metadata"].update(title=None),
    "no metadata": lambda d: d.pop("metadata"),
    "another mime type": lambda d: d["content"].update(mime_type="text/html"),
    "a body that is no text": lambda d: d["content"].update(body={"a": 1}),
    "an empty id": lambda d: d.update(document_id=""),
    "an id that is a number": lambda d: d.update(document_id=7),
    "a NUL": lambda d: d["content"].update(body="a\0b"),
    "half of a surrogate pair": lambda d: d["content"].update(body="a\ud800b"),
    "a parent that is a number": lambda d: d.update(parent_id=7),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_document_of_another_shape_is_422_and_leaves_nothing(
    client: Client, store: str, name: str, wrong: str
) -> None:
    body = document(name)
    WRONG[wrong](body)
    raw = json.dumps(body).encode()  # with escapes: httpx itself refuses half of a pair
    assert client.ask("POST", "/documents?upsert=true", raw=raw).status_code == 422
    assert stored(store, name) == []


@pytest.mark.parametrize("mime_type", ["text/markdown", "text/plain", "application/json"])
def test_each_of_the_three_mime_types_is_taken(client: Client, name: str, mime_type: str) -> None:
    body = {**document(name), "content": {"mime_type": mime_type, "body": "{}"}}
    assert client.status("POST", "/documents", body) == 201


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422), (b"[]", 422), (b"{", 422), (b"[" * 100_000, 422), (b"\xff", 422), (b"x" * (8 << 20) + b"x", 413),
        (b'{"document_id": "a", "content": {"mime_type": "text/plain", "body": ""},'
         b' "metadata": {"title": "", "n": NaN}}', 422),
    ],
    ids=["nothing", "a list", "half", "deep", "no text", "too much", "NaN"],
)  # fmt: skip
def test_a_body_that_is_no_document_is_refused_in_words(client: Client, raw: bytes, status: int) -> None:
    assert client.ask("POST", "/documents", raw=raw).status_code == status


def test_put_does_not_write_one_document_under_the_address_of_another(client: Client, name: str) -> None:
    client.ask("POST", "/documents", document(name))
    assert client.status("PUT", f"/documents/{name}", document(f"{name}-other")) == 422


# --- many at once ------------------------------------------------------------------------------------------------


def test_upserts_at_once_make_one_row_and_lose_none(client: Client, store: str, name: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        bodies = [document(name, str(n)) for n in range(64)]
        said = list(pool.map(lambda body: client.status("POST", "/documents?upsert=true", body), bodies))
    assert sorted(said) == [200] * 63 + [201]
    assert [row["revision"] for row in stored(store, name)] == [64]


def test_creations_at_once_succeed_once(client: Client, name: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda _: client.status("POST", "/documents", document(name)), range(32)))
    assert sorted(said) == [201] + [409] * 31


def test_patches_at_once_lose_no_change(client: Client, name: str) -> None:
    client.ask("POST", "/documents", document(name, "".join(f"<{n}>" for n in range(32))))
    changes = [{"old_str": f"<{n}>", "new_str": f"[{n}]"} for n in range(32)]
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda change: client.status("PATCH", f"/documents/{name}", change), changes))
    assert said == [200] * 32
    assert client.ask("GET", f"/documents/{name}").json()["content"]["body"] == "".join(
        f"[{n}]" for n in range(32)
    )


def test_moves_against_each_other_do_not_wait_for_ever(client: Client, name: str) -> None:
    for each in ("a", "b"):
        client.ask("POST", "/documents", document(f"{name}/{each}"))
    moves = [(f"{name}/a", f"{name}/b"), (f"{name}/b", f"{name}/a")] * 16
    with ThreadPoolExecutor(16) as pool:
        said = list(
            pool.map(lambda m: client.status("POST", f"/documents/{m[0]}/move", {"new_id": m[1]}), moves)
        )
    assert said == [409] * 32

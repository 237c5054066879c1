"""Whatever a service answers, its sections are seen or blind with a reason: no traceback, no long wait, no secret."""

from __future__ import annotations

import dataclasses
import gzip
import socket
import time
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import CouldNotLook
from compliance.core.facts import Served
from compliance.core.needs import DocumentsNeed, Needs
from compliance.core.observation import Blind, Observation, Seen
from compliance.estate import directus_facts, services, web
from compliance.estate.config import Service, Store, Unavailable
from compliance.executor import following
from tests.judging import look_estate
from tests.live.misbehaving import answer, dribbling, http, misbehaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.estate.config import Estate

TOKEN = "t0ken-of-the-probe"
NEEDS = Needs(directus=True, agent_data=True, documents=DocumentsNeed("agent_data.kb_documents", "key", "data"))
EVERY = {*services.DIRECTUS, *services.AGENT_DATA, "documents"}


def estate_at(url: str) -> Estate:
    at = Service(url, TOKEN)
    return dataclasses.replace(look_estate(), unavailable={}, documents=None, directus=at, agent_data=at)


def looked(url: str, needs: Needs = NEEDS) -> dict[str, Seen[Any] | Blind]:
    """What services say; since when Directus fires is said by the estate itself."""
    found = dict(services.look(estate_at(url), needs, "2026-01-01T00:00:00+00:00", lambda _: None))
    found.pop("directus.since", None)
    return found


def reasons(found: dict[str, Seen[Any] | Blind]) -> set[str]:
    assert found.keys() == EVERY
    blind = [section for section in found.values() if isinstance(section, Blind)]
    assert len(blind) == len(found)
    assert not any(section.unavailable for section in blind)
    said = {section.reason for section in blind}
    assert not any(TOKEN in reason for reason in said)
    for name, section in found.items():
        assert isinstance(section, Blind), name
        assert section.reason.startswith(("directus: ", "agent_data: ")), name
    return {reason.split(": ", 2)[-1] for reason in said}


DEEP = b"[" * 5000 + b"]" * 5000
ODD: dict[str, tuple[Callable[[str], Iterable[bytes]], str]] = {
    "nothing": (lambda _: [], "what answers does not speak HTTP, or stopped in the middle"),
    "no HTTP": (lambda _: [b"SSH-2.0-OpenSSH_9.2\r\n"], "what answers does not speak HTTP"),
    "garbage": (lambda _: [bytes(range(256)) * 10], "what answers does not speak HTTP"),
    "half a head": (lambda _: [b"HTTP/1.1 200 OK\r\ncontent-le"], "stopped in the middle"),
    "half a body": (lambda _: [http(b"{}" * 500)[:-900]], "stopped in the middle"),
    "no JSON": (lambda _: [http(b"<html>", content_type="text/html")], "the answer is not JSON"),
    "no text": (lambda _: [http(b"\xff\xfe{}")], "the answer is not JSON"),
    "nothing in it": (lambda _: [http(b"")], "the answer is not JSON"),
    "no number of JSON": (lambda _: [http(b'{"data": NaN}')], "the answer is not JSON"),
    "a number of many digits": (lambda _: [http(b"[" + b"1" * 5000 + b"]")], "the answer is not JSON"),
    "deeply nested": (lambda _: [http(DEEP)], "the answer is not JSON"),
    "a list": (lambda _: answer([]), "has not the form that was expected"),
    "null": (lambda _: answer(None), "has not the form that was expected"),
    "text": (lambda _: answer("data"), "has not the form that was expected"),
    "no gzip": (lambda _: [http(b"{}", content_encoding="gzip")], "not compressed as it says"),
    "no token": (lambda _: [http(b"{}", "401 Unauthorized")], "answers 401, the token was not accepted"),
    "may not": (lambda _: [http(b"{}", "403 Forbidden")], "answers 403, the token may not"),
    "fails": (lambda _: [http(b"Traceback: secret", "500 Oh")], "answers 500"),
    "is down": (lambda _: [http(b"", "503 Later")], "answers 503"),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_answered_every_section_is_blind_and_says_why(odd: str) -> None:
    behave, expected = ODD[odd]
    with misbehaving(behave) as (url, _):
        said = reasons(looked(url))
    assert all(expected in reason for reason in said), said


WRONG: dict[str, Any] = {
    "GET /server/info": [{"data": {}}, {"data": {"version": 11}}, {"data": [1]}, {"version": "11"}],
    "SEARCH /flows": [{"data": {}}, {"data": [1]}, {"data": [{"id": "a", "name": None, "status": "x"}]}],
    "SEARCH /revisions": [{"data": [{"max": 1}]}, {"data": [{"max": {"id": True}}]}, {"data": [[]]}],
    "GET /info": [{"version": "1"}, {"version": "1", "sync_prefixes": "a"}, {"version": 1, "sync_prefixes": []}],
    "GET /api/webhooks": [
        {"items": []}, {"items": [{}], "total": 1}, {"items": [], "total": 1}, {"items": [], "total": True},
        {"items": [{"id": "a", "url": "u", "events": [], "active": "yes"}], "total": 1},
    ],
    "GET /kb/list": [
        {"items": []}, {"items": [], "total": 2}, {"items": [{"document_id": 1}], "total": 1},
        {"items": [{"document_id": "a"}, {"document_id": "a"}], "total": 2},
        {"items": [{"document_id": "a"}, {"document_id": "b"}], "total": 1},
    ],
}  # fmt: skip
RIGHT: dict[str, Any] = {
    "GET /server/info": {"data": {"version": "11.17.4", "queryLimit": {"max": -1}}},
    "SEARCH /flows": {"data": [{"id": "a", "name": "A", "status": "active"}]},
    "SEARCH /revisions": {"data": []},
    "GET /info": {"version": "1.0.0", "sync_prefixes": ["knowledge/"]},
    "GET /api/webhooks": {"items": [{"id": "w", "url": "http://h/?token=abcdef123456", "events": [], "active": True}],
                          "total": 1},
    "GET /kb/list": {"items": [{"document_id": "b/1"}, {"document_id": "a/1"}], "total": 2},
}  # fmt: skip


def right(line: str) -> list[bytes]:
    return answer(RIGHT[line.partition("?")[0]])


@pytest.mark.parametrize(
    ("path", "number"), [(path, n) for path, many in WRONG.items() for n in range(len(many))]
)
def test_an_answer_of_another_form_blinds_its_section_and_no_other(path: str, number: int) -> None:
    """One of `/server/info` that tells no limit does not keep the flows from being read."""
    with misbehaving(lambda line: answer(WRONG[path][number]) if line.startswith(path) else right(line)) as (
        url,
        _,
    ):
        found = looked(url)
    blind = {name: section.reason for name, section in found.items() if isinstance(section, Blind)}
    assert [services.query_of(name) for name in blind] == [path], blind
    assert path in next(iter(blind.values()))


def test_a_well_formed_service_is_seen_in_order_and_its_secrets_are_not() -> None:
    with misbehaving(right) as (url, asked):
        found = looked(url)
    facts = {name: section.facts for name, section in found.items() if isinstance(section, Seen)}
    assert facts.keys() == EVERY
    assert [document.id for document in facts["documents"]] == ["a/1", "b/1"]
    assert not facts["documents"][0].whole
    assert facts["agent_data.webhooks"][0].url == "http://h/?token=<secret query length=12 hash=none>"
    assert len(asked.lines) == 6
    whole = Observation("e", "2026-01-01", found)
    assert Observation.from_json(whole.to_json()).sections == found


def test_half_a_character_and_what_is_nested_too_deeply_for_a_fact_are_blind() -> None:
    deep: Any = "x"
    for _ in range(700):
        deep = [deep]
    for data in (deep, {"text": "\ud800"}):
        rows = {
            "data": [{"max": {"id": 1}, "item": "a", "collection": "directus_flows", "data": data, "delta": {}}]
        }
        with misbehaving(lambda line, rows=rows: answer(rows) if "revisions" in line else right(line)) as (
            url,
            _,
        ):
            section = looked(url)["directus.revisions"]
        assert isinstance(section, Blind)
        assert section.reason.endswith("the answer holds what no fact can")


def test_of_a_revision_relations_are_what_the_write_sent() -> None:
    data = {"name": "A", "options": {"password": "hunter2hunter2"}}
    row = {"max": {"id": 1}, "item": "a", "collection": "directus_flows"}
    row |= {"data": data, "delta": {"operation": "o", "x": 1}}
    with misbehaving(lambda line: answer({"data": [row]}) if "revisions" in line else right(line)) as (url, _):
        section = looked(url)["directus.revisions"]
    assert isinstance(section, Seen)
    assert section.facts[0].data["operation"] == "o"
    assert "x" not in section.facts[0].data
    assert "hunter2" not in str(section.facts)


def test_a_redirect_is_not_followed_and_no_token_leaves() -> None:
    with (
        misbehaving(right) as (other, asked),
        misbehaving(lambda _: [http(b"", "302 Found", location=other)]) as (
            url,
            _,
        ),
    ):
        assert all("answers 302, a redirect, which is not followed" in said for said in reasons(looked(url)))
    assert asked.lines == []


def test_no_proxy_of_the_environment_gets_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(right) as (proxy, asked), misbehaving(right) as (url, _):
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy)
        assert all(isinstance(section, Seen) for section in looked(url).values())
    assert asked.lines == []


SLOW: dict[str, Callable[[str], Iterable[bytes]]] = {
    "never": lambda _: dribbling(b"", 100, 0.1),
    "its head byte by byte": lambda _: dribbling(b"x", 100, 0.1),
    "its headers one by one": lambda _: chain([b"HTTP/1.1 200 OK\r\n"], dribbling(b"a: b\r\n", 99, 0.1)),
    "its body byte by byte": lambda _: chain([http(b" " * 99)[:-99]], dribbling(b" ", 99, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("slow", SLOW)
def test_who_answers_slowly_is_cut_off_in_time(slow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "SECONDS", 0.5)
    with misbehaving(SLOW[slow]) as (url, _):
        started = time.monotonic()
        said = reasons(looked(url))
        assert time.monotonic() - started < 3
    assert said <= {"time-out: not done within 0.5 s"}


def test_a_pause_that_is_too_long_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "EACH", 0.2)
    with misbehaving(SLOW["never"]) as (url, _):
        assert reasons(looked(url)) == {"time-out: no answer"}


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However small it is on its way: 20 KB of gzip may be 20 MB."""
    monkeypatch.setattr(web, "BYTES", 2**20)
    packed = http(gzip.compress(b" " * 20 * 2**20), content_encoding="gzip")
    for behave in (lambda _: [http(b" " * 2 * 2**20)], lambda _: [packed]):
        with misbehaving(behave) as (url, _):
            assert reasons(looked(url)) == {"the answer is larger than 1 MiB"}


def test_nobody_there_is_asked_once_a_service() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        said = reasons(looked(url))
    assert len(said) == 1
    assert "no connection" in said.pop()


@pytest.mark.parametrize(
    "url", ["http://no.such.host.invalid", "http://[::1", "http://h:99999999", "https://127.0.0.1:1"]
)
def test_an_address_that_leads_nowhere_is_blind(url: str) -> None:
    found = looked(url)
    assert found.keys() == EVERY
    assert all(isinstance(section, Blind) for section in found.values())


def test_pages_are_asked_for_where_the_server_gives_no_more() -> None:
    def behave(line: str) -> Iterable[bytes]:
        if line == "GET /server/info":
            return answer({"data": {"version": "11", "queryLimit": {"max": 2}}})
        if "flows" in line:
            pages.append(line)
            rows = [{"id": str(n), "name": "x", "status": "active"} for n in range(5)][len(pages) * 2 - 2 :][:2]
            return answer({"data": rows})
        return right(line)

    pages: list[str] = []
    with misbehaving(behave) as (url, _):
        section = looked(url)["directus.flows"]
    assert isinstance(section, Seen)
    assert [flow.id for flow in section.facts] == ["0", "1", "2", "3", "4"]
    assert len(pages) == 3


def test_what_is_neither_configured_nor_declared_unavailable_is_blind_with_a_remedy() -> None:
    estate = dataclasses.replace(estate_at("http://h"), directus=None, agent_data=None)
    found = dict(services.look(estate, NEEDS, "2026-01-01T00:00:00+00:00", lambda _: None))
    assert found.keys() == EVERY | {"directus.since"}
    for section in found.values():
        assert isinstance(section, Blind)
        assert not section.unavailable
        assert "set " in section.reason
        assert "or declare " in section.reason


def test_what_is_declared_unavailable_is_not_asked_until_that_is_over() -> None:
    gone = {name: Unavailable("moving", "ops", "2026-06-30") for name in ("directus", "agent_data")}
    with misbehaving(right) as (url, asked):
        estate = dataclasses.replace(estate_at(url), unavailable=gone)
        for at, expected in (("2026-06-30", True), ("2026-07-01", False)):
            found = dict(services.look(estate, NEEDS, f"{at}T00:00:00+00:00", lambda _: None))
            assert {s.unavailable for s in found.values() if isinstance(s, Blind)} == {expected}
            assert found.keys() == EVERY | {"directus.since"}
    assert asked.lines == []


def test_what_nobody_needs_is_no_section_and_no_request() -> None:
    with misbehaving(right) as (url, asked):
        assert looked(url, Needs()) == {}
        assert looked(url, Needs(agent_data=True)).keys() == set(services.AGENT_DATA)
    assert not any("flows" in line for line in asked.lines)


COLLECTIONS = Needs(collections=frozenset({"v ä?#", "a", "b"}))
AT = "2026-01-01T00:00:00+00:00"


def items(status: str) -> tuple[Seen[Any] | Blind, list[str]]:
    """Of one collection there is an item; of the others this is said."""
    with misbehaving(lambda line: [http(b"{}", "200 OK" if line.endswith("/a?limit=1") else status)]) as (
        url,
        told,
    ):
        found = dict(services.look(estate_at(url), COLLECTIONS, AT, lambda _: None))
        return found["directus.items"], told.lines


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_a_collection_is_answered_with_is_a_fact(status: int) -> None:
    seen, lines = items(f"{status} No")
    assert isinstance(seen, Seen), seen
    assert seen.facts == (Served("a", 200), Served("b", status), Served("v ä?#", status))
    assert lines == [f"GET /items/{name}?limit=1" for name in ("a", "b", "v%20%C3%A4%3F%23")]


@pytest.mark.parametrize(
    ("status", "why"), [("401 No", "the token was not accepted"), ("503 Later", "answers 503")]
)
def test_a_refused_token_or_what_stands_before_says_nothing_of_a_collection(status: str, why: str) -> None:
    blind, _ = items(status)
    assert isinstance(blind, Blind)
    assert why in blind.reason


def test_no_collection_is_asked_for_where_directus_is_not_configured_or_unavailable() -> None:
    bare = dataclasses.replace(estate_at("http://h"), directus=None)
    gone = dataclasses.replace(bare, unavailable={"directus": Unavailable("moving", "ops", "2026-06-30")})
    for estate, excluded in ((bare, False), (gone, True)):
        ((name, section),) = services.look(estate, COLLECTIONS, AT, lambda _: None)
        assert name == "directus.items"
        assert isinstance(section, Blind)
        assert section.unavailable is excluded


def test_a_name_that_leads_to_another_collection_is_not_asked_for() -> None:
    refused = pytest.raises(CouldNotLook, match="names the collection 'a/b'")
    with misbehaving(right) as (url, asked), directus_facts.opened(Service(url, TOKEN)) as api, refused:
        list(directus_facts.items(api, ["a/b"]))
    assert asked.lines == []


def test_a_store_that_cannot_be_opened_is_blind_without_its_password() -> None:
    store = Store("postgresql://u:hunter2@127.0.0.1:1/x")
    estate = dataclasses.replace(estate_at("http://h"), documents=store)
    needs = Needs(documents=NEEDS.documents)
    ((name, section),) = services.look(estate, needs, "2026-01-01T00:00:00+00:00", lambda _: None)
    assert name == "documents"
    assert isinstance(section, Blind)
    assert section.reason.startswith("documents: ")
    assert "hunter2" not in section.reason


@pytest.mark.parametrize(
    ("status", "its_token"), [("401 No", True), ("503 Later", False)], ids=["no token", "down"]
)
def test_who_may_write_flows_is_asked_and_only_a_refused_token_is_the_token_s_fault(
    status: str, its_token: bool
) -> None:
    with misbehaving(lambda _: [http(b"{}", status)]) as (url, _), pytest.raises(CouldNotLook) as refused:
        following._check_writer(Service(url, TOKEN, "w"))
    assert ("directus.writer_token" in refused.value.message) == its_token
    assert status.partition(" ")[0] in refused.value.message

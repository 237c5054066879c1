"""Calls of a service after COMMIT, on a real Agent Data: documents are moved once, and back, whatever comes between."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import psycopg
import pytest

from compliance.core.errors import CouldNotLook, Refused
from compliance.estate import agent_data
from compliance.estate.config import Service, Unavailable
from compliance.estate.resources import resource
from compliance.executor.apply import remember_verified
from compliance.executor.finishing import Unfinished, told
from tests.conftest import clone
from tests.live.calling_estate import Site, move
from tests.live.misbehaving import answer, http, misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.agent_data import AgentData

PAIRS = tuple((f"former/a b/{n}?x=1#%20", f"present/ü/{n}") for n in range(3))
CALLS = tuple(move(old, new) for old, new in PAIRS)


@pytest.fixture(scope="module")
def database(reference_template: NoopExecutor) -> Iterator[str]:
    with clone(reference_template, "documents") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def service(database: str) -> Iterator[AgentData]:
    """One of its own, as nothing here needs a Directus."""
    dsn = psycopg.conninfo.make_conninfo(database, user=agent_data.ROLE)
    with agent_data.serving(dsn, repository=resource("fixtures/reference/repository")) as found:
        yield found


@pytest.fixture
def site(database: str, service: AgentData, tmp_path: Path) -> Iterator[Site]:
    """An estate with three documents that lie under a former id."""
    found = Site(lambda role: psycopg.conninfo.make_conninfo(database, user=role), tmp_path)
    found.with_(agent_data=Service(service.url, service.api_key))
    headers = {"x-api-key": service.api_key}
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as client:
        for old, _ in PAIRS:
            content = {"mime_type": "text/plain", "body": old}
            body = {"document_id": old, "content": content, "metadata": {"title": old}}
            assert client.post("/documents", json=body).status_code == 201
    yield found
    with psycopg.connect(database) as connection:
        connection.execute("delete from agent_data.kb_documents where key ~ '^(former|present)__'")


def documents(site: Site) -> list[str]:
    """Those that are there, as the store has them."""
    with psycopg.connect(site.dsn(agent_data.ROLE)) as connection:
        found = connection.execute(
            "select data ->> 'document_id' from agent_data.kb_documents"
            " where key ~ '^(former|present)__' and data ->> 'deleted_at' is null order by 1"
        )
        return [row[0] for row in found.fetchall()]


OLD, NEW = ([pair[n] for pair in PAIRS] for n in (0, 1))


def test_a_plan_of_calls_alone_is_rehearsed_as_far_as_can_be_applied_and_taken_back(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    assert plan.hazards == {"calls-service"}
    rehearsed = site.rehearsed(plan)
    assert rehearsed.after == ("3 call(s): looked at, each can be made; none was made",)
    assert rehearsed.as_json()["not_rehearsed"] == list(rehearsed.after)
    assert documents(site) == OLD
    assert site.apply(plan, dry_run=True).called == {}
    assert documents(site) == OLD
    applied = site.apply(plan)
    assert documents(site) == NEW
    assert told(applied.called) == ("called: 3 call(s) made",)
    assert [(call["request"], call["status"]) for call in site.called()["calls"]] == [
        (f"POST /documents/{old}/move", 200) for old in OLD
    ]
    back = site.rollback(applied.receipt)
    assert documents(site) == OLD
    assert [call["title"] for call in back.called["calls"]] == [call.title for call in reversed(CALLS)]
    with pytest.raises(Refused, match="was rolled back already"):
        site.rollback(applied.receipt)
    assert site.kinds()[-2:] == ["rolled-back", "called"]


@pytest.mark.parametrize("number", range(3))
def test_killed_between_two_calls_the_same_command_makes_the_others(site: Site, number: int) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    site.killed(f"calling: {CALLS[number].title}", lambda at: site.apply(plan, at))
    assert documents(site) == sorted(OLD[number:] + NEW[:number])
    applied = site.apply(plan)
    assert applied.recovered
    assert documents(site) == NEW
    assert [call["status"] for call in applied.called["calls"]] == [0] * number + [200] * (3 - number)
    site.killed(f"calling: {CALLS[number].title}", lambda at: site.rollback(applied.receipt, at))
    assert documents(site) == sorted(OLD[number + 1 :] + NEW[: number + 1])
    assert site.rollback(applied.receipt).recovered
    assert documents(site) == OLD


def test_killed_before_its_receipt_it_is_applied_and_finished(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    site.killed("after COMMIT", lambda at: site.apply(plan, at))
    site.apply(plan)
    assert documents(site) == NEW
    assert [site.kinds().count(kind) for kind in ("intent", "receipt", "called")] == [1, 1, 1]


def test_what_was_moved_by_hand_is_not_moved_again(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    _ask(site, "POST", f"/documents/{OLD[1]}/move", {"new_id": NEW[1]})
    assert [call["status"] for call in site.apply(plan).called["calls"]] == [200, 0, 200]
    assert documents(site) == NEW


def test_what_is_neither_at_its_old_place_nor_at_its_new_one_is_refused_before_anything_is_done(
    site: Site,
) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    before = site.kinds()
    _ask(site, "DELETE", f"/documents/{OLD[2]}")
    with pytest.raises(Refused, match="neither as before nor as after") as error:
        site.apply(plan)
    assert [CALLS[2].title in reason for reason in error.value.reasons] == [True]
    assert documents(site) == OLD[:2]
    assert site.kinds() == before


def test_a_call_that_fails_is_3_and_the_ledger_says_how_far_it_came(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)

    def meddle(point: str) -> None:
        if point == f"calling: {CALLS[1].title}":
            _ask(site, "DELETE", f"/documents/{OLD[1]}")

    with pytest.raises(Unfinished, match=r"agent_data: POST /documents/.*/move: answers 404") as error:
        site.apply(plan, meddle)
    assert error.value.exit_code == 3
    assert [call["status"] for call in site.called()["calls"]] == [200]
    assert not site.called()["finished"]
    assert documents(site) == sorted([NEW[0], OLD[2]])


def test_what_answers_well_and_does_nothing_is_not_believed(site: Site) -> None:
    plan = site.plan(calls=CALLS[:1])
    site.rehearsed(plan)

    def behave(line: str) -> Iterable[bytes]:
        return [http(b"{}", "404 Not Found")] if line.startswith("GET /documents/present") else answer({})

    with misbehaving(behave) as (url, _):
        site.with_(agent_data=Service(url, "t"))
        with pytest.raises(Unfinished, match="answered well, but that is not how it is now"):
            site.apply(plan)


def test_what_was_verified_is_made_again_only_where_somebody_has_undone_it(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    receipt = site.apply(plan).receipt
    assert receipt is not None
    remember_verified(site.change(), plan, receipt, "a look that found all kept")
    with pytest.raises(Refused, match="was applied already"):
        site.apply(plan)
    _ask(site, "POST", f"/documents/{NEW[0]}/move", {"new_id": OLD[0]})
    assert [call["status"] for call in site.apply(plan).called["calls"]] == [200, 0, 0]
    assert documents(site) == NEW


def test_a_service_that_nobody_can_call_is_refused_before_anything_is_done(site: Site) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    before, right = site.kinds(), site.estate.agent_data
    assert right is not None
    for parts, expected in (
        ({"agent_data": None}, "agent_data is not configured"),
        (
            {"unavailable": {"agent_data": Unavailable("moving", "ops", "2999-01-01")}},
            "is declared unavailable",
        ),
    ):
        site.with_(**{"agent_data": right, "unavailable": {}} | parts)
        with pytest.raises(Refused, match=expected):
            site.apply(plan)
    for service, expected in (
        (Service("http://127.0.0.1:9", "t"), "no connection"),
        (Service(right.url, "another-key"), "answers 403, the token may not"),
    ):
        site.with_(agent_data=service, unavailable={})
        with pytest.raises(CouldNotLook, match=expected) as error:
            site.apply(plan)
        assert "another-key" not in str(error.value)
    assert site.kinds() == before
    assert documents(site) == OLD


def test_the_kill_switch_stops_calls_that_an_earlier_run_left_and_they_are_made_when_it_is_on(
    site: Site,
) -> None:
    plan = site.plan(calls=CALLS)
    site.rehearsed(plan)
    site.killed(f"calling: {CALLS[1].title}", lambda at: site.apply(plan, at))
    site.set_kill_switch("stop")
    with pytest.raises(Unfinished, match="not finished: the kill switch stops every change"):
        site.apply(plan)
    assert documents(site) == sorted(OLD[1:] + NEW[:1])
    site.set_kill_switch("true")
    site.apply(plan)
    assert documents(site) == NEW


def _ask(site: Site, method: str, path: str, body: object = None) -> None:
    """By another client, as somebody else does it."""
    assert site.estate.agent_data is not None
    with httpx.Client(headers={"x-api-key": site.estate.agent_data.token}, trust_env=False) as client:
        answer = client.request(method, site.estate.agent_data.url + quote(path), json=body)
    assert answer.is_success, answer.text

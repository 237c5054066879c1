"""The endpoint that is compiled, in a real Nitro on a real PostgreSQL: each answer, and what it leaves behind."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from compliance.core.errors import ConfigurationError
from compliance.core.facts import Route
from compliance.core.needs import Needs
from compliance.core.observation import Blind, Seen
from compliance.core.sqltext import name
from compliance.estate import config, nitro, nuxt_facts, services
from compliance.estate.pgbin import cache_home
from compliance.estate.resources import resource
from tests.endpoints import FOUND, HOSTILE, POLICY
from tests.live.directus_live import restore
from tests.live.endpoint_live import Endpoints, alive, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.seeing import Section

SWITCH, PATH = POLICY.config.enabled, POLICY.endpoint.path
COMPLETE = {"status": "complete", "run_id": "r-1", "collections_scanned": 9, "gaps": 0, "new_gaps": 0,
            "gaps_by_kind": {}}  # fmt: skip
FAIL = {"status": "dependency_fail", "run_id": "r-2", "missing": ["config c", "sibling b"]}
JS = pytest.mark.parametrize("style", ["", "js-"])


@pytest.fixture(scope="module")
def running(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    with standing(reference_template, tmp_path_factory.mktemp("endpoints")) as found:
        yield found


@pytest.fixture
def endpoints(running: Endpoints) -> Iterator[Endpoints]:
    yield running
    restore(running.database)


def set_switch(endpoints: Endpoints, value: str) -> None:
    endpoints.sql("update public.dot_config set value = %s where key = %s", value, SWITCH)


def told(answer: httpx.Response) -> tuple[int, Any]:
    """Its status, and the one that it says; that every answer has is part of what is tested."""
    return answer.status_code, answer.json()["status"]


def left_by_the_scan(endpoints: Endpoints) -> int:
    return len(endpoints.issues("T"))


def test_a_scan_answers_what_the_function_did_and_leaves_one_summary(endpoints: Endpoints) -> None:
    endpoints.sql("alter table public.collection_registry disable trigger all")
    endpoints.sql(
        "update public.collection_registry set species_code = null where collection_name = 'workflows'"
    )
    endpoints.sql("alter table public.collection_registry enable trigger all")
    answer = endpoints.post()
    assert told(answer) == (200, "complete")
    said = answer.json()
    assert said.pop("summary") == "written"
    assert (said["gaps"], said["gaps_by_kind"], said["unchanged"]) == (1, {"no_species": 1}, False)
    [(title, description, severity, source, run, kept)] = endpoints.summaries()
    assert (run, severity, source, kept) == (said["run_id"], "low", "birth", said)
    assert title == f"Birth onboarding full scan: complete {run}"
    assert description.split("\n") == [
        "complete: collections_scanned 9, gaps 1, new_gaps 1, no_species 1",
        f"run {run}",
    ]
    assert [row[4] for row in endpoints.issues("BIRTH_ONBOARDING_GAP") if row[4]] == [run]


def test_while_the_switch_is_off_nothing_is_done_and_that_is_said(endpoints: Endpoints) -> None:
    set_switch(endpoints, "false")
    assert told(endpoints.post()) == (200, "disabled")
    assert SWITCH in endpoints.post().json()["reason"]
    assert told(endpoints.post("answer", {})) == (200, "disabled")  # the switch comes first
    assert endpoints.summaries() == []
    assert left_by_the_scan(endpoints) == 0


@pytest.mark.parametrize("value", [None, "", "TRUE", "on", "1", '"true"', "true\n"])
def test_a_switch_that_is_not_there_or_no_boolean_lets_nobody_scan(
    endpoints: Endpoints, value: str | None
) -> None:
    if value is None:
        endpoints.sql("delete from public.dot_config where key = %s", SWITCH)
    else:
        set_switch(endpoints, value)
    answer = endpoints.post()
    assert told(answer) == (503, "refused")
    assert SWITCH in answer.json()["reason"]
    assert endpoints.summaries() == []


def test_a_caller_without_the_token_is_refused_and_nothing_is_scanned(endpoints: Endpoints) -> None:
    token = endpoints.nitro.token
    for credentials in (
        "",
        token,
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
        f"bearer {token}",
        "Bearer undefined",
    ):
        answer = endpoints.post("", {"authorization": credentials})
        assert told(answer) == (401, "unauthorized"), credentials
        assert answer.headers["www-authenticate"] == "Bearer"
    assert told(endpoints.post("", {})) == (401, "unauthorized")
    assert endpoints.summaries() == []


def test_a_header_of_another_name_carries_the_token_alone(endpoints: Endpoints) -> None:
    token = endpoints.nitro.token
    assert told(endpoints.post("header", {"x-scan-token": token})) == (200, "complete")
    assert told(endpoints.post("header", {"x-scan-token": f"Bearer {token}"})) == (401, "unauthorized")
    assert told(endpoints.post("header")) == (401, "unauthorized")


def test_a_server_that_knows_no_token_or_no_database_refuses(endpoints: Endpoints) -> None:
    for headers in ({}, {"x-scan-token": ""}, {"x-scan-token": "undefined"}):
        assert told(endpoints.post("untold", headers)) == (503, "refused")
    assert told(endpoints.post("nowhere")) == (503, "refused")
    assert endpoints.summaries() == []


def test_where_the_policy_wants_no_token_anybody_may_call(endpoints: Endpoints) -> None:
    assert told(endpoints.post("open", {})) == (200, "complete")


def test_a_get_is_the_wrong_method_and_scans_nothing(endpoints: Endpoints) -> None:
    headers = {"authorization": f"Bearer {endpoints.nitro.token}"}
    answer = httpx.get(endpoints.nitro.url + PATH, headers=headers, trust_env=False)
    assert answer.status_code == 405
    assert endpoints.summaries() == []


def test_of_two_calls_at_once_one_scans_and_the_other_is_told_so(endpoints: Endpoints) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(told(a) for a in pool.map(endpoints.post, ["slow"] * 4))
    assert answers == [(200, "complete"), *[(409, "busy")] * 3]
    assert len(endpoints.summaries()) == left_by_the_scan(endpoints) == 1
    assert told(endpoints.post()) == (200, "complete")


@JS
def test_a_scan_that_takes_too_long_is_ended_and_leaves_nothing(endpoints: Endpoints, style: str) -> None:
    answer = endpoints.post(f"{style}slow-1")
    assert told(answer) == (504, "timeout")
    assert left_by_the_scan(endpoints) == len(endpoints.summaries()) == 0
    assert told(endpoints.post()) == (200, "complete")  # nobody holds the lock


@pytest.mark.parametrize("route", ["away", "wrong", "js-away"])
def test_a_database_that_is_not_there_is_an_answer(endpoints: Endpoints, route: str) -> None:
    answer = endpoints.post(route)
    assert told(answer) == (503, "unavailable")
    assert "hunter2" not in answer.text
    assert told(endpoints.post()) == (200, "complete")


@pytest.mark.prove
def test_a_database_that_says_nothing_is_an_answer_too(endpoints: Endpoints) -> None:
    assert told(endpoints.post("silent")) == (503, "unavailable")


@pytest.mark.prove
@pytest.mark.parametrize("route", ["lost", "cut"])
def test_a_network_that_loses_the_call_is_an_answer_and_nobody_waits_for_ever(
    endpoints: Endpoints, route: str
) -> None:
    """PostgreSQL never heard of it, so that its own limit says nothing: it gives up waiting, or the driver does."""
    for _ in range(2):
        assert told(endpoints.post(route)) == (504, "timeout")
    assert left_by_the_scan(endpoints) == 0


def test_a_connection_that_is_lost_ends_the_call_and_not_the_server(endpoints: Endpoints) -> None:
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(endpoints.post, "slow")
        ended = False
        while not ended:
            time.sleep(0.05)
            ended = bool(endpoints.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like '%%fn_t_slow%%' and usename = %s and state = 'active'", "directus_app",
            ))  # fmt: skip
        assert told(call.result()) == (503, "unavailable")
    # and of the idle ones: the pool hears of it before it hands one out
    endpoints.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'directus_app'")
    time.sleep(0.2)
    assert told(endpoints.post()) == (200, "complete")
    assert left_by_the_scan(endpoints) == 0


WRONG: dict[str, Any] = {
    "nothing": None,
    "a list": [],
    "a text": "complete",
    "a number": 7,
    "an empty object": {},
    "another status": {**COMPLETE, "status": "done"},
    "no status": {**COMPLETE, "status": None},
    "an empty run": {**COMPLETE, "run_id": ""},
    "a blank run": {**FAIL, "run_id": " "},
    "a run that is no text": {**COMPLETE, "run_id": 7},
    "a count below nothing": {**COMPLETE, "gaps": -1},
    "a broken count": {**COMPLETE, "gaps": 1.5},
    "a count as text": {**COMPLETE, "gaps": "1"},
    "a count too few": {key: value for key, value in COMPLETE.items() if key != "new_gaps"},
    "kinds as a list": {**COMPLETE, "gaps_by_kind": []},
    "a kind without count": {**COMPLETE, "gaps_by_kind": {"k": "1"}},
    "no kinds": {key: value for key, value in COMPLETE.items() if key != "gaps_by_kind"},
    "what is missing as text": {**FAIL, "missing": "x"},
    "what is missing as numbers": {**FAIL, "missing": [1]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_that_policy_does_not_know_undoes_the_scan(endpoints: Endpoints, wrong: str) -> None:
    endpoints.answer_of_the_function(WRONG[wrong])
    assert told(endpoints.post("answer")) == (502, "invalid")
    assert left_by_the_scan(endpoints) == len(endpoints.summaries()) == 0


def test_a_scan_that_misses_what_it_needs_leaves_a_summary_as_well(endpoints: Endpoints) -> None:
    endpoints.sql("delete from public.dot_config where key = 'policy.birth_onboarding.contract'")
    answer = endpoints.post()
    assert told(answer) == (200, "dependency_fail")
    [(title, description, severity, _, run, kept)] = endpoints.summaries()
    assert (severity, run, kept["missing"]) == ("high", answer.json()["run_id"], answer.json()["missing"])
    assert title.startswith("Birth onboarding full scan: dependency_fail ")
    assert description.startswith("dependency_fail: missing ")
    assert "policy.birth_onboarding.contract" in description


def test_what_the_last_scan_found_is_what_the_next_is_compared_with(endpoints: Endpoints) -> None:
    steps = [
        ({**COMPLETE}, False), ({**COMPLETE, "run_id": "2", "duration_ms": 7}, True),
        ({**COMPLETE, "run_id": "3", "gaps": 1, "gaps_by_kind": {"a": 1}}, False),
        ({**COMPLETE, "run_id": "4", "gaps": 1, "gaps_by_kind": {"b": 1}}, False),
        ({**COMPLETE, "run_id": "5", "gaps": 3, "gaps_by_kind": {"b": 1, "a": 2}}, False),
        ({**COMPLETE, "run_id": "5b", "gaps": 3, "gaps_by_kind": {"a": 2, "b": 1}}, True), (FAIL, False),
        ({**FAIL, "run_id": "6", "missing": ["sibling b", "config c"]}, True), ({**COMPLETE, "run_id": "7"}, False),
    ]  # fmt: skip
    for route in ("answer", "text-answer"):
        endpoints.sql("delete from public.system_issues")
        for answer, unchanged in steps:
            endpoints.answer_of_the_function(answer)
            assert endpoints.post(route).json()["unchanged"] is unchanged, (route, answer)
        assert len(endpoints.summaries()) == len(steps)  # a row for each run, changed or not


def test_nothing_is_compared_where_the_policy_does_not_want_it(endpoints: Endpoints) -> None:
    assert "unchanged" not in endpoints.post("alone").json()
    assert "unchanged" not in endpoints.summaries()[0][5]


def test_a_text_is_never_called_structured(endpoints: Endpoints) -> None:
    answer = endpoints.post("text")
    assert (told(answer), answer.json()["observability"]) == ((200, "complete"), "PARTIAL")
    [(_, description, _, _, run, kept)] = endpoints.summaries()
    assert kept is None
    assert description.split("\n") == [
        "complete: collections_scanned 9, gaps 0, new_gaps 0",
        "observability_status=PARTIAL",
        f"run {run}",
    ]


@pytest.mark.parametrize("route", ["answer", "titled", "js-answer"])
def test_a_run_has_one_summary_however_often_it_is_told(endpoints: Endpoints, route: str) -> None:
    endpoints.answer_of_the_function(COMPLETE)
    assert [endpoints.post(route).json()["summary"] for _ in range(2)] == ["written", "known"]
    endpoints.answer_of_the_function({**COMPLETE, "run_id": "r-3"})
    assert endpoints.post(route).json()["summary"] == "written"
    assert len(endpoints.summaries()) == 2


@pytest.mark.parametrize("route", ["answer", "titled", "js-answer"])
def test_a_name_of_a_run_that_is_too_long_is_cut_and_two_stay_two(endpoints: Endpoints, route: str) -> None:
    for end in ("a", "b"):
        endpoints.answer_of_the_function({**COMPLETE, "run_id": "r" * 400 + end})
        assert endpoints.post(route).json()["summary"] == "written"
    rows = endpoints.summaries()
    assert len(rows) == 2
    assert all(len(row[4] or "") <= FOUND.lengths["run_id"] for row in rows)
    assert [row[5]["run_id"][-1] for row in rows] == ["a", "b"]


@pytest.mark.parametrize("route", ["fails", "absent", "refused"])
def test_what_the_database_says_is_not_repeated(endpoints: Endpoints, route: str) -> None:
    """A function that raises, one that is not there, a summary that a trigger refuses."""
    answer = endpoints.post(route)
    states = {"fails": "23514", "absent": "42883", "refused": "23502"}
    assert answer.json() == {"status": "failed", "reason": f"SQLSTATE {states[route]}"}
    assert answer.status_code == 500
    assert endpoints.summaries() == []
    assert "hunter2" not in endpoints.nitro.place.log.read_text()


def test_the_other_package_does_the_same(endpoints: Endpoints) -> None:
    said = endpoints.post("js").json()
    assert said.pop("summary") == "written"
    assert endpoints.summaries()[0][5] == said
    assert endpoints.post("js").json()["unchanged"] is True
    assert told(endpoints.post("js", {})) == (401, "unauthorized")
    endpoints.answer_of_the_function({})
    assert told(endpoints.post("js-answer")) == (502, "invalid")
    assert left_by_the_scan(endpoints) == 0
    set_switch(endpoints, "false")
    assert told(endpoints.post("js")) == (200, "disabled")


def test_no_name_of_a_policy_breaks_out_of_where_it_stands(endpoints: Endpoints) -> None:
    said = endpoints.post("hostile", {}).json()
    assert (said["status"], said[f"n{HOSTILE}"], said[f"r{HOSTILE}"], said["summary"]) == (
        "complete",
        3,
        "r1",
        "written",
    )
    [row] = endpoints.sql(f"select {name(f'c{HOSTILE}')}, sort, what, kept from public.{name(f'i{HOSTILE}')}")
    assert row[1:3] == (f"v{HOSTILE}", f"s{HOSTILE}")
    assert row[3][f"n{HOSTILE}"] == 3


def test_a_look_tells_a_route_from_none_and_sends_no_post(endpoints: Endpoints) -> None:
    service = config.Service(endpoints.nitro.url, "")
    with nuxt_facts.opened(service) as api:
        found = list(nuxt_facts.routes(api, {PATH, "/api/nothing"}))
    assert found == [Route(PATH, 405, 404), Route("/api/nothing", 404, 404)]
    assert endpoints.summaries() == []


class Screens(BaseHTTPRequestHandler):
    """As Nuxt answers: with the page, whatever is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_a_server_of_screens_says_yes_to_everything() -> None:
    with HTTPServer(("127.0.0.1", 0), Screens) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with nuxt_facts.opened(config.Service(f"http://127.0.0.1:{server.server_port}", "")) as api:
            assert list(nuxt_facts.routes(api, [PATH])) == [Route(PATH, 200, 200)]
        server.shutdown()


def test_a_look_has_the_routes_or_the_reason_why_not(endpoints: Endpoints) -> None:
    plain = config.load(resource("fixtures/reference/estate.yaml"))
    bare = replace(plain, unavailable={})

    def seen(estate: config.Estate) -> Section:
        return dict(services.look(estate, Needs(routes=frozenset({PATH})), "2026-05-13T00:00:00+00:00", print))[
            "nuxt.route"
        ]

    there = seen(replace(bare, nuxt=config.Service(endpoints.nitro.url, "")))
    assert isinstance(there, Seen)
    assert there.facts == (Route(PATH, 405, 404),)
    reasons = [
        (seen(replace(bare, nuxt=config.Service("http://127.0.0.1:9", ""))), "no connection", False),
        (seen(bare), "nuxt is not configured: set nuxt in estate.yaml", False),
        (seen(plain), "unavailable until 2036-12-31", True),
    ]
    for found, why, excluded in reasons:
        assert isinstance(found, Blind)
        assert why in found.reason
        assert found.unavailable is excluded


def test_routes_are_built_once_for_each_content(endpoints: Endpoints) -> None:
    said: list[str] = []
    nitro.build(endpoints.routes, said.append)
    assert said == []


def test_routes_that_cannot_be_built_are_an_error_that_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "broken.get.ts").write_text("export default defineEventHandler(() => {\n")
    with pytest.raises(ConfigurationError, match=r"broken\.get\.ts"):
        nitro.build(tmp_path)
    cache = cache_home()
    assert not list(cache.glob(".nitro-building-*"))
    assert not (cache / f"nitro-built-{nitro.digest(tmp_path)}").exists()


def test_nothing_is_left_of_a_server_when_its_user_is_done(endpoints: Endpoints) -> None:
    with nitro.serving(endpoints.routes, endpoints.database, token_env="T", token="t" * 20) as second:
        process = int(second.place.process.read_text())
        assert alive(process)
        assert "t" * 20 not in repr(second)
    assert not alive(process)
    assert not second.place.folder.exists()

"""`http_json` against a counterpart of DigitalOcean App Platform (document 003, 'Apps Truth'), by `compliance sync`."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync.connectors.http_json import HttpJson
from fixtures.counterparts.digitalocean import TOKEN, DigitalOcean, app
from tests.sync.connecting import failing, task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

OUTPUT = "docs/runtime/apps_truth.json"
NAMES = ["erp", "web", "api", "jobs", "mail"]
QUICK = {"read_seconds": 1, "total_seconds": 8}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[DigitalOcean]:
    monkeypatch.setenv("APPS_TOKEN", TOKEN)
    made = DigitalOcean([app(name) for name in NAMES])
    with made.serving():
        yield made
    assert made.problems == []  # each answer keeps the published shape


def target(sandbox: Sandbox, platform: DigitalOcean, keys: dict[str, Any] | None = None, **config: Any) -> str:
    """A target of it, committed."""
    whole = configured(platform, **config)
    sandbox.connector(
        "apps", "http_json", whole, direction="pull", outputs=[OUTPUT], env=["APPS_TOKEN"], **(keys or {})
    )
    return sandbox.commit()


def configured(platform: DigitalOcean, **config: Any) -> dict[str, Any]:
    return {
        "url": f"{platform.address}/v2/apps", "token_env": "APPS_TOKEN", "items": "apps", "next": "links.pages.next",
        "total": "meta.total", "page_size": 2, "sort_by": ["name"], "output": OUTPUT, "http": QUICK,
        "keep": {"id": "id", "name": "spec.name", "phase": "active_deployment.phase",
                 "services": "spec.services.*.name"},
        **config,
    }  # fmt: skip


def alone(folder: Path, platform: DigitalOcean, *words: str, passing: bool = False, **config: Any) -> None:
    """It fails, with these words, called by itself."""
    given = task(folder, configured(platform, **config), [OUTPUT], {"APPS_TOKEN": TOKEN})
    failing(HttpJson(), given, *words, passing=passing)


def names(sandbox: Sandbox) -> list[str]:
    return [each["name"] for each in json.loads((sandbox.root / OUTPUT).read_bytes())["apps"]]


def refused(sandbox: Sandbox, before: str, *words: str) -> None:
    """Nothing landed, and it says why, without the token."""
    ran = sandbox.run("--json", "--verbose")
    assert ran.code == 1, ran.told
    told = ran.result["message"] + ran.result["output"]
    for word in words:
        assert word in told, told
    assert TOKEN not in ran.told
    assert sandbox.untouched(before)


def test_all_pages_become_one_file_in_an_order_of_their_own_and_twice_is_once(
    sandbox: Sandbox, platform: DigitalOcean
) -> None:
    target(sandbox, platform)
    ran = sandbox.run("--json")
    assert ran.code == 0, ran.told
    found = json.loads((sandbox.root / OUTPUT).read_bytes())["apps"]
    assert [each["name"] for each in found] == sorted(NAMES)
    assert found[1]["services"] == ["erp-web"]
    assert found[1].keys() == {"id", "name", "phase", "services"}  # `updated_at` changes with each look
    head = sandbox.head
    platform.apps.reverse()
    assert sandbox.run("--json").result["changed"] == []
    assert sandbox.head == head
    assert {request.query.get("per_page") for request in platform.requests} == {"2"}


def test_what_is_gone_upstream_goes_here(sandbox: Sandbox, platform: DigitalOcean) -> None:
    target(sandbox, platform)
    assert sandbox.run().code == 0
    del platform.apps[0]
    assert sandbox.run().code == 0
    assert names(sandbox) == sorted(NAMES[1:])


def test_none_at_all_is_refused_unless_it_may_be(sandbox: Sandbox, platform: DigitalOcean) -> None:
    before = target(sandbox, platform)
    platform.apps.clear()
    refused(sandbox, before, "'apps' is empty", "allow_empty")
    target(sandbox, platform, allow_empty=True)
    assert sandbox.run().code == 0
    assert json.loads((sandbox.root / OUTPUT).read_bytes()) == {"apps": []}


def test_too_many_requests_are_waited_for_as_long_as_is_asked(sandbox: Sandbox, platform: DigitalOcean) -> None:
    target(sandbox, platform)
    platform.fail("429", retry_after="1", after=1)
    began = time.monotonic()
    assert sandbox.run().code == 0
    assert time.monotonic() - began >= 1
    assert names(sandbox) == sorted(NAMES)


def test_a_date_to_come_again_counts_too_and_a_far_one_is_not_waited_for(
    sandbox: Sandbox, platform: DigitalOcean
) -> None:
    before = target(sandbox, platform)
    platform.fail("503", retry_after=format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))
    refused(sandbox, before, "503", "come again after 3")
    soon = platform.fail(
        "503", retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    )
    assert sandbox.run().code == 0
    assert soon.times == 0


@pytest.mark.parametrize("kind", ["500", "truncated", "stalled"])
def test_what_passes_is_asked_again(sandbox: Sandbox, platform: DigitalOcean, kind: str) -> None:
    target(sandbox, platform)
    fault = platform.fail(kind, after=1)
    assert sandbox.run().code == 0
    assert fault.times == 0
    assert names(sandbox) == sorted(NAMES)


def test_a_token_that_is_not_known_is_told_and_asked_once(sandbox: Sandbox, platform: DigitalOcean) -> None:
    before = target(sandbox, platform, {"retries": 3})
    platform.fail("401", times=9)
    refused(sandbox, before, "401", "renew the token and set APPS_TOKEN")
    assert len(platform.requests) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("403", ("403", "APPS_TOKEN", "give it the right")),
        ("404", ("404", "/v2/apps")),
        ("not_json", ("is no JSON", "line 1, column 1")),
    ],
)
def test_what_needs_a_person_is_asked_once(
    tmp_path: Path, platform: DigitalOcean, kind: str, words: tuple[str, ...]
) -> None:
    platform.fail(kind, times=9)
    alone(tmp_path, platform, *words)
    assert len(platform.requests) == 1


def test_the_target_begins_again_where_the_client_gave_up(sandbox: Sandbox, platform: DigitalOcean) -> None:
    target(sandbox, platform, {"retries": 1}, http={**QUICK, "attempts": 2})
    platform.fail("500", times=2)
    ran = sandbox.run("--json")
    assert ran.code == 0
    assert "attempt 2 of 2" in ran.result["message"]


def test_bodies_that_never_come_whole_land_nothing(sandbox: Sandbox, platform: DigitalOcean) -> None:
    before = target(sandbox, platform, http={**QUICK, "attempts": 2})
    platform.fail("truncated", times=99, after=1)
    refused(sandbox, before, "the connection broke off")


def test_who_sends_a_byte_now_and_then_is_cut_off(tmp_path: Path, platform: DigitalOcean) -> None:
    platform.fail("drip", times=99)
    began = time.monotonic()
    patience = {"read_seconds": 1, "total_seconds": 1, "attempts": 1}
    alone(tmp_path, platform, "its time was up", passing=True, http=patience)
    assert time.monotonic() - began < 3


def test_who_drips_even_its_headers_is_cut_off(tmp_path: Path, platform: DigitalOcean) -> None:
    platform.fail("creeping", times=99)
    began = time.monotonic()
    patience = {"read_seconds": 1, "total_seconds": 1, "attempts": 1}
    alone(tmp_path, platform, "its time was up", passing=True, http=patience)
    assert time.monotonic() - began < 3


def test_an_answer_that_is_too_large_or_packed_is_refused(tmp_path: Path, platform: DigitalOcean) -> None:
    alone(tmp_path, platform, "larger than 500 bytes", http={**QUICK, "max_bytes": 500})
    platform.fail("packed")
    alone(tmp_path, platform, "answers packed (gzip)")


def test_no_token_goes_to_another_host(tmp_path: Path, platform: DigitalOcean) -> None:
    other = DigitalOcean([])
    with other.serving():
        platform.fail("redirect", to=f"{other.address}/v2/apps")
        alone(tmp_path, platform, "leads to another host")
        home, platform.address = platform.address, other.address  # now its links lead there
        alone(tmp_path, platform, f"another host, {other.address}", url=f"{home}/v2/apps")
    assert other.requests == []


def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path, platform: DigitalOcean) -> None:
    platform.fail("redirect", to="/v2/apps?per_page=2")
    HttpJson().pull(task(tmp_path, configured(platform), [OUTPUT], {"APPS_TOKEN": TOKEN}))
    assert len(json.loads((tmp_path / OUTPUT).read_bytes())["apps"]) == len(NAMES)


def test_a_page_that_is_missing_or_comes_twice_is_refused(tmp_path: Path, platform: DigitalOcean) -> None:
    platform.shift = 1  # an app came first while the pages were read
    alone(tmp_path, platform, "a page came twice, or the list changed", passing=True)
    platform.shift = -1
    alone(tmp_path, platform, "4 entries came, and 'meta.total' says 5", passing=True, page_size=3)
    platform.shift, platform.endless = 0, True
    alone(tmp_path, platform, "leads back to one that was read")


def test_a_field_that_is_gone_is_told_unless_it_may_be(tmp_path: Path, platform: DigitalOcean) -> None:
    del platform.apps[2]["active_deployment"]
    alone(tmp_path, platform, "has no 'active_deployment.phase'", "write 'active_deployment.phase?'")
    keep = {"name": "spec.name", "phase": "active_deployment.phase?"}
    HttpJson().pull(task(tmp_path, configured(platform, keep=keep), [OUTPUT], {"APPS_TOKEN": TOKEN}))
    assert {"name": "api", "phase": None} in json.loads((tmp_path / OUTPUT).read_bytes())["apps"]


def test_a_service_that_is_not_there_is_asked_again_and_then_told(
    tmp_path: Path, platform: DigitalOcean
) -> None:
    patience = {"attempts": 2, "total_seconds": 5}
    alone(tmp_path, platform, "cannot be reached", passing=True, url="http://127.0.0.1:9/v2", http=patience)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"headers": {"Authorization": "Bearer x"}}, "a header that holds no secret"),
        ({"url": "https://user:pw@example.org/v2"}, "no user, password or query"),
        ({"url": "https://example.org/v2?token=x"}, "no user, password or query"),
        ({"unknown": 1}, "unknown key 'unknown'"),
        ({"http": {"verify": False}}, "unknown key 'verify'"),
    ],
)
def test_a_wrong_config_is_told_with_its_line_before_anything_is_asked(
    sandbox: Sandbox, platform: DigitalOcean, config: dict[str, Any], words: str
) -> None:
    target(sandbox, platform, **config)
    ran = sandbox.run()
    assert ran.code == 2
    assert words in ran.err
    assert "sync.yaml:" in ran.err
    assert platform.requests == []


def test_a_secret_in_a_header_or_a_token_by_http_to_another_machine_is_refused(
    tmp_path: Path, platform: DigitalOcean
) -> None:
    alone(tmp_path, platform, "X-Trace holds a secret", headers={"X-Trace": "ghp_" + "a1B2" * 9})
    alone(tmp_path, platform, "anybody on the way could read the token", url="http://apps.example/v2/apps")
    given = task(tmp_path, configured(platform), [OUTPUT], {"APPS_TOKEN": "two words"})
    failing(HttpJson(), given, "APPS_TOKEN holds a blank")


def test_a_token_that_is_not_set_is_named(
    sandbox: Sandbox, platform: DigitalOcean, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = target(sandbox, platform)
    monkeypatch.delenv("APPS_TOKEN")
    refused(sandbox, before, "APPS_TOKEN is not set")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_in_the_middle_leaves_nothing(
    sandbox: Sandbox, platform: DigitalOcean, number: signal.Signals
) -> None:
    before = target(sandbox, platform, http={"read_seconds": 60})
    platform.fail("stalled", after=1, times=99)
    process = sandbox.start("--json")
    while len(platform.requests) < 2:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    os.kill(process.pid, number)
    process.communicate(timeout=20)
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    if number == signal.SIGINT:
        assert sandbox.untouched(before)
    assert (sandbox.head, sandbox.status) == (before, "")
    platform.faults.clear()
    assert sandbox.run().code == 0
    assert names(sandbox) == sorted(NAMES)
    assert sandbox.untouched(sandbox.head)

"""Over the document service and back: what the prefixes hold back, what webhooks do not, and what nobody could see."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.facts import ServiceInfo, Webhook
from compliance.core.finding import Finding, Note
from compliance.core.observation import Blind, File, Observation, Provenance, Seen
from compliance.estate import config
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from compliance.systems.platform import loopfree
from tests.pure.directus_flows import Estate, event

if TYPE_CHECKING:
    from collections.abc import Sequence

ORIGIN = Provenance("test", "", "", 0.0)
NOT_THERE = Blind("it does not run", ORIGIN, unavailable=True)
SYNC, COMPOSE = "agent_data/directus_sync.py", "docker-compose.yml"
REFERENCE = config.load(resource("fixtures/reference/estate.yaml"))
POLICIES = Policies.load(REFERENCE)
SOURCE = (resource("fixtures/reference/repository") / SYNC).read_text(encoding="utf-8")
ENVIRONMENT = (resource("fixtures/reference/repository") / COMPOSE).read_text(encoding="utf-8")
URL = "{{$env.AGENT_DATA_URL}}/documents"


def send(method: str = "POST", url: str = URL, **body: Any) -> tuple[str, Any]:
    return "request", {"method": method, "url": url, "body": body}


def back(*operations: tuple[str, Any], scope: str = "items.create") -> Estate:
    """A flow that hears of what the service has written back."""
    return Estate().flow("f", "event", event("knowledge_documents", scope=scope), *operations)


def run_of(
    estate: Estate, source: str = SOURCE, hooks: Sequence[Webhook] | None = None, prefixes: Sequence[str] | None = None
) -> Run:  # fmt: skip
    info = NOT_THERE if prefixes is None else Seen((ServiceInfo("1", tuple(prefixes)),), ORIGIN)
    sections: dict[str, Seen[Any] | Blind] = {
        "rows:flows": Seen(tuple(estate.flows), ORIGIN),
        "rows:operations": Seen(tuple(estate.operations), ORIGIN),
        f"file:{SYNC}": Seen((File(SYNC, source),), ORIGIN),
        f"file:{COMPOSE}": Seen((File(COMPOSE, ENVIRONMENT),), ORIGIN),
        "agent_data.webhooks": NOT_THERE if hooks is None else Seen(tuple(hooks), ORIGIN),
        "agent_data.info": info,
    }
    return Run(REFERENCE, POLICIES, Observation("reference", "2026-11-21T00:00:00Z", sections))


def judged(run: Run) -> tuple[list[str], list[str]]:
    """The messages of loops, and what their absence rests on."""
    found = run.judged(loopfree.loop_free, "platform")
    assert found.failure is None, found.failure
    said = found.by_subject["directus"]
    (note,) = [j for j in said if isinstance(j, Note)]
    return [j.message for j in said if isinstance(j, Finding)], note.content["assumptions"]


SENT_BACK = {
    "a document of the prefix": send(document_id="knowledge/{{$trigger.key}}"),
    "an id that begins with a variable": send(document_id="{{$trigger.payload.a}}/x"),
    "an id that is as long as the prefix is not": send(document_id="know{{a}}"),
    "no id": send(title="x"),
    "a body that is no object": ("request", {"method": "POST", "url": URL, "body": "{{$last}}"}),
    "a body as a text": ("request", {"method": "POST", "url": URL, "body": '{"document_id": "knowledge/a"}'}),
    "upsert": send(url=f"{URL}?upsert=true", document_id="knowledge/a"),
    "spaces in the address": send(url="{{ $env.AGENT_DATA_URL }}/documents", document_id="knowledge/a"),
    "PUT": send("PUT", f"{URL}/knowledge/a"),
    "PATCH": send("PATCH", f"{URL}/knowledge/a?x=1"),
    "a letter that is encoded": send("DELETE", f"{URL}/%6Bnowledge/a"),
    "any method": send("{{m}}", f"{URL}/knowledge/a"),
    "an address that goes on with a variable": send(url="{{$env.AGENT_DATA_URL}}{{path}}"),
    "a path that is a variable": send(url="{{$env.AGENT_DATA_URL}}/{{path}}"),
    "a path that ends with one": send(url="{{$env.AGENT_DATA_URL}}/doc{{path}}"),
    "any method to the folder": send("{{m}}", document_id="knowledge/a"),
    "a document that is named move": send("PUT", f"{URL}/knowledge/move"),
    "a name in brackets": send(url="{{$env['AGENT_DATA_URL']}}/documents", document_id="knowledge/a"),
    "a way up": send("DELETE", f"{URL}/registries/../knowledge/a"),
    "an encoded way up": send("DELETE", f"{URL}/registries/%2e%2e/knowledge/a"),
    "two slashes": send(url="{{$env.AGENT_DATA_URL}}//documents", document_id="knowledge/a"),
    "an encoded folder": send(url="{{$env.AGENT_DATA_URL}}/%64ocuments", document_id="knowledge/a"),
    "the address as it is": send(url="http://Agent-Data:8080/documents", document_id="knowledge/a"),
}


@pytest.mark.parametrize("name", SENT_BACK)
def test_what_may_come_back_to_its_sender_is_a_loop(name: str) -> None:
    found, _ = judged(run_of(back(SENT_BACK[name])))
    assert found
    assert all("reverse sync of 'knowledge/'" in message for message in found)


KEPT_OUT = {
    "another prefix": send(document_id="registries/knowledge/{{$trigger.key}}"),
    "a deleted document of another prefix": send("DELETE", f"{URL}/registries/x-{{{{$trigger.key}}}}"),
    "only read": send("GET", f"{URL}/knowledge/a"),
    "moved": send(url=f"{URL}/knowledge/a/move"),
    "a batch": send(url=f"{URL}/batch", document_id="knowledge/a"),
    "the name of the prefix in other letters": send(document_id="Knowledge/a"),
}


@pytest.mark.parametrize("name", KEPT_OUT)
def test_what_cannot_come_back_is_none_and_says_what_that_rests_on(name: str) -> None:
    found, assumed = judged(run_of(back(KEPT_OUT[name]), hooks=(), prefixes=["knowledge/"]))
    assert found == []
    assert "$env.AGENT_DATA_URL is the address of the document service" in assumed


def test_prefixes_that_the_running_service_has_besides_count() -> None:
    estate = back(send(document_id="registries/a"))
    assert judged(run_of(estate, hooks=(), prefixes=["knowledge/"]))[0] == []
    assert judged(run_of(estate, hooks=(), prefixes=["registries/"]))[0] != []


def test_a_service_that_nobody_could_look_at_is_assumed_by_name() -> None:
    _, assumed = judged(run_of(back(send(document_id="registries/a"))))
    assert assumed == [
        "$env.AGENT_DATA_URL is the address of the document service",
        "no webhook is registered at the document service: not looked at",
        "the document service runs with the prefixes of its source: not looked at",
    ]


@pytest.mark.parametrize("scope", ["response", "*.items.create", "activity.create"])
def test_the_way_back_is_heard_in_whatever_a_call_of_the_api_leaves(scope: str) -> None:
    begins = {"type": "action", "scope": [scope]}
    assert judged(run_of(Estate().flow("f", "event", begins, send(document_id="knowledge/a"))))[0]
    assert judged(run_of(Estate().flow("f", "event", begins, send(document_id="registries/a"))))[0] == []


def test_a_webhook_of_which_no_host_can_be_read_is_named() -> None:
    found, assumed = judged(
        run_of(back(send(document_id="registries/a")), hooks=[Webhook("1", "http://[", (), True)])
    )
    assert found == []
    assert "webhook an address that cannot be read does not write back" in assumed


def test_webhooks_are_told_of_every_document_whatever_its_prefix() -> None:
    estate = back(send(document_id="registries/a"))
    hook = Webhook("w1", "http://directus:8055/items/knowledge_documents", ("document.created",), active=True)
    (message,) = judged(run_of(estate, hooks=[hook], prefixes=["knowledge/"]))[0]
    assert "webhook of the document service: w1" in message
    assert judged(run_of(estate, hooks=[hook._replace(active=False)], prefixes=["knowledge/"]))[0] == []


def test_a_webhook_elsewhere_is_assumed_not_to_write_back_by_its_host_alone() -> None:
    hook = Webhook("w1", "https://user:hidden@audit.example/notes?key=hidden", (), active=True)
    found, assumed = judged(
        run_of(back(send(document_id="registries/a")), hooks=[hook], prefixes=["knowledge/"])
    )
    assert found == []
    assert "webhook audit.example does not write back" in assumed
    assert "hidden" not in " ".join(assumed)


def test_a_filter_that_does_not_stand_lets_every_document_back() -> None:
    source = SOURCE.replace("document_id.startswith(prefix)", "prefix")
    assert source != SOURCE
    (message, *_) = judged(run_of(back(send(document_id="registries/a")), source=source))[0]
    assert "unfiltered" in message


def test_prefixes_that_are_no_constant_could_not_be_looked_at() -> None:
    source = SOURCE.replace('("knowledge/",)', "tuple(load())")
    assert source != SOURCE
    failure = (
        run_of(back(send(document_id="registries/a")), source=source)
        .judged(loopfree.loop_free, "platform")
        .failure
    )
    assert failure is not None


def test_the_certificate_is_kept_with_the_evidence_of_a_case_that_is_kept() -> None:
    run = run_of(back(send(document_id="registries/a")))
    evidence = json.loads(run.evidence(loopfree.loop_free, "platform"))
    certificate = evidence["notes"]["loop freedom"]
    assert certificate["loops"] == []
    assert len(certificate["assumptions"]) == 3
    assert {"rows:flows", f"file:{SYNC}", "agent_data.info"} <= evidence["sections"].keys()


def test_an_estate_without_directus_has_no_flows_to_judge() -> None:
    found = run_of(Estate())
    assert found.subjects("platform.directus") == ["directus"]
    found.policies = Policies.load(REFERENCE)
    found.policies["platform"] = replace(found.policies["platform"], directus=None)
    assert found.subjects("platform.directus") == []
    assert found.judged(loopfree.loop_free, "platform").by_subject == {}

"""Names of the environment, and addresses that are denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import CouldNotLook
from compliance.core.finding import NotApplicable, Unseen
from tests.pure.flowcases import NEAR, Case, check, composed, each, on, request, send
from tests.pure.flowrows import RULES, Op, World

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "names_are_allowed",
        "a name that is not listed",
        on("create", Op("a", "log", {"message": "{{$env.SECRET}}"})),
        ["F"],
    ),
    (
        "names_are_allowed",
        "a name in another case",
        on("create", Op("a", "log", {"message": "{{$env.web_url}}"})),
        ["F"],
    ),
    (
        "names_are_allowed",
        "the list lost one",
        composed("WEB_URL,AGENT_DATA_URL,AGENT_DATA_API_KEY", "WEB_URL,AGENT_DATA_URL"),
        "[DOT-REG]",
    ),
    (
        "names_are_allowed",
        "there is no list",
        composed("FLOWS_ENV_ALLOW_LIST", "FLOWS_ALLOW_LIST"),
        "[DOT-REG]",
    ),
    ("names_are_allowed", "there is no such service", composed("  directus:\n", "  cms:\n"), "[DOT-REG]"),
    ("names_are_allowed", "a listed name", on("create", Op("a", "log", {"message": "{{$env.WEB_URL}}"})), NEAR),
    ("addresses_are_not_denied", "localhost", on("create", *request(send("http://localhost:3000/x"))), ["F"]),
    ("addresses_are_not_denied", "loopback", on("create", *request(send("http://127.0.0.1/x"))), ["F"]),
    ("addresses_are_not_denied", "loopback in short", on("create", *request(send("http://127.1/x"))), ["F"]),
    (
        "addresses_are_not_denied",
        "loopback in hexadecimal",
        on("create", *request(send("http://0x7f000001/x"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "loopback of version 6",
        on("create", *request(send("http://[::1]:8080/x"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "loopback as one of version 6",
        on("create", *request(send("http://[::ffff:127.0.0.1]/x"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "a name below localhost",
        on("create", *request(send("http://api.localhost/x"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "Directus itself",
        on("create", *request(send("http://directus:8055/items/x"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "the metadata of a cloud",
        on("create", *request(send("http://169.254.169.254/latest"))),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "an address from the environment",
        composed("http://agent-data:8080", "http://localhost:8080"),
        "[DOT-REG]",
    ),
    ("addresses_are_not_denied", "no address", on("create", *request(send("agent-data:8080/x"))), ["F"]),
    (
        "addresses_are_not_denied",
        "a list that cannot be read",
        composed("WEB_URL: http", "IMPORT_IP_DENY_LIST: local\n      WEB_URL: http"),
        "[DOT-REG]",
    ),
    (
        "addresses_are_not_denied",
        "a subnet of the list",
        composed(
            "WEB_URL: http",
            "IMPORT_IP_DENY_LIST: 203.0.113.0/24\n      WEB_URL: http",
            on("create", *request(send("http://203.0.113.9/x"))),
        ),
        ["F"],
    ),
    (
        "addresses_are_not_denied",
        "another container",
        on("create", *request(send("http://agent-data:8080/x"))),
        NEAR,
    ),
    (
        "addresses_are_not_denied",
        "another container from the environment",
        on("create", *request(send())),
        NEAR,
    ),
    ("addresses_are_not_denied", "somewhere else", on("create", *request(send("https://example.com/x"))), NEAR),
    (
        "addresses_are_not_denied",
        "localhost that is not denied",
        composed(
            "WEB_URL: http",
            'IMPORT_IP_DENY_LIST: "169.254.169.254"\n      WEB_URL: http',
            on("create", *request(send("http://localhost/x"))),
        ),
        NEAR,
    ),
    (
        "addresses_are_not_denied",
        "localhost in a path",
        on("create", *request(send("https://example.com/localhost"))),
        NEAR,
    ),
    (
        "the_service_is_not_denied",
        "localhost",
        composed("http://agent-data:8080", "http://localhost:8080"),
        ["directus"],
    ),
    (
        "the_service_is_not_denied",
        "no value",
        composed("      AGENT_DATA_URL: http://agent-data:8080\n", ""),
        ["directus"],
    ),
    ("the_service_is_not_denied", "another container", World.conforming, NEAR),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)


def test_an_address_that_only_a_run_can_tell_is_not_judged() -> None:
    world = World().add("F", "webhook", {}, *request(send("{{$trigger.body.url}}")))
    (found,) = world.says(RULES["addresses_are_not_denied"])
    assert isinstance(found, NotApplicable)


def test_an_address_that_is_left_to_whoever_starts_directus_could_not_be_looked_at() -> None:
    world = composed("http://agent-data:8080", "${AGENT_DATA_URL:?}")()
    found = world.says(RULES["addresses_are_not_denied"])
    assert found
    assert all(isinstance(judgement, Unseen) for judgement in found)


def test_a_container_may_be_denied_where_private_addresses_are() -> None:
    world = composed("WEB_URL: http", "IMPORT_IP_DENY_LIST: 0.0.0.0,172.16.0.0/12\n      WEB_URL: http")()
    assert all(isinstance(judgement, Unseen) for judgement in world.says(RULES["addresses_are_not_denied"]))


@pytest.mark.parametrize("rule", ["names_are_allowed", "addresses_are_not_denied", "the_service_is_not_denied"])
@pytest.mark.parametrize("compose", ["services: [", "services: {directus: {environment: 5}}"])
def test_a_file_that_cannot_be_read_is_no_answer(rule: str, compose: str) -> None:
    world = World.conforming()
    world.compose = compose
    with pytest.raises(CouldNotLook):
        world.says(RULES[rule])


def test_a_list_that_is_left_to_whoever_starts_directus_is_no_answer() -> None:
    world = composed("WEB_URL,AGENT_DATA_URL,AGENT_DATA_API_KEY", "${ALLOWED}")()
    with pytest.raises(CouldNotLook):
        world.says(RULES["names_are_allowed"])

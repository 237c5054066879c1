"""Secrets that stand in flows as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pure.flowcases import NEAR, Case, check, each, on, request, send
from tests.pure.flowrows import RULES, Op, World

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: list[Case] = [
    (
        "no_literal_secret",
        "in a header",
        on("create", *request(send(headers=[{"header": "X-API-Key", "value": "k-1"}]))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "behind Bearer",
        on("create", *request(send(headers=[{"header": "authorization", "value": "Bearer abc"}]))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "in a cookie",
        on("create", *request(send(headers=[{"header": "Cookie", "value": "session=abc"}]))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "in an address",
        on("create", *request(send("https://user:word@example.com/x"))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "a token in an address",
        on("create", *request(send("https://t0ken@example.com/x"))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "in a query",
        on("create", *request(send("https://example.com/x?a=1&access_token=abc"))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "a key in a query",
        on("create", *request(send("https://example.com/x?key=abc"))),
        ["F"],
    ),
    ("no_literal_secret", "in a body", on("create", *request(send(body={"a": {"password": "abc"}}))), ["F"]),
    (
        "no_literal_secret",
        "in a list in a body",
        on("create", *request(send(body=[{"api_key": "abc"}]))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "of a token that is signed",
        on("create", Op("a", "json-web-token", {"secret": "abc"})),
        ["F"],
    ),
    (
        "no_literal_secret",
        "taken out at the edge",
        on("create", Op("a", "log", {"message": "x <secret bearer length=9 hash=none>"})),
        ["F"],
    ),
    (
        "no_literal_secret",
        "taken out of options that are text",
        on("create", Op("a", "log", "<secret bearer length=9 hash=none>")),
        ["F"],
    ),
    (
        "no_literal_secret",
        "in a flow's options",
        lambda: World().add("F", "webhook", {"x": "<secret entry length=9 hash=none>"}, Op("a", "log")),
        ["F"],
    ),
    (
        "no_literal_secret",
        "in a flow that is not active",
        lambda: World().add(
            "F", "event", {}, *request(send(headers=[{"header": "X-API-Key", "value": "k"}])), status="draft"
        ),
        ["F"],
    ),
    (
        "no_literal_secret",
        "before a variable",
        on("create", *request(send(headers=[{"header": "X-API-Key", "value": "0123456789{{$env.X}}"}]))),
        ["F"],
    ),
    (
        "no_literal_secret",
        "a name",
        on("create", *request(send(headers=[{"header": "X-API-Key", "value": "{{$env.X}}"}]))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "a name behind Bearer",
        on("create", *request(send(headers=[{"header": "Authorization", "value": "Bearer {{ $env.X }}"}]))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "a header that tells nothing",
        on("create", *request(send(headers=[{"header": "Content-Type", "value": "application/json"}]))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "an empty header",
        on("create", *request(send(headers=[{"header": "X-API-Key", "value": ""}]))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "a name in a query",
        on("create", *request(send("https://example.com/x?key={{$env.X}}&page=2"))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "a name for a user",
        on("create", *request(send("https://{{$env.U}}:{{$env.P}}@example.com/x"))),
        NEAR,
    ),
    (
        "no_literal_secret",
        "an at sign in a path",
        on("create", *request(send("https://example.com/@user"))),
        NEAR,
    ),
    ("no_literal_secret", "a name in a body", on("create", *request(send(body={"token": "{{$env.X}}"}))), NEAR),
]


@each(CASES)
def test_a_rule_names_what_breaks_it_and_leaves_near_misses(
    rule: str, world: Callable[[], World], broken: list[str] | str
) -> None:
    check(rule, world, broken)


def test_no_message_shows_the_secret_that_it_is_about() -> None:
    world = World().on(
        "create",
        *request(
            send(
                "https://u:hunter2@example.com/?key=hunter2",
                headers=[{"header": "X-API-Key", "value": "hunter2"}],
                body={"token": "hunter2"},
            )
        ),
    )
    for rule in RULES.values():
        assert "hunter2" not in str(world.says(rule))

"""What a condition, a pattern and an address mean to Directus, as far as it can be known before anything runs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.deciding import decided
from compliance.core.flows import frozen
from compliance.core.symbols import undefined, unknown
from compliance.core.template import parse
from compliance.core.triggering import ANYTHING, may_start_with, reached
from compliance.systems.platform.listening import matches

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/conditions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("absent", "least"), [(unknown("perhaps there"), 200), (undefined("x"), 230)])
def test_what_is_said_of_a_condition_is_what_directus_does(absent: Any, least: int) -> None:
    """Recorded from it. Undecided is allowed, wrong is not; nor is it where a field that is absent is taken for one
    that may be there."""

    def value(data: Any, path: tuple[str | int, ...]) -> Any:
        for name in path:
            data = data.get(name, absent) if isinstance(data, dict) else absent
        return data

    said = [
        (decided(frozen(condition), partial(value, frozen(data))), holds, condition)
        for condition, data, holds in VECTORS["conditions"]
    ]
    assert [one for one in said if one[0] is not None and one[0] != one[1]] == []
    assert sum(one[0] is not None for one in said) > least


def test_a_pattern_hears_at_least_what_it_hears_in_directus() -> None:
    said = [(pattern, matches(pattern, name), hears) for pattern, name, hears in VECTORS["events"]]
    assert [p for p, mine, real in said if real and not mine] == []
    assert [p for p, mine, real in said if mine != real and "**" not in p] == []


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("knowledge/{{a}}", True), ("know{{a}}", True), ("{{a}}", True), ("", False), ("{{a}}registries/", True),
        ("registries/{{a}}", False), ("knowledge", False), ("Knowledge/{{a}}", False), ("knowledge_{{a}}", False),
    ],
)  # fmt: skip
def test_what_a_text_begins_with_is_decided_by_what_is_known_of_it(text: str, may: bool) -> None:
    assert may_start_with(parse(text), "knowledge/") == may


@given(st.text("ab/", max_size=4), st.text("ab/", max_size=4), st.text("ab/", max_size=3))
def test_whatever_a_variable_holds_a_text_that_may_not_begin_so_does_not(
    head: str, value: str, prefix: str
) -> None:
    if not may_start_with(parse(head + "{{x}}"), prefix):
        assert not (head + value).startswith(prefix)
    assert may_start_with(parse(head), prefix) == head.startswith(prefix)


@given(st.text(), st.text())
def test_any_address_has_a_meaning(method: str, url: str) -> None:
    base, targets = reached(method, url)
    assert isinstance(base, str)
    assert targets is None or all(targets)


def test_an_address_that_begins_with_a_variable_of_a_flow_may_be_any() -> None:
    assert reached("POST", "{{$trigger.body.url}}/x").targets == (ANYTHING,)
    assert reached("POST", "{{$env.URL}}/x").targets is None

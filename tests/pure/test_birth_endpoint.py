"""The endpoint as text: what stops it, what it is made of, and that nothing in it is a secret to the observation."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core import redact
from compliance.core.errors import Refused
from compliance.systems.birth_scan import endpoint_text
from compliance.systems.birth_scan.endpoint import Found, mine, rendered
from compliance.systems.birth_scan.policy import Auth
from tests.endpoints import FOUND, POLICY, compiled

if TYPE_CHECKING:
    from compliance.systems.birth_scan.policy import Policy


def refusal(policy: Policy, found: Found) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        rendered(policy, found)
    assert caught.value.remedy
    return caught.value.reasons


def test_a_way_of_access_that_cannot_call_a_function_says_what_is_needed() -> None:
    for style in ("directus-sdk", "drizzle", ""):
        [reason] = refusal(POLICY, FOUND._replace(style=style))
        assert "cannot call a function" in reason
        assert POLICY.endpoint.database_env in reason


def test_whoever_may_call_has_to_be_decided() -> None:
    [reason] = refusal(replace(POLICY, auth=None), FOUND)
    assert reason.startswith("auth_decision: ")
    assert "401" in rendered(POLICY, FOUND)
    assert "unauthorized" not in rendered(replace(POLICY, auth=Auth("", "", "", "why not")), FOUND)


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    nothing = Found("orm", {"issue_type": "t", "severity": "s"}, None, {"t": 5, "s": 3})
    reasons = refusal(replace(POLICY, auth=None), nothing)
    for part in (
        "by orm",
        "auth_decision",
        "run_id or title",
        "neither for a text",
        "of issue_type holds",
        "severity of",
    ):
        assert any(part in reason for reason in reasons), (part, reasons)


def test_what_cannot_be_compared_is_not_dropped_in_silence() -> None:
    """Without a key that counts up nothing says which summary is the last one."""
    unordered = FOUND._replace(newest=None)
    [reason] = refusal(POLICY, unordered)
    assert "set endpoint.compare to false" in reason
    rendered(replace(POLICY, endpoint=replace(POLICY.endpoint, compare=False)), unordered)


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ((), {"issue_type": "BIRTH_FULL_SCAN_RUN_SUMMARY"}),
        (
            ("issue_type",),
            {"entity_type": "scan", "entity_code": "birth_onboarding_full_scan", "source": "birth"},
        ),
        (("issue_type", "entity_type", "entity", "source"), {}),
    ],
)
def test_a_summary_is_told_by_what_the_endpoint_writes(without: tuple[str, ...], told: dict[str, str]) -> None:
    columns = {field: column for field, column in FOUND.columns.items() if field not in without}
    assert mine(POLICY, columns) == told


def test_a_word_of_the_vocabulary_is_never_cut() -> None:
    word = POLICY.issues.values["issue_type"]
    rendered(POLICY, FOUND._replace(lengths={"issue_type": len(word)}))
    [reason] = refusal(POLICY, FOUND._replace(lengths={"issue_type": len(word) - 1}))
    assert word in reason
    high = max(POLICY.issues.severity.values(), key=len)
    [reason] = refusal(POLICY, FOUND._replace(lengths={"severity": len(high) - 1}))
    assert high in reason


def test_columns_that_are_not_there_are_not_written() -> None:
    few = {field: FOUND.columns[field] for field in ("title", "issue_type", "run_id")}
    text = rendered(POLICY, FOUND._replace(columns=few))
    assert "insert into public.system_issues (issue_type, title, run_id, evidence_snapshot)" in text
    assert "$3::text::json)" in text


def test_the_way_of_access_is_the_one_that_was_found() -> None:
    assert "from 'pg'" in rendered(POLICY, FOUND)
    other = rendered(POLICY, FOUND._replace(style="postgres"))
    assert "from 'postgres'" in other
    assert "from 'pg'" not in other


def test_the_observation_of_a_repository_leaves_every_endpoint_as_it_is() -> None:
    """Else a file as compiled would differ from what was compiled, by a secret that is none."""
    for route, text in compiled().items():
        assert redact.text(text, None) == text, route


def test_every_mark_is_replaced_and_every_kind_of_answer_is_described() -> None:
    for route, text in compiled().items():
        assert route == "hostile" or "@@" not in text
        assert text.isascii()
    told = {line.split()[1] for line in (endpoint_text.__doc__ or "").splitlines() if line[:3].isdigit()}
    said = set(re.findall(r"status: '(\w+)'", rendered(POLICY, FOUND)))
    assert told == said | {"complete", "dependency_fail"}

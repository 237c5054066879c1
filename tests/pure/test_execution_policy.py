"""`execution` of platform.yaml: who may approve what is said without a contradiction, or refused with its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest

from compliance.core.change import Hazard
from compliance.core.errors import ConfigurationError
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems.platform.execution import ApprovalRule, Execution, parse_execution
from tests.pure.plans import key

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = resource("systems/platform/policy.schema.json")
ALICE, BOB = key("alice", "execute", "rollback"), key("bob", "execute")
TEXT = f"""\
reviewed: false
postgres: {{oldest: 14, newest: 18}}
execution:
  keys:
    alice: {{public: {ALICE.public}, may: [execute, rollback]}}
    bob: {{public: {BOB.public}, may: [execute]}}
  approvals:
    reference: self
    production:
      - {{capability: execute, hazards: [inserts], count: 1, by: [alice, bob]}}
      - {{capability: execute, hazards: [deletes], count: 2, by: [alice, bob], author_counts: true}}
      - {{capability: rollback, count: 1, by: [alice]}}
"""


def parse(folder: Path, text: str) -> Execution:
    path = folder / "platform.yaml"
    path.write_text(text, encoding="utf-8")
    return parse_execution(document.load(path, SCHEMA))


def test_who_may_approve_is_read_as_it_is_written(tmp_path: Path) -> None:
    read = parse(tmp_path, TEXT)
    assert read.keys == {"alice": ALICE, "bob": BOB}
    both = frozenset({"alice", "bob"})
    assert read.approvals == {
        "reference": "self",
        "production": (
            ApprovalRule("execute", frozenset({"inserts"}), 1, both, author_counts=False),
            ApprovalRule("execute", frozenset({"deletes"}), 2, both, author_counts=True),
            ApprovalRule("rollback", None, 1, frozenset({"alice"}), author_counts=False),
        ),
    }


def test_without_the_section_nobody_may_approve_anything(tmp_path: Path) -> None:
    read = parse(tmp_path, TEXT.partition("execution:")[0])
    assert (read.keys, read.approvals) == ({}, {})


def _named(value: object) -> str:
    """Keys are made anew for each run, and workers must agree on what a case is called."""
    return str(value).replace(ALICE.public, "alice").replace(BOB.public, "bob")[:40]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "count: 1, by: [alice, bob]",
            "count: 1, by: [alice, eve]",
            10,
            "unknown key 'eve'; declared: alice, bob",
        ),
        ("count: 1, by: [alice]", "count: 1, by: [alice, bob]", 12, "key 'bob' may not rollback"),
        ("count: 2", "count: 3", 11, "2 people cannot give 3 approvals"),
        ("count: 2", "count: 0", 11, "count"),
        (BOB.public, ALICE.public, 6, "'bob' and 'alice' are the same key"),
        pytest.param(BOB.public, BOB.public[:-1], 6, "public", id="too short"),
        pytest.param(BOB.public, BOB.public.upper(), 6, "public", id="in capitals"),
        (
            "may: [execute]",
            "may: [execute, all]",
            6,
            "'all' is not one of execute, test-call, rollback, commit",
        ),
        ("production:\n", "production: self\n  #", 9, "production"),
        ("hazards: [inserts]", "hazards: []", 10, "hazards"),
    ],
    ids=_named,
)
def test_a_contradiction_names_its_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError) as caught:
        parse(tmp_path, TEXT.replace(old, new, 1).partition("  #")[0])
    assert said in str(caught.value)
    assert f"platform.yaml:{line}: " in str(caught.value)


def test_a_rule_may_name_every_hazard_that_a_plan_can_have() -> None:
    schema = json.loads(resource("compliance/systems/platform/policy.schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]["hazard"]["enum"]) == set(get_args(Hazard))

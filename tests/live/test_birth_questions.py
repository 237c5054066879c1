"""The seven questions of document 001, asked of each variant of the reference estate, and how an open one blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest

from compliance.core.finding import Finding
from compliance.estate import variants
from compliance.systems.birth_scan import address, observing, pattern
from compliance.systems.birth_scan.questions import Answers, answers
from compliance.systems.protocol import Facts
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.verdict import Verdict


class Asked(NamedTuple):
    """What was answered, and what the probes say."""

    answers: Answers
    verdict: Verdict

    def broken(self, phase: str) -> set[str]:
        """Rules of this system."""
        found = (c.rule for c in self.verdict.cases if c.outcome == "broken" and c.rule.system == "birth_scan")
        return {rule.id for rule in found if rule.phase == phase}


def asked(template: NoopExecutor, name: str, folder: Path) -> Asked:
    """A variant, looked at as an audit looks at it."""
    variant = variants.find(name)
    with clone(template, f"asked_{name}") as dsn:
        variant.change(dsn)
        probe = psycopg.conninfo.make_conninfo(dsn, user="compliance_probe")
        estate = replace(
            faults.estate_at(probe), repository=variant.repository(folder / "repository"),
            policy=variant.policy(folder / "policy"),
        )  # fmt: skip
        run = faults.looked_at(estate)
    facts = Facts("birth_scan", run.policies, run.observation)
    return Asked(answers(facts), quick.verdict(run))


@pytest.mark.parametrize(
    ("name", "status", "json", "blocks", "gaps"),
    [
        ("bare", "FULL", "evidence_snapshot", {"BS013"}, set()),
        ("practice", "FULL", "evidence_snapshot", {"BS011", "BS013"}, {"BS027", "BS029"}),
        ("hoped", "FULL", "details", {"BS013"}, set()),
        ("text_only", "PARTIAL", None, {"BS013"}, set()),
    ],
)
def test_all_seven_are_answered_of_each_variant_and_what_else_blocks_is_named(
    name: str, status: str, json: str | None, blocks: set[str], gaps: set[str], reference_template: NoopExecutor,
    tmp_path: Path,
) -> None:  # fmt: skip
    found = asked(reference_template, name, tmp_path)
    assert found.answers.open == ()
    assert (found.answers.issues.value.status, found.answers.issues.value.structured) == (status, json)
    assert (found.answers.registered.value.row is None) == (name == "practice")
    assert all(answer.said and answer.evidence for answer in found.answers)
    assert found.broken("readiness") == blocks
    assert {"BS027", "BS028", "BS029"} & found.broken("conformance") == gaps


def test_the_estate_that_document_001_hopes_for_is_mapped_by_its_names(
    reference_template: NoopExecutor, tmp_path: Path
) -> None:
    found = asked(reference_template, "hoped", tmp_path).answers
    mapped = found.tools.value.columns
    assert (mapped["name"], mapped["type"], mapped["executor"]) == ("tool_name", "tool_type", "executor_ref")
    assert found.issues.value.columns["entity"] == "entity_ref"


@pytest.mark.parametrize(
    ("number", "sql", "rule"),
    [
        (1, "update public.directus_flows set trigger = 'manual'", pattern.pattern_is_there),
        (2, "update public.dot_tools set name = '[DOT-REG] Count Refresh (6h)'", pattern.pattern_is_looked_up),
        (5, "update public.directus_operations set options = '{}'", address.the_address_works),
        (6, "alter table public.system_issues drop column description, drop column evidence_snapshot",
         observing.runs_can_be_observed),
    ],
)  # fmt: skip
def test_an_open_question_blocks_by_its_number_and_says_what_is_needed(
    number: int, sql: str, rule: object, reference_template: NoopExecutor
) -> None:
    with clone(reference_template, "open") as dsn:
        with psycopg.connect(dsn) as owner:
            owner.execute(sql.encode())
        run = faults.looked_at(faults.estate_at(psycopg.conninfo.make_conninfo(dsn, user="compliance_probe")))
    assert callable(rule)
    said = [
        j.message for j in rule(Facts("birth_scan", run.policies, run.observation)) if isinstance(j, Finding)
    ]
    assert said
    assert all(m.startswith(f"question {number} is not answered: ") and "what is needed: " in m for m in said)

"""Fields of the policy on columns of an estate: the first candidate that is there, what is left out or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from compliance.core import facts
from compliance.core.finding import Finding, NotApplicable, Note
from compliance.core.observation import Row
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.conditions import Value
from compliance.systems.birth_scan.observing import BLOCKED, issues, summaries_say_what_they_are
from compliance.systems.birth_scan.registering import tools
from compliance.systems.birth_scan.shape import misfits
from compliance.systems.birth_scan.vocabularies import of_issues, vocabularies_agree
from compliance.systems.protocol import Facts
from tests.pure.birthtables import check, column, facts_of, policy, tool, with_issues

ISSUES = "system_issues"
PLAIN = ("title", "description", "entity_type", "entity_code", "issue_type", "severity", "source", "run_id")
GRANTED = [
    facts.Grant("relation", "public.system_issues", "directus_app", "INSERT", grantable=False),
    facts.Grant("relation", "public.system_issues", "public", "SELECT", grantable=False),
    facts.Grant("relation", "public.dot_config", "public", "SELECT", grantable=False),
]
WORDS = [Row(("GAP", severity, None, "birth", None)) for severity in ("low", "high")]


def table(*extra: Any, without: tuple[str, ...] = ()) -> list[Any]:
    return [*(column(ISSUES, name) for name in PLAIN if name not in without), *extra]


def asked(columns: list[Any], **more: Any) -> Any:
    return issues(facts_of(catalog_columns=columns, catalog_grants=GRANTED, words=WORDS, **more))


@pytest.mark.parametrize(
    ("names", "json"),
    [
        (("details", "evidence_snapshot"), "details"),
        (("evidence_snapshot",), "evidence_snapshot"),
        (("details_json", "details"), "details_json"),
    ],
)
def test_the_first_candidate_that_is_there_counts(names: tuple[str, ...], json: str) -> None:
    answer = asked(table(*(column(ISSUES, name, "jsonb") for name in names)))
    assert (answer.value.structured, answer.value.status) == (json, "FULL")


def test_a_text_is_never_called_structured() -> None:
    answer = asked(table(column(ISSUES, "details", "text")))
    assert (answer.value.structured, answer.value.status) == (None, "PARTIAL")
    assert "observability_status=PARTIAL" in answer.said


def test_a_field_without_a_column_is_left_out_and_said() -> None:
    answer = asked(table(column(ISSUES, "details", "json"), without=("entity_code", "entity_type")))
    assert answer.value.left_out == ("entity", "entity_type")


@pytest.mark.parametrize(
    ("columns", "facet"),
    [
        ([], "missing"),
        (table(column(ISSUES, "owner", null=False)), "owner-empty"),
        (table(without=("title", "run_id")), "run"),
        (table(without=("description",)), "content"),
        (table(without=("issue_type", "entity_type", "entity_code", "source")), "kind"),
        (
            table(column(ISSUES, "issue_type", "character varying(9)"), without=("issue_type",)),
            "issue_type-room",
        ),
        (table(column(ISSUES, "entity_code", "integer"), without=("entity_code",)), "entity_code-type"),
        (table(column(ISSUES, "title", "integer"), without=("title",)), "title-type"),
    ],
)
def test_what_cannot_be_mapped_is_blocked_for_a_decision(columns: list[Any], facet: str) -> None:
    answer = asked(columns)
    assert not answer.answered
    assert facet in {reason.facet for reason in answer.open}
    assert all(BLOCKED in reason.needed for reason in answer.open if not reason.facet.startswith("failures"))


def test_a_mandatory_column_that_fills_itself_asks_for_nothing() -> None:
    filled = [
        column(ISSUES, "a", null=False, default="now()"),
        column(ISSUES, "b", "integer", null=False)._replace(identity="always"),
        column(ISSUES, "c", null=False)._replace(generated="stored"),
    ]
    assert asked(table(*filled)).answered


def test_a_severity_that_nobody_uses_and_nobody_declares_is_no_answer() -> None:
    found = facts_of(with_issues(severity={"complete": "informational", "dependency_fail": "high"}),
                     catalog_columns=table(), catalog_grants=GRANTED, words=WORDS)  # fmt: skip
    assert [reason.facet for reason in issues(found).open] == ["severity-informational"]


def test_the_words_of_this_scan_are_no_witness_of_themselves() -> None:
    ours = Row((policy().issues.values["issue_type"], "informational", None, "birth", None))
    words = of_issues(facts_of(catalog_columns=table(), words=[*WORDS, ours]), "severity")
    assert words is not None
    assert words.in_use == {"low", "high"}


# --- what a table lets in ---------------------------------------------------------------------------------------------


def refused(given: dict[str, Any], **sections: Any) -> list[str]:
    found = facts_of(catalog_columns=[column("t", "a"), column("t", "b", default="'x'::text")], **sections)
    return [reason.facet for reason in misfits(found, "public.t", given, "needed")]


def test_a_check_over_a_default_is_asked_of_the_default() -> None:
    assert refused({"a": "1"}, catalog_constraints=[check("t", "CHECK ((b = 'x'::text))", "b")]) == []
    assert refused({"a": "1"}, catalog_constraints=[check("t", "CHECK ((b = 'y'::text))", "b")]) == ["t_check"]


def test_a_check_that_nobody_can_decide_here_is_told() -> None:
    assert refused({"a": Value.SOME}, catalog_constraints=[check("t", "CHECK ((a ~ 'x'::text))", "a")]) == [
        "t_check"
    ]


def test_a_key_over_what_is_the_same_each_time_refuses_the_second_row() -> None:
    key = facts.Constraint("public", "t", "t_key", "unique", ("a",), None, "", "UNIQUE (a)")
    assert refused({"a": "1"}, catalog_constraints=[key]) == ["t_key"]
    assert refused({"a": Value.SOME}, catalog_constraints=[key]) == []


@pytest.mark.parametrize(
    ("keys", "refuses"),
    [
        ("(a)", True),
        ("(lower((a)::text), b)", True),
        ("((a || b))", True),
        ("(a) WHERE (b = 'x'::text)", True),
        ("(a) WHERE (b ~ 'x'::text)", True),
        ("(a DESC NULLS LAST, c) NULLS NOT DISTINCT", True),
        ("(a, date_trunc('day'::text, d))", True),
        ("(a, e)", True),
        ("(a text_pattern_ops)", True),
        ("(a) WHERE (b = 'y'::text)", False),
        ("(a) WHERE (c IS NOT NULL)", False),
        ("(a, c)", False),
        ("(a, d)", False),
        ("(a, f)", False),
        ("(a, COALESCE(d, ''::text))", False),
    ],
)
def test_an_index_over_what_is_the_same_each_time_refuses_the_second_row(keys: str, refuses: bool) -> None:
    columns = [
        column("t", "a"), column("t", "b", default="'x'::text"), column("t", "c"), column("t", "d"),
        column("t", "e", "boolean", default="false"), column("t", "f", "uuid", default="gen_random_uuid()"),
    ]  # fmt: skip
    index = facts.Index("public", "t", "i", True, True, f"CREATE UNIQUE INDEX i ON public.t USING btree {keys}")
    for unique in (True, False):
        found = facts_of(catalog_columns=columns, catalog_indexes=[index._replace(unique=unique)])
        reasons = misfits(found, "public.t", {"a": "1", "d": Value.SOME}, "needed")
        assert [reason.facet for reason in reasons] == (["i"] if refuses and unique else [])


@pytest.mark.parametrize(("kind", "columns", "facets"), [
    ("foreign key", ("a",), ["t_key"]),
    ("foreign key", ("b",), []),
    ("foreign key", ("a", "c"), []),
    ("exclusion", ("a",), ["t_key"]),
])  # fmt: skip
def test_what_looks_at_other_rows_may_refuse(kind: Any, columns: tuple[str, ...], facets: list[str]) -> None:
    key = facts.Constraint("public", "t", "t_key", kind, columns, "public.u", "", "")
    there = [column("t", "a"), column("t", "b", default="'x'::text"), column("t", "c")]
    found = facts_of(catalog_columns=there, catalog_constraints=[key])
    assert [reason.facet for reason in misfits(found, "public.t", {"a": "1"}, "needed")] == facets


def test_a_list_of_words_that_is_no_text_takes_what_is_in_use_and_nobody_knows_what_else() -> None:
    kinds = table(column(ISSUES, "severity", "public.severity"), without=("severity",))
    assert asked(kinds).answered
    kinds = table(column(ISSUES, "issue_type", "public.kind"), without=("issue_type",))
    assert [reason.facet for reason in asked(kinds).open] == ["issue_type-type", "failures-issue_type-type"]


def test_a_run_in_a_column_that_is_no_text_may_be_refused() -> None:
    numbers = table(column(ISSUES, "run_id", "uuid"), without=("run_id",))
    assert [reason.facet for reason in asked(numbers).open] == ["run_id-form"]


def trigger(head: str, **changes: Any) -> Any:
    definition = f"CREATE TRIGGER g {head} ON public.t FOR EACH ROW EXECUTE FUNCTION public.g()"
    return facts.Trigger("public", "t", "g", **{"enabled": True, "function": "public.g()", **changes},
                         definition=definition)  # fmt: skip


RAISES = facts.Body("public", "g", (), "plpgsql", "begin raise exception 'no'; end")


@pytest.mark.parametrize(
    ("trigger", "bodies", "facets"),
    [
        (trigger("BEFORE INSERT"), [RAISES], ["g"]),
        (trigger("AFTER INSERT OR UPDATE"), [RAISES], ["g"]),
        (trigger("BEFORE UPDATE"), [RAISES], []),
        (trigger("BEFORE INSERT", enabled=False), [RAISES], []),
        (trigger("BEFORE INSERT"), [], ["g"]),
        (trigger("BEFORE INSERT"), [RAISES._replace(language="c", source="g")], ["g"]),
        (trigger("BEFORE INSERT"), [RAISES._replace(source="begin return new; end")], []),
    ],
)
def test_a_trigger_that_refuses_or_cannot_be_read_is_told(
    trigger: Any, bodies: list[Any], facets: list[str]
) -> None:
    assert refused({"a": "1"}, catalog_triggers=[trigger], catalog_bodies=bodies) == facets


# --- tools ----------------------------------------------------------------------------------------------------------

TOOLS = [
    column("dot_tools", name) for name in ("tool_name", "tool_type", "executor_ref", "cron_schedule", "status")
]


def test_a_tool_is_mapped_onto_the_columns_that_are_there() -> None:
    there = tool(tool_name="other", tool_type="scheduled_job", status="active")
    answer = tools(facts_of(catalog_columns=TOOLS, tools=[there]))
    assert answer.answered, answer.open
    assert answer.value.columns["executor"] == "executor_ref"
    assert answer.value.row["tool_name"] == "birth-onboarding-full-scan"
    assert {"code", "tier", "origin"} <= set(answer.value.left_out)


@pytest.mark.parametrize(
    ("columns", "rows", "facet"),
    [
        ([], [], "missing"),
        (TOOLS[1:], [], "identity"),
        ([c for c in TOOLS if c.name != "cron_schedule"], [], "cron"),
        (TOOLS, [tool(tool_name="other", tool_type="script", status="active")], "type-scheduled_job"),
        # its own row is no witness that its words are in use
        (TOOLS, [tool(tool_name="birth-onboarding-full-scan", tool_type="scheduled_job", status="active")],
         "type-scheduled_job"),
        ([*TOOLS, column("dot_tools", "reviewer", null=False)], [], "reviewer-empty"),
    ],
)  # fmt: skip
def test_a_tool_that_does_not_fit_is_no_answer(columns: list[Any], rows: list[Any], facet: str) -> None:
    answer = tools(facts_of(catalog_columns=columns, tools=rows))
    assert facet in {reason.facet for reason in answer.open}


# --- vocabularies ---------------------------------------------------------------------------------------------------


def conflicts(words: dict[str, list[str]], choices: list[str] | None = None, allows: str = "") -> list[str]:
    options = {"choices": [{"text": word, "value": word} for word in choices or []]}
    found = facts_of(
        catalog_columns=[column(ISSUES, name) for name in PLAIN],
        catalog_constraints=[check(ISSUES, allows, "severity")] if allows else [],
        choices=[Row((1, ISSUES, "severity", options))] if choices else [],
        words=[Row(("GAP", word, None, who, None)) for who, several in words.items() for word in several],
    )
    return [j.facet or "" for j in vocabularies_agree(found) if isinstance(j, Finding)]


@pytest.mark.parametrize(
    ("words", "choices", "allows", "facets"),
    [
        ({"a": ["low", "high"], "b": ["low"]}, None, "", []),
        ({"a": ["low"], "b": ["critical"]}, None, "", []),  # one word says nothing of a scale
        ({"a": ["low", "High"], "b": ["high"]}, None, "", ["severity-high"]),
        ({"a": ["low", "high"], "b": ["info", "error"]}, None, "", ["severity-a-b"]),
        ({"a": ["low", "info"]}, ["low", "high"], "", ["severity-info"]),
        ({"a": ["low"]}, ["low", "high"], "CHECK ((severity = ANY (ARRAY['high'::text, 'low'::text])))", []),
        ({}, ["low"], "CHECK ((severity = ANY (ARRAY['high'::text, 'low'::text])))", ["severity-declared"]),
    ],
)
def test_vocabularies_that_conflict_are_told(
    words: dict[str, list[str]], choices: list[str] | None, allows: str, facets: list[str]
) -> None:
    assert conflicts(words, choices, allows) == facets


def test_of_issues_only_columns_with_words_are_asked_for() -> None:
    asked_for = looking.vocabulary(policy().issues)
    assert "severity" in asked_for
    assert not {"title", "description", "run_id", "evidence_snapshot", "entity_code"} & set(asked_for)


def test_a_policy_that_names_other_tables_asks_for_these() -> None:
    other = replace(policy(), tool=replace(policy().tool, relation="a.b"))
    assert {need.relation for need in looking.rows(other)} >= {"a.b", "public.system_issues"}


@pytest.mark.parametrize("column_", ["kind", "issue_type"])
def test_summaries_are_looked_for_by_the_candidate_that_is_there(column_: str) -> None:
    columns = {**policy().issues.columns, "issue_type": ("kind", "issue_type")}
    changed = with_issues(columns=columns)
    row = Row(("r-1", *[None] * len(looking.columns(changed.issues))))
    needs = {need.section: need.only for need in looking.rows(changed) if need.only}
    there = [column(ISSUES, column_), *table(without=("issue_type",))]
    for found, facets in ((column_, ["r-1"]), ("other", [])):
        section = looking.summaries(changed.issues, found)
        assert found == "other" or needs[section] == (found, (policy().issues.values["issue_type"],))
        told = summaries_say_what_they_are(_with(facts_of(changed, catalog_columns=there), section, [row]))
        assert [j.facet for j in told if isinstance(j, Finding)] == facets


def test_summaries_that_nothing_tells_from_other_issues_are_not_called_kept() -> None:
    told = list(summaries_say_what_they_are(facts_of(catalog_columns=table(without=("issue_type",)))))
    assert [type(j) for j in told] == [Note, NotApplicable]


def _with(found: Facts, section: str, rows: list[Row]) -> Facts:
    """The same, and one section more; the summaries of the first candidate are none otherwise."""
    there = found.observation.sections
    seen = {**there, section: replace(there[looking.SUMMARIES], facts=tuple(rows))}
    others = {
        name: there[looking.SUMMARIES] for name in ("rows:birth_summaries:issue_type",) if name not in seen
    }
    return Facts(found.system, found.policies, replace(found.observation, sections={**others, **seen}))

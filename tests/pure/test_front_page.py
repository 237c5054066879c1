"""The front page: what it says of a verdict, and that nothing that was found can say anything else with it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from compliance.core import verdicts
from compliance.core.controls import Control
from compliance.core.finding import Finding
from compliance.core.verdict import Case
from compliance.estate.places import Place
from compliance.reporting.front import copies, given
from compliance.reporting.front.given import Subject
from compliance.reporting.front.model import anchor, build
from compliance.reporting.front.render import render
from tests.front_pages import LONG, NASTY, PLAIN, A, C, changes, hostile, mixed, shown, verdict
from tests.markup import Read


def test_the_five_counts_are_the_verdict_s_as_a_whole_and_by_system() -> None:
    front = build(verdicts.document(mixed()), PLAIN)
    assert [(each.name, dict(each.counts)) for each in front.systems] == list(mixed().by_system().items())
    text = Read(shown(mixed())).text
    for name, count in mixed().counts.items():
        assert f"{count} {name.replace('_', ' ')}" in text
    assert "Verdict: could not look" in text
    assert "all 3 declared cases are reported; 3 looked at" in text


def test_what_counts_and_is_gravest_comes_first_and_a_waived_finding_is_told_as_one() -> None:
    front = build(verdicts.document(mixed()), PLAIN)
    assert [(g.rule["id"], g.counting, len(g.found)) for g in front.groups] == [
        ("BB001", 1, 2),
        ("AA001", 2, 2),
    ]
    assert [each.waiver for each in front.groups[0].found] == ["", "w-1"]
    text = Read(shown(mixed())).text
    assert text.index("why BB001") < text.index("why AA001")
    assert "3 findings of 2 rules; 1 waived." in text
    assert "BB001:y#f waived by w-1" in text


def test_a_rule_says_why_what_to_do_and_links_to_what_it_read_and_when() -> None:
    section = given.Section(
        "rows:x", "postgres", "sql/x.sql", "2026-11-21T23:00:00+00:00", 0.5, 7, text="select 1"
    )
    page = shown(mixed(), replace(PLAIN, sections=(section,), reads={"AA001": ("rows:x",)}))
    assert "Whywhy AA001" in Read(page).text
    assert "<code>AA001</code>" in page  # what stands between backticks
    assert '<a href="#read-1">rows:x</a>' in page
    assert "From postgres at 2026-11-21T23:00:00+00:00, in 0.500 s." in Read(page).text
    assert "sql/x.sql\nselect 1" in Read(page).text


def test_a_finding_says_whether_it_is_new_and_since_when_it_is_known() -> None:
    before = verdict([Case(A, "x", "broken", (Finding("x", "is wrong"), Finding("x", "gone", "g")))])
    front = build(verdicts.document(mixed()), replace(PLAIN, changes=changes(before, mixed())))
    told = {each.key: (each.state, each.since) for group in front.groups for each in group.found}
    assert told["AA001:x"] == ("unchanged", "2026-11-01T00:00:00+00:00")
    assert told["AA001:x#facet"] == ("new", "2026-11-02T00:00:00+00:00")
    text = Read(render(front)).text
    assert "3 new, 1 unchanged, 1 resolved." in text
    assert "Resolved (1)AA001:x#g" in text


def test_without_a_history_nothing_is_called_new() -> None:
    front = build(verdicts.document(mixed()), PLAIN)
    assert {each.state for group in front.groups for each in group.found} == {""}
    assert "No history is kept." in Read(render(front)).text


def test_the_last_runs_are_a_picture_with_words_and_a_table() -> None:
    clean = verdict([Case(A, "x", "kept")])
    read = Read(shown(mixed(), replace(PLAIN, changes=changes(clean, mixed(), clean))))
    (picture,) = [attributes for tag, attributes in read.tags if tag == "svg"]
    assert picture["role"] == "img"
    assert picture["aria-label"] == (
        "The last 3 runs: 0 findings in the first, 0 in the last, at most 3; could not look: 0 in the last, at most 1"
    )
    shapes = [attributes["class"] for tag, attributes in read.tags if tag in ("rect", "circle")]
    assert shapes == ["clean", "broken", "unseen", "clean"]


def test_links_lead_to_the_case_in_allure_and_to_the_line_of_policy() -> None:
    told = replace(
        PLAIN, cases={Subject("AA001", "x"): "a-uuid"}, copies=frozenset({"one.yaml"}),
        places={Subject("AA001", "x"): Place("policy/one.yaml", 12), Subject("BB001", "y"): Place("policy/no.yaml", 1)},
    )  # fmt: skip
    links = {a["href"] for tag, a in Read(shown(mixed(), told)).tags if tag == "a"}
    case = f"allure/index.html#{hashlib.md5(b'a-uuid', usedforsecurity=False).hexdigest()}"
    assert case in links
    assert "policy/one.yaml.html#L12" in links
    assert not any("no.yaml" in str(each) for each in links)  # of which there is no copy
    without = {
        a["href"] for tag, a in Read(shown(mixed(), replace(told, no_allure="no Node"))).tags if tag == "a"
    }
    assert not any(str(each).startswith("allure/") for each in without)


def test_without_allure_the_page_says_why() -> None:
    text = Read(shown(mixed(), replace(PLAIN, no_allure="Node 20 was not found"))).text
    assert "There are no pages of Allure beside this one: Node 20 was not found" in text


def test_each_part_of_the_page_that_is_linked_is_there() -> None:
    read = Read(shown(mixed(), replace(PLAIN, controls=(Control("C-1", "a control", ("AA001",)),))))
    ids = {f"#{a['id']}" for _, a in read.tags if "id" in a}
    links = [str(a["href"]) for tag, a in read.tags if tag == "a"]
    assert {each for each in links if each.startswith("#")} <= ids
    assert {"#findings", "#controls", "#read"} <= set(links)
    assert f"#{anchor('AA001:x')}" in ids


def test_controls_count_the_cases_of_their_rules_and_are_left_out_where_there_are_none() -> None:
    control = Control("CHG-1", "Changes are approved", ("AA001", "CC001"), ("CM-3",))
    front = build(verdicts.document(mixed()), replace(PLAIN, controls=(control,)))
    assert list(front.controls[0].counts.values()) == [1, 1, 1, 2, 0]
    assert "CHG-1Changes are approved" in Read(render(front)).text
    assert 'id="controls"' not in shown(mixed())


def test_a_gate_is_told_beside_the_verdict_and_does_not_change_it() -> None:
    told = given.Gate("pr", True, "3 findings do not fail it", ("does not fail it: AA001:x (low)",))
    text = Read(shown(mixed(), replace(PLAIN, gate=told))).text
    assert "Gate pr: passed, 3 findings do not fail it" in text
    assert "does not fail it: AA001:x (low)" in text
    assert "Verdict: could not look" in text


def test_what_was_left_out_is_told_with_reason_owner_and_end() -> None:
    source = given.Source("directus", "its port is closed", "operations", "2027-03-31")
    text = Read(shown(mixed(), replace(PLAIN, unavailable=(source,)))).text
    assert "directusits port is closedoperations2027-03-31" in text
    assert "two1declared as not soexcluded" in text
    assert "two1rows:x: unavailable until 2027: closedout of reach" in text
    assert "no privilege" in text


def test_waivers_plans_and_the_ledger_are_told() -> None:
    waiver = given.Waiver(
        "w-1", "unused", "AA001:q", "a reason", "ann", "bob", "2026-12-31", (), ("nothing is found",)
    )
    told = replace(
        PLAIN, waivers=(waiver,), warnings=("w-1 ends soon",), obstacles={"two": ("guard is broken",)},
        plans=(given.Plan("one", "seed", "all of it", 3, "d" * 64),),
        ledger=given.Ledger("Ledger abc.", (given.Event("2026-11-20T10:00:00Z", "approval", "d" * 64, "by ann"),)),
    )  # fmt: skip
    text = Read(shown(mixed(), told)).text
    assert "w-1unusednothing is foundAA001:qannbob2026-12-310a reason" in text
    assert "w-1 ends soon" in text
    assert "oneseedall of it3dddddddddddd" in text
    assert "guard is broken" in text
    assert "2026-11-20 10:00:00approvaldddddddddddd" in text


@pytest.mark.parametrize("text", [NASTY, LONG, "javascript:alert(1)", "]]><!--"])
def test_all_that_comes_from_outside_is_text_wherever_it_stands(text: str) -> None:
    page = hostile(text)
    read = Read(page)
    assert not {tag for tag, _ in read.tags} & {"script", "img", "iframe", "form", "object"}
    assert not any(sign in page for sign in ("\u202e", "\x1b"))
    assert not [n for _, attributes in read.tags for n in attributes if n.startswith("on") or n == "style"]
    hrefs = [str(a["href"]) for tag, a in read.tags if tag == "a"]
    assert all(each.startswith(("#", "allure/index.html", "policy/")) for each in hrefs)
    assert len(page) < 100_000 + 60 * len(text)


def test_it_loads_nothing_and_runs_nothing() -> None:
    page = shown(mixed())
    (policy,) = [str(a["content"]) for tag, a in Read(page).tags if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http:" not in page
    assert "https:" not in page


def test_it_is_the_same_for_the_same_values() -> None:
    assert shown(mixed()) == shown(mixed())


def test_a_copy_of_policy_has_each_line_by_its_number_and_no_secret() -> None:
    page = copies.copy("one.yaml", "a: 1\nurl: postgres://bob:hunter22@db/x\n\n# <b>end</b>\n")
    read = Read(page)
    assert [a["id"] for tag, a in read.tags if tag == "li"] == ["L1", "L2", "L3", "L4"]
    assert "hunter22" not in page
    assert "# <b>end</b>" in read.text
    assert '<a href="../index.html">' in page


def test_a_finding_that_is_gone_and_one_that_nobody_looked_for_are_told_apart() -> None:
    before = verdict(
        [Case(A, "x", "broken", (Finding("x", "is wrong"),)), Case(C, "z", "broken", (Finding("z", "was"),))]
    )
    now = verdict([Case(A, "x", "kept"), Case(C, "z", "could_not_look", reason="no privilege")])
    text = Read(shown(now, replace(PLAIN, changes=changes(before, now)))).text
    assert "Resolved (1)AA001:x" in text
    assert "Open, and not looked at again (1)CC001:z" in text

"""Profiles and what was accepted of them, over values alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core import aging, gates, thresholds
from compliance.core.finding import Finding, Phase, Severity
from compliance.core.gates import SEVERITIES, Profile, passes
from compliance.core.history import Known
from compliance.core.observation import Observation
from compliance.core.thresholds import KINDS, InForce, Thresholds, loosened, looser
from compliance.core.verdict import OUTCOMES, Case, Rule, Verdict, gate
from compliance.gating import Gating
from compliance.reporting import gated, terminal
from tests import faults

if TYPE_CHECKING:
    from compliance.core.gates import Gate

SYSTEMS = ("platform", "one", "two", "three")
AGES = ("1s", "60s", "1m", "2m", "1h", "1d", "2w")
RULES = [Rule(f"R{n}", system, "", "", severity, "conformance", "", "")
         for n, (system, severity) in enumerate((s, v) for s in SYSTEMS for v in SEVERITIES)]  # fmt: skip
JUDGE_OF_GATES = Rule("PL007", "platform", "", "", "critical", "conformance", "", "")

ages = st.dictionaries(st.sampled_from(KINDS), st.sampled_from(AGES))
severities = st.frozensets(st.sampled_from(SEVERITIES), min_size=1)
profiles = st.builds(
    Profile, st.just("p"), severities, st.booleans(),
    st.none() | st.frozensets(st.sampled_from(SYSTEMS[1:]), min_size=1), ages,
)  # fmt: skip
cases = st.builds(
    lambda rule, subject, outcome: Case(
        rule, subject, outcome, (Finding(subject, "is wrong"),) if outcome == "broken" else ()
    ),
    st.sampled_from([*RULES, JUDGE_OF_GATES]), st.sampled_from("abc"), st.sampled_from(OUTCOMES),
)  # fmt: skip
verdicts = st.builds(
    lambda found, deselected: gate(found, observation="o", policy="p", judged_at="t", deselected=deselected),
    st.lists(cases, max_size=12, unique_by=lambda c: (c.rule.id, c.subject)), st.sampled_from((0, 0, 0, 1)),
)  # fmt: skip
knowns = st.dictionaries(
    st.builds("{}:{}".format, st.sampled_from([r.id for r in RULES] + ["PL007"]), st.sampled_from("abc")),
    st.builds(Known, st.just("run"), st.just("2026-01-01T00:00:00+00:00"), st.booleans()),
)  # fmt: skip
in_force = st.builds(
    InForce, st.sampled_from(SYSTEMS), st.sampled_from(get_args(Phase)), st.sampled_from(SEVERITIES)
)
accepted = st.builds(
    Thresholds, st.dictionaries(st.sampled_from("pqr"), profiles), ages,
    st.dictionaries(st.sampled_from(("A1", "A2")), in_force),
)  # fmt: skip


def old_by(profile: Profile, seconds: dict[str, int]) -> dict[str, str]:
    """What is too old for a profile, of a section a kind that is so many seconds old."""
    found = {}
    for kind, age in seconds.items():
        limit = profile.max_age.get(kind) or (
            None if kind == "exercised" else profile.max_age.get("observation")
        )
        if limit and age > aging.seconds(limit):
            found[kind] = f"limit {limit}"
    return found


def named(thresholds_: Thresholds) -> Thresholds:
    """Each profile by its name, as policy has them."""
    return replace(
        thresholds_, profiles={name: replace(each, name=name) for name, each in thresholds_.profiles.items()}
    )


def code(
    verdict: Verdict, profile: Profile, known: dict[str, Known] | None = None, old: dict[str, str] | None = None
) -> int:
    return passes(verdict, profile, known, systems=SYSTEMS[:3], old=old).exit_code


# --- what passes -----------------------------------------------------------------------------------------------


@given(
    verdicts,
    profiles,
    profiles,
    knowns,
    st.dictionaries(st.sampled_from(KINDS), st.sampled_from([0, 61, 4000, 10**6])),
)
def test_what_fails_a_profile_fails_every_one_that_is_as_strict(
    verdict: Verdict, one: Profile, other: Profile, known: dict[str, Known], seconds: dict[str, int]
) -> None:
    if list(looser(one, other)):
        return  # `other` lets more pass in some way
    if code(verdict, one, known, old_by(one, seconds)):
        assert code(verdict, other, known, old_by(other, seconds)) != 0


@given(
    verdicts,
    profiles,
    profiles,
    knowns,
    st.dictionaries(st.sampled_from(KINDS), st.sampled_from([0, 61, 4000])),
)
def test_a_profile_that_is_made_stricter_in_one_thing_never_passes_where_it_failed(
    verdict: Verdict, profile: Profile, other: Profile, known: dict[str, Known], seconds: dict[str, int]
) -> None:
    """Beside the one above, which two profiles at random seldom reach."""
    for stricter in (
        replace(profile, severities=profile.severities | other.severities),
        replace(profile, only_new=False),
        replace(profile, systems=None),
        replace(profile, systems=profile.systems and other.systems and profile.systems | other.systems),
        replace(profile, max_age={**profile.max_age, **dict.fromkeys((*other.max_age, "observation"), "1s")}),
    ):
        assert list(looser(profile, stricter)) == []
        if code(verdict, profile, known, old_by(profile, seconds)):
            assert code(verdict, stricter, known, old_by(stricter, seconds)) != 0


@given(verdicts, profiles, knowns)
def test_what_could_not_be_looked_at_and_a_run_that_was_not_whole_pass_nothing(
    verdict: Verdict, profile: Profile, known: dict[str, Known]
) -> None:
    blind = [c for c in verdict.cases if c.outcome == "could_not_look" and profile.judges(c.rule.system)]
    if blind or not verdict.complete:
        assert code(verdict, profile, known) in (3, 5)
    assert code(verdict, profile, known, {"catalog.tables": "is old"}) in (3, 5)


@given(verdicts, knowns)
def test_as_made_without_a_word_a_profile_fails_whatever_fails_an_audit(
    verdict: Verdict, known: dict[str, Known]
) -> None:
    if verdict.exit_code:
        assert code(verdict, Profile("p"), known) != 0
    elif all(
        any(c.rule.system == s and c.outcome != "not_applicable" for c in verdict.cases) for s in SYSTEMS[:3]
    ):
        assert code(verdict, Profile("p"), known) == 0


@given(verdicts, profiles, knowns)
def test_every_finding_fails_or_is_told_and_the_verdict_stays_as_it_is(
    verdict: Verdict, profile: Profile, known: dict[str, Known]
) -> None:
    before = verdict.counts, verdict.conclusion
    found = passes(verdict, profile, known, systems=SYSTEMS)
    keys = [f.key(c.rule.id) for c in verdict.cases for f in c.findings]
    told = [t.key for t in found.tolerated if not t.why.startswith("could not look")]
    assert sorted([*found.failing, *told]) == sorted(keys)
    assert (verdict.counts, verdict.conclusion) == before


@given(verdicts, profiles, knowns)
def test_what_lets_more_pass_than_was_accepted_fails_every_profile(
    verdict: Verdict, profile: Profile, known: dict[str, Known]
) -> None:
    if any(c.rule.id == "PL007" and c.outcome == "broken" for c in verdict.cases):
        assert code(verdict, profile, known) != 0


def case(rule: Rule, outcome: str = "kept", *findings: str) -> Case:
    return Case(rule, "s", outcome, tuple(Finding(each, "is wrong") for each in findings))  # type: ignore[arg-type]


def of(*found: Case) -> Verdict:
    """With one case that is kept of each system in force."""
    kept = [case(rule) for rule in RULES if rule.severity == "low" and rule.system in SYSTEMS[:3]]
    return gate([*found, *kept], observation="o", policy="p", judged_at="t")


RULE = {(r.system, r.severity): r for r in RULES}
MEDIUM = RULE["one", "medium"]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile("p"), 1),
        (Profile("p", frozenset({"medium"})), 1),
        (Profile("p", frozenset({"critical", "high", "low"})), 0),
        (Profile("p", systems=frozenset({"one"})), 1),
        (Profile("p", systems=frozenset({"two"})), 0),
        (Profile("p", only_new=True), 1),
    ],
    ids=["all", "medium", "but medium", "its system", "another system", "new"],
)
def test_a_finding_fails_by_its_severity_and_its_system(profile: Profile, expected: int) -> None:
    assert code(of(case(MEDIUM, "broken", "x")), profile) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, 1),
        ({"R2:x": Known("r", "2026-01-01", True)}, 1),
        ({f"{MEDIUM.id}:x": Known("r", "2026-01-01", True)}, 0),
        ({f"{MEDIUM.id}:x": Known("r", "2026-01-01", False)}, 1),
        ({f"{MEDIUM.id}:x#y": Known("r", "2026-01-01", True)}, 1),
    ],
)
def test_only_what_was_found_before_and_has_not_been_gone_since_is_not_new(
    known: dict[str, Known], expected: int
) -> None:
    assert code(of(case(MEDIUM, "broken", "x")), Profile("p", only_new=True), known) == expected


def test_of_a_system_that_is_left_out_nothing_fails_and_all_of_it_is_told() -> None:
    blind = Case(RULE["one", "high"], "t", "could_not_look", reason="no answer")
    found = passes(
        of(case(MEDIUM, "broken", "x"), blind), Profile("p", systems=frozenset({"two"})), systems=SYSTEMS[:3]
    )
    assert (found.exit_code, found.unseen) == (0, ())
    assert [each.key for each in found.tolerated] == ["R5:t", f"{MEDIUM.id}:x"]
    assert all("one is not judged" in each.why for each in found.tolerated)


def test_the_platform_is_judged_by_every_profile() -> None:
    found = of(case(RULE["platform", "critical"], "broken", "x"))
    assert code(found, Profile("p", systems=frozenset({"two"}))) == 1


def test_nothing_probed_of_a_system_that_is_judged_outweighs_could_not_look_which_outweighs_findings() -> None:
    out = [Case(RULE["two", "high"], "s", "not_applicable", reason="none")]
    verdict = gate(
        [case(RULE["platform", "low"]), case(RULE["one", "low"], "broken", "x"), *out],
        observation="o", policy="p", judged_at="t",
    )  # fmt: skip
    assert passes(verdict, Profile("p"), systems=SYSTEMS[:3]).unprobed == ("two",)
    assert code(verdict, Profile("p"), old={"s": "is old"}) == 5
    assert code(verdict, Profile("p", systems=frozenset({"one"})), old={"s": "is old"}) == 3
    assert code(verdict, Profile("p", systems=frozenset({"one"}))) == 1


def test_a_gate_says_in_its_first_line_what_it_came_to_and_then_what_fails_it_and_what_does_not() -> None:
    verdict = of(case(MEDIUM, "broken", "x"), case(RULE["two", "high"], "broken", "y"))
    assert gated.lines(passes(verdict, Profile("pr", frozenset({"high"})), systems=SYSTEMS[:3])) == [
        "gate pr: failed, 1 finding fails it; 1 finding does not fail it",
        f"  fails it: {RULE['two', 'high'].id}:y",
        f"  does not fail it: {MEDIUM.id}:x (is medium)",
    ]
    assert gated.lines(passes(of(), Profile("pr"), systems=SYSTEMS[:3])) == ["gate pr: passed"]


def test_of_many_findings_the_first_are_told_and_the_others_counted() -> None:
    found: Gate = passes(
        of(case(MEDIUM, "broken", *map(str, range(30)))), Profile("p", frozenset({"high"})), systems=SYSTEMS[:3]
    )
    assert gated.lines(found)[0] == "gate p: passed, 30 findings do not fail it"
    assert gated.lines(found)[-1] == "  and 10 more"
    assert len(found.tolerated) == 30


def test_a_name_that_somebody_chose_writes_no_line_of_the_gate() -> None:
    forged = "x\ngate p: passed\x1b[2K"
    found = passes(of(case(MEDIUM, "broken", forged)), Profile("p", frozenset({"high"})), systems=SYSTEMS[:3])
    (_, told) = gated.lines(found)
    assert told == f"  does not fail it: {MEDIUM.id}:x\\ngate p: passed\\x1b[2K (is medium)"


def test_nor_of_the_summary_of_an_audit(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "x\nverdict: kept\x1b[2K"
    broken = replace(case(MEDIUM, "broken", forged), findings=(Finding(forged, forged),))
    verdict = of(broken, case(RULE["two", "high"], "could_not_look", forged))
    terminal.summary(verdict, [], {"one": (forged,)}, None, "left out", {"source": forged}, [forged])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("verdict:")] == ["verdict: could-not-look"]
    assert not any("\x1b" in line for line in lines)


# --- what may be judged at all ---------------------------------------------------------------------------------


def test_without_the_rule_of_what_was_accepted_nothing_passes() -> None:
    """Whoever takes the probe out takes away what would say that it is gone."""
    policies: Any = dict.fromkeys(SYSTEMS[:3])
    gating, look = Gating(policies, faults.reference(), {}), Observation("e", "2026-01-01T00:00:00+00:00", {})
    asked, verdict = of(Case(JUDGE_OF_GATES, "pr", "kept")), of()
    assert gating.gate(asked, Profile("p"), None, look).exit_code == 0
    found = gating.gate(verdict, Profile("p"), None, look)
    assert (found.exit_code, found.unprobed) == (5, ("PL007",))


# --- what is looser --------------------------------------------------------------------------------------------


def at_least(one: Thresholds, other: Thresholds) -> bool:
    return not list(loosened(one, other))


@given(accepted)
def test_nothing_is_looser_than_itself(found: Thresholds) -> None:
    assert list(loosened(named(found), named(found))) == []


@given(accepted, accepted, accepted)
def test_what_is_as_strict_as_what_is_as_strict_is_as_strict(
    a: Thresholds, b: Thresholds, c: Thresholds
) -> None:
    a, b, c = map(named, (a, b, c))
    if at_least(a, b) and at_least(b, c):
        assert at_least(a, c)


@given(profiles, profiles, profiles)
def test_of_profiles_too(a: Profile, b: Profile, c: Profile) -> None:
    assert list(looser(a, a)) == []
    if not list(looser(a, b)) and not list(looser(b, c)):
        assert list(looser(a, c)) == []


@given(profiles, profiles)
def test_two_that_are_as_strict_as_each_other_let_the_same_pass(a: Profile, b: Profile) -> None:
    """Written in other words perhaps: 60s is 1m, and a kind that repeats the limit of all is one without its own."""
    if list(looser(a, b)) or list(looser(b, a)):
        return
    assert (a.severities, a.only_new, a.systems) == (b.severities, b.only_new, b.systems)
    for age in (0, 1, 2, 60, 61, 120, 121, 3601, 90_000, 10**7):
        old = [set(old_by(each, dict.fromkeys(KINDS, age))) for each in (a, b)]
        assert old[0] == old[1]


FULL = Profile("p", frozenset({"critical", "high"}), False, frozenset({"one", "two"}), {"observation": "1h"})
SINGLE: dict[str, Profile] = {
    "severity-high": replace(FULL, severities=frozenset({"critical"})),
    "only-new": replace(FULL, only_new=True),
    "system-two": replace(FULL, systems=frozenset({"one"})),
}


@pytest.mark.parametrize("facet", SINGLE)
def test_every_single_loosening_of_a_profile_is_one_finding(facet: str) -> None:
    found = list(loosened(Thresholds({"p": FULL}), Thresholds({"p": SINGLE[facet]})))
    assert [(f.subject, f.facet) for f in found] == [("p", facet)]


@given(profiles, st.data())
def test_every_single_loosening_of_any_profile_is_found(profile: Profile, data: st.DataObject) -> None:
    systems = profile.systems or frozenset()
    ways = [
        *(
            (replace(profile, severities=profile.severities - {s}), {f"severity-{s}"})
            for s in profile.severities
        ),
        *((replace(profile, systems=systems - {system}), {f"system-{system}"}) for system in systems),
        *([] if profile.only_new else [(replace(profile, only_new=True), {"only-new"})]),
        *([] if systems else [(replace(profile, systems=frozenset(SYSTEMS)), {"systems"})]),
    ]
    other, expected = data.draw(st.sampled_from(ways))
    assert {facet for facet, _ in looser(profile, other)} == expected
    assert list(looser(other, profile)) == [], "and back it is free"


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_age_of_any_kind_is_found_and_a_shorter_one_is_free(kind: str) -> None:
    was, longer = replace(FULL, max_age={kind: "1h"}), replace(FULL, max_age={kind: "61m"})
    gone = replace(FULL, max_age={})
    for now in (longer, gone):
        facets = {facet for facet, _ in looser(was, now)}
        assert f"max-age-{kind}" in facets
        assert list(looser(now, was)) == []
    assert list(looser(was, replace(FULL, max_age={kind: "60m"}))) == []


def test_a_kind_that_gets_a_longer_limit_of_its_own_than_that_of_all_is_found() -> None:
    found = [facet for facet, _ in looser(FULL, replace(FULL, max_age={"observation": "1h", "directus": "2h"}))]
    assert found == ["max-age-directus"]


def test_what_was_called_has_no_limit_but_its_own() -> None:
    was = replace(FULL, max_age={"observation": "1h", "exercised": "1d"})
    assert [facet for facet, _ in looser(was, FULL)] == ["max-age-exercised"]


RULES_WAS = {"A1": InForce("one", "readiness", "high"), "A2": InForce("one", "conformance", "medium")}


@pytest.mark.parametrize(
    ("change", "facets"),
    [
        ({}, []),
        ({"A1": None}, ["gone"]),
        ({"A1": InForce("one", "readiness", "medium")}, ["severity"]),
        ({"A1": InForce("one", "conformance", "high")}, ["phase"]),
        ({"A1": InForce("two", "readiness", "high")}, ["system"]),
        ({"A1": InForce("one", "readiness", "critical")}, []),
        ({"A2": InForce("one", "readiness", "medium")}, []),
        ({"A3": InForce("two", "readiness", "low")}, []),
        ({"A1": None, "A2": None}, ["gone", "gone"]),
    ],
)
def test_a_rule_that_is_gone_or_lesser_is_found_and_a_new_or_stricter_one_is_free(
    change: dict[str, InForce | None], facets: list[str]
) -> None:
    now = {name: rule for name, rule in (RULES_WAS | change).items() if rule}
    found = list(loosened(Thresholds(rules=RULES_WAS), Thresholds(rules=now)))
    assert [f.facet for f in found] == facets


def test_a_profile_that_is_gone_is_found_and_a_new_one_that_is_strict_is_free() -> None:
    strict, lax = Profile("s", max_age={"observation": "1m"}), Profile("l", frozenset({"critical"}))
    assert [(f.subject, f.facet) for f in loosened(Thresholds({"p": FULL}), Thresholds())] == [("p", "gone")]
    assert list(loosened(Thresholds(), Thresholds({"s": strict}))) == []
    found = [f.facet for f in loosened(Thresholds(), Thresholds({"l": lax}))]
    assert found == ["severity-high", "severity-medium", "severity-low"]


def test_a_longer_age_of_every_audit_is_found_too() -> None:
    found = loosened(Thresholds(max_age={"observation": "1h"}), Thresholds(max_age={"observation": "2h"}))
    assert {f.subject for f in found} == {"evidence"}
    assert list(loosened(Thresholds(), Thresholds(max_age={"observation": "2h"}))) == []


@given(accepted)
def test_what_was_accepted_is_read_as_it_was_written(found: Thresholds) -> None:
    found = named(found)
    again = thresholds.parse(found.told())
    assert again == found
    assert again.told() == found.told()


@pytest.mark.parametrize(
    "change",
    [
        {"profiles": {"p": {}}}, {"profiles": []}, {"rules": {"A1": ["one", "readiness"]}},
        {"rules": {"A1": ["one", "readiness", "dire"]}}, {"max_age": {"observation": "soon"}}, {"more": 1},
        {"profiles": {"p": {"severities": ["dire"], "only": None, "systems": None, "max_age": {}}}},
        {"profiles": {"p": {"severities": ["low", "high"], "only": None, "systems": None, "max_age": {}}}},
        {"profiles": {"p": {"severities": ["low"], "only": "old", "systems": None, "max_age": {}}}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_thresholds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        thresholds.parse(Thresholds().told() | change)


def test_the_severities_are_in_the_order_that_decides() -> None:
    assert gates.SEVERITIES == get_args(Severity) == ("critical", "high", "medium", "low")

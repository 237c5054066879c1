"""Verdicts to export, odd ones too, and readers that count the cases of each format without our code."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from hypothesis import strategies as st

from compliance.core import verdicts
from compliance.core.controls import Control
from compliance.core.finding import Finding
from compliance.core.verdict import OUTCOMES, Case, Rule, Waived, gate
from compliance.core.waivers import Waiver
from compliance.estate.places import Place
from compliance.reporting.exports.exported import Exported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.history import Known
    from compliance.core.verdict import Verdict

AT = "2026-11-22T10:00:00+00:00"
# What breaks one format or another when it is pasted.
ODD = (
    "]]>", "<script>alert(1)</script>", "a|b", "| --- |", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1",
    "a,b", 'say "so"', "two\nlines", "cr\r\nlf", "\x00nul", "\x1b[31mred", "\x7f", "\u202eevil", "\ufeffbom", "\uffff",
    "`code`", "[link](javascript:alert(1))", "![x](https://me.example/x.png)", "# head", "$x^2$", "http://me.example",
    "www.me.example", "WWW.me.example/x", "me@me.example", "mailto:me@me.example", "@octocat",
    "&lt;", "%s {0} {}", "\\", "#facet", "a#b", "🙂", "  around  ", "'", "", " =1", "＝1",  # noqa: RUF001
)  # fmt: skip
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=12), st.sampled_from(("flow.one", "pumpe.halten")))


def rule(number: int, **said: Any) -> Rule:
    whole = {
        "id": f"XX{number:03}", "system": f"system_{number % 2}", "title": "It is as declared", "family": "rows",
        "severity": ("critical", "high", "medium", "low")[number % 4], "phase": "conformance",
        "why": "so that nobody is surprised", "remedy": "put it right",
    }  # fmt: skip
    return Rule(**whole | said)


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    """Of a few rules, each about subjects of its own."""
    rules = [
        rule(n, title=draw(texts), why=draw(texts), remedy=draw(texts)) for n in range(draw(st.integers(1, 3)))
    ]
    return [
        _case(draw, each, subject)
        for each in rules
        for subject in draw(st.lists(texts, max_size=4, unique=True))
    ]


def _case(draw: st.DrawFn, of: Rule, subject: str) -> Case:
    outcome = draw(st.sampled_from(OUTCOMES))
    finding = Finding(draw(texts), draw(texts), draw(st.none() | texts))
    waived = (Waived(finding, draw(texts)),)
    if outcome == "broken":
        return Case(of, subject, outcome, (finding, *draw(st.sampled_from(((), (finding,))))), "",
                    draw(st.sampled_from(((), waived))))  # fmt: skip
    if outcome == "waived":
        return Case(of, subject, outcome, (), draw(texts), waived)
    return Case(of, subject, outcome, (), "" if outcome == "kept" else draw(texts))


def verdict(found: list[Case], **said: Any) -> Verdict:
    return gate(found, **{"observation": "ab" * 32, "policy": "cd" * 32, "judged_at": AT} | said)


def exported(of: Verdict, known: Mapping[str, Known] | None = None, line: int = 7, **said: Any) -> Exported:
    waivers = {
        "w1": Waiver("w1", "XX001:*", "renamed soon", "operators", "governance", "2026-01-01", "2026-12-31", 1)
    }
    document = json.loads(json.dumps(verdicts.document(of)))
    whole = {
        "estate": "wasserwerk", "kind": "staging", "observed_at": "2026-11-22T09:59:00+00:00", "program": "0.1.0",
        "place": lambda system, _: Place(f"my policy/{system}.yaml", line), "waivers": waivers, "known": known,
        "controls": (Control("least", "As little as can be", ("XX001", "XX002"), ("AC-6", "IA-5(7)")),),
        "files": {"estate.yaml": b"e", "policy/system_0.yaml": b"p"},
    }  # fmt: skip
    return Exported(document, **whole | said)


def one_of_each() -> list[Case]:
    """A case of every outcome, and one of which a part is waived."""
    found, other = Finding("a", "is missing", "missing"), Finding("a", "differs", "differs")
    return [
        Case(rule(1), "a", "broken", (found,), "", (Waived(other, "w1"),)), Case(rule(1), "b", "kept"),
        Case(rule(2), "c", "could_not_look", (), "timed out"), Case(rule(2), "d", "not_applicable", (), "not in force"),
        Case(rule(3), "e", "waived", (), "waived until then", (Waived(Finding("e", "is old"), "w1"),)),
    ]  # fmt: skip


def counted(name: str, data: bytes) -> dict[str, int]:
    """The five counts, as whoever gets this file alone would count them."""
    found = _READERS[name](data)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _junit(data: bytes) -> Counter[str]:
    suites = [s for s in ElementTree.fromstring(data) if s.get("package") == "compliance"]
    cases_ = [case for suite in suites for case in suite.iter("testcase")]
    tags = Counter(case[0].tag if len(case) else "kept" for case in cases_)
    skipped = Counter(case[0].get("type") for case in cases_ if len(case) and case[0].tag == "skipped")
    assert sum(int(s.get("tests", "")) for s in suites) == len(cases_)
    assert sum(int(s.get("failures", "")) for s in suites) == tags["failure"]
    assert sum(int(s.get("errors", "")) for s in suites) == tags["error"]
    assert sum(int(s.get("skipped", "")) for s in suites) == tags["skipped"]
    return Counter(
        kept=tags["kept"], broken=tags["failure"], could_not_look=tags["error"], waived=skipped["waived"],
        not_applicable=skipped["not_applicable"],
    )  # fmt: skip


def _sarif(data: bytes) -> Counter[str]:
    """Each case that a result is of; what is kept or not applicable is a number."""
    (run,) = json.loads(data)["runs"]
    of = {
        (r["ruleId"], r["properties"]["case"]): r["properties"]["outcome"]
        for r in run["results"]
        if "case" in r["properties"]
    }
    counts = run["properties"]["counts"]
    return Counter(of.values()) + Counter({name: counts[name] for name in ("kept", "not_applicable")})


def _oscal(data: bytes) -> Counter[str]:
    (result,) = json.loads(data)["assessment-results"]["results"]
    props = [{p["name"]: p["value"] for p in each["props"]} for each in result.get("observations", [])]
    found = Counter(each["outcome"] for each in props)
    said = {
        p["name"].removeprefix("count-"): int(p["value"])
        for p in result["props"]
        if p["name"].startswith("count-")
    }
    assert {name: found[name] for name in said} == said
    return found


def _intoto(data: bytes) -> Counter[str]:
    """What has no list of its own is in the counts; the lists agree with them."""
    said = json.loads(data)["predicate"]
    counts = said["counts"]
    lists = [len(said[name]) for name in ("passedTests", "warnedTests", "failedTests")]
    assert lists == [counts["kept"], counts["waived"], counts["broken"] + counts["could_not_look"]]
    return Counter(counts)


def _csv(data: bytes) -> Counter[str]:
    return Counter(row["outcome"] for row in csv.DictReader(io.StringIO(data.decode(), newline="")))


def _markdown(data: bytes) -> Counter[str]:
    (row,) = re.findall(r"^\| \*\*all\*\* \| (.*) \|$", data.decode(), re.MULTILINE)
    return Counter(dict(zip(OUTCOMES, map(int, row.split(" | ")), strict=True)))


_READERS = {
    "junit": _junit, "sarif": _sarif, "oscal": _oscal, "in-toto": _intoto, "csv": _csv, "markdown": _markdown,
}  # fmt: skip

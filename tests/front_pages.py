"""Verdicts for the front page, and what it looks like where every text in it was chosen by somebody hostile."""

from __future__ import annotations

from dataclasses import replace

from compliance.core import history, verdicts
from compliance.core.controls import Control
from compliance.core.finding import Finding
from compliance.core.history import History
from compliance.core.population import whole
from compliance.core.verdict import Case, Rule, Verdict, Waived, gate
from compliance.estate.places import Place
from compliance.reporting.front import given
from compliance.reporting.front.given import Given, Subject
from compliance.reporting.front.model import build
from compliance.reporting.front.render import render

NASTY = "<script>alert(1)</script>\u202e\x1b[31m`&\"'"
LONG = "n" * 10_000


def rule(name: str, severity: str = "high", system: str = "one") -> Rule:
    return Rule(name, system, f"{name} holds", "family", severity, "conformance", f"why {name}", f"do `{name}`")  # type: ignore[arg-type]


A, B, C = rule("AA001", "medium"), rule("BB001", "critical"), rule("CC001", system="two")


def verdict(cases: list[Case]) -> Verdict:
    return gate(
        cases, observation="0" * 64, policy="1" * 64, judged_at="2026-11-22T00:00:00+00:00",
        blind={"rows:x": "unavailable until 2027: closed"}, population=whole({"one": {"one.things": ("x",)}}, cases),
    )  # fmt: skip


def mixed() -> Verdict:
    return verdict([
        Case(A, "x", "broken", (Finding("x", "is wrong"), Finding("x", "is odd", "facet"))),
        Case(B, "y", "broken", (Finding("y", "is worse"),), waived=(Waived(Finding("y", "let", "f"), "w-1"),)),
        Case(C, "z", "could_not_look", reason="no privilege"),
        Case(C, "na", "not_applicable", reason="declared as not so"),
        Case(C, "hidden", "not_applicable", reason="rows:x: unavailable until 2027: closed"),
        Case(A, "ok", "kept"),
    ])  # fmt: skip


PLAIN = Given("shop", "staging", ("platform", "one"), "2026-11-21T23:00:00+00:00", {"program": "0.1.0"})


def shown(found: Verdict, told: Given = PLAIN) -> str:
    return render(build(verdicts.document(found), told))


def changes(*runs: Verdict) -> tuple[history.Change, ...]:
    entries = [
        history.entry(
            verdicts.document(each),
            estate="shop",
            observed_at=f"2026-11-{n:02}T00:00:00+00:00",
            program="p",
            number=n,
        )
        for n, each in enumerate(runs, 1)
    ]
    return tuple(History({}, tuple(entries)).changes())


def hostile(text: str) -> str:
    """A page of which every part is this text."""
    bad, it = replace(A, title=text, why=text, remedy=text), Subject("AA001", text)
    cases = [
        Case(
            bad, text, "broken", (Finding(text, text, text),), waived=(Waived(Finding(text, text), text),)
        ),
        Case(C, text, "could_not_look", reason=text),
        Case(B, text, "not_applicable", reason=text),
    ]  # fmt: skip
    told = Given(
        estate=text, kind=text, systems=(text,), observed_at=text, versions={text: text},
        unavailable=(given.Source(text, text, text, text),), warnings=(text,), obstacles={text: (text,)},
        waivers=(given.Waiver(text, text, text, text, text, text, text, (text,), (text,)),),
        plans=(given.Plan(text, text, text, 1, text, text),),
        ledger=given.Ledger(text, (given.Event(text, text, text, text),)), changes=changes(verdict(cases)),
        sections=(given.Section(text, text, text, text, 1.0, 1, text, text),), reads={"AA001": (text,)},
        cases={it: text}, places={it: Place(f"p/{text}", 3)}, copies=frozenset({"one.yaml"}),
        controls=(Control(text, text, ("AA001",), (text,)),), gate=given.Gate(text, False, text, (text,)),
    )  # fmt: skip
    return shown(verdict(cases), told)

"""What the report shows of one case: made of its rule, of how it looked and of what it came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.controls import of
from compliance.core.history import label
from compliance.reporting.front.model import POLICY, place_link
from compliance.reporting.labels import Attachment, CaseLabels, Link, coded, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.verdict import Case, Rule
    from compliance.probing import Look


def labels(rule: Rule, look: Look, case: Case | None) -> CaseLabels:
    """Allure's labels, description, evidence and links."""
    evidence = look.run.evidence(look.rule, look.system) if look.rule else b""
    since = _since(look, case)
    return CaseLabels(
        rule.title, look.subject, rule.system, rule.family, rule.id, rule.severity, rule.phase, rule.why, rule.remedy,
        (Attachment("evidence", "application/json", evidence),) if look.rule else (),
        (*(("waived",) if look.waived else ()), *sorted(set(since.values()))), look.waived,
        _reads(look), tuple(_links(rule, look)), of(look.run.policies.controls.entries, rule.id),
        tuple(_told(look, since)),
    )  # fmt: skip


def _since(look: Look, case: Case | None) -> dict[str, str]:
    """By key what a case found is new, unchanged or reopened, or it is resolved, where earlier audits are known."""
    known = look.run.known
    if known is None or case is None:
        return {}
    if case.outcome == "kept":
        name = f"{case.rule.id}:{case.subject}"
        return {name: "resolved"} if name in look.run.was_open else {}
    found = (*case.findings, *(each.finding for each in case.waived))
    return {key: label(known, key) for key in (finding.key(case.rule.id) for finding in found)}


def _told(look: Look, since: Mapping[str, str]) -> Iterator[str]:
    for key, state in since.items():
        first = (look.run.known or {}).get(key)
        yield f"{state}{f', first seen {first.at}' if first else ''}: `{coded(key)}`"


def _reads(look: Look) -> tuple[str, ...]:
    """What its rule read, by which query and when; remembered, as all cases of the rule say the same."""
    run = look.run
    if look.rule is None:
        return ()
    if look.rule not in run.readings:
        judged = run.judged(look.rule, look.system)
        run.readings[look.rule] = reading(run.current.sections, judged.sections)
    return run.readings[look.rule]


def _links(rule: Rule, look: Look) -> Iterator[Link]:
    """To the line of policy, in the copy that lies beside Allure's pages."""
    if look.run.copied and rule.system in look.run.policies:
        place = look.run.policies.where(rule.system, look.subject)
        if found := place_link(place.file, place.line, look.run.copied):
            yield Link(f"../{found.href}", f"{POLICY} {found.said}", POLICY)

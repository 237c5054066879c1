"""SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/

A result is what a person has to look at, as GitHub shows every result as an alert: findings, those that are waived
(suppressed, so shown as closed), those that are gone since the audit before (`absent`, closed too: GitHub knows no
`baselineState` and would show them as open), and cases that could not be looked at (of kind `open`). What is kept and
what is not applicable is only counted, in `run.properties.counts`. A run that is not whole was not successful.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.reporting import gated
from compliance.reporting.exports.exported import NAME, Exported, Found, problem, zulu
from compliance.reporting.exports.sarif_rules import described, level
from compliance.reporting.exports.sarif_rules import location as _location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.verdict import Case, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def export(exported: Exported) -> bytes:
    rules = {case.rule.id: case.rule for case in exported.verdict.cases}
    ordered = [rules[name] for name in sorted(rules)]
    index = {rule.id: number for number, rule in enumerate(ordered)}
    results = [*_found(exported), *_waived(exported), *_unseen(exported), *_gone(exported, rules)]
    run = {
        "tool": {"driver": {
            "name": NAME, "semanticVersion": exported.program,
            "rules": [described(rule, *exported.controls_of(rule.id)) for rule in ordered],
        }},
        "automationDetails": {"id": f"compliance/{exported.estate}/"},
        "invocations": [_invocation(exported, index)],
        "columnKind": "unicodeCodePoints",
        "results": [{"ruleIndex": index[each["ruleId"]], **each} for each in results],
        "properties": _properties(exported),
    }  # fmt: skip
    if exported.known is not None:
        run["baselineGuid"] = _baseline(exported)
    return canonical.lines({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, deep=6).encode()


def _baseline(exported: Exported) -> str:
    """What is known is the baseline: the same, of the same content."""
    import uuid

    known = {key: list(each) for key, each in (exported.known or {}).items()}
    return str(uuid.uuid5(uuid.NAMESPACE_URL, canonical.digest(canonical.dumps(known))))


def _found(exported: Exported) -> Iterator[dict[str, Any]]:
    for found in exported.findings():
        yield _result(exported, found) | {"level": level(found.case.rule), **_state(exported, found.key)}


def _waived(exported: Exported) -> Iterator[dict[str, Any]]:
    for found in exported.waived():
        said = _result(exported, found) | {"level": level(found.case.rule), **_state(exported, found.key)}
        yield said | {"suppressions": [_closed(exported.justified(found))]}


def _result(exported: Exported, found: Found) -> dict[str, Any]:
    case, finding = found.case, found.finding
    return {
        "ruleId": case.rule.id,
        "message": {"text": f"{finding.subject}: {finding.message}\nRemedy: {case.rule.remedy}"},
        "locations": [_location(case.rule.system, finding.subject, exported.where(case, finding))],
        "partialFingerprints": _fingerprints(found.key),
        "properties": {
            "key": found.key, "case": case.subject, "outcome": case.outcome,
            "since": exported.label(found.key) or "unknown",
        },
    }  # fmt: skip


def _fingerprints(key: str) -> dict[str, str]:
    """From the finding's key alone: neither a line nor a time. GitHub compares `primaryLocationLineHash` and nothing
    else; two findings that point to one line of policy would be one alert without it."""
    digest = canonical.digest(key.encode())
    return {"findingKey/v1": digest, "primaryLocationLineHash": f"{digest[:16]}:1"}


def _state(exported: Exported, key: str) -> dict[str, str]:
    label = exported.label(key)
    return {"baselineState": "unchanged" if label == "unchanged" else "new"} if label else {}


def _closed(why: str) -> dict[str, str]:
    return {"kind": "external", "status": "accepted", "justification": why}


def _unseen(exported: Exported) -> Iterator[dict[str, Any]]:
    for case in _blind(exported):
        yield {
            "ruleId": case.rule.id, "kind": "open", "level": "none",
            "message": {"text": f"Could not look: {case.subject}: {case.reason}"},
            "locations": [_location(case.rule.system, case.subject, exported.where(case))],
            "partialFingerprints": _fingerprints(f"{case.rule.id}:{case.subject}"),
            "properties": {"case": case.subject, "outcome": case.outcome},
        }  # fmt: skip


def _blind(exported: Exported) -> Iterator[Case]:
    return (case for case in exported.verdict.cases if case.outcome == "could_not_look")


def _gone(exported: Exported, rules: dict[str, Rule]) -> Iterator[dict[str, Any]]:
    """What was found before, was looked for again, and is gone. Of what could not be looked for nothing is said."""
    change, known = exported.change, exported.known or {}
    for key in change.resolved if change else ():
        name, _, subject = key.partition(":")
        rule, subject = rules[name], subject.split("#")[0]
        yield {
            "ruleId": name, "level": level(rule), "baselineState": "absent",
            "message": {"text": f"{key}: no longer found; it was first found at {known[key].at}"},
            "locations": [_location(rule.system, subject, exported.place(rule.system, subject))],
            "partialFingerprints": _fingerprints(key),
            "suppressions": [_closed("resolved: it was looked for again and not found")],
            "properties": {"key": key, "since": "resolved"},
        }  # fmt: skip


def _exit(exported: Exported) -> dict[str, Any]:
    """Of the run that made this; a gate says why it is not the verdict's."""
    if exported.gate is None:
        return {"exitCode": exported.verdict.exit_code}
    return {"exitCode": exported.gate.exit_code, "exitCodeDescription": gated.lines(exported.gate)[0]}


def _invocation(exported: Exported, index: dict[str, int]) -> dict[str, Any]:
    verdict = exported.verdict
    notes = [
        _note(f"{case.subject}: {case.reason}") | {"associatedRule": {"id": case.rule.id, "index": index[case.rule.id]}}
        for case in _blind(exported)
    ]  # fmt: skip
    if why := problem(verdict):
        notes.append(_note(why))
    return {
        "executionSuccessful": verdict.conclusion in ("kept", "broken"), **_exit(exported),
        "startTimeUtc": zulu(exported.observed_at), "endTimeUtc": zulu(verdict.judged_at),
        "toolExecutionNotifications": notes,
    }  # fmt: skip


def _note(text: str) -> dict[str, Any]:
    return {"level": "error", "message": {"text": text}}


def _properties(exported: Exported) -> dict[str, Any]:
    document = exported.document
    names = ("conclusion", "counts", "observation", "policy", "deselected", "blind")
    return {
        "estate": exported.estate, "kind": exported.kind, "observed_at": exported.observed_at,
        "judged_at": document["judged_at"], **{name: document[name] for name in names},
        "population": {system: _stages(said) for system, said in document.get("population", {}).items()},
    }  # fmt: skip


def _stages(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "names"}

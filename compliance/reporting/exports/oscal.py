"""OSCAL Assessment Results, built and checked with compliance-trestle, the library of the `oscal` extra.

Each case is an observation, each rule that was judged a finding about the objective of that name: satisfied only where
all of its cases are kept. Which controls of NIST SP 800-53 were reviewed is said, and which a rule bears on; none is
called satisfied, as rules are evidence of a part of it. Each finding of ours is a risk: open, or `deviation-approved`
while it is waived. Ids come from content (uuid5): of rules, risks and components they are the same in every run.
"""

from __future__ import annotations

import json
import uuid
from itertools import groupby
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.hypertext import shown
from compliance.reporting.exports.exported import NAME, Exported, Found, problem, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.verdict import Case, Rule

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:dot-compliance:oscal")
_PROPERTIES = "urn:dot-compliance:oscal"


def export(exported: Exported) -> bytes:
    from trestle.oscal.assessment_results import AssessmentResults

    checked = AssessmentResults.model_validate(_results(exported))
    written = json.loads(checked.oscal_serialize_json())
    return canonical.lines(written, deep=5).encode()


def _results(exported: Exported) -> dict[str, Any]:
    from trestle.oscal import OSCAL_VERSION

    policy = _id(exported, "policy", exported.verdict.policy)
    return {
        "uuid": _id(exported, *_run(exported)),
        "metadata": {
            "title": line(f"Compliance of {exported.estate}"), "last-modified": exported.verdict.judged_at,
            "version": line(exported.verdict.judged_at), "oscal-version": OSCAL_VERSION,
            "props": [_prop("program", f"{NAME} {exported.program}")],
        },
        "import-ap": {"href": f"#{policy}", "remarks": "The policy that the estate was judged by is the plan."},
        "results": [_result(exported)],
        "back-matter": {"resources": [{
            "uuid": policy, "title": "policy", "description": "The policy of the estate.",
            "props": [_prop("digest", exported.verdict.policy)],
        }]},
    }  # fmt: skip


def _result(exported: Exported) -> dict[str, Any]:
    verdict = exported.verdict
    risks = [
        *(_risk(exported, f) for f in exported.findings()),
        *(_risk(exported, f) for f in exported.waived()),
    ]
    found: dict[str, Any] = {
        "uuid": _id(exported, *_run(exported), "result"),
        "title": line(f"{exported.estate}: {verdict.conclusion}"),
        "description": "Every case that policy declares: one rule about one subject.",
        "start": exported.observed_at, "end": verdict.judged_at,
        "props": [
            _prop("conclusion", verdict.conclusion), _prop("observation", verdict.observation),
            *(_prop(f"count-{name}", str(count)) for name, count in verdict.counts.items()),
        ],
        "local-definitions": {"components": [_component(exported, name) for name in verdict.by_system()]},
        "reviewed-controls": _reviewed(exported),
        "observations": [_observation(exported, case) for case in verdict.cases],
        "risks": risks, "findings": [*_findings(exported)],
        "remarks": problem(verdict) or "All that was declared was judged.",
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ([], {"components": []})}


def _reviewed(exported: Exported) -> dict[str, Any]:
    """Objectives are our rules; controls of the catalog those that policy maps any of them to."""
    rules = sorted({case.rule.id for case in exported.verdict.cases})
    nist = sorted({_control(name) for rule in rules for name in exported.controls_of(rule)[1]})
    selected: dict[str, Any] = (
        {"include-controls": [{"control-id": name} for name in nist]} if nist else {"include-all": {}}
    )
    reviewed: dict[str, Any] = {"control-selections": [selected]}
    if rules:
        objectives = [{"objective-id": rule} for rule in rules]
        reviewed["control-objective-selections"] = [{"include-objectives": objectives}]
    return reviewed


def _control(name: str) -> str:
    """As NIST's catalog in OSCAL has its ids: `IA-5(7)` is `ia-5.7`."""
    return name.lower().replace("(", ".").replace(")", "")


def _component(exported: Exported, system: str) -> dict[str, Any]:
    return {
        "uuid": _id(exported, "system", system), "type": "software", "title": line(system),
        "description": f"The governed system {system} of this estate.", "status": {"state": "operational"},
    }  # fmt: skip


def _observation(exported: Exported, case: Case) -> dict[str, Any]:
    place = exported.where(case)
    system = _id(exported, "system", case.rule.system)
    return {
        "uuid": _observed(exported, case), "title": line(f"{case.rule.id}: {case.subject}"),
        "description": "\n".join([case.rule.title, *said(case, exported.justified)]),
        "props": [
            _prop("outcome", case.outcome), _prop("rule", case.rule.id), _prop("subject", case.subject),
            _prop("policy", f"{place.file}:{place.line}"),
        ],
        "methods": ["TEST"], "types": ["control-objective"],
        "subjects": [{"subject-uuid": system, "type": "component", "title": line(case.subject)}],
        "collected": exported.observed_at,
    }  # fmt: skip


def _findings(exported: Exported) -> Iterator[dict[str, Any]]:
    """Of a rule that applied nowhere nothing is said."""
    for rule, cases in groupby(exported.verdict.cases, key=lambda case: case.rule):
        judged = [case for case in cases if case.outcome != "not_applicable"]
        if judged:
            yield _finding(exported, rule, judged)


def _finding(exported: Exported, rule: Rule, cases: list[Case]) -> dict[str, Any]:
    own, nist = exported.controls_of(rule.id)
    controls = [
        *(_prop("control", name) for name in own),
        *(_prop("nist-sp-800-53", _control(each)) for each in nist),
    ]
    keys = [e.key(rule.id) for c in cases for e in (*c.findings, *(w.finding for w in c.waived))]
    said_ = {
        "uuid": _id(exported, "rule", rule.id), "title": line(f"{rule.id}: {rule.title}"),
        "description": f"Why: {rule.why}\nRemedy: {rule.remedy}",
        "props": [*(_prop(name, getattr(rule, name)) for name in ("severity", "phase", "system")), *controls],
        "target": {"type": "objective-id", "target-id": rule.id, "status": _status(cases)},
        "related-observations": [{"observation-uuid": _observed(exported, case)} for case in cases],
    }  # fmt: skip
    risks = [{"risk-uuid": _id(exported, "risk", key)} for key in dict.fromkeys(keys)]
    return said_ | ({"related-risks": risks} if risks else {})


def _status(cases: Iterable[Case]) -> dict[str, str]:
    """Could not look is not satisfied, for another reason than that it failed."""
    outcomes = {case.outcome for case in cases}
    if outcomes == {"kept"}:
        return {"state": "satisfied", "reason": "pass"}
    return {"state": "not-satisfied", "reason": "fail" if outcomes & {"broken", "waived"} else "other"}


def _risk(exported: Exported, found: Found) -> dict[str, Any]:
    rule, label = found.case.rule, exported.label(found.key)
    waived = found.waiver != ""
    return {
        "uuid": _id(exported, "risk", found.key), "title": line(found.key),
        "description": f"{found.finding.subject}: {found.finding.message}", "statement": rule.why or rule.title,
        "status": "deviation-approved" if waived else "open",
        "props": [
            _prop("key", found.key), _prop("severity", rule.severity), *([_prop("since", label)] if label else []),
            *([_prop("waiver", found.waiver), _prop("justification", exported.justified(found))] if waived else []),
        ],
        "related-observations": [{"observation-uuid": _observed(exported, found.case)}],
    }  # fmt: skip


def _observed(exported: Exported, case: Case) -> str:
    return _id(exported, *_run(exported), case.rule.id, case.subject)


def _run(exported: Exported) -> tuple[str, str, str]:
    """What tells one run from another of the same estate."""
    verdict = exported.verdict
    return verdict.observation, verdict.policy, verdict.judged_at


def _id(exported: Exported, *parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, json.dumps([exported.estate, *parts])))


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _PROPERTIES, "value": line(value)}


def line(text: str) -> str:
    """OSCAL's one line of text: neither empty nor with white space around it."""
    return shown(text).strip() or "-"

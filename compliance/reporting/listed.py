"""What a verdict found, as values for a program: a finding a line, in the verdict's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compliance.core.verdict import Verdict


def findings(verdict: Verdict) -> list[dict[str, Any]]:
    """All that count."""
    return [
        {
            "rule": case.rule.id,
            "subject": finding.subject,
            "message": finding.message,
            "severity": case.rule.severity,
            "system": case.rule.system,
            "key": finding.key(case.rule.id),
            "remedy": case.rule.remedy,
        }
        for case in verdict.cases
        for finding in case.findings
    ]


def waived(verdict: Verdict) -> list[dict[str, Any]]:
    """All that do not count for now, and the waiver that says so."""
    return [
        {
            "rule": case.rule.id,
            "subject": each.finding.subject,
            "message": each.finding.message,
            "key": each.finding.key(case.rule.id),
            "waiver": each.waiver,
        }
        for case in verdict.cases
        for each in case.waived
    ]

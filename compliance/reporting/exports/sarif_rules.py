"""What SARIF says of a rule, and of a place in the policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from compliance.core.verdict import Rule
    from compliance.estate.places import Place

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub calls over 9.0 critical, from 7.0 high, from 4.0 medium, and everything else low.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}


def level(rule: Rule) -> str:
    return _LEVELS[rule.severity]


def described(rule: Rule, controls: list[str], nist: list[str]) -> dict[str, Any]:
    """A score counts with GitHub only where the rule is tagged `security`; of tags it reads twenty."""
    told = [*(f"control/{name}" for name in controls), *(f"external/nist-sp-800-53/{name}" for name in nist)]
    return {
        "id": rule.id,
        "name": _pascal(rule.title) or rule.id,
        "shortDescription": {"text": rule.title or rule.id},
        "fullDescription": {"text": rule.why or rule.title or rule.id},
        "help": {
            "text": f"Why: {rule.why}\nRemedy: {rule.remedy}",
            "markdown": f"**Why.** {rule.why}\n\n**Remedy.** {rule.remedy}",
        },
        "defaultConfiguration": {"level": level(rule)},
        "properties": {
            "tags": [*sorted({"security", rule.system, rule.family, rule.phase}), *told][:20],
            "security-severity": _SCORES[rule.severity], "severity": rule.severity, "precision": "very-high",
        },
    }  # fmt: skip


def _pascal(title: str) -> str:
    """As SARIF wants names of rules."""
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"\w+", re.sub("['\u2019]", "", title)))


def location(system: str, subject: str, place: Place) -> dict[str, Any]:
    """Relative to the root of the repository that holds the policy, which is what code scanning resolves by."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file)}, "region": {"startLine": place.line},
        },
        "logicalLocations": [{"name": subject, "fullyQualifiedName": f"{system}/{subject}", "kind": "resource"}],
    }  # fmt: skip

"""What a case shows in the report, as values: the plugin fills them in, the logger renders them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

_PROBES = re.compile(r"^.*?(?:^|/)(?=probes/)")


class Attachment(NamedTuple):
    """A piece of evidence. `content` is shared: hand over the same bytes for all cases that rest on it."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CaseLabels:
    """Everything a reader of one case is told; `subject` is what it is about, empty for a case without one.

    `waived`: what was found and does not count, with the waiver and its reason, a sentence each.
    """

    title: str
    subject: str
    system: str
    family: str
    rule: str
    severity: str
    phase: str
    why: str
    remedy: str
    evidence: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()


def full_name(nodeid: str) -> str:
    """The identity of a case: the same whether its probe lies in a checkout, in a wheel or elsewhere."""
    return _PROBES.sub("", nodeid)


def case_id(nodeid: str) -> str:
    """One stable UUID a case, so that a second result of it cannot hide and its history is found again."""
    return str(UUID(bytes=sha256(full_name(nodeid).encode()).digest()[:16], version=5))


def description(labels: CaseLabels) -> str:
    """Markdown: Allure renders it on the page of the case."""
    parts = [*(f"**Waived**: {each}" for each in labels.waived)]
    parts += [f"**Why**: {labels.why}", f"**Remedy**: {labels.remedy}"]
    facts = [f"rule `{labels.rule}`", f"phase {labels.phase}"]
    if labels.subject:
        facts.append(f"subject `{labels.subject}`")
    return "\n\n".join([*parts, " · ".join(facts)])

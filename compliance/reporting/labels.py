"""What a case shows in the report, as values: the plugin fills them in, the logger renders them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from compliance.core.observation import Blind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.core.observation import Seen

_LONGEST = 300
_PROBES = re.compile(r"^.*?(?:^|/)(?=probes/)")


class Attachment(NamedTuple):
    """A piece of evidence. `content` is shared: hand over the same bytes for all cases that rest on it."""

    name: str
    mime: str
    content: bytes


class Link(NamedTuple):
    """`url`: relative to Allure's pages."""

    url: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class CaseLabels:
    """Everything a reader of one case is told; `subject` is what it is about, empty for a case without one.

    `waived`: what was found and does not count, with the waiver and its reason, a sentence each; `reads`: what its rule
    read, a line each; `controls`: those that the rule gives evidence of; `since`: what of it is new, a line each.
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
    reads: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    controls: tuple[str, ...] = ()
    since: tuple[str, ...] = ()


def full_name(nodeid: str) -> str:
    """The identity of a case: the same whether its probe lies in a checkout, in a wheel or elsewhere."""
    return _PROBES.sub("", nodeid)


def case_id(nodeid: str) -> str:
    """One stable UUID a case, so that a second result of it cannot hide and its history is found again."""
    return str(UUID(bytes=sha256(full_name(nodeid).encode()).digest()[:16], version=5))


def description(labels: CaseLabels) -> str:
    """Markdown: Allure renders it on the page of the case."""
    parts = [*(f"**Waived**: {each}" for each in labels.waived)]
    parts += [f"**Since the last run**: {each}" for each in labels.since]
    parts += [f"**Why**: {labels.why}", f"**Remedy**: {labels.remedy}"]
    facts = [f"rule `{labels.rule}`", f"phase {labels.phase}"]
    if labels.subject:
        facts.append(f"subject `{labels.subject}`")
    facts += [f"control `{each}`" for each in labels.controls]
    if labels.reads:
        parts.append("**Read**:\n\n" + "\n".join(f"- {each}" for each in labels.reads))
    return "\n\n".join([*parts, " · ".join(facts)])


def reading(sections: Mapping[str, Seen[Any] | Blind], names: Iterable[str]) -> tuple[str, ...]:
    """Each section with its query, as it was used, and when that ran; all of it stands in the evidence."""
    return tuple(_read(name, sections.get(name)) for name in names)


def _read(name: str, section: Seen[Any] | Blind | None) -> str:
    if section is None:
        return f"`{coded(name)}`: not held by this observation"
    origin = section.provenance
    when = f", at {origin.at}" if origin.at else ""
    query = f" by `{coded(origin.query)}`" if origin.query else ""
    blind = f"; not seen: {section.reason}" if isinstance(section, Blind) else ""
    return f"`{coded(name)}` from {origin.source}{query}{when}{blind}"


def coded(text: str) -> str:
    """For between backticks, on one line."""
    line = " ".join(text.replace("`", "'").split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

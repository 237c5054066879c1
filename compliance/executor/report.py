"""The execution report of a change: what a receipt and what follows it in the ledger say, for a person to keep.

It is made from the ledger alone, so that it can be made again. It lies beside the ledger and is no part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.executor.finishing import KIND as CALLED
from compliance.executor.receipt import VERIFIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from compliance.executor.ledger import Entry, Ledger
    from compliance.executor.receipt import Receipt

FOLDER = "reports"


def write(ledger: Ledger, receipt: Receipt) -> Path:
    """In place of what was said of it before: it may be verified by now, or taken back."""
    place = ledger.folder / FOLDER / f"{receipt.id}.md"
    place.parent.mkdir(exist_ok=True)
    part = place.with_suffix(".part")
    part.write_text(text(ledger, receipt), encoding="utf-8")
    part.replace(place)
    return place


def text(ledger: Ledger, receipt: Receipt) -> str:
    """As Markdown."""
    body, content = receipt.intent.body, receipt.content
    return "\n".join(
        [
            f"# Execution report {receipt.id}: {content['system']}: {content['title']}",
            "",
            f"- Plan: {body['plan']['name']} {receipt.digest}",
            f"- Estate: {receipt.estate} ({receipt.estate_kind}), {receipt.target.database}",
            f"- Applied: {receipt.entry.at} by {body['program']}",
            f"- Approved: {_approved(body['approvals'])}",
            *(f"- {name}: {value}" for name, value in sorted(content.get("notes", {}).items())),
            *_effect(receipt),
            *_followed(ledger.entries(), receipt),
            "",
            "## Not part of it",
            "",
            f"- A test call (`compliance exercise {content['system']}`), a commit (`compliance commit PLAN`) and the",
            f"  way back (`compliance rollback {receipt.id}`) have approvals of their own.",
            "",
        ]
    )


def _approved(approvals: dict[str, Any]) -> str:
    if approvals["self"]:
        return "by the estate itself, as its policy lets it"
    return f"by {', '.join(approvals['by'])}"


def _effect(receipt: Receipt) -> Iterator[str]:
    yield from ("", "## Rows", "", *(_lines(receipt.effect.rows) or ("- none",)))
    for trail, count in receipt.entry.body.get("trails", {}).items():
        yield f"- trail {trail}: {count} row(s)"
    if found := _lines(receipt.effect.objects):
        yield from ("", "## Catalog", "", *found)


def _lines(found: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    return tuple(f"- {name}: {subject}" for name, subjects in found.items() for subject in subjects)


def _followed(entries: Iterable[Entry], receipt: Receipt) -> Iterator[str]:
    """What was called, what a look found that came after it, and whether it was taken back."""
    yield from ("", "## What followed", "")
    told = [line for entry in entries for line in _told(entry, receipt.entry.hash)]
    yield from (f"- {line}" for line in told or ["nothing yet: it is neither verified nor taken back"])


def _told(entry: Entry, receipt: str) -> Iterator[str]:
    body = entry.body
    if entry.kind == CALLED and body.get("done") == receipt:
        for call in body.get("calls", []):
            yield f"{entry.at}: {call['title']}: {call['request']}: {call['status'] or 'was done already'}"
        if not body["finished"]:
            yield f"{entry.at}: not finished: {body['why']}"
        for name, value in body.get("reload", {}).items():
            yield f"{entry.at}: reloaded: {name}: {value}"
    elif entry.kind == VERIFIED and body["receipt"] == receipt:
        yield from _verified(entry)
    elif entry.kind == "rolled-back" and body["receipt"] == receipt:
        yield f"{entry.at}: taken back"
        yield from (
            f"{entry.at}: changed since it was applied: {name}" for name in body.get("changed_since", [])
        )


def _verified(entry: Entry) -> Iterator[str]:
    """What was not asked was not found to be kept."""
    unasked = entry.body.get("unasked", {})
    which = f"that applies here is kept, {len(unasked)} case(s) were not asked" if unasked else "is kept"
    seen = entry.body["observation"][:16]
    yield f"{entry.at}: verified: every rule that it promises {'and ' if unasked else ''}{which} (observation {seen})"
    yield from (f"not asked: {case}: {why}" for case, why in sorted(unasked.items()))

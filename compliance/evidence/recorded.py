"""What the ledger holds of an estate: its lines as they are, and of them what an auditor asks for, each by itself."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Compiled
from compliance.evidence.verify import LEDGER
from compliance.executor import spelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.chain import Entry

# Folder by kind of entry. What else a ledger holds stands in its lines.
_FOLDERS = {
    "approval": "approvals", "rehearsal": "rehearsals", "receipt": "receipts", "rolled-back": "receipts",
    "verified": "receipts", "recovered": "receipts", "commit": "receipts",
}  # fmt: skip


def files(entries: Iterable[Entry], estate: str) -> dict[str, bytes]:
    """The ledger itself, and its rehearsals, approvals, receipts and plans of this estate."""
    found = {LEDGER: b"".join(entry.line for entry in entries)}
    plans: set[str] = set()
    for entry in entries:
        plan, of = _about(entry)
        if of == estate:
            plans.add(plan)
        folder = _FOLDERS.get(entry.kind)
        if folder and plan in plans:
            name = f"ledger/{folder}/{entry.seq:06}-{entry.kind}-{entry.hash[:12]}.json"
            found[name] = canonical.pretty(_readable(entry)).encode()
        if entry.kind == "intent" and plan in plans:
            found |= {f"ledger/plans/{plan[:12]}/{name}": data for name, data in _plan(entry.body["plan"])}
    return found


def _about(entry: Entry) -> tuple[str, str]:
    """Digest of the plan that an entry is about, and the estate, where it says which."""
    body = entry.body
    if "envelope" in body or "statement" in body:
        predicate = _statement(body)["predicate"]
        return predicate.get("plan", ""), predicate.get("estate", {}).get("name", "")
    plan = body.get("plan")
    if not isinstance(plan, dict):
        return "", ""
    return plan.get("digest", ""), plan.get("content", {}).get("estate", {}).get("name", "")


def _statement(body: dict[str, Any]) -> dict[str, Any]:
    said = body["statement"] if "statement" in body else json.loads(b64decode(body["envelope"]["payload"]))
    return dict(said)


def _readable(entry: Entry) -> dict[str, Any]:
    """What was signed in plain words beside its envelope."""
    shown = entry._asdict()
    return shown | ({"signed": _statement(entry.body)} if "envelope" in entry.body else {})


def _plan(plan: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The files of a plan that was applied, as far as the ledger holds what they are made of: each by its digest."""
    content = plan["content"]
    steps = tuple(map(spelling.step_from_json, content["steps"]))
    compiled = Compiled(content["system"], content["kind"], content["title"], steps)
    for name, text in {"plan.json": canonical.pretty(content), **compiled.files()}.items():
        if canonical.digest(text.encode()) == plan["files"].get(name):
            yield name, text.encode()

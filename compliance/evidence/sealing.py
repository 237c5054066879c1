"""A bundle is written: manifest, entry in the ledger, signature, all in one file that is whole or not there."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, quote_plus

from compliance.core import canonical
from compliance.core.errors import ComplianceError, Refused
from compliance.evidence import naming, recorded, report, script, statement, verify
from compliance.evidence.spelling import BLOCK, END, header, padding
from compliance.executor import attest
from compliance.executor.apply import program
from compliance.executor.ledger import ignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from securesystemslib.signer import Signer

    from compliance.core.chain import Entry
    from compliance.evidence.contents import Performed
    from compliance.executor.ledger import Ledger

KIND = "sealed"
_UNENTERED = "This estate has no ledger, so this bundle was entered nowhere."
_ENTERED = "The entry that it should find is `sealed.json`."

_WORD = 16  # signs that no word of a language has, but a password
_REMOVE = "{}: left by a seal that was interrupted, and entered nowhere: remove it, if none is running"


class Sealed(NamedTuple):
    """`manifest`: its digest; `entry`: its hash, where the estate has a ledger; `left`: what became of an earlier seal
    that was interrupted."""

    path: Path
    size: int
    manifest: str
    entry: str | None
    left: str = ""


def seal(
    path: Path, done: Performed, files: Mapping[str, bytes], *, kind: str, signer: Signer, ledger: Ledger | None,
    at_step: Callable[[str], None] = ignore,
) -> Sealed:  # fmt: skip
    """Write the bundle; the ledger is held from the last line that goes in until its entry follows that."""
    with ledger.locked() if ledger else nullcontext():
        left = naming.finished(ledger) if ledger else ""
        naming.free(path)
        entries: tuple[Entry, ...] = ()
        if ledger:
            ledger.open()
            entries = ledger.entries()
        whole = _all(done, files, entries)
        stated = {"id": entries[0].hash, "head": entries[-1].hash, "entries": len(entries)} if entries else None
        why = "" if stated else "the estate has no ledger"
        listed = statement.manifest(done, whole, kind=kind, ledger=stated, why=why, program=program())
        entry = ledger.next(KIND, _body(done, kind, listed, signer)) if ledger else None
        said = statement.statement(done.verdict, whole, listed, entry)
        envelope = canonical.dumps(attest.sign(said, signer)) + b"\n"
        parts = {verify.MANIFEST: listed, **whole}
        parts |= ({verify.ENTRY: entry.line} if entry else {}) | {verify.SIGNATURE: envelope}
        size = _write(path, parts, ledger, entry, at_step)
    left = "\n".join(filter(None, (left, *(_REMOVE.format(each) for each in naming.beside(path)))))
    return Sealed(path, size, canonical.digest(listed), entry.hash if entry else None, left)


def _all(done: Performed, files: Mapping[str, bytes], entries: tuple[Entry, ...]) -> dict[str, bytes]:
    """In the order of their names."""
    whole = {
        **files,
        report.README: report.readme(done, entered=_ENTERED if entries else _UNENTERED),
        "verify.py": script.text(),
        **(recorded.files(entries, done.observation.estate) if entries else {}),
    }
    return dict(sorted(whole.items()))


def _body(done: Performed, kind: str, listed: bytes, signer: Signer) -> dict[str, Any]:
    verdict = done.verdict
    return {
        "estate": {"name": done.observation.estate, "kind": kind}, "manifest": canonical.digest(listed),
        "observation": verdict.observation, "policy": verdict.policy, "judged_at": verdict.judged_at,
        "conclusion": verdict.conclusion, "counts": verdict.counts, "key": signer.public_key.keyid,
        "program": program(),
    }  # fmt: skip


def refuse_secrets(files: Mapping[str, bytes], secrets: Iterable[str]) -> None:
    """What opens the estate may stand in no byte; where it does, somebody wrote it into the policy or a row."""
    for secret in secrets:
        # A password that is a word of the language, as `postgres`, stands everywhere and says nothing.
        if len(secret) < 8 or (len(secret) < _WORD and secret.isalpha() and secret.islower()):
            continue
        spellings = _spellings(secret)
        held = sorted(name for name, data in files.items() if any(each in data for each in spellings))
        if held:
            raise Refused(
                "nothing was sealed: what opens the estate would stand in the bundle", reasons=held,
                remedy="take it out of there, and change it: whoever could read that has it",
            )  # fmt: skip


def _spellings(secret: str) -> set[bytes]:
    """As it is, as JSON has it in a text and in a text of JSON, and as a URL and base64 have it."""
    inner = json.dumps(secret, ensure_ascii=False)[1:-1]
    texts = {secret, inner, json.dumps(secret)[1:-1], json.dumps(inner, ensure_ascii=False)[1:-1]}
    texts |= {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {*(text.encode(errors="replace") for text in texts), b64encode(secret.encode(errors="replace"))}


def _write(
    path: Path, parts: Mapping[str, bytes], ledger: Ledger | None, entry: Entry | None, at_step: Callable[[str], None]
) -> int:  # fmt: skip
    """All of it on the disk, then its entry in the ledger, then its name: what was entered can be finished."""
    begun = naming.Begun(path, naming.part_of(path), entry.hash if entry else "")
    try:
        size = _put(begun.part, parts)
        at_step("whole")
        if ledger and entry:
            naming.note(ledger, begun)
            at_step("noted")
            ledger.enter(entry, at_step=at_step)
        naming.named(begun)
        at_step("named")
    except BaseException as error:
        if not (ledger and ledger.holds(begun.entry)):
            with suppress(OSError):
                begun.part.unlink(missing_ok=True)
                naming.forget(ledger)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from None
        raise
    naming.forget(ledger)
    return size


def _put(part: Path, parts: Mapping[str, bytes]) -> int:
    size = sum(BLOCK + len(data) + padding(len(data)) for data in parts.values()) + len(END)
    if size > verify.LIMIT:
        raise ComplianceError(
            f"this bundle would have {size} bytes, and nobody verifies one of more than {verify.LIMIT}",
            remedy="leave out the results for Allure (--no-report)",
        )
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("xb") as file:
        for name, data in parts.items():
            file.writelines((header(name, len(data)), data, bytes(padding(len(data)))))
        file.write(END)
        file.flush()
        os.fsync(file.fileno())
    return size


def _unwritable(path: Path, error: OSError) -> ComplianceError:
    return ComplianceError(
        f"{path}: the bundle cannot be written: {error.strerror}",
        remedy="make room there or name another place; nothing half-written was left",
    )

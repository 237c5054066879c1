"""A bundle is written: manifest, entry in the ledger, signature, all in one file that is whole or not there."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext, suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical
from compliance.core.errors import ComplianceError, ConfigurationError, Refused
from compliance.evidence import recorded, report, script, statement, verify
from compliance.evidence.spelling import END, header, padding
from compliance.executor import attest
from compliance.executor.apply import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from securesystemslib.signer import Signer

    from compliance.core.chain import Entry
    from compliance.evidence.contents import Performed
    from compliance.executor.ledger import Ledger

KIND = "sealed"
_UNENTERED = "This estate has no ledger, so this bundle was entered nowhere."
_ENTERED = "The entry that it should find is `sealed.json`."


class Sealed(NamedTuple):
    """`manifest`: its digest; `entry`: its hash, where the estate has a ledger."""

    path: Path
    size: int
    manifest: str
    entry: str | None


def seal(
    path: Path, done: Performed, files: Mapping[str, bytes], *, kind: str, signer: Signer, ledger: Ledger | None
) -> Sealed:
    """Write the bundle; the ledger is held from the last line that goes in until its entry follows that."""
    free(path)
    with ledger.locked() if ledger else nullcontext(), _whole(path) as file:
        entries: tuple[Entry, ...] = ()
        if ledger:
            ledger.open()
            entries = ledger.entries()
        whole = _all(done, files, entries)
        stated = {"id": entries[0].hash, "head": entries[-1].hash, "entries": len(entries)} if entries else None
        why = "" if stated else "the estate has no ledger"
        listed = statement.manifest(done, whole, kind=kind, ledger=stated, why=why, program=program())
        # All but the end lies on the disk, and there is room for that, before the ledger says that it was sealed.
        _put(file, {verify.MANIFEST: listed, **whole})
        _room(file, 2 * len(canonical.dumps(statement.statement(done.verdict, whole, listed, None))) + 65536)
        entry = ledger.append(KIND, _body(done, kind, listed, signer)) if ledger else None
        said = statement.statement(done.verdict, whole, listed, entry)
        envelope = canonical.dumps(attest.sign(said, signer)) + b"\n"
        _put(file, ({verify.ENTRY: entry.line} if entry else {}) | {verify.SIGNATURE: envelope})
        file.write(END)
        file.truncate()
        size = file.tell()
    return Sealed(path, size, canonical.digest(listed), entry.hash if entry else None)


def free(path: Path) -> None:
    """Raises where something is there."""
    if path.exists():
        raise ConfigurationError(
            f"{path}: there is a file already", remedy="evidence is never replaced: name another"
        )


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
        if len(secret) < 8 or (secret.isalpha() and secret.islower()):
            continue
        held = sorted(name for name, data in files.items() if secret.encode() in data)
        if held:
            raise Refused(
                "nothing was sealed: what opens the estate would stand in the bundle", reasons=held,
                remedy="take it out of there, and change it: whoever could read that has it",
            )  # fmt: skip


def _put(file: IO[bytes], files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        file.writelines((header(name, len(data)), data, bytes(padding(len(data)))))


def _room(file: IO[bytes], size: int) -> None:
    file.flush()
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), file.tell(), size)


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """Beside it first, then to the disk, then under its name in one go; where that fails nothing stays."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync(path.parent)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, error) from None
        raise


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _unwritable(path: Path, error: OSError) -> ComplianceError:
    return ComplianceError(
        f"{path}: the bundle cannot be written: {error.strerror}",
        remedy="make room there or name another place; nothing half-written was left",
    )

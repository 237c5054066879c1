"""What was found and is no secret: each entry by file and digest, with who looked at it, when, and why it may stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate import document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.sync.scanning import Leak
    from compliance.systems.directional_sync.syncfile import SyncFile

SCHEMA = Path(__file__).with_name("baseline.schema.json")


class Reviewed(NamedTuple):
    file: str
    digest: str
    kind: str
    line: int


class Baseline(NamedTuple):
    """`safety.secret_baseline` of sync.yaml. A value that moves to another file has to be looked at again."""

    entries: tuple[Reviewed, ...]
    path: str = ""

    @classmethod
    def of(cls, file: SyncFile, root: Path) -> Baseline | None:
        """The one that sync.yaml names, from this tree; one that is named and not there is an error."""
        if file.secret_baseline is None:
            return None
        if not (root / file.secret_baseline).is_file():
            raise file.document.error(
                f"{file.secret_baseline} is not there", "safety", "secret_baseline",
                remedy="write it, `entries: []` to begin with, and commit it",
            )  # fmt: skip
        return load(root / file.secret_baseline, file.secret_baseline)

    @property
    def known(self) -> frozenset[tuple[str, str]]:
        return frozenset((entry.file, entry.digest) for entry in self.entries)

    def stale(self, looked: set[str], found: set[tuple[str, str]], root: Path) -> tuple[str, ...]:
        """Entries that match nothing any more, as sentences."""
        old = [
            entry
            for entry in self.entries
            if (entry.file, entry.digest) not in found
            and (entry.file in looked or not (root / entry.file).exists())
        ]
        return tuple(f"{self.path}:{e.line}: matches nothing in {e.file} any more; take it out" for e in old)


def load(path: Path, name: str) -> Baseline:
    """Raises `ConfigurationError` with the line where an entry does not say who, when and why."""
    loaded = document.load(path, SCHEMA)
    entries = [
        Reviewed(each["file"], each["digest"], each["kind"], loaded.line("entries", number))
        for number, each in enumerate(loaded.value["entries"])
    ]
    for number, entry in enumerate(entries):
        if any((entry.file, entry.digest) == (other.file, other.digest) for other in entries[:number]):
            raise ConfigurationError.at(path, entry.line, f"{entry.file}: this entry stands there twice")
    return Baseline(tuple(entries), name)


def draft(leaks: Iterable[Leak]) -> str:
    """Entries to be looked at: until somebody has filled in who, when and why, the file is refused."""
    import json

    lines = ["version: '1.0'", "entries:"]
    for leak in leaks:
        lines += [
            f"  - file: {json.dumps(leak.path)}   # line {leak.line}",
            f"    kind: {json.dumps(leak.kind)}",
            f"    digest: {leak.digest}",
            "    reviewed_by: ''",
            "    reviewed_at: ''",
            "    reason: ''",
        ]
    return "\n".join(lines if len(lines) > 2 else ["version: '1.0'", "entries: []"]) + "\n"

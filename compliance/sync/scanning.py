"""Secrets in what is about to be committed or sent (document 003, 'Secret Protection'): told by place, never by value.

The files that change are looked through whole, the rest of the repository is not: what stands there stood there.
"""

from __future__ import annotations

import codecs
import hashlib
import os
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import redact
from compliance.sync import assignments, detecting
from compliance.sync.baseline import Baseline
from compliance.sync.environment import redaction
from compliance.sync.model import Checked, TargetFailed
from compliance.sync.process import Interrupted
from compliance.sync.repository import shown

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from compliance.sync.model import Job

NAME = "no secrets"
_PIECE = 4096  # a line may be a file of its own; a piece of it begins before the last one ended
_OVERLAP = 512
_SHOWN = 20
# Of core/redact: what both judge is left to the rules of assignments, which know a type from a value.
_OURS = frozenset({
    "private-key", "url-password", "url-user", "bearer", "basic", "github-token", "provider-key", "jwt", "default",
})  # fmt: skip
_UNSIGNED = "AIza"  # the one key of these that data as base64 could hold: the others have signs that it has not


class Leak(NamedTuple):
    """What may be a secret. `digest` binds file and value: what a reviewer has to confirm, and no more. `line`: 0 where
    it is in the name of the file; `told`: that name, without secrets."""

    path: str
    line: int
    kind: str
    digest: str
    told: str

    @property
    def shown(self) -> str:
        place = f"{self.line}" if self.line else "in its name"
        return f"{shown(self.told)}:{place}: {self.kind}"


class Scan(NamedTuple):
    """`stale`: entries of the baseline whose file was looked through, or is gone, and which match nothing any more."""

    leaks: tuple[Leak, ...]
    stale: tuple[str, ...] = ()

    @property
    def checked(self) -> Checked:
        """As a check of the run; what is stale is told, and fails nothing."""
        if self.leaks:
            more = f"\n… and {len(self.leaks) - _SHOWN} more" if len(self.leaks) > _SHOWN else ""
            text = "\n".join(leak.shown for leak in self.leaks[:_SHOWN]) + more
            return Checked("secrets", NAME, False, text)
        return Checked("secrets", NAME, True, "; ".join(self.stale))


def scan(
    paths: Iterable[str], cwd: Path, patterns: Sequence[re.Pattern[str]], baseline: Baseline | None = None,
    known: Mapping[str, str] = MappingProxyType({}), stop: Event | None = None,
) -> Scan:  # fmt: skip
    """Look through these files and their names, less what a person has reviewed; one that is not there was deleted.
    `known`: secrets by value, with the variable that holds each. Raises `Interrupted` where `stop` is set."""
    reviewed = baseline or Baseline(())
    looked = sorted(set(paths))
    leaks = [leak for path in looked for leak in _of_file(cwd, path, patterns, known, stop)]
    found = {(leak.path, leak.digest) for leak in leaks}
    left = tuple(leak for leak in leaks if (leak.path, leak.digest) not in reviewed.known)
    return Scan(left, reviewed.stale(set(looked), found, cwd))


def refuse(job: Job, paths: Iterable[str], folder: Path | None = None) -> Checked:
    """The same before something is sent; raises `TargetFailed` with the places."""
    known = redaction(job.file, job.given).certain
    reviewed = Baseline.of(job.file, job.tree)
    found = scan(paths, folder or job.tree, job.file.secret_patterns, reviewed, known, job.stop).checked
    if found.failed:
        raise TargetFailed("what may be a secret would be committed or sent; nothing was", output=found.detail)
    return found


def digest(path: str, value: str) -> str:
    return hashlib.sha256(f"{path}\0{value}".encode(errors="surrogatepass")).hexdigest()


def _of_file(
    cwd: Path, path: str, patterns: Sequence[re.Pattern[str]], known: Mapping[str, str], stop: Event | None
) -> Iterator[Leak]:
    told, reader = path, assignments.Reader(path, patterns)
    seen: set[tuple[int, str]] = set()
    for number, line in chain([(0, path)], _lines(cwd / path)):
        if stop is not None and stop.is_set():
            raise Interrupted
        held = [(f"the value of {name}", value) for value, name in known.items() if value in line]
        pairs = [*held, *_ours(reader, line), *detecting.found(path, line)]
        if number == 0:
            told = _without(path, [value for _, value in pairs])
        for kind, value in pairs:
            if not any(at == number and (value in other or other in value) for at, other in seen):
                yield Leak(path, number, kind, digest(path, value), told)
            seen.add((number, value))


def _without(text: str, values: Iterable[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "<secret>")
    return text


def _ours(reader: assignments.Reader, line: str) -> Iterator[tuple[str, str]]:
    if detecting.run(line) and _UNSIGNED not in line:
        reader.passed()
        return
    for name, value in reader.found(line):
        yield f"a value for {name}", value
    for kind, value in redact.secrets(line):
        if kind in _OURS and assignments.literal(value):
            yield kind, value


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines, long ones in pieces. Of a link it is the text that git keeps, which is where it leads."""
    if path.is_symlink():
        yield 1, os.readlink(path)  # noqa: PTH115 - as text, whatever is in it
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        raise TargetFailed(f"{shown(str(path))} cannot be looked through ({error.strerror})") from None
    with file:
        wide = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        file.seek(0)
        if wide:
            yield from enumerate(file.read().decode("utf-16", "replace").splitlines(), 1)
            return
        number, held = 1, b""
        for piece in iter(partial(file.readline, _PIECE), b""):
            yield number, (held + piece).rstrip(b"\r\n").decode("utf-8", "replace")
            ended = piece.endswith(b"\n")
            number, held = (number + 1, b"") if ended else (number, piece[-_OVERLAP:])

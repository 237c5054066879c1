"""A commit without `git commit`: where nobody would notice the difference, the files become blobs by one git, and the
rest is made as it lands.

Nobody would where no hook runs, nothing is signed, text is UTF-8, modes count, and each file is a plain one that git
would convert as it converts a new one. All else goes the long way (`committing`).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from compliance.sync import answering
from compliance.sync.committing import Entry, Made
from compliance.sync.model import TargetFailed
from compliance.sync.repository import GitFailed, git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from compliance.sync.changes import Found
    from compliance.sync.folders import Folders

_SETTINGS = r"^(commit\.gpgsign|i18n\.commitencoding|core\.filemode)$"
_NO = frozenset({"false", "no", "off", "0"})
_UTF8 = frozenset({"utf-8", "utf8"})
_LARGE = 1024 * 1024  # bytes: a larger file that was there before is not read through for the ends of its lines


class Author(NamedTuple):
    """`who`: author and committer as git takes them from the environment; those without a date commit now."""

    who: Mapping[str, str]

    def made(self, base: str, entries: tuple[Entry, ...], message: str) -> Made:
        now = f"@{int(time.time())} {time.strftime('%z')}"
        dates = {f"GIT_{each}_DATE": self.who.get(f"GIT_{each}_DATE", now) for each in ("AUTHOR", "COMMITTER")}
        return Made(base, "", entries, {**self.who, **dates}, f"{message}\n")


class Settings(NamedTuple):
    """What git's configuration says that matters to a commit."""

    signs: bool
    utf8: bool
    modes: bool

    @property
    def special(self) -> bool:
        """Is there anything to a commit that git itself has to do?"""
        return self.signs or not self.utf8


def settings(root: Path) -> Settings:
    try:
        told = git(root, "config", "-z", "--get-regexp", _SETTINGS)
    except GitFailed:  # none of them is set
        told = ""
    found = {name: text.lower() for name, _, text in (item.partition("\n") for item in told.split("\0"))}
    return Settings(
        found.get("commit.gpgsign", "false") not in _NO,
        found.get("i18n.commitencoding", "utf-8") in _UTF8,
        found.get("core.filemode", "true") not in _NO,
    )


def author(root: Path, message: str) -> Author | None:
    """Who commits, where a commit may be made this way; asked once a run."""
    odd = not message[:1].isalnum() or not message.isprintable() or message != message.strip()
    found = settings(root)
    if odd or found.special or not found.modes:
        return None
    who: dict[str, str] = {}
    try:
        for each in ("AUTHOR", "COMMITTER"):
            said = git(root, "-c", "user.useConfigOnly=true", "var", f"GIT_{each}_IDENT").rstrip("\n")
            name, _, rest = said.partition(" <")
            email, _, date = rest.rpartition("> ")
            who |= {f"GIT_{each}_NAME": name, f"GIT_{each}_EMAIL": email}
            if f"GIT_{each}_DATE" in os.environ:
                who[f"GIT_{each}_DATE"] = f"@{date}"
    except GitFailed:
        return None
    return Author(who)


def entries(tree: Path, found: Found, folders: Folders | None) -> tuple[Entry, ...] | None:
    """What a commit of it changes, its blobs stored; None where it has to go the long way. `folders`: what is known of
    the worktree."""
    kept = [change.path for change in found.changes if change.change != "deleted"]
    if found.fleeting or not all(_simple(tree, path, found) for path in found.paths):
        return None
    blobs = dict(zip(kept, _stored(tree, folders, kept), strict=True))
    made = tuple(_entry(found, path, blobs.get(path)) for path in found.paths)
    # Of one content before and after: its mode differs, or only how its lines end, of which git knows.
    return None if any(entry.before == entry.after for entry in made) else made


def _simple(tree: Path, path: str, found: Found) -> bool:
    mode, digest = found.prints[path]
    code = found.told[path].code
    if "\n" in path or path.startswith('"') or mode > 0o777:
        return False
    if digest is None or code == "?":
        return code in (".D", "?")
    return code == ".M" and _one_way(tree / path)


def _one_way(place: Path) -> bool:
    """Does git convert it as it would a new file? It leaves CRLF alone where the file had them before."""
    return place.stat().st_size <= _LARGE and b"\r" not in place.read_bytes()


def _stored(tree: Path, folders: Folders | None, paths: Sequence[str]) -> list[str]:
    try:
        if folders is None:
            return answering.stored(tree, paths)
        return folders.answers.stored(paths, steady=folders.steady(answering.CONVERTING, paths))
    except GitFailed as error:
        raise TargetFailed(f"its outputs cannot be added: {error.message}", output=error.said) from None


def _entry(found: Found, path: str, blob: str | None) -> Entry:
    before = found.told[path].blob
    none = "0" * len(blob or before)
    if blob is None:
        return Entry(path, before, "000000", none)
    mode = "100755" if found.prints[path][0] & 0o100 else "100644"
    return Entry(path, before or none, mode, blob)

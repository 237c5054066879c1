"""What the other side has confirmed, kept in git: one JSON file a target, on a ref of its own.

It can be pushed and fetched, so that a fresh clone knows what a push need not send again and what two sides agreed on.
Names and digests stand in it, never content. It moves by compare-and-swap: two jobs that record at
once lose nothing.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compliance.core.errors import Refused
from compliance.sync.repository import GitFailed, git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REF = "refs/directional-sync/state"
_TRIES = 50
_NOBODY = {
    "GIT_AUTHOR_NAME": "directional sync", "GIT_AUTHOR_EMAIL": "directional-sync@localhost",
    "GIT_COMMITTER_NAME": "directional sync", "GIT_COMMITTER_EMAIL": "directional-sync@localhost",
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """Of one target. `digests`: by path or name the sha256 that was confirmed; `ids`: what the other side calls it."""

    digests: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def text(self, target: str) -> str:
        entries = {
            name: {"sha256": self.digests[name]} | ({"id": self.ids[name]} if name in self.ids else {})
            for name in sorted(self.digests)
        }
        return json.dumps({"version": 1, "target": target, "entries": entries}, indent=1) + "\n"


def read(repository: Path, target: str) -> State | None:
    """None: nothing was ever recorded. One that cannot be read is an error: as none, all would be sent again."""
    return read_at(repository, target, _head(repository))


def read_at(repository: Path, target: str, commit: str) -> State | None:
    """As it was at a commit of the ref; without a commit nothing was."""
    listed = _entries(repository, commit)
    if _file(target) not in listed:
        return None
    try:
        text = git(repository, "cat-file", "blob", listed[_file(target)].split()[2])
        entries: dict[str, Any] = json.loads(text)["entries"]
        digests = {name: str(entry["sha256"]) for name, entry in entries.items()}
        return State(digests, {name: str(entry["id"]) for name, entry in entries.items() if "id" in entry})
    except GitFailed:
        raise _unreadable(target, "its content is missing") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unreadable(target, "it is not what this program writes") from None


def record(repository: Path, target: str, new: State | None) -> None:
    """Make it the state of the target, none: as if nothing had ever been recorded. Of other targets nothing changes,
    whoever records theirs meanwhile."""
    text = b"" if new is None else new.text(target).encode()
    blob = "" if new is None else git(repository, "hash-object", "-w", "--stdin", given=text).strip()
    wanted = f"100644 blob {blob}" if blob else None
    for number in range(_TRIES):
        old = _head(repository)
        entries = _entries(repository, old)
        if entries.get(_file(target)) == wanted:
            return
        if wanted is None:
            del entries[_file(target)]
        else:
            entries[_file(target)] = wanted
        if _moved(repository, old, _commit(repository, entries, old, target)):
            return
        time.sleep(0.001 * number)
    raise Refused(
        f"{REF} could not be moved: somebody moves it all the time, or holds its lock",
        remedy="look for another run, and for a left-over .lock file beside the ref",
    )


def _file(target: str) -> str:
    return f"{target}.json"


def _head(repository: Path) -> str:
    """The commit of the ref; empty where there is none."""
    return git(repository, "for-each-ref", "--format=%(objectname)", REF).strip()


def _entries(repository: Path, commit: str) -> dict[str, str]:
    """By name what git's tree says: mode, kind and object."""
    listing = git(repository, "ls-tree", "-z", commit) if commit else ""
    lines = (line.partition("\t") for line in listing.split("\0") if line)
    return {name: what for what, _, name in lines}


def _commit(repository: Path, entries: Mapping[str, str], parent: str, target: str) -> str:
    listing = "".join(f"{entries[name]}\t{name}\0" for name in sorted(entries))
    tree = git(repository, "mktree", "-z", given=os.fsencode(listing)).strip()
    parents = ("-p", parent) if parent else ()
    return git(repository, "commit-tree", tree, *parents, "-m", f"state of {target}", env=_NOBODY).strip()


def _moved(repository: Path, old: str, new: str) -> bool:
    """Only from where it was seen: zeros stand for 'is not there'."""
    try:
        git(repository, "update-ref", REF, new, old or "0" * len(new))
    except GitFailed:
        return False
    return True


def _unreadable(target: str, why: str) -> Refused:
    return Refused(
        f"the recorded state of {target} cannot be read: {why}",
        remedy=f"fetch {REF} again from where it is kept, or delete it (`git update-ref -d {REF}`) to begin anew",
    )

"""Each entrypoint is there and can be started: the runner starts it directly, not through a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.directional_sync import looking, scripts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.observation import Listed
    from compliance.systems.protocol import Facts

_RUNS, _LINK = "100755", "120000"


def entrypoints_can_be_started(facts: Facts) -> Iterator[Judgement]:
    """In the file system, and in git's index: a clone has what that says. A connector comes with the runner."""
    entries, texts = looking.listed(facts), looking.texts(facts)
    checkout = any(entry.staged for entry in entries.values())
    for declared, target in looking.here(facts):
        if target.entrypoint is None:
            continue
        entry = entries.get(target.entrypoint)
        if entry is None:
            where = "policy names another entrypoint, and it is in none of the folders of scripts"
            yield Unseen(declared.name, f"{target.entrypoint}: nobody looked, {where}")
            continue
        for facet, wrong in _wrong(entry, texts, checkout=checkout):
            yield Finding(declared.name, f"{target.entrypoint} {wrong}", facet)


def _wrong(entry: Listed, texts: Mapping[str, str], *, checkout: bool) -> Iterator[tuple[str, str]]:
    if entry.mode is None:
        yield "missing", "is not there"
        return
    if entry.mode == _LINK:
        yield "link", "is a link: what it leads to may be another thing wherever it runs"
        return
    if entry.mode != _RUNS:
        yield "mode", "is not executable here (the file system says so): chmod +x"
    if checkout and entry.staged is None:
        yield "untracked", "is not in git's index, so that no clone has it: git add"
    elif checkout and entry.staged != _RUNS:
        yield "index", "is not executable in a clone (git's index says so): git update-index --chmod=+x"
    if entry.path in texts and not scripts.language(texts[entry.path])[0]:
        yield "interpreter", "does not begin with #! and an interpreter, so that it cannot be started directly"
    elif "\r" in texts.get(entry.path, "").partition("\n")[0]:
        yield (
            "interpreter",
            "has a first line that ends in a carriage return, which is taken for part of the name",
        )

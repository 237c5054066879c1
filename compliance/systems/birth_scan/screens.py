"""No screen reads PostgreSQL past Directus (document 002): by itself, by what it loads, by a route that it calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.birth_scan.access import DRIVERS, OTHERS, style_of
from compliance.systems.birth_scan.sources import ENDINGS, Sources, routes, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compliance.systems.birth_scan.access import Style
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_SENDS_SQL = frozenset({*DRIVERS, *OTHERS})


# A text with parts that are filled in, up to where it is more than names; or one that something is added to.
_TEMPLATE = re.compile(r"[`}](/(?:[^`$\\]|\$\{[^{}`]*\})*)(`|\$\{)")
_ADDED = re.compile(r"""(['"`])(/[^'"`$\s]*)\1\s*\+""")
_FILLED = re.compile(r"\$\{[^{}`]*\}")
_ANY, _REST = (
    "\0",
    "\1",
)  # of a path that is asked for: within one of its parts anything, and from here on anything


def screens_read_through_directus(facts: Facts) -> Iterator[Judgement]:
    """Each file of each folder of screens. What nobody looked at is not kept."""
    policy: Policy = facts.policy
    server = sources(facts)
    trees = {folder: facts.read(f"tree:{folder}") for folder in policy.screens}
    texts = {f.path: f.text for files in trees.values() for f in files if f.path.endswith(ENDINGS)}
    read = Sources({**server.texts, **texts}, "")  # names of the server's utils are not there for screens
    styled = [style_of(server, route) for route in routes(policy, server.texts)]
    for folder, files in trees.items():
        for path in (file.path for file in files if file.path in texts):
            yield from _loaded(read, folder, path)
            yield from _called(read, folder, path, styled)


def _loaded(read: Sources, folder: str, path: str) -> Iterator[Judgement]:
    reached = read.reached(path)
    for package, file in sorted(reached.packages.items()):
        if package in _SENDS_SQL:
            through = "" if file == path else f", through {file}"
            yield Finding(
                folder,
                f"{path} loads {package}{through}: it reads PostgreSQL past Directus",
                f"{path}-{package}",
            )
    yield from (Unseen(folder, why) for why in reached.unknown)


def _called(read: Sources, folder: str, path: str, styled: Sequence[Style]) -> Iterator[Judgement]:
    """Routes that reach PostgreSQL themselves, or of which nobody knows whether they do."""
    asked = _asked(read.texts[path], read.module(path).texts)
    for style in styled:
        called = next((text for text in asked if _may_be(style.route.path, text)), None)
        if called is None:
            continue
        told = called.replace(_ANY, "…").replace(_REST, "…")
        file = style.route.file
        if set(style.styles) & {*DRIVERS.values(), *OTHERS}:
            why = f"{path} calls {told}, and {file} reads PostgreSQL past Directus"
            yield Finding(folder, why, f"{path}-{style.route.path}")
        elif style.unknown:
            yield Unseen(folder, f"{path} calls {told}, and {'; '.join(style.unknown)}")


def _asked(text: str, texts: Iterable[str]) -> list[str]:
    """Paths that a file may call. Texts are told from comments by what the reader of the file took for texts."""
    said = dict.fromkeys(texts)
    filled = {
        _FILLED.sub(_ANY, found[1]) + (_REST if found[2] != "`" else "")
        for found in _TEMPLATE.finditer(text)
        if found[1].partition("$")[0] in said
    }
    added = {found[2] + _REST for found in _ADDED.finditer(text) if found[2] in said}
    paths = [path.partition("?")[0] for path in (*said, *sorted(filled | added))]
    return [path for path in dict.fromkeys(paths) if path.startswith("/")]


def _may_be(route: str, asked: str) -> bool:
    """Part by part: of either some say anything."""
    ours, theirs = route.removeprefix("/").split("/"), asked.removeprefix("/").split("/")
    for place, part in enumerate(theirs):
        if place >= len(ours):
            return False
        begin, rest, _ = part.partition(_REST)
        if ours[place].startswith("[...") or (rest and not begin):
            return True
        if rest:
            return bool(re.match(_pattern(begin), ours[place])) or "[" in ours[place]
        if not (re.fullmatch(_pattern(part), ours[place]) or re.fullmatch(_pattern(ours[place]), part)):
            return False
    return len(ours) == len(theirs)


def _pattern(part: str) -> str:
    """Of a part of a path: `[id]`, and what is filled in, may be anything."""
    return re.sub(rf"\\\[[^/]*?\\\]|{_ANY}", ".+", re.escape(part))

"""No screen reads PostgreSQL past Directus (document 002): by itself, by what it loads, by a route that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.systems.birth_scan.access import DRIVERS, OTHERS, style_of
from compliance.systems.birth_scan.sources import ENDINGS, Route, Sources, routes, sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_SENDS_SQL = frozenset({*DRIVERS, *OTHERS})


def screens_read_through_directus(facts: Facts) -> Iterator[Judgement]:
    """Each file of each folder of screens."""
    policy: Policy = facts.policy
    server = sources(facts)
    trees = {folder: facts.read(f"tree:{folder}") for folder in policy.screens}
    texts = {f.path: f.text for files in trees.values() for f in files if f.path.endswith(ENDINGS)}
    read = Sources({**server.texts, **texts}, "")  # names of the server's utils are not there for screens
    past = _past(policy, server)
    for folder, files in trees.items():
        for path in (file.path for file in files if file.path in texts):
            yield from _judged(read, folder, path, past)


def _past(policy: Policy, server: Sources) -> list[Route]:
    """Routes that reach PostgreSQL themselves."""
    found = [style_of(server, route) for route in routes(policy, server.texts)]
    return [s.route for s in found if set(s.styles) & {*DRIVERS.values(), *OTHERS}]


def _judged(read: Sources, folder: str, path: str, past: list[Route]) -> Iterator[Judgement]:
    reached = read.reached(path)
    for package, file in sorted(reached.packages.items()):
        if package in _SENDS_SQL:
            through = "" if file == path else f", through {file}"
            yield Finding(
                folder,
                f"{path} loads {package}{through}: it reads PostgreSQL past Directus",
                f"{path}-{package}",
            )
    for text in dict.fromkeys(read.module(path).texts):
        asked = text.partition("?")[0]
        for route in past if asked.startswith("/") else ():
            if route.answers(asked):
                told = f"{path} calls {asked}, and {route.file} reads PostgreSQL past Directus"
                yield Finding(folder, told, f"{path}-{route.path}")

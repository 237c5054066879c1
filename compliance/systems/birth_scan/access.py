"""Question 3: how endpoints reach the database (document 001, 2.D): as the endpoint of the pattern does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compliance.core import compose
from compliance.core.errors import CouldNotLook
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered
from compliance.systems.birth_scan.pattern import pattern
from compliance.systems.birth_scan.sources import Route, Sources, routes, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.core.finding import Judgement
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

# Packages that send SQL, by the style of access that they are; these the compiler writes.
DRIVERS = {"pg": "pg", "pg-pool": "pg", "postgres": "postgres"}
# Through these one reaches PostgreSQL too, in a way that the compiler does not write.
OTHERS = frozenset(
    {
        "@mikro-orm/core", "@neondatabase/serverless", "@prisma/client", "@vercel/postgres", "db0", "drizzle-orm",
        "knex", "kysely", "pg-native", "pg-promise", "sequelize", "slonik", "typeorm",
    }
)  # fmt: skip
DIRECTUS = "Directus"
_SDK = "@directus/sdk"
_COMPOSABLE = re.compile(r"useDirectus\w*")
_ITEMS = re.compile(r"/items/|/graphql\b")
_CALL = re.compile(r'(?i)\bselect\s+(?:\*\s+from\s+)?((?:[\w"]+\.)?[\w"]+)\s*\(')


class Style(NamedTuple):
    """How one route reaches data. `styles`: none, or several; `through`: the file that does it, by style."""

    route: Route
    styles: tuple[str, ...]
    through: Mapping[str, str]
    calls: str | None
    environment: frozenset[str]
    unknown: tuple[str, ...]


class Access(NamedTuple):
    """`style`: the package. `learned`: the route that shows it; `calls`: the function that this one calls, if one."""

    style: str
    learned: str
    through: str
    calls: str | None
    routes: tuple[Style, ...]


def access(facts: Facts) -> Answer[Access]:
    """The style of the route that the pattern calls; where that reaches no database, the one style of all others."""
    policy: Policy = facts.policy
    read = sources(facts)
    styled = [
        style_of(read, route) for route in routes(policy, read.texts) if route.file != policy.endpoint.file
    ]
    evidence = [Evidence(f"tree:{looking.server(policy)}", _told(style)) for style in styled]
    if not styled:
        told = f"there is no route in {policy.endpoint.api}"
        return unanswered(
            3, [Open("routes", told, "the folder of an endpoint that calls a function")], evidence
        )
    learned = _learned(facts, styled)
    reasons = [] if isinstance(learned, Style) else [learned]
    reasons += _without_address(facts)
    if not isinstance(learned, Style) or reasons:
        return unanswered(3, reasons, evidence)
    (style,) = learned.styles
    found = Access(style, learned.route.file, learned.through[style], learned.calls, tuple(styled))
    said = f"by the package {style}, as {found.learned} does" + (
        f", which calls {found.calls}" if found.calls else ""
    )
    return Answer(3, said, found, tuple(evidence))


def style_of(read: Sources, route: Route) -> Style:
    """What a route loads, and what that loads, tells how it reaches data."""
    reached = read.reached(route.file)
    through = {DRIVERS[name]: file for name, file in sorted(reached.packages.items()) if name in DRIVERS}
    through |= {} if through else {n: file for n, file in sorted(reached.packages.items()) if n in OTHERS}
    modules = {path: read.module(path) for path in reached.files}
    if _SDK in reached.packages:
        through.setdefault(DIRECTUS, reached.packages[_SDK])
    for path, module in modules.items():
        if any(map(_COMPOSABLE.fullmatch, module.used)) or any(map(_ITEMS.search, module.texts)):
            through.setdefault(DIRECTUS, path)
    said = (_CALL.search(text) for module in modules.values() for text in module.texts)
    return Style(
        route,
        tuple(sorted(through)),
        through,
        next((match[1] for match in said if match), None),
        frozenset(name for module in modules.values() for name in module.environment),
        reached.unknown,
    )


def _learned(facts: Facts, styled: Iterable[Style]) -> Style | Open:
    """The route that shows how it is done, reduced to the one style by which a function can be called."""
    able = [_able(style) for style in styled if _able(style).styles]
    called = _called(facts)
    ours = next((s for s in styled if called and s.route.answers(*called)), None)
    if ours is not None and ours.styles:
        return _able(ours) if len(_able(ours).styles) == 1 else _unable(facts, [ours])
    if ours is not None and ours.unknown:
        return _unable(facts, [ours])
    if len({style.styles for style in able}) == 1 and len(able[0].styles) == 1:
        return able[0]
    return _unable(facts, able or list(styled))


def _called(facts: Facts) -> tuple[str, str] | None:
    """Path and method of the pattern's request, whatever stands before the path."""
    found = pattern(facts).found
    if found is None:
        return None
    url, method = found.request.option("url"), found.request.option("method")
    path = re.sub(r"^(?:\{\{[^}]*\}\}|[a-z]+://[^/]*)", "", str(url)).partition("?")[0]
    return path, str(method or "GET").upper()


def _able(style: Style) -> Style:
    """Of its styles those by which a function can be called."""
    return style._replace(styles=tuple(s for s in style.styles if s in DRIVERS.values()))


def _unable(facts: Facts, styled: Iterable[Style]) -> Open:
    found = sorted({s for style in styled for s in style.styles})
    files = ", ".join(style.route.file for style in styled)
    unknown = [why for style in styled for why in style.unknown]
    needed = f"a route that calls a function by the package pg or postgres, with {facts.policy.endpoint.database_env}"
    if set(found) >= set(DRIVERS.values()):
        return Open(
            "ambiguous", f"{files}: {' and '.join(found)}", "one way, shown by the endpoint of the pattern"
        )
    if unknown:
        return Open("unknown", "; ".join(unknown), needed)
    if found == [DIRECTUS]:
        return Open("style", f"{files}: by Directus, which cannot call a function", needed)
    if found:
        return Open("style", f"{files}: by {', '.join(found)}, in which nothing is compiled here", needed)
    return Open("style", f"{files}: no route reaches a database", needed)


def _without_address(facts: Facts) -> Iterator[Open]:
    """The server has to know the address of the database under the name that policy says."""
    place, name = facts.policy.environment, facts.policy.endpoint.database_env
    (file,) = facts.read(f"file:{place.file}")
    try:
        given = compose.variables(file.text, place.file, place.web)
        written = compose.written(file.text, place.file, place.web).get(name)
    except compose.Missing as missing:
        yield Open("server", missing.message, "the service of the endpoints, under environment.web")
        return
    if written is None and isinstance(given, compose.Partly):
        raise CouldNotLook(f"{place.file}: {name} of {place.web} may stand in a file that nobody looked at")
    if not written:
        yield Open("address", f"{place.web} is not given {name}", f"{name} in the environment of {place.web}")
        return
    yield from _another(facts, written)


def _another(facts: Facts, written: str) -> Iterator[Open]:
    """Rights are looked up for the role that policy names: the address has to name it, in the database of Directus."""
    policy: Policy = facts.policy
    place, name = policy.environment, policy.endpoint.database_env
    found = compose.database(written)
    if found is None:
        yield Open(
            "address", f"{name} of {place.web} is no address of PostgreSQL", "postgres://user:…@host/database"
        )
        return
    if found.user is None:
        raise CouldNotLook(
            f"{place.file}: whom {name} of {place.web} names is left to whoever starts it",
            remedy=f"write its user into the file, the password alone as a reference: postgres://"
            f"{policy.function.caller}:${{…:?}}@host/database",
        )
    if found.user != policy.function.caller:
        told = f"{name} of {place.web} names the role {found.user}, policy says {policy.function.caller}"
        yield Open("caller", told, "one role: that of the address, under function.caller, with its rights")
    held = _held(facts)
    if None not in (found.name, held) and found.name != held:
        told = f"{name} of {place.web} names the database {found.name}, Directus has {held}"
        yield Open("database", told, "the database that Directus has")


def _held(facts: Facts) -> str | None:
    """The database of Directus, where the file says it."""
    place = facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    try:
        return compose.variables(file.text, place.file, place.directus).get("DB_DATABASE")
    except compose.Missing:
        return None


def _told(style: Style) -> str:
    how = ", ".join(f"{name} (in {file})" for name, file in sorted(style.through.items())) or "no database"
    return f"{style.route.method or 'any method'} {style.route.path}: {how}"


def endpoints_can_call_a_function(facts: Facts) -> Iterator[Judgement]:
    """Question 3 has an answer."""
    yield from findings(facts.policy.endpoint.api, access(facts))

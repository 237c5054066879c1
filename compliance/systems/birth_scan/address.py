"""Question 5: the URL by which flows reach endpoints, and how they call (document 001, 2.C): as the pattern does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from compliance.core import addresses, compose
from compliance.core.errors import CouldNotLook
from compliance.core.template import Variable, parse
from compliance.systems.birth_scan import allowing
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered
from compliance.systems.birth_scan.pattern import pattern
from compliance.systems.birth_scan.sources import routes, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.core.finding import Judgement
    from compliance.core.flows import Operation
    from compliance.systems.birth_scan.pattern import Pattern
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

Body = Literal["none", "a JSON object", "a text"]
_UNFIT = {
    r"[?#]": "has a query or a fragment, in which the path would vanish",
    r"/$": "ends with a slash, and the path begins with one",
    r"\s": "has a space in it",
}
_LOGGED = {
    "all": "the body of the answer stays in the revisions of the run, until these are purged",
    "activity": "that it ran stays in the activity, its answer nowhere",
}


class Address(NamedTuple):
    """`base`: the address before the path, `variable` the name that holds it, None where it is written out. `file`: the
    route that answers. `logged`: what becomes of the body of an answer."""

    base: str
    variable: str | None
    path: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: Body
    file: str
    logged: str

    @property
    def authorized(self) -> bool:
        """Does the pattern's call say who calls?"""
        told = ("authorization", "x-api-key", "cookie")
        return any(name.lower() in told or "token" in name.lower() for name, _ in self.headers)


def address(facts: Facts) -> Answer[Address]:
    """The pattern's request, with what is known of the environment filled in."""
    found = pattern(facts).found
    if found is None:
        return unanswered(
            5, [Open("pattern", "there is no pattern to learn it from", "an answer to question 1")]
        )
    request = found.request
    evidence = [Evidence("rows:operations", _told(request))]
    try:
        given = allowing.known(facts)
    except compose.Missing as missing:
        needed = "the environment of Directus"
        return unanswered(5, [Open("environment", missing.message, needed)], evidence)
    base, variable, path = _base(request, given, facts.policy)
    if isinstance(base, Open):
        return unanswered(5, [base], evidence)
    evidence.append(Evidence(f"file:{facts.policy.environment.file}", f"{variable or 'written out'}: {base}"))
    method = str(request.option("method") or "GET").upper()
    file = _answering(facts, path, method)
    reasons = [*_unreachable(facts, base, variable, given), *([file] if isinstance(file, Open) else [])]
    if reasons or isinstance(file, Open):
        return unanswered(5, reasons, evidence)
    evidence.append(Evidence(f"file:{file}", f"answers {method} {path}"))
    said, value = _described(base, variable, path, method, file, found)
    return Answer(5, said, value, tuple(evidence))


def _described(
    base: str, variable: str | None, path: str, method: str, file: str, found: Pattern
) -> tuple[str, Address]:
    logged = _LOGGED.get(found.flow.accountability, "nothing of a run is kept")
    value = Address(base, variable, path, method, headers(found.request), _body(found.request), file, logged)
    names = ", ".join(name for name, _ in value.headers) or "no header"
    who = "says who calls" if value.authorized else "does not say who calls"
    shown = f"{{{{$env.{variable}}}}}, which is {base}" if variable else base
    return f"{method} {shown}, with {names}, which {who}, and {value.body} as body; {logged}", value


def _base(
    request: Operation, given: Mapping[str, str | None], policy: Policy
) -> tuple[str | Open, str | None, str]:
    """What stands before the path: written out, or in a variable of the environment."""
    url = request.option("url")
    parts = parse(url) if isinstance(url, str) else ()
    if not parts:
        return Open("url", "the pattern's request has no URL", "a pattern that calls an endpoint"), None, ""
    head, rest = parts[0], "".join(part if isinstance(part, str) else "?" for part in parts[1:])
    if isinstance(head, str):
        scheme, _, tail = head.partition("://")
        host, slash, path = tail.partition("/")
        return f"{scheme}://{host}", None, (slash + path + rest).partition("?")[0]
    if not isinstance(head, Variable) or len(head.path) != 2 or head.path[0] != "$env":
        return (
            Open("url", f"its address is known only when it runs: {url}", "an address that is written down"),
            None,
            "",
        )
    name = str(head.path[1])
    value = given.get(name, "")
    if value == "":
        told = f"{name}, which the pattern's address begins with, has no value"
        return Open(name, told, f"{name} in the environment of {policy.environment.directus}"), name, ""
    if value is None:
        raise CouldNotLook(
            f"{name} is left to whoever starts Directus", remedy="write the address into the file"
        )
    wrong = _unfit(name, value)
    # As Directus renders it: what stands in the variable, and what follows, with nothing between.
    return wrong or value, name, "" if wrong else _path(value + rest)


def _unfit(name: str, value: str) -> Open | None:
    """A path is put behind it as it is: `http://web:3000/` becomes `//api/…`, which no route answers."""
    why = next((why for wrong, why in _UNFIT.items() if re.search(wrong, value)), None)
    if why is None:
        return None
    needed = f"an address in {name} that ends with the host or its port"
    return Open(f"{name}-form", f"{name} {why}: {addresses.shown(value)}", needed)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _unreachable(
    facts: Facts, base: str, variable: str | None, given: Mapping[str, str | None]
) -> Iterator[Open]:
    """Is it what policy would call, and does Directus send there?"""
    policy: Policy = facts.policy
    name = policy.endpoint.url_env
    declared = given.get(name)
    if variable not in (None, name) and declared != given.get(variable or ""):
        told = f"the pattern calls {{{{$env.{variable}}}}}, policy names {name}"
        yield Open("variable", told, "the variable that the pattern uses, under endpoint.url_env")
    elif variable is None and declared is not None and declared != base:
        told = f"the pattern calls {addresses.shown(base)}, {name} is {addresses.shown(declared)}"
        yield Open("variable", told, "one address: the pattern's is known to work")
    if declared and variable != name and (wrong := _unfit(name, declared)):
        yield wrong
    yield from _moved(facts, dict.fromkeys((variable or name, name)))
    yield from _nowhere(facts, base)
    refused = addresses.refusal(base, addresses.denied(given, policy.environment.directus))
    if refused is not None and refused.kind == "denied":
        yield Open(
            "denied", refused.why, "the name of the container that answers, which Directus does not deny"
        )
    elif refused is not None:
        raise CouldNotLook(refused.why)


def _moved(facts: Facts, names: Iterable[str]) -> Iterator[Open]:
    """What runs is what is written, or one of them is wrong: after the next start another address counts."""
    place = facts.policy.environment
    if place.running is None:
        return
    written, live = allowing.directus(facts), allowing.running(facts)
    for name in names:
        told, found = written.get(name, ""), live.get(name, "")
        if told is not None and told != found:
            why = f"{place.file} says {addresses.shown(told)}, {place.running} {addresses.shown(found)}"
            needed = "a restart of Directus with what is written, or the file corrected"
            yield Open(f"{name}-differs", f"{name}: {why}", needed)


def _nowhere(facts: Facts, base: str) -> Iterator[Open]:
    """A name that is none in the network of the containers is reached by nobody."""
    place = facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    known, host = compose.hosts(file.text, place.file) | place.hosts, addresses.host_of(base)
    if host is not None and host not in known:
        told = f"{host} is no service of {place.file}"
        yield Open("host", told, "the name of the service that answers, or this one under environment.hosts")


def _answering(facts: Facts, path: str, method: str) -> str | Open:
    """The file of the route. A wrong method looks right in Nuxt, which answers 200 to any path."""
    there = [r for r in routes(facts.policy, sources(facts).texts) if r.answers(path)]
    fitting = next((route for route in there if route.method in (None, method)), None)
    if fitting is not None:
        return fitting.file
    if there:
        told = f"the pattern sends {method} to {path}, {there[0].file} answers {there[0].method}"
        return Open("method", told, "a pattern whose method its endpoint answers")
    return Open(
        "route", f"no file in {facts.policy.endpoint.api} answers {path}", "the route of the pattern's endpoint"
    )


def headers(request: Operation) -> tuple[tuple[str, str], ...]:
    """Names and values, which are templates: no secret stands in them but where somebody wrote one."""
    found = request.option("headers")
    listed: tuple[Any, ...] = found if isinstance(found, tuple) else ()
    return tuple((str(h.get("header", "")), str(h.get("value", ""))) for h in listed if isinstance(h, dict))


def _body(request: Operation) -> Body:
    body = request.option("body")
    if body in (None, ""):
        return "none"
    return "a JSON object" if isinstance(body, dict) else "a text"


def _told(request: Operation) -> str:
    names = ", ".join(name for name, _ in headers(request)) or "none"
    method = request.option("method") or "GET"
    return f"{request.key}: {method} {request.option('url')}, headers {names}, body {_body(request)}"


def the_address_works(facts: Facts) -> Iterator[Judgement]:
    """Question 5 has an answer."""
    yield from findings(facts.policy.pattern.flow, address(facts))

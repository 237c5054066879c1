"""How the endpoint knows its caller: the decision, and whether the environment can carry it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core import compose
from compliance.core.compose import ALLOW_LIST
from compliance.core.finding import Finding, Judgement, Note
from compliance.systems.birth_scan import allowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Auth
    from compliance.systems.protocol import Facts

_NEEDED = "auth in the policy: {header, env, server_env} with an allowed name, or {none: {reason}}"
# `$X`, `${X}`, `${X:?…}`, `${X?…}`: a default, or anything beside it, stands in the file.
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$(?:({_NAME})|\{{({_NAME})(?::?\?[^{{}}]*)?\}})")


def callers_are_known(facts: Facts) -> Iterator[Judgement]:
    """A token that Directus may send and the server is told, or a decision, with a reason, that none is asked for."""
    auth: Auth | None = facts.policy.auth
    subject = facts.policy.endpoint.path
    if auth is None:
        yield Finding(
            subject, f"auth_decision: nobody decided how a caller is known; needed: {_NEEDED}", "decision"
        )
    elif not auth.required:
        yield Note(subject, "auth", f"none: {auth.reason}")
    else:
        yield from _carried(facts, auth)


def _carried(facts: Facts, auth: Auth) -> Iterator[Judgement]:
    subject, place = facts.policy.endpoint.path, facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    try:
        given = allowing.known(facts)
        told = {s: compose.written(file.text, place.file, s) for s in (place.directus, place.web)}
        server = compose.variables(file.text, place.file, place.web)
    except compose.Missing as missing:
        yield Finding(subject, f"auth_decision: {missing.message}", "missing")
        return
    if auth.env not in compose.allowed(given, place.file):
        why = f"{ALLOW_LIST} does not hold {auth.env}, so no flow can send it; needed: {_NEEDED}"
        yield Finding(subject, f"auth_decision: {why}", auth.env)
    for service, name, values in ((place.directus, auth.env, given), (place.web, auth.server_env, server)):
        if values.get(name, "") == "":
            yield Finding(subject, f"auth_decision: {service} is given no {name}", f"{name}-value")
        elif (text := told[service].get(name)) is not None and _named(text) is None:
            why = f"{name} stands in {place.file}, or a default of it, where everybody reads it"
            yield Finding(subject, f"{why}; what it needs is a reference alone, ${{…:?}}", f"{name}-literal")
    sent, known = (_named(told[s].get(n, "")) for s, n in _sides(place, auth))
    if sent and known and sent != known:
        why = f"{auth.env} is made of {sent}, {auth.server_env} of {known}"
        yield Finding(subject, f"two tokens: {why}", "two")


def _named(text: str) -> str | None:
    """The variable that a value is left to; None where a value, or a part of one, is written out."""
    found = _REFERENCE.fullmatch(text)
    return (found[1] or found[2]) if found else None


def _sides(place: object, auth: Auth) -> tuple[tuple[str, str], tuple[str, str]]:
    return (getattr(place, "directus", ""), auth.env), (getattr(place, "web", ""), auth.server_env)

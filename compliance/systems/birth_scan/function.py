"""The function that is called: as policy says it is, whole, and the endpoint's role may call it. No plan changes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core import facts as seen
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.S)
_NAMED = re.compile(r'(?<![\w".:])("?)(\w+)\1\s*\.\s*("?)(\w+)\3(\s*\(|(?!\s*\.))')
_HELD = ("returns", "volatility", "owner", "security_definer")


def function_is_as_declared(facts: Facts) -> Iterator[Judgement]:
    """One function of this name, without arguments, which the endpoint's role may call, and all that it asks for."""
    policy: Policy = facts.policy
    wanted = policy.function
    subject, functions = wanted.signature, facts.read("catalog.functions")
    named = [f for f in functions if (f.schema, f.name) == (wanted.schema, wanted.name)]
    found = next((f for f in named if f.signature == subject), None)
    for other in named:
        if other.signature != subject:
            yield Finding(subject, f"there is {other.signature} too, which a call could mean", other.signature)
    if found is None:
        yield Finding(subject, "there is no such function", "missing")
        return
    if found.kind != "function":
        yield Finding(subject, f"it is a {found.kind}, which cannot be selected", "kind")
    for name in _HELD:
        declared, observed = getattr(wanted, name), getattr(found, name)
        if declared != observed:
            yield Finding(subject, f"{name} is {observed}; policy says {declared}", name)
    if found.security_definer and found.search_path is None:
        yield Finding(subject, "it runs as its owner, with whatever search_path its caller has", "search_path")
    callers = {e.role for e in facts.read("catalog.executables") if e.function == subject}
    if wanted.caller not in callers:
        yield Finding(subject, f"{wanted.caller} may not call it", "caller")
    yield from _depends(facts, found)


def _depends(facts: Facts, found: seen.Function) -> Iterator[Judgement]:
    """What its source names, and what that names: PostgreSQL looks for it only when it runs."""
    bodies = {body.signature: body for body in facts.read("catalog.bodies")}
    functions: dict[tuple[str, str], list[str]] = {}
    for function in facts.read("catalog.functions"):
        functions.setdefault((function.schema, function.name), []).append(function.signature)
    relations = {(r.schema, r.name) for r in facts.read("catalog.relations")}
    schemas = {schema.name for schema in facts.read("catalog.schemas")}
    waiting, told = [found.signature], set[tuple[str, str]]()
    for signature in waiting:
        text = _NOISE.sub(" ", bodies[signature].source) if signature in bodies else ""
        for _, schema, _, name, bracket in _NAMED.findall(text):
            where = (schema, name)
            if schema not in schemas or where in told:
                continue
            told.add(where)
            waiting += [s for s in functions.get(where, ()) if s not in waiting]
            if where not in functions and (bracket.strip() or where not in relations):
                kind = "function" if bracket.strip() else "table"
                yield Finding(
                    found.signature, f"{signature} needs the {kind} {schema}.{name}", f"{schema}.{name}"
                )


def may(facts: Facts, role: str, kind: str, thing: str, privilege: str) -> bool:
    """Has a role a privilege, by itself, by PUBLIC, by a role that it is a member of, or as the owner?"""
    roles = {r.name: r for r in facts.read("catalog.roles")}
    held, waiting = {"public"}, [role]
    while waiting:
        name = waiting.pop()
        if name not in held:
            held.add(name)
            waiting += roles[name].member_of if name in roles else ()
    if any(name in roles and roles[name].superuser for name in held):
        return True
    where = split_name(thing)
    owner = {(r.schema, r.name): r.owner for r in facts.read("catalog.relations")}.get(where)
    return owner in held or any(
        (g.kind, g.object, g.privilege) == (kind, ".".join(where), privilege) and g.grantee in held
        for g in facts.read("catalog.grants")
    )

"""What the role behind Directus may do by SQL: read all that the view reads, and write none of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.finding import Finding, Judgement, NotApplicable, Note
from compliance.core.needs import split_name
from compliance.systems.iu_registration.reach import WRITING, Reach
from compliance.systems.iu_registration.serving import DISABLED
from compliance.systems.iu_registration.source import VIEWS, relation
from compliance.systems.iu_registration.updating import writable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compliance.core import facts as seen
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.S)
_NAME = r'"(?:[^"]|"")*"|[^\W\d][\w$]*'
_NAMED = re.compile(rf'(?<![\w".:])({_NAME})\s*\.\s*({_NAME})(\s*\(|(?!\s*\.))')


class Read(NamedTuple):
    """What a view reads in the name of whoever asks: relations, by who names them, functions, and what nobody knows.

    The relations of the view itself are read in the name of its owner, unless it is a security_invoker; and so is what
    a function reads that is SECURITY DEFINER. Any other function runs as the role that asks.
    """

    relations: dict[str, str]
    functions: dict[str, str]
    unknown: dict[str, str]


def relations(policy: Policy) -> list[str]:
    """The relations that Directus reads of or knows the key by."""
    return list(dict.fromkeys(name for name in (policy.source.view, policy.keyed) if name))


def may_read(facts: Facts) -> Iterator[Judgement]:
    """Of each relation that Directus touches, and of what functions of the view read in its name."""
    policy: Policy = facts.policy
    reach, read = Reach(facts, policy.database_role), read_by(facts, policy.source.view)
    executable = {e.function for e in facts.read("catalog.executables") if e.role == policy.database_role}
    for name in relations(policy):
        if policy.state == "disabled":
            yield NotApplicable(name, DISABLED)
        elif relation(facts, name) is None:
            yield NotApplicable(name, f"there is no {name} yet")
        elif name == policy.source.view and policy.serving.mode == "projection":
            yield NotApplicable(name, f"Directus reads {policy.keyed} and not the view")
        elif not reach.exists:
            yield Finding(name, f"there is no role {reach.role} for Directus to connect as", "role")
        else:
            yield from _readable(reach, name)
            if name == policy.source.view:
                yield from _behind(reach, name, read, executable)


def _readable(reach: Reach, name: str, by: str = "") -> Iterator[Judgement]:
    schema, _ = split_name(name)
    subject, told = (
        (by.partition(" ")[0], f", which {by.partition(' ')[2]} reads in its name") if by else (name, "")
    )
    if not reach.uses(schema):
        yield Finding(subject, f"{reach.role} may not use the schema {schema}{told}", f"{schema}-usage")
    if not reach.selects(name):
        yield Finding(subject, f"{reach.role} may not read {name}{told}", f"{name}-select")


def _behind(reach: Reach, view: str, read: Read, executable: set[str]) -> Iterator[Judgement]:
    """Functions of a view are called by whoever asks, and so is what they call."""
    if reach.superuser:
        return
    for signature, by in read.functions.items():
        if signature not in executable:
            yield Finding(view, f"{reach.role} may not call {signature}, which {by} does", signature)
    for name, by in read.relations.items():
        yield from _readable(reach, name, f"{view} {by}")
    if read.unknown:
        yield Note(view, "what nobody can see of it", dict(sorted(read.unknown.items())))


def read_by(facts: Facts, view: str) -> Read:
    """As far as definitions and sources name it with its schema."""
    walk = _Walk(facts)
    walk.view(split_name(view), asking=True)
    for step in walk.waiting:
        step()
    return walk.read


def read_of(facts: Facts, definition: str) -> Read:
    """The same of a view that is still to be made: what it names itself, it reads in the name of its owner."""
    walk = _Walk(facts)
    walk.follow("the view", definition, asking=False)
    for step in walk.waiting:
        step()
    return walk.read


class _Walk:
    """From a view on, through views and functions, each once."""

    def __init__(self, facts: Facts) -> None:
        self.read = Read({}, {}, {})
        self.waiting: list[Callable[[], None]] = []
        self._met: set[tuple[str, bool]] = set()
        self._relations = {(r.schema, r.name): r for r in facts.read("catalog.relations")}
        self._sources = {body.signature: body.source for body in facts.read("catalog.bodies")}
        self._functions: dict[tuple[str, str], list[seen.Function]] = {}
        for function in facts.read("catalog.functions"):
            self._functions.setdefault((function.schema, function.name), []).append(function)

    def view(self, where: tuple[str, str], *, asking: bool) -> None:
        """`asking`: is it used in the name of whoever asks? Then a security_invoker reads in his."""
        found, name = self._relations.get(where), ".".join(where)
        if found is not None and self._once(name, asking=asking):
            own = asking and invoker(found)
            self.waiting.append(lambda: self.follow(name, found.definition or "", asking=own))

    def function(self, found: seen.Function, by: str) -> None:
        self.read.functions.setdefault(found.signature, by)
        if found.security_definer or not self._once(found.signature, asking=True):
            return
        text = self._sources.get(found.signature)
        if text is None:
            self.read.unknown[found.signature] = f"written in {found.language}, which nobody reads here"
        else:
            self.waiting.append(lambda: self.follow(found.signature, text, asking=True))

    def follow(self, name: str, text: str, *, asking: bool) -> None:
        for where, called in names(text):
            if called:
                for function in self._functions.get(where, ()):
                    self.function(function, name)
            elif where in self._relations:
                if asking:
                    self.read.relations.setdefault(".".join(where), name)
                if self._relations[where].kind == "view":
                    self.view(where, asking=asking)

    def _once(self, name: str, *, asking: bool) -> bool:
        new = (name, asking) not in self._met
        self._met.add((name, asking))
        return new


def invoker(view: seen.Relation) -> bool:
    """Does it read in the name of whoever asks? PostgreSQL takes any spelling of true."""
    return any(re.fullmatch(r"security_invoker=(t|tr|tru|true|y|ye|yes|on|1)", o.lower()) for o in view.options)


def names(text: str) -> Iterator[tuple[tuple[str, str], bool]]:
    """What is named with its schema, and whether it is called; a name in quotes is as it stands there."""
    for schema, name, bracket in _NAMED.findall(_NOISE.sub(" ", text)):
        yield (_folded(schema), _folded(name)), bool(bracket.strip())


def _folded(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def may_not_write(facts: Facts) -> Iterator[Judgement]:
    """No right to write, however it came to have one; and no view that takes rows.

    A shadow stands behind the view: what is written is written into the view, whatever has a table.
    """
    policy: Policy = facts.policy
    reach = Reach(facts, policy.database_role)
    triggers = facts.read("catalog.triggers")
    for name in relations(policy):
        there = relation(facts, name)
        if there is None:
            yield NotApplicable(name, f"there is no {name} yet")
        elif not reach.exists:
            yield NotApplicable(name, f"there is no role {reach.role}, which IU006 says")
        else:
            yield from _writes(reach, name)
            if there.kind in VIEWS and name == policy.served and (why := writable(there, triggers)):
                yield Finding(name, f"it takes rows: {why}; no table stands in front of it", "insertable")


def _writes(reach: Reach, name: str) -> Iterator[Judgement]:
    if reach.superuser:
        yield Finding(name, f"{reach.role} is a superuser, or may become one: no grant stops it", "superuser")
    elif reach.owns(name):
        yield Finding(
            name, f"{reach.role} owns it, or is a member of its owner, and may do anything with it", "owner"
        )
    else:
        for right in WRITING:
            if reach.may(name, right):
                yield Finding(name, f"{reach.role} may {right.lower()} it", right.lower())
            elif listed := reach.by_column(name, right):
                told = f"{reach.role} may {right.lower()} its columns {', '.join(sorted(listed))}"
                yield Finding(name, told, right.lower())

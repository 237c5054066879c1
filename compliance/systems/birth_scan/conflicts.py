"""What bears a name that the scan needs for itself: flow, tool, key, route, lock (document 001, section 3)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from compliance.core.finding import Finding, Judgement
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.desired import columns_of
from compliance.systems.birth_scan.pattern import tools
from compliance.systems.birth_scan.rows import same
from compliance.systems.birth_scan.sources import routes, sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_LOCKED = re.compile(r"advisory\w*\s*\(\s*(\d+)\s*[,)]")


def names_are_free(facts: Facts) -> Iterator[Judgement]:
    """Nobody is adopted by name: what bears it and is not the scan's own stands in the way."""
    yield from _flows(facts)
    yield from _tools(facts)
    yield from _keys(facts)
    yield from _routes(facts)
    yield from _locks(facts)


def _flows(facts: Facts) -> Iterator[Judgement]:
    """Its own is the flow that has both, the id and the name that policy says."""
    policy: Policy = facts.policy
    for row in facts.read("rows:flows"):
        id_, name = str(row.values[0]), str(row.values[1])
        if id_ == policy.flow.id and name == policy.pattern.flow:
            yield Finding(policy.flow.name, f"{id_} is the flow that is copied from, '{name}'", "pattern")
        elif id_ == policy.flow.id and name != policy.flow.name:
            yield Finding(policy.flow.name, f"{id_} is another flow, '{name}'", id_)
        elif name == policy.flow.name and id_ != policy.flow.id:
            yield Finding(name, f"a flow of this name has another id, {id_}: it is another flow", id_)


def _tools(facts: Facts) -> Iterator[Judgement]:
    """By the field that names a row it is the scan's own; by any other it is somebody else's."""
    policy: Policy = facts.policy
    tool, subject = policy.tool, policy.flow.name
    found, rows = columns_of(tool, facts.read("catalog.columns")), tools(facts)
    naming = [(found[field], tool.values[field]) for field in tool.identity if field in found]
    if not naming:
        return
    (key, ours), *others = naming
    mine = [row for row in rows if row[key] == ours]
    if ours == policy.pattern.tool:
        yield Finding(subject, f"{ours} is the tool that is copied from", "tool-pattern")
    if len(mine) > 1:
        yield Finding(subject, f"{len(mine)} tools have {key} {ours}", f"tool-{ours}")
    for row in rows:
        for column, value in others:
            if row[key] != ours and row[column] == value:
                yield Finding(subject, f"the tool {row[key]} has {column} {value} already", f"tool-{row[key]}")
    for row in mine[:1]:
        if held := list(_foreign(policy, found, key, row)):
            yield Finding(
                subject, f"the tool {ours} is somebody else's: {', '.join(held)}", f"tool-{ours}-other"
            )


def _foreign(policy: Policy, found: Mapping[str, str], key: str, row: Mapping[str, Any]) -> Iterator[str]:
    """What it is called, and where it comes from. What nobody said is no other word; what it runs may have moved."""
    for field in dict.fromkeys((*policy.tool.identity, "name", "origin")):
        column = found.get(field)
        if column in (None, key) or field not in policy.tool.values:
            continue
        if row[column] is not None and not same(policy.tool.values[field], row[column]):
            yield f"{column} {row[column]}"


def _keys(facts: Facts) -> Iterator[Judgement]:
    """A key that stands there twice has two values."""
    for key, times in sorted(Counter(str(row.values[0]) for row in facts.read(looking.CONFIG)).items()):
        if times > 1:
            yield Finding(
                facts.policy.flow.name, f"{key} stands {times} times in the configuration", f"key-{key}"
            )


def _routes(facts: Facts) -> Iterator[Judgement]:
    endpoint = facts.policy.endpoint
    for route in routes(facts.policy, sources(facts).texts):
        same = route.path == endpoint.path and route.method in (None, "POST")
        if same and route.file != endpoint.file:
            yield Finding(
                facts.policy.flow.name, f"{route.file} answers POST {endpoint.path} already", route.file
            )


def _locks(facts: Facts) -> Iterator[Judgement]:
    """Whoever takes the same lock for something else would keep the scan out."""
    policy: Policy = facts.policy
    number, read = str(policy.endpoint.lock), sources(facts)
    texts = {p: "\n".join(read.module(p).texts) for p in read.texts if p != policy.endpoint.file}
    texts |= {body.signature: body.source for body in facts.read("catalog.bodies")}
    for place, text in sorted(texts.items()):
        if number in _LOCKED.findall(text):
            yield Finding(policy.flow.name, f"{place} takes the lock {number} too", f"lock-{place}")

"""Which id each declared flow and operation has: that of the row which is there, else one that follows from its name.

So compiling twice makes nothing twice, and a flow that somebody set up by hand is taken over as it is.
"""

from __future__ import annotations

import uuid
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from compliance.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from compliance.systems.registry_sync.policy import Policy

Values = tuple[Any, ...]
KEYS = ("log", "each", "read", "send", "failed_read", "failed_send")  # of all operations that are declared


class Identities:
    """Of several rows the one that was compiled, else the one whose id comes first: their order decides nothing.

    An operation that somebody moved to another declared flow, or to none, is still the one that it was compiled as; one
    that has become part of a flow which policy does not declare is left to that.
    """

    def __init__(self, policy: Policy, flows: Sequence[Values], operations: Sequence[Values]) -> None:
        named: dict[str, set[str]] = {name: set() for name in policy.flows}
        for row in flows:
            if (name := str(row[1])) in named:
                named[name].add(str(row[0]))
        self._flows = _of_flows(named)
        self._compiled = {_uuid("operation", f"{name}/{key}") for name in policy.flows for key in KEYS}
        self._free: set[str] = set()
        self._taken: set[str] = set()
        self._there: dict[tuple[str, str], set[str]] = {}
        here = set(self._flows.values())
        others = {str(row[0]) for row in flows} - here
        for row in operations:
            operation, owner = str(row[0]), str(row[4])
            if operation in self._compiled:
                (self._taken if owner in others else self._free).add(operation)
            if owner in here:
                self._there.setdefault((owner, str(row[2])), set()).add(operation)

    def flow(self, name: str) -> str:
        return self._flows[name]

    def operation(self, flow: str, key: str) -> str:
        assert key in KEYS
        compiled, here = _uuid("operation", f"{flow}/{key}"), self._flows[flow]
        if compiled in self._free:
            return compiled
        found = self._there.get((here, key), set()) - self._compiled
        return _chosen(found, _uuid("operation", f"{here}/{key}") if compiled in self._taken else compiled)


def _of_flows(named: Mapping[str, Collection[str]]) -> dict[str, str]:
    """By name. Where another declared flow has the id that follows from a name, a further one follows from it."""
    found = {name: _chosen(ids, _uuid("flow", name)) for name, ids in named.items() if ids}
    taken = set(found.values())
    for name, ids in named.items():
        if not ids:
            new = _uuid("flow", name)
            while new in taken:
                new = _uuid("flow", f"{new}/{name}")
            found[name] = new
            taken.add(new)
    return found


def _chosen(found: Collection[str], compiled: str) -> str:
    return compiled if compiled in found else min(found, default=compiled)


@lru_cache(maxsize=1 << 12)
def _uuid(kind: str, name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:registry_sync:{kind}:{name}"))


def unambiguous(policy: Policy, flows: Sequence[Values]) -> None:
    """Refuse where a declared name stands twice: nobody could tell which of them is the one to repair."""
    repeated = _repeated(flows, policy.flows)
    if repeated:
        raise Refused(
            "flows of one name: nothing tells which one is meant",
            reasons=[f"'{name}' stands {count} times" for name, count in repeated.items()],
            remedy="delete or rename all but one of each in Directus, then compile again",
        )


def _repeated(flows: Sequence[Values], declared: Mapping[str, Any]) -> dict[str, int]:
    counts = Counter(str(row[1]) for row in flows)
    return {name: counts[name] for name in declared if counts[name] > 1}

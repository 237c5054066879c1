"""Does what is registered hold? The table behind the view, and what the running Directus answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.errors import Refused
from compliance.core.finding import Finding, Judgement, NotApplicable, Note, Unseen
from compliance.systems.iu_registration import keeping, looking, projecting
from compliance.systems.iu_registration.serving import DISABLED
from compliance.systems.iu_registration.source import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.facts import Compared
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_OK = 200
_WHY = {
    403: "it does not know the collection, or does not let the user of the probe read it",
    404: "it knows no such path",
    500: "the search path may name a schema that is gone, or its role may not read what the view reads",
    503: "it is out of order",
}


def table_is_as_meant(facts: Facts) -> Iterator[Judgement]:
    """A shadow holds no row: rows are read from the view, and one in the table would be a record of nothing. A
    projection holds what the view gives, row by row: it is stale where a trigger was passed by."""
    policy: Policy = facts.policy
    name = policy.collection.name
    if policy.state == "disabled":
        yield NotApplicable(name, DISABLED)
    elif not policy.keyed:
        yield NotApplicable(name, "policy serves the view by itself: there is no table to compare")
    else:
        for compared in facts.read(looking.COMPARED):
            shadow = policy.serving.mode == "shadow"
            yield from (_empty if shadow else _equal)(policy, compared)
        if policy.serving.mode == "projection":
            yield from _kept(facts)


def _empty(policy: Policy, compared: Compared) -> Iterator[Judgement]:
    if compared.table_rows:
        told = f"{policy.keyed} holds {compared.table_rows} row(s); whoever does not find the view reads them instead"
        yield Finding(policy.collection.name, told, "rows")


def _equal(policy: Policy, compared: Compared) -> Iterator[Judgement]:
    name = policy.collection.name
    counts = {
        "missing": f"{compared.missing} row(s) of the view are not in {policy.keyed}",
        "extra": f"{compared.extra} row(s) of {policy.keyed} are not in the view",
        "differing": f"{compared.differing} row(s) of {policy.keyed} say something else than the view",
    }
    found = {facet: told for facet, told in counts.items() if getattr(compared, facet)}
    yield from (Finding(name, told, facet) for facet, told in found.items())
    if not found and compared.view_rows != compared.table_rows:
        told = f"the view gives {compared.view_rows} rows, {policy.keyed} holds {compared.table_rows}"
        yield Finding(name, f"{told}: a value of {policy.source.key} stands more than once", "rows")
    yield Note(name, "rows", {"view": compared.view_rows, "table": compared.table_rows})


def _kept(facts: Facts) -> Iterator[Judgement]:
    """Rows that are equal now are so after the next write only where something still keeps them so. A function that
    waits for the table to follow the view is no finding of its own (IU008)."""
    policy: Policy = facts.policy
    name = policy.collection.name
    try:
        follows = projecting.wanted(facts) == {c: k.type for c, k in columns(facts, policy.keyed).items()}
        watches = keeping.watches(facts)
    except Refused as refused:
        yield Unseen(name, refused.message)
        return
    for watch in watches:
        if watch.odd:
            yield Finding(
                name, f"{watch.table} does not keep {policy.keyed}: {watch.odd}", f"{watch.table}-trigger"
            )
    called = f"{projecting.unquoted(policy)}()"
    for why in keeping.function_odd(facts) if follows else ():
        yield Finding(name, f"{called}, which keeps {policy.keyed}: {why}", "function")


def directus_serves_it(facts: Facts) -> Iterator[Judgement]:
    """What the probe's user is answered who asks for one item; of a disabled one he must not be answered with any."""
    policy: Policy = facts.policy
    name = policy.collection.name
    answered = {served.collection: served.status for served in facts.read(looking.ITEMS)}
    status = answered.get(name)
    if status is None:
        yield Unseen(name, "it was not asked for")
    elif policy.state == "disabled":
        if status == _OK:
            yield Finding(name, "it is disabled, and Directus serves it all the same", "served")
    elif status != _OK:
        why = f": {_WHY[status]}" if status in _WHY else ""
        yield Finding(name, f"GET /items/{name} is answered with {status}{why}", str(status))

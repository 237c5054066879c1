"""Seed and migration of the registration: rows of Directus by SQL in one transaction, who may read by requests.

Never is a DELETE of a collection sent: of a table it drops the table, and behind a shadow table Directus answers 500 to
it (FACTS, 'Views as collections'). A disabled registration takes away every row and every permission of its names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.change import Compiled
from compliance.core.errors import Refused
from compliance.core.footprint import FactKey
from compliance.systems.iu_registration import access, desired, found, looking, removing
from compliance.systems.iu_registration.drift import differing
from compliance.systems.iu_registration.rows import Change, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compliance.core.change import Step
    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

SYSTEM = "iu_registration"
NOTHING = "nothing to do"


def compile(facts: Facts) -> tuple[Compiled, ...]:  # noqa: A001  the field's word, and the protocol's
    """The seed, and the migration that repairs exactly the drift of this observation."""
    policy: Policy = facts.policy
    if policy.state == "disabled":
        return (_compiled("seed", NOTHING, (), ()), _disabled(facts))
    if policy.serving.mode == "view":
        raise Refused(
            "no Directus serves a view by itself: the package of document 002 would leave a folder there",
            remedy="set serving: {mode: shadow, schema: …} or {mode: projection, table: …} in the policy",
        )
    _check_roles(facts)
    return (_seed(facts), _migration(facts))


def _seed(facts: Facts) -> Compiled:
    name = facts.policy.collection.name
    steps = [
        table.seed(
            f"register {what} {name}", want, [row for row in want if _key(row) not in there], _reads(facts)
        )
        for what, table, want, there in (
            (
                "the collection",
                _table(facts, looking.COLLECTIONS),
                _collection(facts),
                _held(found.collections(facts)),
            ),
            ("the fields of", _table(facts, looking.FIELDS), _fields(facts), _held(found.fields(facts))),
        )
        if want
    ]
    return _compiled(
        "seed", f"the registration of {name}", steps, access.calls(facts, seed=True), payloads(facts)
    )


def _migration(facts: Facts) -> Compiled:
    name, steps = facts.policy.collection.name, []
    collection, fields = _collection_change(facts), _field_change(facts)
    reads = _reads(facts)
    if not collection.nothing:
        table = _table(facts, looking.COLLECTIONS)
        steps.append(table.change(f"set right the collection {name}", collection, reads))
    if not fields.nothing:
        steps.append(_table(facts, looking.FIELDS).change(f"set right the fields of {name}", fields, reads))
    calls = access.calls(facts)
    title = "; ".join([*(step.title for step in steps), *(call.title for call in calls)]) or NOTHING
    return _compiled("migration", title, steps, calls, payloads(facts) if steps or calls else {})


def _disabled(facts: Facts) -> Compiled:
    """Fields first: a row of the collection that is gone would leave them to a table of that name. At last the table
    that served it, which by its name alone is a collection."""
    policy: Policy = facts.policy
    names, steps = policy.names, []
    for what, section, there in (
        ("fields", looking.FIELDS, found.fields(facts)),
        ("collection", looking.COLLECTIONS, found.collections(facts)),
    ):
        change = Change(delete=there, alone=names)
        if not change.nothing:
            table = _table(facts, section)
            steps.append(table.change(f"remove the {what} of {', '.join(names)}", change, ()))
    steps += removing.steps(facts)
    calls = access.calls(facts)
    title = f"take back the registration of {', '.join(names)}" if steps or calls else NOTHING
    return _compiled("migration", title, steps, calls)


def _compiled(
    kind: Any, title: str, steps: Sequence[Step], calls: Sequence[Any], told: Mapping[str, str] | None = None
) -> Compiled:
    return Compiled(SYSTEM, kind, title, tuple(steps), tuple(calls), told or {})


def payloads(facts: Facts) -> dict[str, str]:
    """What document 002 calls the package, and the requests it speaks of, for a reviewer: nothing sends them."""
    package = desired.package(facts)
    requests = {
        "POST /collections": package.directus_collections_payload(),
        f"POST /fields/{facts.policy.collection.name}": package.directus_fields_payload(),
        "permissions": package.directus_permissions_payload(),
    }
    return {"package.json": package.as_json(), "requests.json": canonical.pretty(requests)}


# --- rows ----------------------------------------------------------------------------------------------------------


def _collection(facts: Facts) -> list[Row]:
    row = desired.collection(facts)
    return [] if row is None else [row]


def _fields(facts: Facts) -> list[Row]:
    return list(desired.fields(facts).values())


def _collection_change(facts: Facts) -> Change:
    want, there = _collection(facts), {_key(row): row for row in found.collections(facts)}
    known = {_key(row) for row in want}
    insert = [row for row in want if _key(row) not in there]
    delete = [row for key, row in there.items() if key not in known] if facts.policy.prune else []
    return Change(
        insert=insert,
        update=_updates(want, there, bool(insert or delete)),
        delete=delete,
        want=want,
        alone=facts.policy.names if facts.policy.prune else (),
    )


def _field_change(facts: Facts) -> Change:
    """The first row of a field is the one that counts; more of them are nobody's."""
    want, there = _fields(facts), found.fields(facts)
    first: dict[tuple[str, ...], Row] = {}
    for row in there:
        first.setdefault(_key(row), row)
    known = {_key(row) for row in want}
    surplus = [row for row in there if _key(row) not in known or row is not first[_key(row)]]
    prune = facts.policy.prune
    if not prune:
        _check_single([row for row in surplus if _key(row) in known])
    insert, delete = [row for row in want if _key(row) not in first], surplus if prune else []
    return Change(
        insert=insert,
        update=_updates(want, first, bool(insert or delete)),
        delete=delete,
        want=want,
        alone=facts.policy.names if prune else (),
    )


def _check_single(more: Sequence[Row]) -> None:
    if more:
        raise Refused(
            "rows of one field: nothing tells which one is meant",
            reasons=[
                f"directus_fields {row['id']}: {row['collection']}.{row['field']} once more" for row in more
            ],
            remedy="set prune: true, which keeps the first, or remove the others in Directus",
        )


def _check_roles(facts: Facts) -> None:
    ids = found.roles(facts)
    wrong = [r for r in facts.policy.reading.readers if len(ids.get(r.role, ())) != 1]
    if wrong:
        raise Refused(
            "roles that are to read are not one role each",
            reasons=[f"{reader.hint}: {len(ids.get(reader.role, ()))} named {reader.role}" for reader in wrong],
            remedy="name the roles of this Directus under reading.roles, or make them",
        )


def _updates(want: Sequence[Row], there: Mapping[tuple[str, ...], Row], more: bool) -> list[tuple[Row, Row]]:
    """Rows that mean something else; where there is anything to do, also those that say the same in another spelling,
    since verify holds all rows against the spelling of the package."""
    pairs = [(there[_key(row)], row) for row in want if _key(row) in there]
    if not more and not any(_differs(row, held) for held, row in pairs):
        return []
    return [(held, row) for held, row in pairs if _differs(row, held) or _respelled(row, held)]


def _respelled(want: Row, there: Row) -> bool:
    return any(there[c] in ("", [], {}) and want[c] is None for c in want)


def _differs(want: Row, there: Row) -> bool:
    return any(differing("", want, there, want))


def _held(rows: Sequence[Row]) -> set[tuple[str, ...]]:
    return {_key(row) for row in rows}


def _key(row: Row) -> tuple[str, ...]:
    return (row["collection"], row["field"]) if "field" in row else (row["collection"],)


def _table(facts: Facts, section: str) -> Table:
    need = next(need for need in looking.rows(facts.policy) if need.section == section)
    key = ("collection", "field") if section == looking.FIELDS else ("collection",)
    return Table.of(need, key, facts.read("catalog.columns"))


def _reads(facts: Facts) -> frozenset[FactKey]:
    """What the package follows from: where one of these moved, another one would be compiled."""
    source = facts.policy.source
    return frozenset(
        FactKey(f"catalog.{kind}", relation)
        for kind in ("relations", "columns")
        for relation in (source.view, source.envelope)
    )

"""Repairable differences between the package and what Directus holds, both ways, in an order of names alone.

What no package declares: a field row that the view has no column for, a permission of anybody's on our names, whatever
else our own policy permits, a name of former days. `prune: true` removes it, else it is reported. Of a disabled
registration every row of our names is such a rest, and that is what it removes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.flowdiff import same
from compliance.systems.iu_registration import desired, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts


def drift(facts: Facts) -> list[Drift]:
    """Every difference."""
    return [*collections(facts), *fields(facts), *reading(facts)]


def collections(facts: Facts) -> Iterator[Drift]:
    """Of the rows of directus_collections; the subject is the name."""
    want = desired.collection(facts)
    there = {row["collection"]: row for row in found.collections(facts)}
    name = facts.policy.collection.name
    if want is not None and name not in there:
        yield Missing(name)
    for other, row in sorted(there.items()):
        if want is None or other != name:
            yield Undeclared(other)
        else:
            yield from differing(other, want, row, desired.COLLECTION)


def fields(facts: Facts) -> Iterator[Drift]:
    """Of the rows of directus_fields; the subject is the field, of a former name `name.field`.

    No constraint keeps a row from standing twice there, so each beyond the first is one that nobody declared.
    """
    want, there = desired.fields(facts), found.fields(facts)
    name, held = facts.policy.collection.name, set[str]()
    of = {row["field"] for row in there if row["collection"] == name}
    yield from (Missing(field) for field in want if field not in of)
    for row in sorted(there, key=lambda row: (row["collection"], row["field"], int(row["id"]))):
        field = row["field"]
        if row["collection"] != name:
            yield Undeclared(f"{row['collection']}.{field}")
        elif field not in want or field in held:
            yield Undeclared(f"{field} (once more, {row['id']})" if field in held else field)
        else:
            held.add(field)
            yield from differing(field, want[field], row, desired.FIELD)


def reading(facts: Facts) -> list[Drift]:
    """Of the permission, its policy and who has that, as the version of this Directus has them."""
    if found.keyed_by(facts) == "role":
        return list(permissions(facts))
    return [*access_policy(facts), *permissions(facts), *access(facts)]


def access_policy(facts: Facts) -> Iterator[Drift]:
    """The subject is the name that policy gives it."""
    want, there = desired.access_policy(facts), found.access_policy(facts)
    name = facts.policy.reading.name
    if want is None and there is not None:
        yield Undeclared(name)
    elif want is not None and there is None:
        yield Missing(name)
    elif want is not None and there is not None:
        yield from differing(name, want, there, ("name", *desired.POLICY))


def permissions(facts: Facts) -> Iterator[Drift]:
    """The subject is `permitted`: who may do what with which collection."""
    want, there = desired.permissions(facts), found.permissions(facts)
    held = set[str]()
    yield from (Missing(permitted(w)) for w in want if not any(_same_right(w, row) for row in there))
    for row in sorted(there, key=lambda row: (permitted(row), int(row["id"]))):
        declared = next((w for w in want if _same_right(w, row)), None)
        subject = permitted(row)
        if declared is None or subject in held:
            yield Undeclared(subject)
        else:
            held.add(subject)
            yield from differing(subject, declared, row, desired.PERMISSION)


def permitted(row: Row) -> str:
    """Who may do what: `read <collection> by policy <id>`, or `by role <id>`; of Directus 10 everybody is no role."""
    key = "policy" if row["policy"] is not None else "role"
    return f"{row['action']} {row['collection']} by {key} {row[key] or 'public'}"


def access(facts: Facts) -> Iterator[Drift]:
    """The subject is the hint of the role, of any other its id, or that of a user. Whoever has the policy by a row of
    another id has it; `sort` decides nothing of what may be read."""
    want, there = desired.access(facts), found.access(facts)
    policy: Policy = facts.policy
    rightly = {row["role"]: hint for hint, row in want.items()}
    has = [row for row in there if str(row["policy"]) == policy.reading.id]
    yield from (Missing(hint) for hint, row in want.items() if not _given(row, has))
    held = set[str]()
    for row in sorted(has, key=lambda row: (str(row["role"]), str(row["user"]), str(row["id"]))):
        role = str(row["role"])
        if row["user"] is None and role in rightly and role not in held:
            held.add(role)
        else:
            yield Undeclared(f"user {row['user']}" if row["user"] is not None else f"role {role}")


def differing(subject: str, want: Row, there: Row, columns: Iterable[str]) -> Iterator[Differs]:
    """The columns in which two rows differ."""
    for column in columns:
        if not means_same(column, want[column], there[column]):
            yield Differs(subject, column, want[column], there[column])


def means_same(column: str, want: Any, there: Any) -> bool:
    """By spelling, but for what Directus takes for the same: no condition, and an empty one."""
    if column in ("permissions", "validation", "presets"):
        return same(want or None, there or None)
    if column in ("special", "conditions"):  # none, and an empty one; a condition may make a field writable
        return same(want or None, there or None)
    if column == "versioning":  # a version that does not know it keeps none
        return same(bool(want), bool(there))
    return same(want, there)


def _same_right(one: Row, other: Row) -> bool:
    return permitted(one) == permitted(other)


def _given(want: Row, has: Iterable[Row]) -> bool:
    return any(str(row["role"]) == want["role"] and row["user"] is None for row in has)

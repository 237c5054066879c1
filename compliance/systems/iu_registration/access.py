"""Who may read, as requests: our access policy with its one permission, and the roles that have it.

The ids are those of policy, so that a request which was made is known again. Permissions get theirs from a sequence
(one that is sent would move it), and are known by whose they are, of which collection, for which action. Version 10 of
Directus has no policies: there a permission is a role's.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from compliance.core.change import Call
from compliance.core.footprint import FactKey
from compliance.systems.iu_registration import desired, found, looking
from compliance.systems.iu_registration.drift import differing, permitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_OF_POLICY = ("id", "name", "admin_access", "app_access", "icon", "description", "ip_access", "enforce_tfa")
_JUDGED_OF_POLICY = ("name", *desired.POLICY)


def calls(facts: Facts, *, seed: bool = False) -> tuple[Call, ...]:
    """What is missing, what is wrong and, where policy says so, what nobody declared. `seed`: all that is declared."""
    wrong = () if seed else _unpermitted(facts)
    if found.keyed_by(facts) == "role":
        return (*wrong, *_permissions(facts, seed=seed))
    wrong = (*wrong, *(() if seed else (*_unshared(facts), *_unwanted_policy(facts))))
    return (*wrong, *_policy(facts, seed=seed), *_permissions(facts, seed=seed), *_access(facts, seed=seed))


# --- the policy ------------------------------------------------------------------------------------------------------


def _policy(facts: Facts, *, seed: bool) -> Iterator[Call]:
    want, there = desired.access_policy(facts), found.access_policy(facts)
    if want is None:
        return
    if there is None or seed:
        nested = _nested(desired.permissions(facts))
        yield _policy_made(want, nested, _reads({looking.POLICIES: [want["id"]]}))
    elif changes := {d.facet: d.declared for d in differing("", want, there, _JUDGED_OF_POLICY)}:
        path, back = f"/policies/{want['id']}", {column: there[column] for column in changes}
        yield Call(
            f"set right the access policy {want['name']}", "directus", "PATCH", path, changes,
            ("PATCH", path, back),
            _listing("policies", {"id": want["id"], **changes}), None,
            _reads({looking.POLICIES: [want["id"]]}),
        )  # fmt: skip


def _policy_made(row: Row, nested: dict[str, Any], reads: frozenset[FactKey]) -> Call:
    """One request makes policy and permission; without the nested keys that are empty Directus answers 400."""
    path = f"/policies/{row['id']}"
    return Call(
        f"make the access policy {row['name']}", "directus", "POST", "/policies", {**row, "permissions": nested},
        ("DELETE", path, None), path, None, reads,
    )  # fmt: skip


def _unwanted_policy(facts: Facts) -> Iterator[Call]:
    """Of a disabled registration. Its permissions go with it, and come back with it."""
    there = found.access_policy(facts)
    if there is None or facts.policy.state != "disabled":
        return
    own = [row for row in found.permissions(facts) if _ours(facts, row)]
    whole = {column: there[column] for column in _OF_POLICY if there[column] is not None}
    path = f"/policies/{there['id']}"
    yield Call(
        f"remove the access policy {there['name']}", "directus", "DELETE", path, None,
        ("POST", "/policies", {**whole, "permissions": _nested(own)}), None, path,
        _reads({looking.POLICIES: [there["id"]], looking.PERMISSIONS: [row["id"] for row in own]}),
    )  # fmt: skip


def _nested(permissions: Iterable[Row]) -> dict[str, Any]:
    """What comes with the policy, and so does not name it."""
    created = [{c: value for c, value in _said(row).items() if c != "policy"} for row in permissions]
    return {"create": created, "update": [], "delete": []}


# --- permissions -----------------------------------------------------------------------------------------------------


def _permissions(facts: Facts, *, seed: bool) -> Iterator[Call]:
    """Missing ones, but for what comes with a policy that is made; and those that permit something else."""
    nested = not seed and found.keyed_by(facts) == "policy" and found.access_policy(facts) is None
    there = found.permissions(facts)
    for want in () if nested else desired.permissions(facts):
        same = [row for row in there if permitted(row) == permitted(want)]
        if seed or len(same) != 1:
            yield _permission_made(want, _reads({looking.PERMISSIONS: [row["id"] for row in same]}))
        elif any(differing("", want, same[0], desired.PERMISSION)):
            yield _permission_changed(want, same[0], _reads({looking.PERMISSIONS: [same[0]["id"]]}))


def _permission_made(want: Row, reads: frozenset[FactKey]) -> Call:
    there = _listing("permissions", _right(want))
    body = {"query": {"filter": _filter(_right(want))}}
    return Call(
        f"permit {permitted(want)}", "directus", "POST", "/permissions", _said(want),
        ("DELETE", "/permissions", body), there, None, reads,
    )  # fmt: skip


def _permission_changed(want: Row, there: Row, reads: frozenset[FactKey]) -> Call:
    """Its conditions are JSON, which no filter compares: so it is sent whenever this is applied, and taken back."""
    path = f"/permissions/{there['id']}"
    new, old = ({c: _said(row)[c] for c in desired.PERMISSION} for row in (want, there))
    return Call(
        f"set right {permitted(want)}", "directus", "PATCH", path, new, ("PATCH", path, old), None, None, reads
    )


def _unpermitted(facts: Facts) -> Iterator[Call]:
    """Beyond what is declared: on our own policy always, which is ours whole; of anybody's only as policy says."""
    policy: Policy = facts.policy
    disabled = policy.state == "disabled"
    by = {permitted(want): want for want in desired.permissions(facts)}
    for right, group in groupby(found.permissions(facts), key=permitted):
        rows = list(group)
        own = _ours(facts, rows[0])
        surplus = right not in by or len(rows) > 1
        gone_anyhow = disabled and own  # with the policy
        if surplus and not gone_anyhow and (own or disabled or policy.prune):
            yield _permissions_removed(right, rows)


def _permissions_removed(right: str, rows: list[Row]) -> Call:
    """All of one right at once, whatever their ids: those that come back get others."""
    body = {"query": {"filter": _filter(_right(rows[0]))}}
    return Call(
        f"no longer permit {right}", "directus", "DELETE", "/permissions", body,
        ("POST", "/permissions", [_said(row) for row in rows]), None,
        _listing("permissions", _right(rows[0])),
        _reads({looking.PERMISSIONS: [row["id"] for row in rows]}),
    )  # fmt: skip


def _right(row: Row) -> dict[str, Any]:
    """What tells permissions apart, where ids do not."""
    return {key: row[key] for key in (_key(row), "collection", "action")}


def _key(row: Row) -> str:
    return "policy" if row["policy"] is not None else "role"


def _said(row: Row) -> dict[str, Any]:
    """As a request says it: fields are a list there."""
    fields = row["fields"].split(",") if row["fields"] is not None else None
    return {**_right(row), **{c: row[c] for c in desired.PERMISSION}, "fields": fields}


# --- who has the policy ----------------------------------------------------------------------------------------------


def _access(facts: Facts, *, seed: bool) -> Iterator[Call]:
    there = {str(row["id"]): row for row in found.access(facts)}
    has = {str(row["role"]) for row in there.values() if _ours(facts, row) and row["user"] is None}
    for hint, want in desired.access(facts).items():
        if want["role"] not in has:
            yield _given(facts, hint, want, there.get(want["id"]))
        elif seed and want["id"] in there:
            yield _given(facts, hint, want, None)


def _given(facts: Facts, hint: str, want: Row, there: Row | None) -> Call:
    """`there`: the row of that id, where it gives something else, or to somebody else."""
    title, path = f"give {facts.policy.reading.name} to {hint}", f"/access/{want['id']}"
    reads = _reads({looking.ACCESS: [want["id"]], looking.ROLES: [want["role"]]})
    if there is None:
        return Call(
            title, "directus", "POST", "/access", {**want, "sort": 1}, ("DELETE", path, None), path, None, reads
        )
    new, old = ({column: row[column] for column in ("role", "user", "policy")} for row in (want, there))
    return Call(
        title, "directus", "PATCH", path, new, ("PATCH", path, old),
        _listing("access", {"id": want["id"], **new}), _listing("access", {"id": want["id"], **old}), reads,
    )  # fmt: skip


def _unshared(facts: Facts) -> Iterator[Call]:
    """Whoever has our policy and was not given it by the operator, where that is to be removed."""
    want, held = {row["role"] for row in desired.access(facts).values()}, set[str]()
    for row in found.access(facts):
        role = str(row["role"])
        if _ours(facts, row) and row["user"] is None and role in want and role not in held:
            held.add(role)
        elif _ours(facts, row) and (facts.policy.prune or facts.policy.state == "disabled"):
            yield _taken(facts, row)


def _taken(facts: Facts, row: Row) -> Call:
    path, whom = f"/access/{row['id']}", f"user {row['user']}" if row["user"] else f"role {row['role']}"
    return Call(
        f"take {facts.policy.reading.name} from {whom} ({row['id']})", "directus", "DELETE", path, None,
        ("POST", "/access", dict(row)), None, path, _reads({looking.ACCESS: [row["id"]]}),
    )  # fmt: skip


def _ours(facts: Facts, row: Row) -> bool:
    return str(row["policy"]) == str(facts.policy.reading.id)


# --- what tells that it is done --------------------------------------------------------------------------------------


def _listing(path: str, named: Row) -> str:
    """Empty where there is none: what is answered of a single row says nothing of what it holds."""
    spelled = json.dumps(_filter(named), separators=(",", ":"), ensure_ascii=False)
    return f"/{path}?fields=id&limit=1&filter={quote(spelled, safe='')}"


def _filter(named: Row) -> dict[str, Any]:
    each = [{c: {"_null": True} if v is None else {"_eq": v}} for c, v in named.items()]
    return {"_and": each}


def _reads(rows: Mapping[str, Iterable[Any]]) -> frozenset[FactKey]:
    """Rows that a request rests on, as they were seen."""
    return frozenset(FactKey(section, str(row)) for section, names in rows.items() for row in names)

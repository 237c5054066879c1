"""The disable package of document 002, section 4, and why the document's one request is not enough.

`DELETE /collections/<name>` drops the table where the name is one's, and of a view it leaves permissions and fields
behind, by which whatever is made under that name later can be read (FACTS, 'Views as collections'). So it is emitted
for a registered view alone, and everything else that the registration has left is listed with it. Rows of fields of a
view nobody can remove by REST: they are listed as rows, and a plan removes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from compliance.core import canonical
from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.systems.iu_registration.introspect import known
from compliance.systems.iu_registration.parts import keyed_of, reading_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.iu_registration.introspect import Known, Source
    from compliance.systems.iu_registration.policy import Policy

_TABLES = frozenset({"table", "partitioned table", "foreign table"})


class Leftover(NamedTuple):
    """Rows of one of Directus' tables that belong to the registration, by what names them."""

    table: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DirectusDisablePackage:
    """`requests`: method, path and body, in the order in which they are sent. `kept`: why there is no more."""

    collection: str
    relation: str
    requests: tuple[Mapping[str, Any], ...]
    rows: tuple[Leftover, ...]
    kept: str

    def as_json(self) -> str:
        """The same everywhere: made to be kept in git."""
        value = {
            "collection": self.collection,
            "relation": self.relation,
            "requests": list(self.requests),
            "rows": {each.table: list(each.ids) for each in self.rows},
            "kept": self.kept,
        }
        return canonical.lines(value, deep=3)


def build_disable_package(
    source: Source, collection_name: str | None = None, *, policy: Policy
) -> DirectusDisablePackage:
    """What takes the registration of a collection back; refused where the request could drop a table."""
    described = known(source)
    name = collection_name or policy.collection.name
    schema = split_name(policy.source.view)[0]
    table = keyed_of(policy, name)
    keyed = split_name(table) if table else ("", "")
    _check(described, name, keyed)
    rows = {each.table: each.ids for each in _left(described, policy, name) if each.ids}
    requests = [_delete("permissions", list(map(int, rows.get("directus_permissions", ()))))]
    requests += [_delete(table, list(rows.get(f"directus_{table}", ()))) for table in ("access", "policies")]
    served = keyed[1] == name and described.kinds.get(keyed) in _TABLES
    kept = _kept(described, (schema, name), registered=bool(rows.get("directus_collections")))
    if served:
        kept = (
            f"it is served by the table {'.'.join(keyed)}, and of a table the request drops the table: the rows that"
            " are listed go with what `compliance compile` gives where the policy says `state: disabled`"
        )
    if not rows and (schema, name) not in described.kinds:
        kept = f"nothing of {name} is there, neither a relation nor a row of Directus: there is nothing to take back"
    if not kept:
        requests.append({"method": "DELETE", "path": f"/collections/{quote(name, safe='')}", "body": None})
    sent = tuple(request for request in requests if request["body"] != [])
    return DirectusDisablePackage(
        name, f"{schema}.{name}", sent, tuple(map(Leftover._make, rows.items())), kept
    )


def _check(described: Known, name: str, keyed: tuple[str, str]) -> None:
    """No table of this name but the one that serves it, in whichever schema: the search path of a Directus decides
    which one is meant."""
    found = [
        f"{schema}.{name} is a {kind}"
        for (schema, each), kind in sorted(described.kinds.items())
        if each == name and kind in _TABLES and (schema, each) != keyed
    ]
    if found:
        raise Refused(
            f"DELETE /collections/{name} is not given out: of a table it drops the table, with all that is in it",
            reasons=found,
            remedy="move the table away, or name a registered view",
        )


def _kept(described: Known, key: tuple[str, str], *, registered: bool) -> str:
    """Why the document's request is not among them; empty where it is."""
    name, kind = ".".join(key), described.kinds.get(key)
    if not registered:
        return f"{key[1]} is not registered, so there is no collection to delete"
    if kind != "view":
        return f"{name} is no view{f', but a {kind}' if kind else ': there is none'}"
    return ""


def _left(described: Known, policy: Policy, name: str) -> list[Leftover]:
    """All that the registration has written, and whatever permission anybody has on this name.

    The access policy goes with its collection: that of the policy, or the one that `register-plan` derives for another.
    """

    def ids(table: str, column: str, **values: str) -> Leftover:
        rows = described.rows(policy, table)
        found = [str(row[column]) for row in rows if any(str(row[key]) == values[key] for key in values)]
        return Leftover(f"directus_{table}", tuple(sorted(found, key=lambda each: (len(each), each))))

    own = reading_of(policy, name).id
    found = [
        ids("collections", "collection", collection=name),
        ids("fields", "id", collection=name),
        ids("permissions", "id", collection=name, policy=own),
    ]
    return [*found, ids("access", "id", policy=own), ids("policies", "id", id=own)]


def _delete(table: str, ids: list[Any]) -> dict[str, Any]:
    return {"method": "DELETE", "path": f"/{table}", "body": ids}

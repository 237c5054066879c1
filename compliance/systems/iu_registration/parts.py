"""What a package is made of: its fields, and who may read them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import CouldNotLook, Refused
from compliance.systems.iu_registration import types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.systems.iu_registration.introspect import Introspected, Known, Row
    from compliance.systems.iu_registration.policy import Mode, Policy, Reading


class PackageField(NamedTuple):
    """`type`: as Directus reports it. `column`: of which PostgreSQL type the keyed table has it; empty without one.

    `required`: never NULL, as the tables behind the view say; a catalog says of every column of a view that it may be.
    """

    name: str
    type: str
    pg_type: str
    pg_udt: str
    group: str | None
    position: int
    required: bool
    primary: bool
    special: tuple[str, ...]
    column: str

    def payload(self, collection: str) -> dict[str, Any]:
        return {
            "collection": collection,
            "field": self.name,
            "type": self.type,
            "schema": {"is_primary_key": self.primary, "is_nullable": not self.required},
            "meta": {
                "collection": collection,
                "field": self.name,
                "special": list(self.special) or None,
                "readonly": True,
                "hidden": False,
                "sort": self.position,
                "required": self.required,
                "note": self.group,
            },
        }


class PackageReader(NamedTuple):
    """`hint`: the document's word for it. `access`: id of the row that grants the policy to the role (version 11).

    `id`: of the role in this Directus; where it is None, `problem` says why.
    """

    hint: str
    role: str
    access: str
    id: str | None
    problem: str


def reading_of(policy: Policy, name: str) -> Reading:
    """Who may read a collection, by ids of its own: two collections with one id would be one access policy."""
    reading = policy.reading
    if name == policy.collection.name:
        return reading

    def own(id_: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{id_}/{name}"))

    readers = tuple(replace(reader, access=own(reader.access)) for reader in reading.readers)
    return replace(reading, id=own(reading.id), name=f"{reading.name}: {name}", readers=readers)


def keyed_of(policy: Policy, name: str) -> str:
    """The table by which Directus would know the key of a collection; a projection is that of policy's own alone."""
    if name == policy.collection.name:
        return policy.keyed
    return f"{policy.serving.schema}.{name}" if policy.serving.mode == "shadow" else ""


def mode_of(described: Known, policy: Policy, name: str) -> Mode:
    """As policy says of its own collection. Any other is a mere view until a shadow stands behind it."""
    if name == policy.collection.name:
        return policy.serving.mode
    shadowed = policy.serving.mode == "shadow" and (policy.serving.schema, name) in described.kinds
    return "shadow" if shadowed else "view"


def fields_of(described: Known, policy: Policy, name: str) -> tuple[PackageField, ...]:
    schema, view = described.view(policy, name)
    rows = described.introspected(policy, name)
    written = {column.name: column.type for column in described.columns.columns(schema, view)}
    bases = [_base(row, written[row.name]) for row in rows]
    problems = [types.unmapped(row.name, row.pg_type, row.pg_udt) for row in rows]
    mode = mode_of(described, policy, name)
    if mode == "projection":
        problems += [types.unprojected(row.name, base) for row, base in zip(rows, bases, strict=True)]
    if reasons := [problem for problem in problems if problem]:
        raise Refused(f"{schema}.{view} cannot be a collection of Directus", reasons=reasons)
    required = described.columns.required(schema, view)
    return tuple(
        _field(row, base, mode, required=row.name in required, primary=row.name == policy.source.key)
        for row, base in zip(rows, bases, strict=True)
    )


def _base(row: Introspected, written: str) -> str:
    """The type of the view's column with its modifier; of a domain the type below it, as the envelope has it."""
    if types.kind(written) == types.kind(row.pg_type, row.pg_udt):
        return written
    return types.of_udt(row.pg_type, row.pg_udt)


def _field(row: Introspected, base: str, mode: Mode, *, required: bool, primary: bool) -> PackageField:
    column = types.shadow_type if mode == "shadow" else types.projected_type
    served = mode != "view"
    kept, special = (column(base), types.special(base)) if served else ("", ())
    return PackageField(
        row.name, types.mapped(row.pg_type, row.pg_udt) or "", row.pg_type, row.pg_udt, row.group, row.position,
        required, primary, special, kept,
    )  # fmt: skip


def readers_of(described: Known, policy: Policy, name: str) -> tuple[tuple[PackageReader, ...], bool]:
    """Names resolved to ids. A name in Directus is not unique: one that is nobody's or two's is nobody's here."""
    rows: Sequence[Row] = []
    try:
        rows, problem = described.rows(policy, "roles"), ""
    except CouldNotLook as blind:
        problem = str(blind)
    found: list[PackageReader] = []
    for reader in reading_of(policy, name).readers:
        ids = [str(row["id"]) for row in rows if row["name"] == reader.role]
        why = problem or ("" if len(ids) == 1 else _unresolved(reader.hint, reader.role, len(ids)))
        found.append(PackageReader(reader.hint, reader.role, reader.access, None if why else ids[0], why))
    return tuple(found), bool(problem)


def _unresolved(hint: str, role: str, count: int) -> str:
    return f"{hint}: " + (f"{count} roles are named {role}" if count else f"no role is named {role}")

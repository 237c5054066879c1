"""Write `35_iu_registration.sql`, and `51_tafel.sql` of the foreign estate: what the preparation makes, and the rows
that Directus has to hold, by policy.

Compiled from a look at the estate as its other files make it, so that it is what plans would have left.

    python sql/reference/compile_registration.py
"""

from __future__ import annotations

import dataclasses
import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from compliance.core.sqltext import literal, name, relation
from compliance.estate import config
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.systems import Policies
from compliance.systems.iu_registration import desired
from compliance.systems.iu_registration.prepare import prepare
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SYSTEM = "iu_registration"
ADDRESS = "WASSERWERK_DSN"  # what the foreign estate asks for
HEAD = (
    "-- A view registered with Directus, as policy has it; written by compile_registration.py, not by hand.\n"
)


@dataclasses.dataclass(frozen=True)
class Place:
    """An estate: its folder, the file to write among those that make it, and who looks at it."""

    estate: str
    target: Path
    probe: str


REFERENCE = Place("fixtures/reference", Path(__file__).with_name("35_iu_registration.sql"), "compliance_probe")
FOREIGN = Place("fixtures/foreign", resource("fixtures/foreign/sql") / "51_tafel.sql", "Prüfer")


def text(place: Place) -> str:
    """The file, from an estate that is thrown away."""
    file = resource(place.estate) / "estate.yaml"
    with throwaway() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(b"create database estate")
        os.environ.setdefault(ADDRESS, "dbname=estate")
        estate = dataclasses.replace(config.load(file), dsn=server.dsn("estate", place.probe), embedded=False)
        policies = Policies.load(estate)
        with psycopg.connect(server.dsn("estate")) as connection:
            for path in sorted(path for path in place.target.parent.glob("*.sql") if path != place.target):
                connection.execute(path.read_bytes())
            before = list(_before(connection, policies[SYSTEM]))
            for statement in before:
                connection.execute(statement.encode())
        facts = Facts(SYSTEM, policies, observe(estate, policies.needs()))
        owner = f"set role {name(policies[SYSTEM].source.owner)};"
        return HEAD + "\n\n".join([*before[:-1], owner, *before[-1:], *statements(facts), "reset role;\n"])


def _before(connection: psycopg.Connection, policy: Any) -> Iterator[str]:
    """What no plan makes: a schema where the database is not yet its owner's, and roles of those who read."""
    if policy.serving.mode == "shadow":
        yield f"create schema {name(policy.serving.schema)} authorization {name(policy.source.owner)};"
    roles = relation(f"{policy.directus}.directus_roles")
    there = connection.execute(b"select name from " + roles.encode()).fetchall()
    wanted = [reader.role for reader in policy.reading.readers if (reader.role,) not in there]
    if wanted:
        yield inserted(policy, "roles", [{"id": identity(role), "name": role} for role in wanted])


def identity(role: str) -> str:
    """The id that follows from the name, as those in policy do."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:iu_registration:role:{role}"))


def statements(facts: Facts) -> Iterator[str]:
    """The objects of the catalog, then the rows."""
    for compiled in prepare(facts):
        for step in compiled.steps:
            yield f"-- {step.title}\n{step.deploy}"
    tables: dict[str, list[Mapping[str, Any] | None]] = {
        "collections": [desired.collection(facts)],
        "fields": [*desired.fields(facts).values()],
        "policies": [desired.access_policy(facts)],
        "permissions": [*desired.permissions(facts)],
        "access": [*desired.access(facts).values()],
    }
    for table, rows in tables.items():
        yield inserted(facts.policy, table, [row for row in rows if row])


def inserted(policy: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """One statement; columns that hold nothing but defaults are left out."""
    columns = [column for column in rows[0] if any(row[column] not in (None, False) for row in rows)]
    names = ", ".join(map(name, columns))
    values = ",\n".join(f"    ({', '.join(quoted(row[column]) for column in columns)})" for row in rows)
    return f"insert into {relation(f'{policy.directus}.directus_{table}')}\n    ({names})\nvalues\n{values};"


def quoted(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return literal(json.dumps(value) if isinstance(value, dict) else str(value))


if __name__ == "__main__":
    for each in (REFERENCE, FOREIGN):
        each.target.write_text(text(each), encoding="utf-8")

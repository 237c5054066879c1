"""Write `35_iu_registration.sql`: what the preparation makes, and the rows that Directus has to hold, by the policy.

Compiled from a look at the estate as the other files make it, so that it is what a plan would have left.

    python sql/reference/compile_registration.py
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from compliance.core.sqltext import literal, name
from compliance.estate import config
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.reference_build import DATABASE, OWNER, PROBE
from compliance.estate.resources import resource
from compliance.systems import Policies
from compliance.systems.iu_registration import desired
from compliance.systems.iu_registration.prepare import prepare
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TARGET = Path(__file__).with_name("35_iu_registration.sql")
HEAD = "-- The registration of the three-axis view as policy has it; written by compile_registration.py, not by hand.\n"
# By the superuser: whose the database is comes last.
SCHEMA = "create schema {} authorization {};"


def identity(role: str) -> str:
    """The id that follows from the name, as those in policy do."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:iu_registration:role:{role}"))


def roles(policy: Any, there: Iterable[str]) -> list[dict[str, Any]]:
    """Of those who may read; a bootstrap makes none but the administrator's."""
    named = [reader.role for reader in policy.reading.readers]
    return [{"id": identity(role), "name": role} for role in named if role not in there]


def inserted(table: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """One statement; columns that hold nothing but defaults are left out."""
    columns = [column for column in rows[0] if any(row[column] not in (None, False) for row in rows)]
    names = ", ".join(map(name, columns))
    values = ",\n".join(f"    ({', '.join(quoted(row[column]) for column in columns)})" for row in rows)
    return f"insert into public.directus_{table}\n    ({names})\nvalues\n{values};"


def quoted(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return literal(json.dumps(value) if isinstance(value, dict) else str(value))


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
    yield from (inserted(table, [row for row in rows if row]) for table, rows in tables.items())


def text() -> str:
    """The file, from an estate that is thrown away."""
    estate = dataclasses.replace(config.load(resource("fixtures/reference/estate.yaml")), embedded=False)
    policies = Policies.load(estate)
    policy = policies["iu_registration"]
    with throwaway() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {DATABASE}".encode())
        with psycopg.connect(server.dsn(DATABASE)) as connection:
            for path in sorted(path for path in TARGET.parent.glob("*.sql") if path != TARGET):
                connection.execute(path.read_bytes())
            there = [role for (role,) in connection.execute("select name from public.directus_roles")]
            schema = SCHEMA.format(name(policy.serving.schema), name(OWNER))
            made = inserted("roles", roles(policy, there))
            connection.execute(f"{schema} {made}".encode())
        seen = observe(dataclasses.replace(estate, dsn=server.dsn(DATABASE, PROBE)), policies.needs())
        body = "\n\n".join([made, *statements(Facts("iu_registration", policies, seen))])
    return f"{HEAD}{schema}\nset role {name(OWNER)};\n\n{body}\n\nreset role;\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")

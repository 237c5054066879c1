"""Who may use a Directus of ours: an administrator who writes, and a probe that may read flows and what viewers may."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass, field

import psycopg

from compliance.core.errors import ConfigurationError

ADMINISTRATOR = "admin@example.com"
PROBE = "probe@example.com"
VIEWER = "Viewer"  # by this role it asks for an item of what viewers may read
_FLOWS = ("directus_flows", "directus_operations")


@dataclass(frozen=True, slots=True)
class People:
    """Drawn for one estate: nothing here is a secret of anybody else's."""

    writer_token: str = field(repr=False)
    probe_token: str = field(repr=False)
    password: str = field(repr=False)
    email: str = ADMINISTRATOR

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.writer_token, self.probe_token, self.password)


def drawn() -> People:
    return People(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(12))


def _identity(name: str) -> uuid.UUID:
    """The id that follows from the name, so that a second introduction changes and adds nothing."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"dot-compliance:directus:{name}")


def introduce(dsn: str, people: People, password_hash: str) -> None:
    """Make both users, or give them these tokens. Before Directus starts: it remembers permissions."""
    try:
        with psycopg.connect(dsn) as connection:
            _user(connection, ADMINISTRATOR, people.writer_token, _administrators(connection), password_hash)
            _user(connection, PROBE, people.probe_token, _viewer(connection), None)
            _read_flows(connection)
    except psycopg.Error as problem:
        raise ConfigurationError(
            f"the users of Directus cannot be made: {str(problem).splitlines()[0]}",
            remedy="its database has to be there, with the tables of Directus, for a role that may write them",
        ) from problem


def _administrators(connection: psycopg.Connection) -> uuid.UUID:
    """The role that a bootstrap has made."""
    row = connection.execute(
        "select a.role from public.directus_access a join public.directus_policies p on p.id = a.policy"
        " where p.admin_access and a.role is not null order by a.id limit 1"
    ).fetchone()
    if row is None:
        raise ConfigurationError(
            "no role of this Directus is an administrator's",
            remedy="`compliance estate reset` restores the one of the bootstrap",
        )
    role: uuid.UUID = row[0]
    return role


def _viewer(connection: psycopg.Connection) -> uuid.UUID | None:
    """The role of those who look, where the estate has one."""
    row = connection.execute(
        "select id from public.directus_roles where name = %s order by id limit 1", (VIEWER,)
    ).fetchone()
    return row[0] if row else None


def _user(
    connection: psycopg.Connection, email: str, token: str, role: uuid.UUID | None, password: str | None
) -> None:
    connection.execute(
        "insert into public.directus_users (id, first_name, email, role, token, password)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (id) do update set role = excluded.role,"
        " token = excluded.token, password = excluded.password, status = 'active'",
        (_identity(email), email.partition("@")[0].capitalize(), email, role, token, password),
    )


def _read_flows(connection: psycopg.Connection) -> None:
    """The probe may: flows, operations and what was written to them. The version is told to every user."""
    policy = _identity("policy")
    connection.execute(
        "insert into public.directus_policies (id, name, description) values (%s, %s, %s)"
        " on conflict (id) do nothing",
        (policy, "Compliance probe", "Reads flows, operations and their revisions"),
    )
    connection.execute("delete from public.directus_permissions where policy = %s", (policy,))
    of_flows = {"collection": {"_in": list(_FLOWS)}}
    for collection, only in (*((name, {}) for name in _FLOWS), ("directus_revisions", of_flows)):
        connection.execute(
            "insert into public.directus_permissions (collection, action, permissions, fields, policy)"
            " values (%s, 'read', %s, '*', %s)",
            (collection, json.dumps(only), policy),
        )
    connection.execute(
        'insert into public.directus_access (id, "user", policy, sort) values (%s, %s, %s, 1)'
        " on conflict (id) do nothing",
        (_identity("access"), _identity(PROBE), policy),
    )

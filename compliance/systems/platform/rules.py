"""What holds for every estate, whatever systems are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.facts import Database, Function, Relation, Schema
from compliance.core.finding import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.facts import Role
    from compliance.systems.protocol import Facts

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "MAINTAIN", "TRIGGER", "REFERENCES"})
_CHANGES = frozenset({("sequence", "USAGE"), ("foreign server", "USAGE")})
# Of PostgreSQL's own roles, those that let one read. Any other lets one act, those of versions to come included.
_READERS = frozenset(
    {
        "pg_monitor",
        "pg_read_all_data",
        "pg_read_all_settings",
        "pg_read_all_stats",
        "pg_stat_scan_tables",
    }
)
_POWERS = ("superuser", "create_role", "create_db", "bypass_rls", "replication")


def server_is_supported(facts: Facts) -> Iterator[Judgement]:
    """Catalogs change with the major version; an unknown one may mean something else."""
    (server,) = facts.read("catalog.server")
    major = server.version // 10000
    if not facts.policy.oldest <= major <= facts.policy.newest:
        yield Finding(
            "platform", f"PostgreSQL {major}; policy allows {facts.policy.oldest} to {facts.policy.newest}"
        )


def probe_role_may_only_read(facts: Facts) -> Iterator[Judgement]:
    """Least privilege of the role that looked: by its own rights, by PUBLIC's and by every role it is a member of."""
    (server,) = facts.read("catalog.server")
    roles = {role.name: role for role in facts.read("catalog.roles")}
    held = _closure(server.role, roles)
    for name in sorted(held & roles.keys()):
        for power in _POWERS:
            if getattr(roles[name], power):
                yield Finding(
                    "platform", f"{server.role} has {power.replace('_', ' ')} through {name}", f"{name}-{power}"
                )
    for name in sorted(n for n in held - _READERS if n.startswith("pg_")):
        yield Finding("platform", f"{server.role} is a member of {name}", f"member-{name}")
    yield from _owned(facts, server.role, held)
    yield from _granted(facts, server.role, held | {"public"})


def _owned(facts: Facts, role: str, held: set[str]) -> Iterator[Judgement]:
    """What one owns one may change, and no grant tells of it."""
    for kind in ("database", "schema", "relation", "function"):
        for thing in facts.read(f"catalog.{kind}s"):
            if thing.owner in held:
                name = _qualified(thing)
                yield Finding(
                    "platform", f"{role} owns {kind} {name} through {thing.owner}", f"owner-{kind}-{name}"
                )


def _granted(facts: Facts, role: str, held: set[str]) -> Iterator[Judgement]:
    """What writes: privileges on objects, and functions that write with the rights of their owner."""
    functions = facts.read("catalog.functions")
    # Whatever its volatility says: a function that is declared stable may call one that writes.
    elevated = {f.signature for f in functions if f.security_definer}
    for grant in facts.read("catalog.grants"):
        writes = (
            grant.privilege in _WRITES
            or (grant.kind, grant.privilege) in _CHANGES
            or (grant.privilege == "EXECUTE" and grant.object in elevated)
            # PUBLIC has it from the start, and a look is refused it. Who grants it by name wants more than that.
            or (grant.privilege == "TEMPORARY" and grant.grantee != "public")
        )
        if writes and grant.grantee in held:
            yield Finding(
                "platform",
                f"{role} has {grant.privilege} on {grant.kind} {grant.object} through {grant.grantee}",
                f"{grant.privilege.lower()}-{grant.kind}-{grant.object}",
            )


def policies_are_reviewed(facts: Facts) -> Iterator[Judgement]:
    """A draft that nobody reviewed is not a rule that anybody made."""
    for name, policy in facts.policies.items():
        if not policy.reviewed:
            yield Finding(name, f"{name}.yaml says reviewed: false")


def _closure(role: str, roles: dict[str, Role]) -> set[str]:
    held, todo = set(), [role]
    while todo:
        name = todo.pop()
        if name not in held:
            held.add(name)
            todo.extend(roles[name].member_of if name in roles else ())
    return held


def _qualified(thing: Database | Schema | Relation | Function) -> str:
    match thing:
        case Database(name=name) | Schema(name=name):
            return name
        case Relation(schema=schema, name=name):
            return f"{schema}.{name}"
        case Function():
            return thing.signature

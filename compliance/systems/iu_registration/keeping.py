"""Is a projection kept? Equal rows say nothing of the next write: what has to run then is looked at by itself.

At each table that the view is made of our trigger has to stand, set on, of our function, at every kind of write; and
the function has to be the one that is compiled. What is not so is repaired, and comes back as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import CouldNotLook, Refused
from compliance.core.needs import split_name
from compliance.core.sqltext import literal, name, relation
from compliance.systems.iu_registration import looking, projecting
from compliance.systems.iu_registration.objects import FUNCTION, keys, qualified, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compliance.core import facts as seen
    from compliance.core.change import Hazard, Step
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_EVENTS = "AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE"
_RUNS = " FOR EACH STATEMENT EXECUTE FUNCTION "


class Watch(NamedTuple):
    """A table, our trigger at it where there is one, and what is wrong with it, or empty."""

    table: str
    trigger: seen.Trigger | None
    odd: str


def steps(facts: Facts) -> Iterator[Step]:
    """Function, triggers and rows in one: set on alone, it would stay stale until the next write."""
    odd = [watch for watch in watches(facts) if watch.odd]
    other = function_odd(facts)
    if odd or other or _stale(facts):
        yield _kept_again(facts, odd, other=bool(other))


def watches(facts: Facts) -> list[Watch]:
    """Of every table that the view is made of. Refused where nobody can say which those are."""
    return [_watch(facts, table) for table in projecting.watched_tables(facts)]


def _watch(facts: Facts, table: str) -> Watch:
    where, wanted = (*split_name(table), projecting.trigger(facts.policy)), projecting.unquoted(facts.policy)
    found = next(
        (t for t in facts.read("catalog.triggers") if t.function and (t.schema, t.relation, t.name) == where),
        None,
    )
    if found is None:
        return Watch(table, None, "it has not the trigger")
    if not found.enabled:
        return Watch(table, found, "the trigger is set off")
    if found.function != f"{wanted}()":
        return Watch(table, found, f"the trigger runs {found.function}")
    # PostgreSQL quotes where it has to; what a name may hold stands before and after the same words in both.
    head = f"CREATE TRIGGER {name(where[2])} {_EVENTS} ON {relation(table)}{_RUNS}".replace('"', "")
    plain = found.definition.replace('"', "").startswith(head)
    return Watch(table, found, "" if plain else "the trigger does not run at every write")


def function_odd(facts: Facts) -> list[str]:
    """What is other than it is compiled. Of one that is to follow another view nothing is said here."""
    found, body = _function(facts), _body(facts)
    if found is None:
        return ["there is none"]
    said = {
        "its body is another one": body is None or body.source != projecting.source(facts),
        "it does not run as its owner": not found.security_definer,
        f"it belongs to {found.owner}": found.owner != facts.policy.source.owner,
        f"its search path is {found.search_path}": found.search_path != projecting.PATH,
    }
    return [what for what, so in said.items() if so]


def _function(facts: Facts) -> seen.Function | None:
    wanted = f"{projecting.unquoted(facts.policy)}()"
    return next((f for f in facts.read("catalog.functions") if f.signature == wanted), None)


def _body(facts: Facts) -> seen.Body | None:
    wanted = f"{projecting.unquoted(facts.policy)}()"
    return next(
        (b for b in facts.read("catalog.bodies") if b.signature == wanted and b.language == "plpgsql"), None
    )


def _stale(facts: Facts) -> bool:
    """Where it can be compared."""
    try:
        found = facts.read(looking.COMPARED)
    except CouldNotLook:
        return False
    return any(each.missing or each.extra or each.differing for each in found)


def _kept_again(facts: Facts, odd: Sequence[Watch], *, other: bool) -> Step:
    policy: Policy = facts.policy
    made = [projecting.function_sql(facts), _revoked(policy)] if other else []
    hazards: set[Hazard] = {"inserts", "updates", "deletes"}
    hazards |= {"creates-object"} if odd or other else set()
    hazards |= {"grants"} if other else set()
    writes = [keys(qualified(policy.keyed), "relations"), *(keys(watch.table, "triggers") for watch in odd)]
    writes += [keys(f"{projecting.unquoted(policy)}()", *FUNCTION)] if other else []
    return step(
        f"keep {policy.keyed} equal again",
        [*made, *(_set(policy, watch) for watch in odd), *projecting.merged(facts)],
        projecting.kept_checks(policy) | {f"{w.table} is not watched": _unwatched(policy, w.table) for w in odd},
        [*(text for watch in odd for text in _back(watch, policy)), *(_function_back(facts) if other else [])],
        writes=frozenset().union(*writes), reads=projecting.reads(policy), hazards=hazards,
        guarded=keys(qualified(policy.keyed), "relations"),
    )  # fmt: skip


def _revoked(policy: Policy) -> str:
    return f"revoke execute on function {projecting.function(policy)}() from public;"


def _set(policy: Policy, watch: Watch) -> str:
    on = f"alter table {relation(watch.table)} enable trigger {name(projecting.trigger(policy))};"
    return f"{projecting.trigger_sql(policy, watch.table)}\n\n{on}"


def _back(watch: Watch, policy: Policy) -> Iterator[str]:
    """As it was, set off where it was."""
    of = name(projecting.trigger(policy))
    if watch.trigger is None:
        yield f"drop trigger if exists {of} on {relation(watch.table)};"
        return
    yield watch.trigger.definition.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1) + ";"
    if not watch.trigger.enabled:
        yield f"alter table {relation(watch.table)} disable trigger {of};"


def _function_back(facts: Facts) -> list[str]:
    found, body = _function(facts), _body(facts)
    called = projecting.function(facts.policy)
    if found is None:
        return [f"drop function if exists {called}();"]
    if body is None or found.owner != facts.policy.source.owner or found.returns != "trigger":
        raise Refused(
            f"{called}() is none of ours: it could not be given back", reasons=function_odd(facts),
            remedy="drop it with its triggers by hand, then compile again",
        )  # fmt: skip
    return [projecting.function_as(called, body.source, found)]


def _unwatched(policy: Policy, table: str) -> str:
    schema, of = split_name(table)
    return (
        "not exists (select 1 from pg_catalog.pg_trigger as t\n"
        "        inner join pg_catalog.pg_class as c on c.oid = t.tgrelid\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace\n"
        f"        where n.nspname = {literal(schema)} and c.relname = {literal(of)}\n"
        f"        and t.tgname = {literal(projecting.trigger(policy))} and t.tgenabled in ('O', 'A'))"
    )

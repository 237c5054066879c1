"""The projection: a keyed table that holds what the view gives, and triggers that keep it so.

A statement that writes a table the view is made of compares the whole: what the view has and the table lacks is
inserted, what differs is updated, what is gone is deleted. One writer at a time does so, since two that see different
rows of the view would each write what the other does not know. A write of the estate never fails for a key that stands
twice or is missing: that is a finding of the audit (IU025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.core.sqltext import literal, name, relation
from compliance.systems.iu_registration import types
from compliance.systems.iu_registration.objects import (
    FUNCTION,
    TABLE,
    keys,
    no_relation,
    other_columns,
    qualified,
    standing,
    step,
)
from compliance.systems.iu_registration.source import columns
from compliance.systems.iu_registration.source import relation as relation_of
from compliance.systems.iu_registration.sources import sources, unwatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.core import facts as seen
    from compliance.core.change import Step
    from compliance.core.footprint import FactKey
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

# Types with an equality that tells all differences: of json there is none, of circles it is that of the area, of
# intervals that of 30 days and a month. What is not here is compared by its text, as the audit compares it.
_EQUAL = frozenset(
    {
        "boolean", "smallint", "integer", "bigint", "numeric", "real", "double precision", "text", "character varying",
        "character", "uuid", "date", "timestamp without time zone", "timestamp with time zone", "bytea", "jsonb",
    }
)  # fmt: skip
_LONGEST = 63
# Of the function: what it names is found by its schema alone.
PATH = "pg_catalog, pg_temp"


def steps(facts: Facts) -> Iterator[Step]:
    """Table, function, triggers and rows in one step: by halves it would be stale at once."""
    policy: Policy = facts.policy
    want, there = wanted(facts), {c: column.type for c, column in columns(facts, policy.keyed).items()}
    watched = watched_tables(facts)
    if not there:
        yield made(facts, want, watched, standing(facts))
    elif want != there:
        yield _followed(facts, want, there)


def wanted(facts: Facts) -> dict[str, str]:
    """Columns and the types in which no value of the view becomes another one."""
    policy: Policy = facts.policy
    kinds = _types(facts)
    reasons = [why for column, kind in kinds.items() if (why := types.unprojected(column, kind))]
    if reasons:
        raise Refused(
            f"{policy.keyed} cannot hold what {policy.source.view} gives", reasons=reasons,
            remedy="cast it in the view, then compile again",
        )  # fmt: skip
    return {column: types.projected_type(kind) for column, kind in kinds.items()}


def watched_tables(facts: Facts) -> tuple[str, ...]:
    """Every table that the view is made of; refused where nobody can say which those are."""
    policy: Policy = facts.policy
    view = relation_of(facts, policy.source.view)
    found = sources(facts, (view.definition if view else None) or policy.source.definition)
    declared = policy.serving.sources
    reasons = [f"there is no table {table}" for table in unwatched(declared, facts)]
    if not declared:
        reasons += found.unseen
    if reasons:
        raise Refused(
            f"nobody can say when {policy.keyed} would be stale", reasons=reasons,
            remedy="name the tables that these read under serving.sources in the policy",
        )  # fmt: skip
    return tuple(sorted({*found.tables, *map(qualified, declared)} - {qualified(policy.keyed)}))


def _types(facts: Facts) -> dict[str, str]:
    source = facts.policy.source
    there = {column: found.type for column, found in columns(facts, source.view).items()}
    return there or {field.name: field.type for field in source.fields.values()}


def made(facts: Facts, want: Mapping[str, str], watched: Sequence[str], refused: str = "") -> Step:
    """All of it, kept by triggers at these tables. `refused`: what keeps it from being taken back."""
    policy: Policy = facts.policy
    table = relation(policy.keyed)
    listed = ",\n".join(f"    {name(column)} {kind}" for column, kind in want.items())
    deploy = [
        f"create table if not exists {table} (\n{listed},\n    primary key ({name(policy.source.key)})\n);",
        _function(policy, _types(facts)),
        f"revoke execute on function {function(policy)}() from public;",
        *(trigger_sql(policy, each) for each in watched),
        *_merged(policy, _types(facts)),
    ]
    revert = [
        *filter(None, [refused]),
        *(f"drop trigger if exists {name(trigger(policy))} on {relation(each)};" for each in watched),
        f"drop function if exists {function(policy)}();",
        f"drop table if exists {table};",
    ]
    return step(
        f"make the projection {policy.keyed} of {policy.source.view}", deploy, _checks(policy, want), revert,
        writes=_written(policy, watched), reads=reads(policy), guarded=keys(qualified(policy.keyed), "relations"),
        hazards=("creates-object", "grants", "inserts", "updates", "deletes", "reloads-runtime"),
    )  # fmt: skip


def _followed(facts: Facts, want: Mapping[str, str], there: Mapping[str, str]) -> Step:
    """The view has gained columns. What it has lost would be lost here too, so the whole has to be made anew."""
    policy: Policy = facts.policy
    lost = [f"{column} is no column of it any more" for column in there if column not in want]
    lost += [f"{c} is {want[c]} now" for c in want if c in there and want[c] != there[c]]
    if lost:
        raise Refused(
            f"{policy.keyed} cannot follow {policy.source.view}", reasons=lost,
            remedy="take back the preparation that made it (`compliance rollback`), then compile again",
        )  # fmt: skip
    table, added = relation(policy.keyed), [column for column in want if column not in there]
    old = {column: kind for column, kind in _types(facts).items() if column in there}
    return step(
        f"make the projection {policy.keyed} follow {policy.source.view}",
        [
            *(f"alter table {table} add column if not exists {name(c)} {want[c]};" for c in added),
            _function(policy, _types(facts)),
            *_merged(policy, _types(facts)),
        ],
        _checks(policy, want),
        [
            _function(policy, old),
            *(f"alter table {table} drop column if exists {name(c)};" for c in added),
        ],
        writes=keys(qualified(policy.keyed), "relations", "columns", "constraints")
        | keys(f"{unquoted(policy)}()", *FUNCTION),
        reads=reads(policy), guarded=keys(qualified(policy.keyed), "relations"),
        hazards=("creates-object", "updates", "reloads-runtime"),
    )  # fmt: skip


# --- how it is kept ------------------------------------------------------------------------------------------------


def function(policy: Policy) -> str:
    """Its quoted name."""
    schema, of = split_name(unquoted(policy))
    return f"{name(schema)}.{name(of)}"


def unquoted(policy: Policy) -> str:
    """The name of the function, as facts are told."""
    schema, table = split_name(policy.keyed)
    return f"{schema}.{_cut(f'refresh_{table}')}"


def trigger(policy: Policy) -> str:
    """Of one name at every table; after others, which may write what the view reads, by the alphabet."""
    return _cut(f"zz_refresh_{split_name(policy.keyed)[1]}")


def _cut(text: str) -> str:
    """As long as a name may be, without a broken character at its end."""
    return text.encode()[:_LONGEST].decode(errors="ignore")


def source(facts: Facts) -> str:
    """The text of the function, as the catalog keeps it."""
    return _source(facts.policy, _types(facts))


def function_sql(facts: Facts) -> str:
    """What makes the function."""
    return _function(facts.policy, _types(facts))


def merged(facts: Facts) -> list[str]:
    """What makes the rows equal."""
    return _merged(facts.policy, _types(facts))


def function_as(called: str, text: str, found: seen.Function) -> str:
    """A function as it was seen."""
    path = "" if found.search_path is None else f" set search_path = {found.search_path}"
    definer = " security definer" if found.security_definer else ""
    return _defined(called, text, f"{found.volatility}{definer}{path}")


def _source(policy: Policy, kinds: Mapping[str, str]) -> str:
    body = "\n".join(
        f"    {line}" if line else line for part in _merged(policy, kinds) for line in part.split("\n")
    )
    lock = f"    lock table {relation(policy.keyed)} in share row exclusive mode;\n"
    return f"\nbegin\n{lock}{body}\n    return null;\nend\n"


def _function(policy: Policy, kinds: Mapping[str, str]) -> str:
    return _defined(function(policy), _source(policy, kinds), f"security definer set search_path = {PATH}")


def _defined(called: str, text: str, how: str) -> str:
    tag = "refresh"
    while f"${tag}$" in text:
        tag += "_"
    return f"create or replace function {called}() returns trigger\nlanguage plpgsql {how}\nas ${tag}${text}${tag}$;"


def _merged(policy: Policy, kinds: Mapping[str, str]) -> list[str]:
    """Made equal by key."""
    table, view, key = relation(policy.keyed), relation(policy.source.view), name(policy.source.key)
    others = [column for column in kinds if column != policy.source.key]
    gone = f"delete from {table} as p\n where not exists (select 1 from {view} as v where v.{key} = p.{key});"
    sets = ", ".join(f"{name(c)} = v.{name(c)}" for c in others)
    old, new = (", ".join(_compared(side, c, kinds[c]) for c in others) for side in "pv")
    changed = (
        f"update {table} as p set {sets}\n  from {view} as v\n where v.{key} = p.{key}\n"
        f"   and row({old}) is distinct from row({new});"
    )
    listed, chosen = (", ".join(f"{prefix}{name(c)}" for c in kinds) for prefix in ("", "v."))
    added = (
        f"insert into {table} ({listed})\nselect {chosen} from {view} as v\n where v.{key} is not null\n"
        f"   and not exists (select 1 from {table} as p where p.{key} = v.{key})\n"
        f"on conflict ({key}) do nothing;"
    )
    return [gone, *([changed] if others else []), added]


def _compared(side: str, column: str, kind: str) -> str:
    by_text = "" if types.kind(kind) in _EQUAL else "::text"
    return f"{side}.{name(column)}{by_text}"


def trigger_sql(policy: Policy, table: str) -> str:
    """What makes the trigger."""
    return (
        f"create or replace trigger {name(trigger(policy))}\n"
        f"after insert or update or delete or truncate on {relation(table)}\n"
        f"for each statement execute function {function(policy)}();"
    )


# --- what is seen of it ----------------------------------------------------------------------------------------------


def _checks(policy: Policy, want: Mapping[str, str]) -> dict[str, str]:
    table = policy.keyed
    return {
        f"{table} is not a table of {policy.source.owner}": no_relation(table, "r", policy.source.owner),
        f"{table} has not the columns of the view": other_columns(table, want, exactly=True),
        **kept_checks(policy),
    }


def kept_checks(policy: Policy) -> dict[str, str]:
    """Of the function and the rows."""
    table, view, key = policy.keyed, relation(policy.source.view), name(policy.source.key)
    schema, of = split_name(unquoted(policy))
    runs = (
        "not exists (select 1 from pg_catalog.pg_proc as f\n"
        "        inner join pg_catalog.pg_namespace as n on n.oid = f.pronamespace\n"
        f"        where n.nspname = {literal(schema)} and f.proname = {literal(of)} and f.prosecdef\n"
        f"        and pg_catalog.pg_get_userbyid(f.proowner) = {literal(policy.source.owner)})"
    )
    missing = (
        f"exists (select 1 from {view} as v\n"
        f"        where not exists (select 1 from {relation(table)} as p where p.{key} = v.{key}))"
    )
    counts = f"(select count(*) from {view} as v) <> (select count(*) from {relation(table)} as p)"
    return {
        f"{table} is kept by no function of {policy.source.owner}": runs,
        f"{table} lacks rows of the view": missing,
        f"a key of {policy.source.view} stands twice or not at all": counts,
    }


def _written(policy: Policy, watched: Sequence[str]) -> frozenset[FactKey]:
    of_tables = [keys(table, "triggers") for table in watched]
    return frozenset().union(
        keys(qualified(policy.keyed), *TABLE), keys(f"{unquoted(policy)}()", *FUNCTION), *of_tables
    )


def reads(policy: Policy) -> frozenset[FactKey]:
    """What all of it follows from."""
    return keys(qualified(policy.source.view), "relations", "columns")

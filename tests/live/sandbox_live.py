"""The sandbox of the IU registration on a clone: exercised and judged, and what can be broken in what it calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from compliance import audit
from compliance.core.finding import Finding, NotApplicable, Note, Unseen
from compliance.estate.observe import observe
from compliance.executor.apply import Change
from compliance.executor.ledger import Ledger
from compliance.exercising import planned
from compliance.probing import Run
from compliance.systems import Policies
from compliance.systems.iu_registration.exercise import SUBJECTS, exercised_as_declared
from compliance.systems.protocol import Facts
from tests import faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from compliance.estate.config import Estate

SYSTEM = "iu_registration"
TEN = {title.split()[0]: title for title in SUBJECTS[:-1]}
RETIRE = "create or replace function public.fn_iu_vector_retire(p_name text, p_actor text) returns text"


def do(connection: psycopg.Connection, script: str) -> None:
    """As a superuser, and committed."""
    connection.execute(script.encode())
    connection.commit()


@cache
def policies(folder: Path) -> Policies:
    """Of this system alone: to read a policy costs more than to judge by it."""
    return Policies.load(replace(faults.reference(), systems=(SYSTEM,), policy=folder))


def looked_at(estate: Estate) -> Run:
    found = policies(estate.policy)
    return Run(estate, found, observe(estate, found.needs()))


def exercise(estate: Estate, at: Callable[[str], None] = lambda _: None, **limits: Any) -> None:
    """What `compliance exercise` does, told how far it is."""
    run = looked_at(estate)
    assert estate.ledger is not None
    execution = replace(run.policies["platform"].execution, **limits)
    compiled, act = planned(run, SYSTEM)
    change = Change(estate, execution, Ledger(estate.ledger), datetime.now(UTC), at)
    act(change, audit.plan_of(run, compiled), run.policies.digests[SYSTEM])


class Told(NamedTuple):
    """By the number of the case; of the proof: by `no`. `notes`: by their titles."""

    broken: dict[str, str]
    unseen: dict[str, str]
    stale: dict[str, str]
    notes: dict[str, Any]


def judged(estate: Estate) -> Told:
    run = looked_at(estate)
    told = Told({}, {}, {}, {})
    for judgement in exercised_as_declared(Facts(SYSTEM, run.policies, run.observation)):
        case = judgement.subject.split()[0]
        match judgement:
            case Finding():
                told.broken[case] = judgement.message
            case Unseen():
                told.unseen[case] = judgement.reason
            case NotApplicable():
                told.stale[case] = judgement.reason
            case Note():
                told.notes[judgement.title] = judgement.content
    return told


def exercised(estate: Estate) -> Told:
    exercise(estate)
    return judged(estate)


def everything(connection: psycopg.Connection) -> dict[str, str]:
    """All rows of every table, worked out in another way than the program does."""
    tables = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_schema)'"
    ).fetchall()
    query = "select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {} as t"
    rows = {
        ".".join(table): str(connection.execute(sql.SQL(query).format(sql.Identifier(*table))).fetchone())
        for table in tables
    }
    connection.rollback()
    return rows


def entries(estate: Estate) -> list[str]:
    assert estate.ledger is not None
    return [entry.kind for entry in Ledger(estate.ledger).entries()]


def registering(status: str) -> str:
    """The function with another idea of the status that a row has afterwards."""
    return f"""
        create or replace function public.fn_iu_vector_register(
            p_name text, p_dimension integer, p_metric text, p_actor text) returns text language plpgsql as $$ begin
            perform public.fn_iu_require_actor(p_actor);
            if not public.fn_iu_vector_metric_allowed(p_metric) then
                raise 'distance metric' using errcode = '22023';
            end if;
            insert into public.iu_vector_collection as c (name, dimension, metric, actor)
            values (p_name, p_dimension, p_metric, p_actor)
            on conflict (name) do update set dimension = excluded.dimension, status = {status};
            return '';
        end $$"""


def envelope(group: str, where: str) -> str:
    """The view with another idea of the groups, or of the fields."""
    return f"""
        create or replace view public.v_ui_iu_directus_registration_envelope as
        select c.column_name::text as field_name, c.data_type::text as pg_type, c.udt_name::text as pg_udt,
               c.is_nullable::text as is_nullable, c.ordinal_position::integer as ordinal_position,
               case {group} when c.column_name in ('unit_id', 'canonical_address', 'unit_kind') then 'primary'
                    when c.column_name like 'axis%' then left(c.column_name, 6) collate "default"
                    else 'meta' end as axis_group
          from information_schema.columns c where c.table_name = 'v_ui_iu_three_axis_envelope' and {where}"""


ACTOR = "create or replace function public.fn_iu_require_actor(p_actor text) returns text immutable language"
IDENTITY = "create or replace function public.fn_iu_vector_identity_guard() returns trigger language plpgsql as"
ALLOWED = (
    "create or replace function public.fn_iu_vector_metric_allowed(p_metric text) returns boolean language sql"
)
# What is done, and what is said of which case.
BROKEN: dict[str, tuple[str, dict[str, str]]] = {
    "another dimension is let in": (
        "alter table public.iu_vector_collection disable trigger trg_iu_vector_identity",
        {"S3": "is not refused"},
    ),
    "the guard of the identity lets everything through": (
        f"{IDENTITY} $$ begin return new; end $$",
        {"S3": "is not refused"},
    ),
    "what keeps another dimension out is a mistake": (
        f"{IDENTITY} $$ begin if new.dimension <> old.dimension then perform 1 / 0; end if; return new; end $$",
        {"S3": "fails with 22012, which is not the refusal that policy names: 23514"},
    ),
    "nobody has to say who he is": (
        f"{ACTOR} sql as $$ select p_actor $$",
        {"S4": "is not refused"},
    ),
    "it is refused for another reason": (
        f"{ACTOR} plpgsql as $$ begin if p_actor = '' then raise 'not today' using errcode = '22023'; end if;"
        " return p_actor; end $$",
        {"S4": "is refused for another reason: 'not today' does not speak of 'actor'"},
    ),
    "any metric is let in": (
        f"{ALLOWED} stable as $$ select true $$",
        {"S5": "is not refused"},
    ),
    "Hamming is let in": (
        "update public.dot_config set value = value || ',hamming' where key = 'iu_core.vector_metrics'",
        {"S5": "is not refused"},
    ),
    "an unknown one is retired": (
        f"{RETIRE} language sql as $$ update public.iu_vector_collection set status = 'retired' where name = p_name;"
        " select 'retired' $$",
        {"S10": "is not refused"},
    ),
    "nothing ever flips": (
        registering("'planned'"),
        {"S2": "once is 'planned', not registered, status is 'planned', not registered"},
    ),
    "it flips back": (
        registering("case c.status when 'planned' then 'registered' else 'planned' end"),
        {"S2": "status is 'planned', not registered"},
    ),
    "a retired one stays so": (
        registering("case c.status when 'retired' then 'retired' else 'registered' end"),
        {"S7": "status is 'retired', not planned or registered"},
    ),
    "a field is not told": (
        envelope("", "c.column_name <> 'axis_c_depth'"),
        {"S8": "lacks axis_c_depth"},
    ),
    "axis B is not told": (
        envelope("when c.column_name like 'axis_b%' then 'meta'", "true"),
        {"S9": "lacks axis_b"},
    ),
}

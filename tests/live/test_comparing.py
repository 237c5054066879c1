"""A view and the table that holds the same are compared by the database, as the role that looks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from compliance.core import facts
from compliance.core.needs import Compared, Needs
from compliance.core.observation import Blind, Observation, Seen
from compliance.estate.config import Unavailable
from compliance.estate.observe import observe
from tests.judging import look_estate

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from compliance.estate.seeing import Section

ODD = Compared("odd", 'odd.the "view%s', "odd.the.table", ("a key",))
# Of each kind a column: held as it is, as jsonb where no Directus knows the type, as another time, as text.
MADE = """
    create schema odd;
    create domain odd.code as varchar(5);
    create table odd.base (
        "a key" uuid primary key, "per%s" varchar(20), tags text[], ids uuid[], at timestamptz, doc json,
        docb jsonb, area circle, span interval, share numeric(6, 2), code odd.code, pairs json[], raw bytea,
        hidden text);
    create view odd."the ""view%s" as select * from odd.base;
    create table odd."the.table" (
        further integer, "a key" uuid primary key, "per%s" varchar(20), tags jsonb, ids jsonb,
        at timestamp, doc json, docb jsonb, area circle, span interval, share numeric(6, 2), code varchar(5),
        pairs jsonb, raw bytea);
    create function odd.fill() returns void language sql as $$
        insert into odd."the.table"
        select 1, "a key", "per%s", to_jsonb(tags), to_jsonb(ids), at at time zone 'UTC', doc, docb, area, span, share,
               code, to_jsonb(pairs), raw
        from odd."the ""view%s" $$;
    insert into odd.base
    select ('00000000-0000-0000-0000-00000000000' || n)::uuid, 'a' || n, array['x', 'y "', null],
           array['00000000-0000-0000-0000-000000000001'::uuid], '2026-03-29 01:30+02',
           '{"b": 1, "a": [1]}', '{"b": 1.0}', '<(0,0),1>', '1 mon', 1.50, 'c', array['{"a":1}'::json], '\\x00ff', 'h'
    from generate_series(1, 3) as n;
    insert into odd.base ("a key") values ('00000000-0000-0000-0000-000000000009');
    grant usage on schema odd to compliance_probe;
    grant select on odd."the ""view%s", odd."the.table" to compliance_probe;
"""


def compared(dsn: str, need: Compared = ODD) -> Section:
    estate = dataclasses.replace(look_estate(), dsn=dsn, unavailable={})
    found = observe(estate, Needs(compared=(need,)))
    assert Observation.from_json(found.to_json()).sections == found.sections
    return found.sections[need.section]


def counted(section: Section) -> tuple[int, ...]:
    assert isinstance(section, Seen), section
    ((name, *counts),) = section.facts
    assert (name, type(section.facts[0])) == ("odd", facts.Compared)
    return tuple(counts)


@pytest.fixture
def made(estate_db: psycopg.Connection) -> psycopg.Connection:
    estate_db.execute(MADE.encode())
    estate_db.commit()
    return estate_db


def test_a_table_that_was_filled_from_the_view_is_equal(
    made: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    made.execute(b"set time zone 'Asia/Tokyo'; select odd.fill()")
    made.commit()
    assert counted(compared(estate_dsn("compliance_probe"))) == (4, 4, 0, 0, 0)


@pytest.mark.parametrize(
    "column",
    [
        "\"per%s\" = 'A1'",
        "tags = '[\"x\"]'",
        "ids = '[]'",
        "at = at + interval '9 hours'",
        'doc = \'{"b": 1, "a": []}\'',
        "docb = null",
        "area = '<(5,5),1>'",
        "span = '30 days'",
        "share = 1.51",
        "code = ''",
        "pairs = '[]'",
        "raw = '\\x00fe'",
    ],
)
def test_a_value_that_differs_is_counted_once(
    column: str, made: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    made.execute(b"select odd.fill()")
    made.execute(f'update odd."the.table" set {column}, further = 2 where "a key"::text ~ \'[12]$\''.encode())
    made.commit()
    assert counted(compared(estate_dsn("compliance_probe"))) == (4, 4, 0, 0, 2)


def test_rows_are_missed_in_either_direction(
    made: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    made.execute(b"select odd.fill()")
    made.execute(b"delete from odd.base where \"a key\"::text ~ '1$'")
    made.execute(b'delete from odd."the.table" where "a key"::text ~ \'[23]$\'')
    made.commit()
    assert counted(compared(estate_dsn("compliance_probe"))) == (3, 2, 2, 1, 0)


def test_where_the_table_is_empty_no_column_of_the_view_is_computed(
    made: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    """A shadow is always empty, and the view may be slow, or read what the role that looks may not."""
    made.execute(
        b"create function odd.slow(uuid) returns text language sql stable"
        b" as 'select hidden from odd.base where \"a key\" = $1';"
        b'create view odd.slow as select "a key", odd.slow("a key") as "per%s" from odd.base;'
        b"grant select on odd.slow to compliance_probe"
    )
    made.commit()
    dsn = estate_dsn("compliance_probe")
    slow = ODD._replace(view="odd.slow")
    assert counted(compared(dsn, slow)) == (4, 0, 4, 0, 0)
    made.execute(b"select odd.fill()")
    made.commit()
    found = compared(dsn, slow)
    assert isinstance(found, Blind)
    assert found.reason == "missing privilege: permission denied for table base (42501)"


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        (ODD._replace(view="odd.gone"), "relation does not exist: odd.gone"),
        (ODD._replace(table="gone.gone"), "relation does not exist: gone.gone"),
        (ODD._replace(key=("further",)), 'odd.the "view%s and odd.the.table do not both have the column further'),
        (ODD._replace(view="odd.base"), "missing privilege: permission denied for table base (42501)"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_blind_with_the_reason(
    need: Compared, reason: str, made: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    found = compared(estate_dsn("compliance_probe"), need)
    assert isinstance(found, Blind)
    assert found.reason == reason


def test_a_database_that_is_declared_unavailable_is_not_compared() -> None:
    gone = Unavailable("moving", "ops", "2099-01-01")
    estate = dataclasses.replace(look_estate(), dsn="dbname=x", unavailable={"postgres": gone})
    found = observe(estate, Needs(compared=(ODD,))).sections[ODD.section]
    assert isinstance(found, Blind)
    assert found.unavailable
    assert (
        observe(dataclasses.replace(estate, unavailable={}, dsn=None), Needs(compared=(ODD,)))
        .failed[ODD.section]
        .startswith("estate 'reference' has no DSN")
    )

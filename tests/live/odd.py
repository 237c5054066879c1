"""A copy of the reference estate with one table more, whose every column is spelled otherwise under some setting."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from compliance import probing
from compliance.estate.resources import resource
from compliance.starting import ungated
from tests.conftest import PostgresServer

if TYPE_CHECKING:
    from pathlib import Path

# Of each type whose text depends on a setting: a value, a default, and a constant in a definition.
ODD = r"""
create type public.colour as enum ('rot', 'grün');
create type public.pair as (at timestamptz, lasts interval);
create table public.odd (
    id integer primary key,
    status varchar(20) default 'a' check (status in ('a', null, 'b\c, ''x''] :: ')),
    stamp timestamptz default '2026-03-29 01:30+02', naive timestamp default '2026-02-03 04:05:06.7',
    day date default '2026-02-03', hour timetz default '01:02:03+05:30', lasts interval default '1 mon 2 days 03:04:05',
    share float8 default 0.12345678901234567, small float4 default 0.1234567, raw bytea default '\x00ff5c',
    price money default 1234.5,
    period tstzrange default '[2026-01-01 00:00+00,infinity)', days datemultirange default '{[2026-01-02,2026-02-01)}',
    stamps timestamptz[] default '{2026-01-01 00:00+00,infinity}', raws bytea[] default '{"\\x5c"}',
    pair public.pair default row ('2026-01-01 00:00+00', '1 day'), doc json default '{"b": 1.0, "a": [1]}',
    colour public.colour default 'grün', back text default E'back\\slash', point point default '(0.1,0.2)');
create index odd_status on public.odd (lower(status)) where status in ('a', 'b');
create view public.odd_view as
    select id, status, stamp at time zone 'Asia/Tokyo' as there, to_char(price::numeric, '999G999D99') as price,
           to_char(stamp, 'TMMonth') as month, '2026-01-01 00:00+00'::timestamptz as since, E'b\\s' as back,
           case when status in ('a', 'b') then interval '1 day' else interval '2 mons' end as span
    from public.odd where status in ('a', 'b') or stamp > '2026-01-01 00:00+00';
create function public.odd_since(at timestamptz) returns interval language sql immutable
    begin atomic select interval '1 day' + (at - timestamptz '2026-01-01 00:00+00'); end;
create function public.odd_write() returns trigger language plpgsql as 'begin return new; end';
create trigger same before insert on public.odd for each row when (new.stamp > '2026-01-01 00:00+00')
    execute function public.odd_write();
create rule same as on delete to public.odd where old.stamp > '2026-01-01 00:00+00' do also select 'gone';
insert into public.odd (id, back) select n, 'row ' || n % 7 from generate_series(1, 40) as n;
insert into public.odd (id, stamp, naive, day, share, lasts)
    values (41, '0044-03-15 00:00+00 BC', 'infinity', '-infinity', 'NaN', '-1 year 2 mons -3 days 4 hours');
grant select on public.odd, public.odd_view to compliance_probe;
grant select, insert on public.odd to directus_app;
grant update on public.odd to dot_operator with grant option;
"""
_COLUMNS = {
    "public.odd": "id status stamp naive day hour lasts share small raw price period days stamps raws pair doc colour"
    " back point",
    "public.odd_view": "there price month since back span",
}
PARTS = [(f"{r[7:]}_{column}", r, column) for r, columns in _COLUMNS.items() for column in columns.split()]


def load_odd(*, host: str, port: int, user: str, dbname: str, password: str | None, **_: object) -> None:
    with psycopg.connect(PostgresServer(host, port, user, password).dsn(dbname)) as connection:
        connection.execute(ODD.encode())


class Copy:
    """A database called `odd`, and an estate file whose policy names every column of its odd table and view."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        policy = (
            shutil.copytree(resource("fixtures/reference/policy"), folder / "policy") / "command_catalog.yaml"
        )
        ungated(policy.parent)
        part = "    {}: {{kind: rows, relation: {}, column: {}, like: [none], count: 0}}\n"
        parts = "".join(part.format(*names) for names in PARTS)
        text = policy.read_text(encoding="utf-8")
        assert text.count("  parts:\n") == 1
        policy.write_text(text.replace("  parts:\n", f"  parts:\n{parts}"), encoding="utf-8")
        self.file = folder / "estate.yaml"
        probe = make_conninfo(dsn, user="compliance_probe")
        self.file.write_text(
            f"name: odd\nkind: staging\nsystems: [command_catalog]\npolicy: policy\n"
            f'postgres: {{dsn: "{probe}"}}\nrepository: {resource("fixtures/reference/repository")}\n'
        )

    def do(self, *statements: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def one(self, query: str) -> object:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def seen(self) -> bytes:
        """Facts and digest as bytes, of a look in this process."""
        observation = probing.look(self.file).observation
        assert observation.failed == {}
        return facts(observation.to_json())


def facts(recorded: bytes) -> bytes:
    """All of a recorded observation but when and how it was made."""
    return recorded[: recorded.index(b',"observed_at":')]

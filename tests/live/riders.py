"""Random triggers on the catalog that write elsewhere when a plan runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st

from tests.live.worlds import FIELDS, TABLE, WRITING, World

if TYPE_CHECKING:
    import psycopg


class Rider(NamedTuple):
    """A trigger on the catalog that writes elsewhere: `effect` says what, `events` when."""

    events: tuple[str, ...]
    timing: str
    effect: str
    chained: bool
    elevated: bool


CATALOG_ROW = f"public.{TABLE} set {{column}} = 'rode along' where command_name = 'bystander'"
EFFECTS = {
    "a row more elsewhere": "insert into public.elsewhere (v) values ('x')",
    "other content elsewhere": "update public.elsewhere set v = v || 'x'",
    "the same content written again": "update public.elsewhere set v = v",
    "a row less elsewhere": "delete from public.elsewhere where k = (select min(k) from public.elsewhere)",
    "nothing left elsewhere": "truncate public.elsewhere",
    "another row of the catalog": "update " + CATALOG_ROW.format(column="category"),
    "what policy does not declare of it": "update " + CATALOG_ROW.format(column="description"),
    "another row of the catalog less": f"delete from public.{TABLE} where command_name = 'bystander'",
    "a table": "create table if not exists public.made (k int)",
    "a right": "grant select on public.elsewhere to dot_operator",
    "a comment": "comment on table public.elsewhere is 'rode along'",
    "a large object": "perform pg_catalog.lo_create(0)",
}  # fmt: skip
TIMINGS = ("before row", "after row", "before statement", "after statement", "deferred")
RIDDEN = World(
    TABLE, FIELDS,
    {
        "new": ("new", "c", True, False, [WRITING[0]]), "wrong": ("wrong", "c", True, False, [WRITING[0]]),
        "bystander": ("bystander", "c", True, False, [WRITING[0]]),
    },
    {
        "wrong": ("wrong", None, None, True, [None]),
        "bystander": ("bystander", "c", True, False, [WRITING[0]]),
    },
    {"wrong": "", "bystander": ""}, False,
)  # fmt: skip

riders = st.builds(
    Rider,
    st.sets(st.sampled_from(["insert", "update"]), min_size=1).map(lambda found: tuple(sorted(found))),
    st.sampled_from(TIMINGS), st.sampled_from(sorted(EFFECTS)), st.booleans(), st.booleans(),
)  # fmt: skip


def elsewhere(db: psycopg.Connection) -> None:
    """A table that no policy knows, with rows to lose."""
    db.execute("create table public.elsewhere (k bigint generated always as identity, v text)")
    db.execute("insert into public.elsewhere (v) values ('one'), ('two'), ('three')")
    db.execute("create table public.between (k int)")
    db.execute("alter table public.elsewhere owner to estate_owner")
    db.execute("alter table public.between owner to estate_owner")


def ride_along(db: psycopg.Connection, rider: Rider) -> None:
    """`chained`: through a trigger of the table it writes. `elevated`: with the rights of a superuser."""
    rights = " security definer" if rider.elevated else ""
    effect = EFFECTS[rider.effect]
    if rider.chained:
        function(db, "onwards", effect, rights)
        db.execute("create trigger onwards after insert on public.between execute function public.onwards()")
        effect = "insert into public.between values (1)"
    function(db, "rides", f"if pg_catalog.pg_trigger_depth() = 1 then {effect}; end if", rights)
    events = " or ".join(rider.events)
    constraint = "constraint " if rider.timing == "deferred" else ""
    deferred = " deferrable initially deferred" if constraint else ""
    when, level = ("after", "row") if constraint else rider.timing.split()
    db.execute(
        f"create {constraint}trigger rides {when} {events} on public.{TABLE}{deferred}"
        f" for each {level} execute function public.rides()".encode()
    )


def function(db: psycopg.Connection, name: str, body: str, rights: str) -> None:
    db.execute(
        f"create function public.{name}() returns trigger language plpgsql{rights} as"
        f" $body$ begin {body}; return new; end $body$".encode()
    )

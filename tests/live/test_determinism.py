"""The same state gives the same bytes: whoever looks, from wherever, under whatever settings, at whichever copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pytest_postgresql import factories

from compliance import probing
from compliance.core.observation import Blind, Seen
from compliance.estate.connection import read_only
from compliance.estate.pgbin import bindir
from compliance.estate.resources import resource
from compliance.executor.session import session
from compliance.systems.platform.execution import Execution
from tests.conftest import clone, load_reference
from tests.live.odd import PARTS, Copy, facts, load_odd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

SETTINGS = [
    "timezone = 'Asia/Kathmandu'", "datestyle = 'German'", "datestyle = 'SQL, DMY'",
    "intervalstyle = 'postgres_verbose'", "extra_float_digits = -10", "bytea_output = 'escape'",
    "search_path = 'public', 'pg_catalog'", "quote_all_identifiers = on", "standard_conforming_strings = off",
    "client_encoding = 'LATIN1'", "enable_nestloop = off", "enable_hashjoin = off", "enable_seqscan = off",
    "default_transaction_isolation = 'serializable'", "statement_timeout = '1ms'",
]  # fmt: skip
BEYOND_C = ("lc_monetary", "lc_numeric", "lc_time")


odd_template = factories.postgresql_noproc(
    dbname="odd", depends_on="postgres_server", load=[load_reference, load_odd]
)


@pytest.fixture
def copy(odd_template: NoopExecutor, tmp_path: Path) -> Iterator[Copy]:
    with clone(odd_template, "odd") as dsn:
        yield Copy(dsn, tmp_path)


@pytest.fixture(scope="module")
def expected(odd_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an undisturbed look at an undisturbed copy gives."""
    with clone(odd_template, "odd") as dsn:
        return Copy(dsn, tmp_path_factory.mktemp("undisturbed")).seen()


def utf8_locale() -> str:
    """A locale that sorts and spells otherwise than C, if the machine has one."""
    locale = shutil.which("locale")
    said = subprocess.run([locale, "-a"], capture_output=True, text=True, check=False).stdout if locale else ""
    found = [name for name in said.split() if name.lower().endswith(("utf8", "utf-8"))]
    return next((name for name in found if not name.startswith("C.")), "C.UTF-8")


ENVIRONMENTS = [
    {"TZ": "Asia/Kathmandu"}, {"TZ": "America/St_Johns"}, {"LC_ALL": "C"}, {"LC_ALL": utf8_locale()},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4711"}, {"PGTZ": "Asia/Tokyo"}, {"PGDATESTYLE": "German"}, {"PGCLIENTENCODING": "LATIN1"},
    {"PGOPTIONS": "-c quote_all_identifiers=on -c datestyle=German"},
]  # fmt: skip


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_who_looks_does_not_matter(copy: Copy, expected: bytes, environment: dict[str, str]) -> None:
    root = resource("probes").resolve().parent
    done = subprocess.run(
        [sys.executable, "-m", "compliance.cli", "observe", "--estate", str(copy.file)],
        env={"PATH": os.defpath, "PYTHONPATH": str(root), **environment}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert facts(done.stdout) == expected


@pytest.mark.parametrize("whose", ["database odd", "role compliance_probe in database odd"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_the_database_or_the_role_matters(
    copy: Copy, expected: bytes, setting: str, whose: str
) -> None:
    copy.do(f"alter {whose} set {setting}")
    assert copy.seen() == expected


def test_the_locale_of_the_database_reaches_no_value(copy: Copy) -> None:
    """What it would change shows only with locales that few machines have, so the settings themselves are read."""
    copy.do(*(f"alter database odd set {name} = 'C.UTF-8'" for name in BEYOND_C))
    with read_only(make_conninfo(copy.dsn, user="compliance_probe")) as look:
        assert {look.query(f"show {name}".encode())[0][0] for name in BEYOND_C} == {"C"}


def test_who_is_about_to_write_reads_what_everybody_reads(copy: Copy) -> None:
    """Or every plan would be stale wherever the writer's role has settings of its own."""
    copy.do("grant select on public.odd, public.odd_view to estate_owner")
    run = probing.look(copy.file)
    copy.do(*(f"alter role estate_owner in database odd set {setting}" for setting in SETTINGS[:9]))
    estate = replace(run.estate, writer=make_conninfo(copy.dsn, user="estate_owner"))
    with session(estate, run.policies.needs(), Execution(), "test") as opened, opened.transaction(keep=False):
        found = opened.observe().sections
    before = run.observation.sections
    differing = [name for name, section in found.items() if read(section) != read(before[name])]
    assert differing == ["catalog.server"], "who looks is another one, and nothing else"


def read(section: Seen[object] | Blind) -> object:
    assert isinstance(section, Seen)
    return section.facts


def test_the_order_of_rows_on_disk_does_not_matter(copy: Copy, expected: bytes) -> None:
    tables = ["odd", "dot_iu_command_catalog", "dot_config", "iu_event_type", "iu_route"]
    on_disk = "select string_agg(t::text, ';') from (select * from public.{} as t) as t"
    before = [copy.one(on_disk.format(table)) for table in tables]
    # Writing the first half of the rows again puts it behind the rest; replica: without triggers.
    copy.do("set session_replication_role = replica", *(
        f"with half as (select ctid from public.{t} limit (select count(*) / 2 from public.{t}))"
        f" update public.{t} as t set {key} = {key} from half where t.ctid = half.ctid"
        for t, key in zip(tables, ("id", "command_name", "key", "code", "code"), strict=True)
    ))  # fmt: skip
    assert not [t for t, b in zip(tables, before, strict=True) if copy.one(on_disk.format(t)) == b]
    assert copy.seen() == expected


def test_rows_that_were_deleted_inserted_again_and_clustered_are_the_same(copy: Copy, expected: bytes) -> None:
    copy.do(
        "create temporary table kept as table public.odd",
        "delete from public.odd",
        "insert into public.odd select * from kept order by back, id desc",
    )
    assert copy.seen() == expected
    copy.do(
        "create index by_back on public.odd (back desc)",
        "cluster public.odd using by_back",
        "drop index public.by_back",
    )
    assert copy.seen() == expected


def test_a_column_that_was_dropped_leaves_no_trace(copy: Copy, expected: bytes) -> None:
    copy.do(
        "alter table public.odd add junk text default 'x', add more integer[]",
        "alter table public.odd drop junk, drop point",
        "alter table public.odd add point point default '(0.1,0.2)'",
        "alter table public.odd drop more",
    )
    assert copy.one("select max(attnum) from pg_attribute where attrelid = 'public.odd'::regclass") == 23
    assert copy.seen() == expected


def test_the_order_in_which_objects_were_made_and_rights_granted_does_not_matter(
    copy: Copy, expected: bytes
) -> None:
    view, function, rule, trigger = (copy.one(f"select {query}") for query in (
        "pg_get_viewdef('public.odd_view'::regclass)", "pg_get_functiondef('public.odd_write'::regproc)",
        "pg_get_ruledef(oid) from pg_rewrite where rulename = 'same'",
        "pg_get_triggerdef(oid) from pg_trigger where tgname = 'same'",
    ))  # fmt: skip
    copy.do(
        "drop view public.odd_view", "drop trigger same on public.odd", "drop rule same on public.odd",
        "drop function public.odd_write", "drop index public.odd_status",
        "revoke all on public.odd from directus_app, dot_operator, compliance_probe",
        str(rule), str(function), str(trigger),
        "create index odd_status on public.odd (lower(status)) where status in ('a', 'b')",
        f"create view public.odd_view as {view}",
        "grant update on public.odd to dot_operator with grant option",
        "grant select on public.odd_view, public.odd to compliance_probe",
        "grant insert on public.odd to directus_app", "grant select on public.odd to directus_app",
    )  # fmt: skip
    assert copy.seen() == expected


def test_a_copy_that_was_dumped_and_restored_is_the_same(copy: Copy, expected: bytes) -> None:
    """Every oid is another one, rows and objects were made in another order, definitions were printed and read."""
    oid = "select 'public.odd'::regclass::oid"
    before = copy.one(oid)
    for generation in ("first", "second"):
        dumped = run("pg_dump", "--create", "-d", copy.dsn)
        elsewhere = make_conninfo(copy.dsn, dbname="postgres")
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            connection.execute(f"alter database odd rename to odd_{generation}".encode())
            try:
                run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", elsewhere, given=dumped)
            finally:
                connection.execute(f"drop database odd_{generation}".encode())
        assert copy.seen() == expected, generation
    assert copy.one(oid) != before


def run(program: str, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(
        [bindir() / program, *arguments], input=given, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_look_holds_each_of_the_odd_columns(expected: bytes) -> None:
    """Otherwise what is said above would be said of nothing."""
    assert [name for name, *_ in PARTS if f'"rows:surface.{name}":{{"seen":[['.encode() not in expected] == []


def test_one_value_more_is_another_digest(copy: Copy, expected: bytes) -> None:
    copy.do("update public.odd set small = 0.3000001 where id = 7")
    assert copy.seen() != expected

"""A Directus of ours comes up, asks nobody, says why where it cannot, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import directus as real
from compliance.estate import service
from compliance.estate.directus_people import introduce
from tests.live.test_embedded import disappears, gone

if TYPE_CHECKING:
    import psycopg

    from tests.live.directus_live import Live

CHECKOUT = Path(__file__).resolve().parents[2]


def listens(url: str) -> bool:
    with socket.socket() as probe:
        host, port = url.removeprefix("http://").split(":")
        return probe.connect_ex((host, int(port))) == 0


# Says in its log whom the process connects to and which names it looks up.
WATCH = """
    const net = require('node:net'), dns = require('node:dns'), {connect} = net.Socket.prototype, {lookup} = dns;
    net.Socket.prototype.connect = function (...given) {
        const [to] = Array.isArray(given[0]) ? given[0] : given;
        console.error('CONNECT', typeof to === 'string' ? to : to.path ?? to.host ?? to);
        return connect.apply(this, given);
    };
    dns.lookup = function (name, ...given) { console.error('CONNECT', name); return lookup(name, ...given); };
"""


def test_it_asks_nobody_outside_and_nothing_of_it_is_left_at_the_end(
    estate_db: psycopg.Connection, directus: Live
) -> None:
    installed, people, port = real.install(), real.drawn(), service.free_port()
    introduce(estate_db.info.dsn, people, real.hashed(installed, people.password))
    program = real.program_of(installed, estate_db.info.dsn, real.Counterparts(), people, port)
    with tempfile.NamedTemporaryFile("w", suffix=".cjs", dir="/tmp") as watch:
        watch.write(WATCH)
        watch.flush()
        Path(watch.name).chmod(0o644)
        watched = {**program.environment, "NODE_OPTIONS": f"--require {watch.name}"}
        with service.serving(dataclasses.replace(program, environment=watched)) as place:
            login = {"email": people.email, "password": people.password}
            assert httpx.post(f"{program.url}/auth/login", json=login, trust_env=False).is_success
            assert httpx.get(f"{program.url}/admin", follow_redirects=True, trust_env=False).is_success
            pid = int(place.process.read_text())
            said = place.log.read_text()
            assert listens(program.url)
    asked = {line.split(" ", 1)[1] for line in said.splitlines() if line.startswith("CONNECT ")}
    assert f"{estate_db.info.host}/.s.PGSQL.{estate_db.info.port}" in asked
    assert {each for each in asked if not each.startswith("/")} == {service.LOOPBACK}  # where it listens
    assert not listens(program.url)
    assert not place.folder.exists()
    assert gone(pid, 0.1)


def test_nothing_of_it_is_left_when_its_user_is_killed(estate_db: psycopg.Connection, directus: Live) -> None:
    body = f"""
        import time
        from compliance.estate.directus import serving
        with serving({estate_db.info.dsn!r}) as found:
            print(found.url, found.folder, (found.folder / "process").read_text(), flush=True)
            time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(body)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout is not None
        url, folder, pid = user.stdout.readline().split()
        assert listens(url)
        user.send_signal(signal.SIGKILL)
    assert gone(int(pid))
    assert disappears(Path(folder))
    assert not listens(url)


def test_one_that_cannot_start_says_why_and_no_secret(
    estate_db: psycopg.Connection, directus: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[real.People] = []
    monkeypatch.setattr(real, "drawn", lambda keep=real.drawn: drawn.append(keep()) or drawn[-1])
    estate_db.execute(f"revoke connect on database {estate_db.info.dbname} from public")
    estate_db.commit()
    key = "a-key-of-agent-data"
    with (
        pytest.raises(ConfigurationError, match="permission denied for database") as caught,
        real.serving(estate_db.info.dsn, real.Counterparts(agent_data_api_key=key)),
    ):
        pytest.fail("it started")
    for secret in (key, *drawn[0].secrets):
        assert secret not in str(caught.value)


def test_a_database_that_cannot_be_reached_is_an_error_with_a_remedy(directus: Live) -> None:
    with pytest.raises(ConfigurationError, match="users of Directus"), real.serving("host=/nowhere dbname=x"):
        pytest.fail("it started")


TABLES = """
    select c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid)
      from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relkind = 'r' and c.relname like 'directus\\_%' and not a.attisdropped
    union all
    select c.conrelid::regclass::text, c.conname, pg_catalog.pg_get_constraintdef(c.oid), null, null
      from pg_catalog.pg_constraint c
     where c.connamespace = 'public'::regnamespace and c.conrelid <> 0
       and c.conrelid::regclass::text like 'directus\\_%' and c.contype <> 'n'
    union all
    select i.tablename, i.indexname, i.indexdef, null, null from pg_catalog.pg_indexes i
     where i.tablename like 'directus\\_%'
"""


@pytest.mark.prove
def test_a_bootstrap_of_this_version_makes_the_tables_of_the_reference_estate(
    empty_db: psycopg.Connection, estate_db: psycopg.Connection, directus: Live, tmp_path: Path
) -> None:
    installed, people = real.install(), real.drawn()
    empty_db.execute("grant all on schema public to directus_app")
    empty_db.commit()
    program = real.program_of(installed, empty_db.info.dsn, real.Counterparts(), people, 9, ("public",))
    done = subprocess.run(
        [*program.command[:-1], "bootstrap", "--skipAdminInit"], cwd=tmp_path,
        env={**program.environment, "PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    made, kept = (set(db.execute(TABLES.encode())) for db in (empty_db, estate_db))
    assert made == kept
    versions = "select version, name from public.directus_migrations order by version"
    assert empty_db.execute(versions.encode()).fetchall() == estate_db.execute(versions.encode()).fetchall()

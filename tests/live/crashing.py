"""An estate on a server that may be killed, a plan for it that is rehearsed and approved, a command line to strike."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import sql

from compliance import cli, probing
from compliance.core.errors import ConfigurationError
from compliance.estate import embedded
from compliance.estate.observe import observe
from compliance.estate.pgbin import account, bindir, locked, runnable
from compliance.estate.reference_build import load
from compliance.estate.resources import resource
from compliance.executor import keys
from compliance.executor.ledger import Entry, Ledger, verify
from compliance.starting import ungated
from tests.judging import CATALOG, MIGRATION_034
from tests.live import striking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess

# What a process is forked from has read the program already: half of the time of a short command.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["compliance.audit", "compliance.changing", "compliance.executor.rollback"])
DRIFT = f"""
    delete from {CATALOG} where command_name in {MIGRATION_034};
    update {CATALOG} set category = 'collection' where command_name = 'dot_iu_health';
"""
RULES = """staging:
      - {capability: execute, count: 1, by: [alice], author_counts: true}
      - {capability: rollback, count: 1, by: [alice], author_counts: true}"""


class Mortal:
    """A server of our own that comes back after it was killed, as a cluster does: with what had reached its files."""

    def __init__(self, cluster: embedded.Cluster) -> None:
        self.cluster = cluster
        self.keeper = embedded.start(cluster)

    @property
    def pidfile(self) -> Path:
        return self.cluster.data / "postmaster.pid"

    def dsn(self, database: str, user: str | None = None) -> str:
        return self.cluster.server.dsn(database, user)

    def revive(self) -> None:
        """Start it where it does not run. What stands in the file of a killed one may look like a running one."""
        deadline = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < deadline, self.cluster.log.read_text(errors="replace")
            if self.keeper.poll() is not None:
                try:
                    self.keeper = embedded.start(self.cluster)
                except ConfigurationError:  # the last of its processes was not gone yet
                    time.sleep(0.05)
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def mortal() -> Iterator[Mortal]:
    """Nothing is left of it: neither a process nor a file."""
    base = Path(tempfile.mkdtemp(prefix="dotc-", dir=embedded._fast_place()))
    cluster = embedded.Cluster(
        base / "data", base, base / "users", base / "log", runnable(bindir(), account()),
        embedded.THROWAWAY, (base,), worthless=True,
    )  # fmt: skip
    try:
        embedded.give_to_account(base)
        embedded.initialise(cluster)
        with locked(cluster.users):
            server = Mortal(cluster)
            yield server
        server.keeper.wait(30)
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def built() -> Iterator[Site]:
    """A site with its plan, for the length of a block."""
    with mortal() as server, tempfile.TemporaryDirectory(prefix="dotc-site-") as folder:
        site = Site(Path(folder), server)
        try:
            site.build()
            yield site
        finally:
            site.stop()


class State(NamedTuple):
    """`governed`: digest of all that an audit looks at; `rows`: every row of every table, whole."""

    governed: str
    rows: dict[str, list[str]]

    @property
    def without_times(self) -> State:
        """A row that is inserted again was registered at another time, and nothing else is different."""
        rows = {
            name: [
                json.dumps({k: v for k, v in json.loads(row).items() if k != "registered_at"}) for row in found
            ]
            for name, found in self.rows.items()
        }
        return State(self.governed, rows)


class Done(NamedTuple):
    """What became of a command, and the points that it had passed."""

    code: int
    out: str
    err: str
    points: list[str]


class Running:
    """A command that was started; `place`: what it says, and the points that it passed."""

    def __init__(self, process: ForkServerProcess, place: Path) -> None:
        self.process, self.place = process, place

    def waits(self) -> Running:
        """Until it has reached the point where it was told to wait."""
        deadline = time.monotonic() + 60
        while not (self.place / "waiting").exists():
            assert self.process.is_alive(), (self.place / "err").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return self

    def goes_on(self) -> Running:
        (self.place / "waiting").unlink()
        return self

    def end(self) -> Done:
        self.process.join(120)
        code = self.process.exitcode
        assert code is not None, "it does not end"
        out, err, points = (_said(self.place / name) for name in ("out", "err", "points"))
        assert "Traceback" not in err, err
        return Done(code, out, err, points.splitlines())


def _said(file: Path) -> str:
    return file.read_text() if file.exists() else ""


class Site:
    """`folder`: estate.yaml, policy, plan and ledger. Snapshots are named after the command that may come next."""

    def __init__(self, folder: Path, server: Mortal) -> None:
        self.folder, self.server = folder, server
        self.plan = folder / "compiled/command_catalog/migration"
        self.states: dict[str, State] = {}
        self.receipt = ""
        self.started: list[ForkServerProcess] = []

    @property
    def ledger(self) -> Ledger:
        """Looked at anew, as the next command does it: what was restored is not what was seen before."""
        return Ledger(self.folder / "ledger")

    # --- made once -------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """The reference estate with drift; the same, repaired by the plan; a ledger and a state of each."""
        self._database("create database estate")
        load(self.dsn())
        self.do(DRIFT)
        self._files()
        key = str(self.folder / "alice.pem")
        for words in (
            ("compile", "command_catalog", "--out", str(self.folder / "compiled")),
            ("rehearse", str(self.plan), "--key", key),
        ):
            assert (done := self.call(*words)).code == 0, done.err
        self.approve("execute")
        self.save("apply")
        assert (done := self.call("apply", str(self.plan))).code == 0, done.err
        (self.receipt,) = self.receipts()
        self.approve("rollback")
        self.save("rollback")

    def _files(self) -> None:
        reference = resource("fixtures/reference")
        for name in ("policy", "repository"):
            shutil.copytree(reference / name, self.folder / name)
        ungated(self.folder / "policy")
        public = keys.new(self.folder / "alice.pem")
        self.edit("keys: {}", f"keys: {{alice: {{public: {public}, may: [execute, rollback]}}}}")
        self.edit("reference: self", RULES)
        self.estate = self.folder / "estate.yaml"
        self.configure(self.dsn("estate_owner"))

    def configure(self, writer: str, ledger: str = "ledger") -> None:
        self.estate.write_text(
            "name: crashing\nkind: staging\nsystems: [command_catalog]\npolicy: policy\nrepository: repository\n"
            f"postgres:\n  dsn: {self.dsn('compliance_probe')}\n  writer_dsn: {writer}\nledger: {ledger}\n"
        )

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "policy/platform.yaml"
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))

    def approve(self, capability: str) -> None:
        done = self.call(
            "approve", str(self.plan), "--capability", capability, "--key", str(self.folder / "alice.pem"),
            "--reason", "a test", "--expires", "1d",
        )  # fmt: skip
        assert done.code == 0, done.err

    # --- before each test ------------------------------------------------------------------------------------------

    def save(self, name: str) -> None:
        self._database(f"create database {name} template estate strategy file_copy")
        shutil.copytree(self.ledger.folder, self.folder / f"ledger-{name}")
        self.states[name] = self.state()

    def restore(self, name: str) -> None:
        """As it was when it was saved: database, ledger, configuration."""
        self.stop()
        self._database(
            "drop database if exists estate with (force)",
            f"create database estate template {name} strategy file_copy",
            "alter database estate owner to estate_owner",
        )
        shutil.rmtree(self.ledger.folder, ignore_errors=True)
        shutil.copytree(self.folder / f"ledger-{name}", self.ledger.folder)
        self.configure(self.dsn("estate_owner"))

    def stop(self) -> None:
        """What a test that failed has left waiting."""
        while self.started:
            process = self.started.pop()
            process.kill()
            process.join()

    def _database(self, *statements: str) -> None:
        with psycopg.connect(self.server.dsn("postgres"), autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    # --- what happens ----------------------------------------------------------------------------------------------

    def dsn(self, user: str | None = None) -> str:
        return self.server.dsn("estate", user)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn(), autocommit=True)

    def arguments(self, name: str) -> list[str]:
        """The command that comes after the snapshot of that name."""
        return [name, str(self.plan) if name == "apply" else self.receipt]

    def start(self, *arguments: str, at: int | str = -1, do: str = "") -> Running:
        """The command line in a process of its own, to be struck `at` a point."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        order = {
            "at": at, "do": do, "place": str(place), "pidfile": str(self.server.pidfile),
            "admin": self.server.dsn("postgres"), "ledger": str(self.ledger.path),
        }  # fmt: skip
        process = FORKS.Process(target=striking.run, args=(order, [*arguments, "--estate", str(self.estate)]))
        process.start()
        self.started.append(process)
        return Running(process, place)

    def run(self, name: str, at: int | str = -1, do: str = "") -> Done:
        """The command that comes after the snapshot of that name, to its end, and to the server's return."""
        done = self.start(*self.arguments(name), at=at, do=do).end()
        self.server.revive()
        return done

    def call(self, *arguments: str) -> Done:
        """A command in this process, which is quicker."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main([*arguments, "--estate", str(self.estate)])
        return Done(code, out.getvalue(), err.getvalue(), [])

    def again(self, name: str) -> Done:
        return self.call(*self.arguments(name))

    def do(self, statement: str) -> None:
        with self.connect() as connection:
            connection.execute(statement.encode())

    # --- what is seen afterwards -----------------------------------------------------------------------------------

    def state(self) -> State:
        estate, policies = probing.load(self.estate)
        with self.connect() as connection:
            tables = connection.execute(
                "select tablename from pg_catalog.pg_tables where schemaname = 'public' order by 1"
            ).fetchall()
            rows = {name: _rows(connection, name) for (name,) in tables}
        return State(observe(estate, policies.needs()).digest, rows)

    def since(self, name: str) -> list[Entry]:
        """What was written into the ledger since the snapshot; the ledger is as it should be."""
        assert verify(self.ledger.folder) == []
        earlier = len(Ledger(self.folder / f"ledger-{name}").entries())
        return list(self.ledger.entries()[earlier:])

    def receipts(self) -> list[str]:
        return [entry.hash for entry in self.ledger.entries() if entry.kind == "receipt"]

    def locks(self) -> list[str]:
        """Who holds the lock of the estate, or any of its tables."""
        with self.connect() as connection:
            found = connection.execute(
                "select distinct a.application_name from pg_catalog.pg_locks as l"
                " join pg_catalog.pg_stat_activity as a using (pid) where a.application_name like 'compliance %'"
            ).fetchall()
        return [name for (name,) in found]


def _rows(connection: psycopg.Connection, table: str) -> list[str]:
    query = sql.SQL("select pg_catalog.to_jsonb(t)::text from public.{} t order by 1").format(
        sql.Identifier(table)
    )
    return [text for (text,) in connection.execute(query)]

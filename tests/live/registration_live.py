"""The estate before the registration, with a real Directus that is started again with another search path, as an
operator does it, and the command line in front of both."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from compliance.cli import main
from compliance.estate import config, service, variants
from compliance.estate import directus as real
from compliance.estate.directus_people import drawn, introduce
from compliance.executor.ledger import Ledger
from compliance.executor.receipt import listed
from compliance.starting import ungated
from tests import faults, quick
from tests.conftest import clone
from tests.live import striking
from tests.live.crashing import FORKS, Running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.verdict import Verdict

SYSTEM, VARIANT = "iu_registration", "unregistered"
NAME, SHADOWS = "v_ui_iu_three_axis_envelope", "directus_shadow"
ESTATE = """\
name: registering
kind: reference
systems: [iu_registration]
policy: policy
repository: repository
ledger: ledger
postgres: {{dsn: "{probe}", writer_dsn: "{owner}"}}
directus: {{url: "{url}", token: "{token}", writer_token: "{writer}"}}
unavailable:
  agent_data: {{reason: it does not run here, owner: tests, until: 2036-12-31}}
  nuxt: {{reason: it does not run here, owner: tests, until: 2036-12-31}}
"""
COMPOSE, PATH_BEHIND = "docker-compose.yml", "      DB_USER: directus_app\n"
# All that Directus keeps, but for what it notes of whoever comes by: visits, and what was done and when.
KEPT = """
    select table_name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name like 'directus\\_%'
       and table_name not in ('directus_activity', 'directus_revisions', 'directus_sessions', 'directus_users')
"""


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class RegistrationEstate:
    """One folder, one database, one Directus at a time, always at the same address and with the same users."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder, self.dsn = folder, dsn
        self.variant = variants.find(VARIANT)
        ungated(self.variant.policy(folder / "policy"))
        self.variant.repository(folder / "repository")
        self.variant.change(dsn)
        self.installed, self.people, self.port = real.install(), drawn(), service.free_port()
        introduce(dsn, self.people, real.hashed(self.installed, self.people.password))
        self.url = f"http://{service.LOOPBACK}:{self.port}"
        self.path: tuple[str, ...] = ()
        self._running = ExitStack()
        probe, owner = (make_conninfo(dsn, user=role) for role in ("compliance_probe", "estate_owner"))
        text = ESTATE.format(
            probe=probe,
            owner=owner,
            url=self.url,
            token=self.people.probe_token,
            writer=self.people.writer_token,
        )
        self.estate_file.write_text(text)

    @property
    def estate_file(self) -> Path:
        return self.folder / "estate.yaml"

    # --- Directus --------------------------------------------------------------------------------------------------

    def searching(self, *path: str) -> None:
        """It is started with this search path, which the file then says too; nothing happens where it is so."""
        if path == self.path:
            return
        self.stop()
        program = real.program_of(
            self.installed, self.dsn, real.Counterparts(), self.people, self.port, search_path=path
        )
        self._running.enter_context(service.serving(program))
        self.path = path
        file = self.folder / "repository" / COMPOSE
        text = "\n".join(line for line in file.read_text().split("\n") if "DB_SEARCH_PATH" not in line)
        said = "" if path == ("public",) else f"      DB_SEARCH_PATH: array:{','.join(path)}\n"
        assert text.count(PATH_BEHIND) == 1
        file.write_text(text.replace(PATH_BEHIND, PATH_BEHIND + said))

    def stop(self) -> None:
        self._running.close()
        self.path = ()

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        """One request, as the administrator unless told."""
        headers = {"Authorization": f"Bearer {token or self.people.writer_token}"}
        return httpx.request(method, self.url + path, json=body, headers=headers, timeout=60, trust_env=False)

    def data(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """What it answers, where it has to answer well."""
        answer = self.ask(method, path, body, token)
        assert answer.is_success, answer.text
        return answer.json()["data"] if answer.content else None

    def status(self, token: str | None = None) -> int:
        """What is answered who asks for items; the probe's user unless told, who is a viewer."""
        return self.ask("GET", f"/items/{NAME}?limit=1", token=token or self.people.probe_token).status_code

    # --- the database ----------------------------------------------------------------------------------------------

    def do(self, statements: str, role: str = "postgres") -> None:
        with psycopg.connect(make_conninfo(self.dsn, user=role), autocommit=True) as connection:
            connection.execute(statements.encode())

    def rows(self, query: str, role: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(make_conninfo(self.dsn, user=role), autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def kept(self) -> dict[str, str]:
        """Every row of Directus' own tables. A row that comes back by a request has another number and no other
        difference: fields and permissions are numbered by a sequence."""
        numbered = {"directus_permissions", "directus_fields"}
        return {
            table: self.rows(
                f"select coalesce(string_agg(row, E'\\n' order by row), '') from (select (to_jsonb(t)"
                f"{' - $$id$$' if table in numbered else ''})::text as row from public.{table} t) as r"
            )[0][0]
            for (table,) in self.rows(KEPT)
        }

    # --- what a person does ----------------------------------------------------------------------------------------

    def run(self, *words: str) -> Said:
        """A command in this process."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words, "--estate", str(self.estate_file)])
        for secret in self.people.secrets:
            assert secret not in out.getvalue() + err.getvalue()
        return Said(code, out.getvalue(), err.getvalue())

    def killed(self, point: str, *words: str) -> None:
        """A command in a process of its own, killed with -9 where it says that it has come to this point."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        order = {"at": point, "do": "kill_client", "place": str(place)}
        process = FORKS.Process(target=striking.run, args=(order, [*words, "--estate", str(self.estate_file)]))
        process.start()
        done = Running(process, place).end()
        assert done.code == -9, (point, done)

    def compiled(self) -> Said:
        return self.run("compile", SYSTEM, "--out", str(self.folder / "compiled"))

    def plan(self, kind: str = "migration") -> str:
        return str(self.folder / "compiled" / SYSTEM / kind)

    def rehearsed(self, kind: str = "migration") -> str:
        """Compiled and rehearsed; the plan."""
        for words in (
            ("compile", SYSTEM, "--out", str(self.folder / "compiled")),
            ("rehearse", self.plan(kind)),
        ):
            done = self.run(*words)
            assert done.code == 0, done.out + done.err
        return self.plan(kind)

    def applied(self, kind: str = "migration") -> str:
        """Compiled, rehearsed, applied and verified; the receipt."""
        done = self.run("apply", self.rehearsed(kind))
        assert done.code == 0, done.out + done.err
        return self.receipt()

    def receipt(self) -> str:
        """The last one."""
        return listed(Ledger(self.folder / "ledger"))[-1].id

    def taken_back(self, receipt: str) -> None:
        done = self.run("rollback", receipt)
        assert done.code == 0, done.out + done.err

    @contextmanager
    def policy(self, *changes: tuple[str, str]) -> Iterator[None]:
        """Policy says this for that, for the length of a block."""
        path = self.folder / "policy" / f"{SYSTEM}.yaml"
        before = text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (old, text.count(old))
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def probed(self) -> Verdict:
        """What all the probes say, over a new look."""
        return quick.verdict(faults.looked_at(config.load(self.estate_file)))

    def broken(self) -> set[str]:
        """The rules that are; all of them could be asked."""
        verdict = self.probed()
        assert verdict.counts["could_not_look"] == 0, faults.told(verdict)
        return faults.rules_with(verdict, "broken")


@contextmanager
def registration_estate(template: NoopExecutor, folder: Path) -> Iterator[RegistrationEstate]:
    """A clone of the reference estate as it was before the registration; no Directus runs yet, nor when it ends."""
    with clone(template, "unregistered") as dsn:
        found = RegistrationEstate(folder, dsn)
        try:
            yield found
        finally:
            found.stop()

"""A staging estate of 24 rows, with three people's keys: what is compiled and rehearsed once serves every test.

A clone has the same name on the same server, so that a plan that was bound to one is bound to the next one too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from pytest_postgresql.executors import NoopExecutor

from compliance.cli import main
from compliance.estate import config, document
from compliance.estate.resources import resource
from compliance.executor import approvals, keys, plan
from compliance.executor.apply import Change
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.receipt import listed
from compliance.starting import ungated
from compliance.systems import Policies
from tests.conftest import clone
from tests.judging import CATALOG, MIGRATION_034

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compliance.executor.plan import Plan
    from compliance.systems.platform.execution import Execution

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = resource("fixtures/reference")
PASSWORD = "c0rrect-horse-8att3ry"  # planted in both DSNs, to be looked for in all that is said and written
PEOPLE = ("author", "alice", "bob")
RULES = """\
    staging:
      - {capability: execute, count: 1, by: [author, alice, bob]}
      - {capability: rollback, count: 1, by: [alice, bob]}
"""
ESTATE = """\
name: staging
kind: staging
systems: [command_catalog]
policy: policy
repository: repository
ledger: ledger
postgres: {dsn_env: ESTATE_DSN, writer_dsn_env: ESTATE_WRITER_DSN}
"""


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class Staging:
    """One folder with all that a person has: estate.yaml, policy, repository, keys, ledger and compiled plans."""

    def __init__(self, folder: Path, db: psycopg.Connection) -> None:
        db.autocommit = True
        self.folder, self.db = folder, db

    @property
    def migration(self) -> Path:
        return self.folder / "compiled" / "command_catalog" / "migration"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger" / "ledger.jsonl"

    def key(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    def do(self, statement: str) -> None:
        self.db.execute(statement.encode())

    def rows(self) -> int:
        found = self.db.execute(f"select count(*) from {CATALOG}".encode()).fetchone()
        assert found is not None
        return int(found[0])

    def content(self, table: str = CATALOG) -> list[str]:
        """Every row of a table, in every column."""
        return [row[0] for row in self.db.execute(f"select t::text from {table} t order by 1".encode())]

    def without_034(self) -> None:
        self.do(f"delete from {CATALOG} where command_name in {MIGRATION_034}")

    def kinds(self) -> list[str]:
        """What was decided and done, oldest first; without the notes that a look which followed found all kept."""
        kinds = [entry.kind for entry in Ledger(self.ledger.parent).entries()]
        return [kind for kind in kinds if kind != "verified"]

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def platform(self, old: str, new: str) -> None:
        self.edit("policy/platform.yaml", old, new)

    def run(self, *words: str) -> Said:
        """A command in this process, over this estate where it takes one; never may it say a secret."""
        place = [] if words[0] in ("plan", "keys") else ["--estate", str(self.folder / "estate.yaml")]
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words, *place])
        return self._checked(Said(code, out.getvalue(), err.getvalue()))

    def shell(self, *words: str) -> Said:
        """The same as a process of its own, in the folder, with relative names."""
        place = [] if words[0] in ("plan", "keys") else ["--estate", "estate.yaml"]
        done = subprocess.run(
            [sys.executable, "-m", "compliance.cli", *words, *place], cwd=self.folder, capture_output=True,
            text=True, check=False, timeout=120, env=dict(os.environ, PYTHONPATH=str(CHECKOUT)),
        )  # fmt: skip
        return self._checked(Said(done.returncode, done.stdout, done.stderr))

    def _checked(self, said: Said) -> Said:
        for secret in self.secrets():
            assert secret not in said.out + said.err
        assert "Traceback" not in said.err
        return said

    def secrets(self) -> list[str]:
        """The planted password, and what is secret of each private key."""
        return [PASSWORD, *(file.read_text().splitlines()[1] for file in self.folder.glob("*.pem"))]

    def apply(self, *words: str) -> Said:
        return self.run("apply", str(self.migration), *words)

    def approve(self, who: str, capability: str = "execute") -> Said:
        return self.run(
            "approve",
            str(self.migration),
            "--capability",
            capability,
            "--key",
            self.key(who),
            "--reason",
            "test",
        )

    def receipt(self) -> str:
        """The id of the last change that was applied."""
        return listed(Ledger(self.ledger.parent))[-1].id

    def applied(self) -> str:
        """Approve and apply; both ways are open then. Returns the receipt."""
        assert self.approve("alice").code == 0
        assert self.apply().code == 0
        assert self.approve("bob", "rollback").code == 0
        return self.receipt()

    # --- what a command line cannot give ---

    def other_plan(self, **changes: Callable[[str], str]) -> None:
        """In place of the plan one whose first step is another, as whoever writes plans could make it."""
        found = self.plan()
        step = found.steps[0]
        parts: dict[str, Any] = {name: change(getattr(step, name)) for name, change in changes.items()}
        compiled = replace(found.compiled, steps=(replace(step, **parts), *found.steps[1:]))
        plan.write(replace(found, compiled=compiled), self.migration, {})

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def plan(self) -> Plan:
        return plan.read(self.migration)

    @property
    def execution(self) -> Execution:
        found: Execution = Policies.load(config.load(self.folder / "estate.yaml"))["platform"].execution
        return found

    def approve_at(self, when: timedelta, *, not_before: timedelta = timedelta(0)) -> None:
        """An approval by alice for four hours, given at another time than now."""
        now = self.now + when
        approvals.approve(
            self.plan(), capability="execute", signer=keys.load(Path(self.key("alice"))), reason="test",
            expires="4h", now=now, not_before=now + not_before, execution=self.execution,
            ledger=Ledger(self.ledger.parent),
        )  # fmt: skip

    def change(self, **execution: Any) -> Change:
        """For the executor itself: this estate, of a kind that approves itself, with other rules."""
        estate = config.load(self.folder / "estate.yaml")
        rules = replace(self.execution, approvals={"reference": "self"}, **execution)
        return Change(replace(estate, kind="reference"), rules, Ledger(self.ledger.parent), self.now, ignore)


def lay_out(folder: Path) -> None:
    """Everything but what the program makes: keys, plans, ledger."""
    shutil.copytree(REFERENCE / "policy", folder / "policy")
    ungated(folder / "policy")
    shutil.copytree(REFERENCE / "repository", folder / "repository")
    (folder / "estate.yaml").write_text(ESTATE)


def name_people(staging: Staging, lines: list[str]) -> None:
    """Into policy, as the owner of the policy does it."""
    staging.platform("  keys: {}\n", "  keys:\n" + "".join(f"    {line.strip()}\n" for line in lines))
    staging.platform("    reference: self\n", f"    reference: self\n{RULES}")


class Copy(NoopExecutor):
    """Any database as a template: its copies have the name that the estate has."""

    def __init__(self, template: NoopExecutor, source: str) -> None:
        self.__dict__.update(template.__dict__, source=source)

    @property
    def template_dbname(self) -> str:
        return str(self.__dict__["source"])


_READ, _PARSED = document.read, dict[bytes, document.Document]()


def read_once(path: Path) -> document.Document:
    """The same bytes are parsed once a run: most of the time of a command in this process is YAML."""
    data = path.read_bytes() if path.is_file() else b""
    if data not in _PARSED:
        _PARSED[data] = _READ(path)
    return replace(_PARSED[data], path=path)


@contextmanager
def standing(template: NoopExecutor, folder: Path, database: str | None = None) -> Iterator[Staging]:
    """A folder with a clone behind it: of 24 rows, or a copy as it is."""
    with (
        clone(template, database) as dsn,
        psycopg.connect(dsn) as db,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(document, "read", read_once)
        point_at(patch, dsn)
        staging = Staging(folder, db)
        if not isinstance(template, Copy):
            staging.without_034()
        yield staging


def point_at(patch: pytest.MonkeyPatch, dsn: str) -> None:
    """The two roles of an estate, as a person exports them."""
    for name, role in (("ESTATE_DSN", "compliance_probe"), ("ESTATE_WRITER_DSN", "estate_owner")):
        patch.setenv(name, psycopg.conninfo.make_conninfo(dsn, user=role, password=PASSWORD))


def assert_no_secret_was_written(staging: Staging) -> None:
    secrets = [secret.encode() for secret in staging.secrets()]
    for path in staging.folder.rglob("*"):
        if path.is_file() and path.suffix != ".pem":
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path

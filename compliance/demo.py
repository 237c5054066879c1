"""`compliance demo`: a change of an estate, from its drift to its rollback, by the commands that a person would give.

The estate is a throw-away one, of kind staging, in a temporary folder: nothing else is touched, and nothing of it
stays. What is shown is what the commands print. Where one ends otherwise than told here, the demo ends with an error.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from ruamel.yaml import YAML

from compliance.cli import main
from compliance.core.errors import ComplianceError
from compliance.estate.embedded import throwaway
from compliance.estate.pgbin import bindir
from compliance.estate.reference_build import DATABASE, OWNER, PROBE, load
from compliance.estate.resources import resource
from compliance.executor import keys
from compliance.executor.ledger import Ledger
from compliance.executor.receipt import listed
from compliance.starting import ungated
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from compliance.estate.embedded import Server

ESTATE = """\
name: demo
kind: staging
systems: [command_catalog]
policy: policy
repository: repository
ledger: ledger
postgres: {dsn_env: ESTATE_DSN, writer_dsn_env: ESTATE_WRITER_DSN}
"""
EXECUTION = """\
keys:
  author: {{public: {author}, may: [execute, rollback]}}
  alice: {{public: {alice}, may: [execute, rollback]}}
  bob: {{public: {bob}, may: [execute, rollback]}}
approvals:
  staging:
    - {{capability: execute, count: 1, by: [alice, bob]}}
    - {{capability: rollback, count: 1, by: [alice, bob]}}
"""
PLAN = "reports/compiled/command_catalog/migration"
PEOPLE = ("author", "alice", "bob")


class Unexpected(ComplianceError):
    """The demo says one thing and the program does another."""

    exit_code = 1


def demo(_parsed: argparse.Namespace) -> int:
    """Play it from beginning to end."""
    with _stage():
        for scene in (_drift, _plan, _people, _refused, _applied, _taken_back):
            scene()
        _tell("That was all of it. The estate, its keys and its ledger are gone again.")
    return 0


def _drift() -> None:
    _tell("""An estate of kind staging, on a PostgreSQL of its own. Policy declares 26 commands; somebody takes two of
        them away.""")
    _psql("-X -f drift.sql")
    _tell("The gate is red. It says what is missing, and what else does not hold without it.")
    _compliance("audit --no-page --estate estate.yaml", ends=1)


def _plan() -> None:
    _tell("""The audit has compiled what would set this right: a migration of exactly this drift, with its way back,
        bound to this database and to the facts it rests on. This is what a person reads before saying yes.""")
    _compliance(f"plan show {PLAN}")


def _people() -> None:
    _tell("There are three people. Each has a key of their own, and hands out its public half.")
    for name in PEOPLE:
        _compliance(f"keys new {name}.pem")
    _tell("Whoever owns the policy names them in policy/platform.yaml, and says who must agree to what.")
    public = {name: keys.public_of(keys.load(Path(f"{name}.pem"))) for name in PEOPLE}
    rules = EXECUTION.format(**public)
    _write_rules(Path("policy/platform.yaml"), rules)
    write(textwrap.indent(f"execution:\n{textwrap.indent(rules, '  ')}", "    "))


def _refused() -> None:
    _tell("""The author rehearses it on the estate, in a transaction that is rolled back: it does what it says, changes
        nothing when it runs twice, and can be taken back. The key that signs this makes its owner the author.""")
    _compliance(f"rehearse {PLAN} --key author.pem --estate estate.yaml")
    _tell("But who wrote a plan does not let it in.")
    _compliance(f"apply {PLAN} --estate estate.yaml", ends=4)


def _applied() -> None:
    _tell("Alice reads it and signs: this plan, for this ledger, to be executed once, within the hour.")
    _approve(PLAN, "execute", "alice", "migration 034")
    _tell("""Now it is applied: one transaction, verified before it commits, and fenced against whatever else might
        change. Then the probes look again; were one not kept, the change would be taken back.""")
    _compliance(f"apply {PLAN} --estate estate.yaml")
    _tell("The gate is green.")
    _compliance("audit --no-page --estate estate.yaml")


def _taken_back() -> None:
    receipt = listed(Ledger(Path("ledger")))[-1].id
    _tell("The way back needs a yes of its own. It removes the rows that the receipt names, and no others.")
    _approve(receipt, "rollback", "bob", "to see it go")
    _compliance(f"rollback {receipt} --estate estate.yaml")
    _tell("The gate is red again, for the same reasons.")
    _compliance("audit --no-page --estate estate.yaml", ends=1)
    _tell("What happened stands in a ledger, in which each entry holds the hash of the one before.")
    _compliance("ledger show --estate estate.yaml")
    _compliance("ledger verify --estate estate.yaml")


# --- how it is played ------------------------------------------------------------------------------------------


def _tell(prose: str) -> None:
    write("\n" + textwrap.fill(" ".join(prose.split()), 98, initial_indent="# ", subsequent_indent="# "))


def _compliance(words: str, *, ends: int = 0) -> None:
    """A command as it was typed, with all that it prints, and its exit code where that is not 0."""
    write(f"$ compliance {words}")
    code = main(shlex.split(words))
    if code == 130:
        raise KeyboardInterrupt
    if code == 141:
        raise BrokenPipeError
    if code:
        write(f"# exit {code}")
    if code != ends:
        raise Unexpected(f"the demo expected `compliance {words}` to end with {ends}, not with {code}")


def _approve(what: str, capability: str, who: str, reason: str) -> None:
    how = f"--capability {capability} --key {who}.pem --reason '{reason}' --expires 1h"
    _compliance(f"approve {what} {how} --estate estate.yaml")


def _psql(words: str) -> None:
    write(f"$ psql {words}")
    done = subprocess.run(  # noqa: S603
        [bindir() / "psql", *shlex.split(words)], capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    write(done.stdout + done.stderr)
    if done.returncode:
        raise Unexpected(f"psql ended with {done.returncode}")


def _write_rules(path: Path, rules: str) -> None:
    yaml = YAML()
    policy = yaml.load(path)
    policy["execution"] |= yaml.load(rules)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(policy, file)


@contextmanager
def _stage() -> Iterator[None]:
    """A server and a folder of one's own, to be in while it lasts. What is said on standard error goes where the rest
    goes, so that both stay in the order in which they came."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="compliance-demo-")))
        server = stack.enter_context(throwaway())
        _lay_out(folder, server)
        stack.enter_context(chdir(folder))
        stack.enter_context(_environment(server))
        stack.enter_context(redirect_stderr(sys.stdout))
        yield


def _lay_out(folder: Path, server: Server) -> None:
    """The reference estate under other rules: it may not approve itself here."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    load(server.dsn(DATABASE))
    reference = resource("fixtures/reference")
    for name in ("policy", "repository"):
        shutil.copytree(reference / name, folder / name)
    ungated(folder / "policy")
    shutil.copy(reference / "drift.sql", folder)
    (folder / "estate.yaml").write_text(ESTATE, encoding="utf-8")


@contextmanager
def _environment(server: Server) -> Iterator[None]:
    """What a person would have exported, for the program and for psql."""
    given = {
        "ESTATE_DSN": server.dsn(DATABASE, PROBE), "ESTATE_WRITER_DSN": server.dsn(DATABASE, OWNER),
        "PGHOST": str(server.socket_dir), "PGPORT": str(server.port), "PGUSER": OWNER, "PGDATABASE": DATABASE,
    }  # fmt: skip
    before = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

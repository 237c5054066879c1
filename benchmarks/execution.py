"""Apply and rehearse a plan of 5,000 rows against psql running the same SQL.

Ours: the plan is read from its folder and checked, the estate is looked at before and after, every fact of the catalog
and every row is compared, intent and receipt are on disk. Theirs: psql runs `deploy.sql`, and for a rehearsal deploy,
verify, deploy and revert in one transaction that is rolled back. In turns, on one server; the table is emptied before
each.

    python benchmarks/execution.py [--rounds 5] [--rows 5000]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from _measure import medians, ratio, run

from compliance import audit
from compliance.estate import config, document
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.pgbin import bindir
from compliance.estate.reference_build import load
from compliance.estate.resources import resource
from compliance.executor import plan as plans
from compliance.executor.apply import Change, apply
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.ledger import Ledger
from compliance.executor.rehearse import rehearse
from compliance.probing import Run
from compliance.systems import Policies, system
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from compliance.estate.embedded import Server
    from compliance.executor.plan import Plan

AT_MOST = 2.0
TABLE = "public.dot_iu_command_catalog"
REFERENCE = resource("fixtures/reference")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5000)
    asked = parser.parse_args()
    with throwaway() as server, tempfile.TemporaryDirectory(prefix="compliance-bench-") as scratch:
        return report(Bench(server, Path(scratch), asked.rows), asked.rounds)


def report(bench: Bench, rounds: int) -> int:
    """Measure and print; 1 where a target is missed."""
    print(f"{bench.rows} rows to insert, medians of {rounds} in turns; psql runs the same SQL")
    missed = False
    for name, ours, theirs in (
        ("apply", bench.apply, partial(bench.psql, "deploy")),
        ("rehearse", bench.rehearse, partial(bench.psql, "rehearse")),
    ):
        mine, psql = medians(rounds, ours, theirs, before=bench.empty)
        print(f"  {name} {mine:.2f} s, psql {psql:.2f} s")
        missed |= ratio(name, mine / psql, AT_MOST)
    return int(missed)


class Bench:
    """An estate whose policy declares that many commands, of which its catalog holds none, and the plan for them."""

    def __init__(self, server: Server, folder: Path, rows: int) -> None:
        self.server, self.folder, self.rows = server, folder, rows
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("create database bench")
        load(server.dsn("bench"))
        self.estate = dataclasses.replace(
            config.load(REFERENCE / "estate.yaml"), policy=declared(folder / "policy", rows), embedded=False,
            dsn=server.dsn("bench", "compliance_probe"), writer=server.dsn("bench", "estate_owner"),
        )  # fmt: skip
        self.policies = Policies.load(self.estate)
        self.empty()
        self.ledgers = 0
        plan = self.plan()
        plans.write(plan, folder / "plan", {})
        scripts(plan, folder)

    def plan(self) -> Plan:
        """Without the gate, which judges 5,000 cases and is not what is measured here."""
        seen = observe(self.estate, self.policies.needs())
        facts = Facts("command_catalog", self.policies, seen)
        (plan,) = (p for p in system("command_catalog").compile(facts) if p.kind == "migration")
        return audit.plan_of(Run(self.estate, self.policies, seen), plan)

    def empty(self) -> None:
        with psycopg.connect(self.server.dsn("bench"), autocommit=True) as connection:
            connection.execute(f"truncate {TABLE}".encode())
            connection.execute(f"analyze {TABLE}".encode())

    def change(self) -> Change:
        """Each turn has a ledger of its own, so that none pays for what others wrote."""
        self.ledgers += 1
        execution = self.policies["platform"].execution
        ledger = Ledger(self.folder / f"ledger-{self.ledgers}")
        return Change(self.estate, execution, ledger, datetime.now(UTC), lambda _: None)

    def apply(self) -> None:
        change, plan = self.change(), plans.read(self.folder / "plan")
        rehearsed = {"result": "passed", "place": "estate"}
        remember_rehearsal(plan, rehearsed, signer=None, ledger=change.ledger, now=change.now)
        apply(change, plan, policy=plan.policy)
        self.expect(self.rows)

    def rehearse(self) -> None:
        plan = plans.read(self.folder / "plan")
        rehearse(self.change(), plan, "estate", policy=plan.policy)
        self.expect(0)

    def psql(self, name: str) -> None:
        address = ["-d", self.server.dsn("bench", "estate_owner"), "-f", str(self.folder / f"{name}.sql")]
        run([str(bindir() / "psql"), "-X", "-q", *address])
        self.expect(self.rows if name == "deploy" else 0)

    def expect(self, rows: int) -> None:
        """What changed something else than it should would be quick for the wrong reason."""
        with psycopg.connect(self.server.dsn("bench")) as connection:
            found = connection.execute(f"select count(*) from {TABLE}".encode()).fetchone()
        if found != (rows,):
            raise SystemExit(f"{found} rows, not {rows}")


def declared(folder: Path, rows: int) -> Path:
    """The reference policy with commands enough."""
    folder.mkdir()
    (folder / "platform.yaml").write_bytes((REFERENCE / "policy" / "platform.yaml").read_bytes())
    value = json.loads(json.dumps(document.read(REFERENCE / "policy" / "command_catalog.yaml").value))
    known = list(value["commands"].values())
    value["commands"] |= {
        f"dot_bench_{number:05}": known[number % len(known)] for number in range(len(known), rows)
    }
    (folder / "command_catalog.yaml").write_text(json.dumps(value))
    return folder


def scripts(plan: Plan, folder: Path) -> None:
    """`deploy.sql` as it was compiled, and the phases of a rehearsal in one transaction."""
    (folder / "deploy.sql").write_bytes(plan.files["deploy.sql"])
    (step,) = plan.steps
    head, *_ = plan.files["deploy.sql"].decode().partition(step.deploy)
    phases = (step.deploy, step.verify, step.deploy, step.revert)
    (folder / "rehearse.sql").write_text(head + "\n\n".join(phases) + "\n\nrollback;\n")


if __name__ == "__main__":
    sys.exit(main())

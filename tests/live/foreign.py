"""The foreign estate as a template to clone, and how a test judges an estate in its own process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance.estate import config
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from tests import quick
from tests.conftest import PostgresServer

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.verdict import Verdict
    from compliance.estate.config import Estate

PROBE = "Prüfer"


def load_foreign(*, host: str, port: int, user: str, dbname: str, password: str | None, **_: object) -> None:
    """`fixtures/foreign/sql/*.sql` in name order, as the superuser."""
    with psycopg.connect(PostgresServer(host, port, user, password).dsn(dbname)) as connection:
        for path in sorted(resource("fixtures/foreign/sql").glob("*.sql")):
            connection.execute(path.read_bytes())


def foreign_estate(dsn: str) -> Estate:
    """Its `estate.yaml`, but for the address, which an environment variable holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WASSERWERK_DSN", dsn)
        return config.load(resource("fixtures/foreign/estate.yaml"))


def reference_estate(dsn: str) -> Estate:
    return replace(config.load(resource("fixtures/reference/estate.yaml")), dsn=dsn, embedded=False)


def as_role(superuser: str, role: str) -> str:
    """The same address for another role."""
    return make_conninfo(superuser, user=role)


@dataclass(frozen=True)
class Judged:
    run: Run
    verdict: Verdict

    @property
    def broken(self) -> dict[str, set[str]]:
        """Subjects by rule of all cases that are neither kept nor not applicable."""
        found: dict[str, set[str]] = {}
        for case in self.verdict.cases:
            if case.outcome not in ("kept", "not_applicable"):
                found.setdefault(case.rule.id, set()).add(case.subject)
        return found


def judge(estate: Estate, folder: Path | None = None) -> Judged:
    """Look, and judge by all probes. `folder`: another policy folder than the estate's own."""
    found = replace(estate, policy=folder) if folder else estate
    policies = Policies.load(found)
    run = Run(found, policies, observe(found, policies.needs()))
    return Judged(run, quick.verdict(run))

"""What is compiled of the birth scan on the reference estate is what lies in `sql/compiled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from compliance.estate.resources import resource
from compliance.systems import birth_scan
from compliance.systems.protocol import Facts
from tests import faults
from tests.conftest import clone

if TYPE_CHECKING:
    from pytest_postgresql.executors import NoopExecutor


def test_the_seed_is_the_golden_one_and_there_is_nothing_to_migrate(reference_template: NoopExecutor) -> None:
    with clone(reference_template, "golden") as dsn:
        run = faults.looked_at(faults.estate_at(make_conninfo(dsn, user="compliance_probe")))
    seed, migration = birth_scan.compile(Facts("birth_scan", run.policies, run.observation))
    golden = resource("sql/compiled/birth_scan/seed")
    kept = {path.name: path.read_text(encoding="utf-8") for path in golden.iterdir()}
    assert seed.files() == kept, "`make golden` writes them again"
    assert migration.steps == ()

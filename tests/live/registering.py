"""A clone of the reference estate under a registration policy of a test's own, and what a person does with its plans.

Directus does not run beside it, so what a plan asks of it by requests is left out of what is applied.
"""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.plansql import check_step
from compliance.estate import document
from compliance.estate.observe import observe
from compliance.executor.apply import Change, apply
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.rehearse import rehearse
from compliance.executor.rollback import rollback
from compliance.probing import Run
from compliance.systems import Policies, iu_registration
from compliance.systems.iu_registration.prepare import prepare
from compliance.systems.protocol import Facts
from tests.conftest import clone
from tests.judging import look_estate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.change import Compiled
    from compliance.executor.plan import Plan
    from compliance.executor.rehearse import Rehearsed

SYSTEM = "iu_registration"
VIEW, ENVELOPE = "public.v_ui_iu_three_axis_envelope", "public.v_ui_iu_directus_registration_envelope"
NAME = VIEW.partition(".")[2]
SHADOW = f"directus_shadow.{NAME}"
FIELD = "public.directus_fields"
# Everything of the registration, as if it had never been.
UNREGISTERED = f"""
    delete from public.directus_access where policy = 'c50265f0-b994-5bc6-a30f-44596172c2ea';
    delete from public.directus_permissions where collection = '{NAME}';
    delete from public.directus_policies where id = 'c50265f0-b994-5bc6-a30f-44596172c2ea';
    delete from public.directus_fields where collection = '{NAME}';
    delete from public.directus_collections where collection = '{NAME}';
    drop schema directus_shadow cascade;
    revoke select on public.iu_unit, public.iu_unit_tag, public.iu_hierarchy from directus_app;
    drop view {ENVELOPE};
    drop view {VIEW};
"""


class Registration:
    """The clone, its policy, its ledger."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.folder = dsn, folder
        estate = look_estate()
        self.value = json.loads(json.dumps(document.read(estate.policy / f"{SYSTEM}.yaml").value))
        (folder / "policy").mkdir()
        (folder / "policy" / "platform.yaml").write_bytes((estate.policy / "platform.yaml").read_bytes())
        self.estate = dataclasses.replace(
            estate, policy=folder / "policy", systems=(SYSTEM,), ledger=folder / "ledger",
            dsn=make_conninfo(dsn, user="compliance_probe"), writer=make_conninfo(dsn, user="estate_owner"),
        )  # fmt: skip

    def do(self, *statements: str, role: str = "postgres") -> None:
        with psycopg.connect(make_conninfo(self.dsn, user=role), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str, role: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(make_conninfo(self.dsn, user=role)) as connection:
            return connection.execute(query.encode()).fetchall()

    def facts(self) -> Facts:
        """One look, under the policy as it is by now."""
        text = json.dumps(self.value, ensure_ascii=False)
        (self.estate.policy / f"{SYSTEM}.yaml").write_text(text, encoding="utf-8")
        policies = Policies.load(self.estate)
        return Facts(SYSTEM, policies, observe(self.estate, policies.needs()))

    def compiled(self) -> dict[str, Compiled]:
        """Seed and migration; what they say of themselves is true."""
        return {item.kind: self._checked(item) for item in iu_registration.compile(self.facts())}

    def prepared(self) -> Compiled | None:
        return next((self._checked(item) for item in prepare(self.facts())), None)

    def _checked(self, item: Compiled) -> Compiled:
        relations = Policies.load(self.estate).needs().relations
        for step in item.steps:
            check_step(step, relations)
        return item

    def rehearsed(self, item: Compiled) -> Rehearsed:
        return self._rehearsed(self._plan(item))

    def applied(self, item: Compiled) -> str:
        """Rehearsed, then applied; the receipt."""
        plan = self._plan(item)
        self._rehearsed(plan)
        receipt = apply(self._change(), plan, policy=plan.policy).receipt
        assert receipt is not None
        return receipt

    def _rehearsed(self, plan: Plan) -> Rehearsed:
        change = self._change()
        found = rehearse(change, plan, "estate", policy=plan.policy)
        remember_rehearsal(plan, found.as_json(), signer=None, ledger=change.ledger, now=change.now)
        return found

    def taken_back(self, receipt: str) -> None:
        rollback(self._change(), receipt)

    def state(self) -> str:
        """Digest of all that is looked at."""
        return self.facts().observation.digest

    def _plan(self, item: Compiled) -> Plan:
        facts = self.facts()
        run = Run(self.estate, Policies.load(self.estate), facts.observation)
        return audit.plan_of(run, dataclasses.replace(item, calls=()))

    def _change(self) -> Change:
        execution = Policies.load(self.estate)["platform"].execution
        return Change(self.estate, execution, Ledger(self.folder / "ledger"), datetime.now(UTC), ignore)


@contextmanager
def registration(
    template: NoopExecutor, folder: Path, *statements: str, policy: Callable[[Any], None] = lambda _: None
) -> Iterator[Registration]:
    """A clone, after these statements; `policy` changes what policy says."""
    with clone(template) as dsn:
        found = Registration(dsn, folder)
        found.do(*statements)
        policy(found.value)
        yield found


def widen(here: Registration) -> None:
    """The view gains a column."""
    definition = here.rows(f"select pg_get_viewdef('{VIEW}'::regclass)")[0][0]
    wider = definition.replace("u.updated_at", "u.updated_at, true as axis_a_is_new", 1)
    here.do(f"create or replace view {VIEW} as {wider}")

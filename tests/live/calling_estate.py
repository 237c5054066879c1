"""An estate with a real Directus and a real Agent Data, plans for it that are made by hand, and a process to kill."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import socket
import threading
import uuid
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from compliance.core.change import Call, Compiled, Step
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs, RowsNeed
from compliance.core.sqltext import literal
from compliance.estate.observe import observe
from compliance.executor import plan as plans
from compliance.executor import rehearse as rehearsing
from compliance.executor.apply import Applied, Change, apply
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.rollback import rollback
from compliance.systems import Policies
from tests.judging import look_estate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from compliance.estate.config import Estate, Service
    from compliance.executor.plan import Plan
    from compliance.executor.rehearse import Rehearsed
    from tests.live.directus_live import Live

FLOWS = RowsNeed(
    "flows", "public.directus_flows",
    ("id", "name", "status", "trigger", "accountability", "options", "operation", "description"),
)  # fmt: skip
OPERATIONS = RowsNeed(
    "operations", "public.directus_operations",
    ("id", "name", "key", "type", "flow", "resolve", "reject", "options", "position_x", "position_y"),
)  # fmt: skip
NEEDS = Needs(rows=(FLOWS, OPERATIONS))
RELOADS: frozenset[Any] = frozenset({"inserts", "reloads-runtime"})
_FORKS = multiprocessing.get_context("fork")


class Flow(NamedTuple):
    """One that answers a request with what its only operation says."""

    id: str
    operation: str

    @classmethod
    def new(cls) -> Flow:
        return cls(str(uuid.uuid4()), str(uuid.uuid4()))

    @property
    def keys(self) -> frozenset[FactKey]:
        return frozenset({FactKey("rows:flows", self.id), FactKey("rows:operations", self.operation)})

    def insert(self, said: str) -> Step:
        flow, operation = literal(self.id), literal(self.operation)
        options = literal('{"method": "GET", "return": "$last"}')
        deploy = f"""
            insert into public.directus_flows (id, name, status, trigger, accountability, options, operation)
            values ({flow}, 'answers', 'active', 'webhook', 'all', {options}, {operation}) on conflict do nothing;
            insert into public.directus_operations (id, name, key, type, position_x, position_y, options, flow)
            values ({operation}, 'Only', 'only', 'transform', 1, 1, {_options(said)}, {flow}) on conflict do nothing;
        """
        revert = f"""
            delete from public.directus_operations where id = {operation};
            delete from public.directus_flows where id = {flow};
        """
        verify = _verify(f"from public.directus_flows where id = {flow}")
        return Step("set up the flow", deploy, verify, revert, RELOADS, frozenset(), self.keys)

    def change(self, old: str, new: str) -> Step:
        def update(said: str) -> str:
            table = f"update public.directus_operations set options = {_options(said)}"
            return f"{table} where id = {literal(self.operation)};"

        there = f"from public.directus_operations where options::pg_catalog.text = {_options(new)}"
        hazards: frozenset[Any] = frozenset({"updates", "reloads-runtime"})
        return Step(
            "change what it says", update(new), _verify(there), update(old), hazards, frozenset(), self.keys
        )

    def answers(self, live: Live) -> str | None:
        """What the running process says, or None where it knows no such flow."""
        answer = live.ask("GET", f"/flows/trigger/{self.id}")
        return answer.json()["said"] if answer.status_code == 200 else None


def _options(said: str) -> str:
    return f"""'{{"json": {{"said": "{said}"}}}}'"""


def _verify(there: str) -> str:
    check = f"if not exists (select {there}) then raise 'verify: it is not there'; end if;"
    return f"do $verify$ begin {check} end $verify$;"


def move(old: str, new: str) -> Call:
    """As the registry sync compiles it."""
    return Call(
        f"move {old} to {new}", "agent_data", "POST", f"/documents/{old}/move", {"new_id": new},
        ("POST", f"/documents/{new}/move", {"new_id": old}), f"/documents/{new}", f"/documents/{old}",
    )  # fmt: skip


class Site:
    """An estate, its ledger, and what a person does with a plan. `dsn`: of its database, by role."""

    needs = NEEDS

    def __init__(self, dsn: Callable[[str], str], folder: Path, directus: Service | None = None) -> None:
        self.dsn = dsn
        self.estate: Estate = dataclasses.replace(
            look_estate(), dsn=dsn("compliance_probe"), writer=dsn("estate_owner"), ledger=folder / "ledger",
            unavailable={}, documents=None, agent_data=None, directus=directus,
        )  # fmt: skip
        self.policies = Policies.load(self.estate)

    def set_kill_switch(self, value: str) -> None:
        """As the operator does it: anything but its word for go stops every change."""
        with psycopg.connect(self.dsn("estate_owner")) as connection:
            query = "update public.dot_config set value = %s where key = 'policy.changes.enabled'"
            assert connection.execute(query, [value]).rowcount == 1

    def with_(self, **parts: Any) -> None:
        """The same estate, configured otherwise."""
        self.estate = dataclasses.replace(self.estate, **parts)

    @property
    def ledger(self) -> Ledger:
        assert self.estate.ledger is not None
        return Ledger(self.estate.ledger)

    def change(self, at: Callable[[str], None] = ignore) -> Change:
        return Change(self.estate, self.policies["platform"].execution, self.ledger, datetime.now(UTC), at)

    def plan(self, *steps: Step, calls: tuple[Call, ...] = ()) -> Plan:
        compiled = Compiled("platform", "migration", "made by hand", steps, calls)
        seen = observe(self.estate, self.needs)
        return plans.bind(
            compiled, seen, kind=self.estate.kind, policy=self.policies.digests["platform"], templates="t",
            needs=self.needs,
        )  # fmt: skip

    def rehearsed(self, plan: Plan) -> Rehearsed:
        found = rehearsing.rehearse(self.change(), plan, "estate", policy=plan.policy)
        remember_rehearsal(plan, found.as_json(), signer=None, ledger=self.ledger, now=datetime.now(UTC))
        return found

    def apply(self, plan: Plan, at: Callable[[str], None] = ignore, **more: bool) -> Applied:
        return apply(self.change(at), plan, policy=plan.policy, **more)

    def applied(self, *steps: Step, calls: tuple[Call, ...] = ()) -> Applied:
        """Planned, rehearsed and applied."""
        plan = self.plan(*steps, calls=calls)
        self.rehearsed(plan)
        return self.apply(plan)

    def rollback(self, receipt: str | None, at: Callable[[str], None] = ignore) -> Applied:
        assert receipt is not None
        return rollback(self.change(at), receipt)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.ledger.entries()]

    def called(self) -> dict[str, Any]:
        """What the last entry of its kind says."""
        return [entry.body for entry in self.ledger.entries() if entry.kind == "called"][-1]

    def killed(self, point: str, act: Callable[[Callable[[str], None]], object]) -> None:
        """Another process does it, and is killed with -9 when it has come to that point."""

        def at(said: str) -> None:
            if said == point:
                os.kill(os.getpid(), signal.SIGKILL)

        process = _FORKS.Process(target=act, args=(at,))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, (point, process.exitcode)


class Relay:
    """Hands everything on to another port, until it is cut."""

    def __init__(self, port: int) -> None:
        self.target, self.open = port, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if not self.open:
                return
            with socket.create_connection(("127.0.0.1", self.target)) as far:
                back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
                back.start()
                self._copy(near, far)
                back.join()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and self.open:
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(url: str) -> Iterator[Relay]:
    """A way to a service that a test can cut."""
    found = Relay(int(url.rpartition(":")[2]))
    try:
        yield found
    finally:
        found.listener.close()

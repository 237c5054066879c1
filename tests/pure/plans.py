"""A small plan, people with keys, and a policy that says what they may: made without an estate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from securesystemslib.signer import CryptoSigner

from compliance.core.change import Compiled, Step
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs, RowsNeed
from compliance.executor import approvals
from compliance.executor.keys import public_of
from compliance.executor.ledger import Ledger
from compliance.executor.plan import Plan, Target
from compliance.systems.platform.execution import CAPABILITIES, ApprovalRule, Execution, Key

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.executor.ledger import Entry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@cache
def signer(name: str) -> CryptoSigner:
    """Somebody's key, the same one throughout a run."""
    return CryptoSigner.generate_ed25519()


def step(title: str = "insert a row", *hazards: Any, deploy: str = "insert into t values ('ü');") -> Step:
    key = FactKey("rows:t", "a")
    return Step(
        title, deploy, "select 1;", "delete from t;",
        hazards=frozenset(hazards), reads=frozenset({FactKey("catalog.columns", "public.t")}),
        writes=frozenset({key}),
    )  # fmt: skip


def plan(*hazards: Any, kind: Any = "production", deploy: str = "insert into t values ('ü');") -> Plan:
    return Plan(
        compiled=Compiled("system", "migration", "a title", (step("insert a row", *hazards, deploy=deploy),)),
        estate="prod", estate_kind=kind, target=Target("7301", "db"), policy="p" * 64, templates="t" * 64,
        footprint="f" * 64, needs=Needs(rows=(RowsNeed("t", "public.t", ("k", "v"), ("k", ("a",))),)),
    )  # fmt: skip


class Bytes(NamedTuple):
    """What an approval is about, with nothing behind it: to change one thing at a time."""

    digest: str
    digests: dict[str, str]
    hazards: frozenset[str]
    target: Target
    estate: str
    estate_kind: str
    proposal: str = ""

    @classmethod
    def of(cls, made: Plan) -> Bytes:
        return cls(*(getattr(made, name) for name in cls._fields))


def key(name: str, *may: Any) -> Key:
    return Key(name, public_of(signer(name)), frozenset(may or CAPABILITIES))


def rule(
    *by: str, capability: Any = "execute", count: int = 1, hazards: Any = None, author_counts: bool = False
) -> ApprovalRule:
    return ApprovalRule(capability, hazards and frozenset(hazards), count, frozenset(by), author_counts)


def execution(*rules: ApprovalRule, kind: str = "production") -> Execution:
    """Four people who may do everything, and what asks for them."""
    keys = {name: key(name) for name in ("author", "alice", "bob", "carol")}
    return Execution(keys=keys, approvals={kind: rules})


@dataclass(frozen=True)
class World:
    """One plan in front of one ledger; by default alice may approve what somebody else rehearsed."""

    ledger: Ledger
    plan: Any
    execution: Execution

    @classmethod
    def at(cls, folder: Path, *rules: ApprovalRule) -> World:
        return cls(Ledger(folder), plan("inserts"), execution(*(rules or (rule("alice"),))))

    def but(self, **other: Any) -> World:
        return replace(self, **other)

    def rehearse(self, by: str | None = "author", result: str = "passed") -> Entry:
        who = signer(by) if by else None
        return approvals.remember_rehearsal(
            self.plan, {"result": result}, signer=who, ledger=self.ledger, now=NOW
        )

    def approve(self, by: str = "alice", capability: Any = "execute", **other: Any) -> Entry:
        given: dict[str, Any] = {"reason": "reviewed", "expires": "4h", "now": NOW} | other
        return approvals.approve(
            self.plan, capability=capability, signer=signer(by), execution=self.execution, ledger=self.ledger,
            **given,
        )  # fmt: skip

    def granted(self, capability: Any = "execute", *, now: datetime = NOW) -> approvals.Grant:
        return approvals.granted(self.plan, capability, execution=self.execution, ledger=self.ledger, now=now)

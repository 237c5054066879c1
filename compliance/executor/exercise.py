"""Call what has to be called to be seen; nothing of it stays, and what was answered becomes a section of the look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg

from compliance.core.change import Compiled, Step
from compliance.core.needs import Needs
from compliance.core.redact import text as redacted
from compliance.executor.apply import check_bound, check_target
from compliance.executor.approvals import granted
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compliance.core.change import Exercise
    from compliance.core.footprint import FactKey
    from compliance.executor.apply import Change
    from compliance.executor.ledger import Entry
    from compliance.executor.plan import Plan
    from compliance.executor.session import Session

Answer = tuple[str, str, list[list[Any]], str]


def compiled(system: str, exercises: Iterable[Exercise]) -> Compiled:
    """The calls as a plan, so that an approval can name exactly these."""
    none: frozenset[FactKey] = frozenset()
    steps = tuple(
        Step(
            item.name,
            item.sql,
            "",
            "",
            frozenset({"calls-writing-function"} if item.writing else ()),
            none,
            none,
        )
        for item in exercises
    )
    return Compiled(system, "exercise", f"make {len(steps)} call(s), of which nothing stays", steps)


def exercise(change: Change, plan: Plan, exercises: Iterable[Exercise], *, policy: str) -> Entry:
    """Make the calls, each in a transaction that is rolled back, and write down what they answered."""
    return performed(change, plan, lambda s: [_answer(change, s, item) for item in exercises], policy=policy)


def performed(change: Change, plan: Plan, act: Callable[[Session], list[Answer]], *, policy: str) -> Entry:
    """Do what is to be done to be seen, approved as a test call, and write down what was seen."""
    check_bound(change.estate, plan, policy)
    with (
        change.ledger.locked(),
        session(change.estate, Needs(), change.execution, f"exercise {plan.digest[:8]}") as s,
    ):
        grant = granted(plan, "test-call", execution=change.execution, ledger=change.ledger, now=change.now)
        check_target(s, plan)
        answers = act(s)
        return change.ledger.append(
            "exercise",
            {
                "change": "exercise",
                "system": plan.compiled.system,
                "plan": {"name": plan.name, "digest": plan.digest},
                "approvals": {"self": grant.self_approved, "by": list(grant.by), "nonces": list(grant.nonces)},
                "target": plan.target._asdict(),
                "answers": answers,
            },
            at_step=change.at,
        )


def _answer(change: Change, s: Session, item: Exercise) -> Answer:
    with s.transaction(keep=False):
        s.kill_switch(change.execution.kill_switch)
        change.at(f"calling: {item.name}")
        try:
            row = s.connection.execute(item.sql.encode()).fetchone()
        except psycopg.Error as error:
            return item.name, item.call, [], error.sqlstate or "the connection was lost"
    return item.name, item.call, kept(row[0] if row else None, item.keys, change.estate.redaction_key), ""


def kept(answer: Any, names: Iterable[str], key: bytes | None) -> list[list[Any]]:
    """Only what policy asks for, with secrets taken out: an answer may hold anything."""
    value = answer if isinstance(answer, dict) else {}
    return [[name, _plain(value[name], key)] for name in names if name in value]


def _plain(value: Any, key: bytes | None) -> Any:
    if isinstance(value, str):
        return redacted(value, key)
    return value if value is None or isinstance(value, bool | int) else json.dumps(value, sort_keys=True)

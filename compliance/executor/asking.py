"""Send requests to the server of the endpoints to see what they answer: `compliance exercise`, approved as a test call.

Unlike a call that is rolled back, what these write stays: the plan says so, and nothing is sent without an approval of
it (document 001, 2.G: a test call is not part of an execution).
"""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from compliance.core.asking import ANOTHER, ANSWERED, LEFT, TOKEN
from compliance.core.change import Compiled, Step
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.needs import Needs, split_name
from compliance.estate import nuxt_facts
from compliance.estate.web import Unanswered
from compliance.executor.apply import check_bound, check_target
from compliance.executor.approvals import granted
from compliance.executor.exercise import kept
from compliance.executor.session import session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.asking import Ask, Asking, Trace
    from compliance.core.change import Hazard
    from compliance.core.footprint import FactKey
    from compliance.estate.config import Service
    from compliance.executor.apply import Change
    from compliance.executor.exercise import Answer
    from compliance.executor.ledger import Entry
    from compliance.executor.plan import Plan
    from compliance.executor.session import Session

_READS: frozenset[Hazard] = frozenset({"calls-service"})
_WRITES: frozenset[Hazard] = frozenset({"calls-service", "inserts", "updates"})
_LONGER = 10.0  # than the endpoint itself gives its answer


def compiled(system: str, asking: Asking) -> Compiled:
    """The requests as a plan of comments, so that an approval can name exactly these."""
    writing = sum(ask.writes for ask in asking.requests)
    title = f"send {len(asking.requests)} request(s); {writing} of them writes, and what it writes stays"
    none: frozenset[FactKey] = frozenset()
    steps = tuple(
        Step(ask.name, _told(ask, asking), "", "", _WRITES if ask.writes else _READS, none, none)
        for ask in asking.requests
    )
    return Compiled(system, "exercise", title, steps)


def _told(ask: Ask, asking: Asking) -> str:
    sent = [f"{ask.method} {ask.path}", *([f"{ask.header[0]}: {ask.header[1]}"] if ask.header else [])]
    body = [json.dumps(ask.body, sort_keys=True)] if ask.body is not None else []
    warned = _warned(asking) if ask.writes else ()
    return "\n".join(f"-- {line}" for text in (*sent, *body, *warned) for line in text.splitlines())


def _warned(asking: Asking) -> tuple[str, str]:
    where = ", ".join(f"{column} = {value}" for column, value in asking.trace.where)
    return (
        f"THIS WRITES, and nothing takes it back: a row of {asking.trace.relation} ({where}), and",
        "whatever the function behind it records there",
    )


def exercise(change: Change, plan: Plan, asking: Asking, *, policy: str) -> Entry:
    """Send them one after another, and write down what they answered."""
    check_bound(change.estate, plan, policy)
    service = _service(change)
    with (
        change.ledger.locked(),
        session(change.estate, Needs(), change.execution, f"exercise {plan.digest[:8]}") as s,
    ):
        check_target(s, plan)
        with s.transaction(keep=False):
            s.kill_switch(change.execution.kill_switch)
        grant = granted(plan, "test-call", execution=change.execution, ledger=change.ledger, now=change.now)
        answers = list(_answers(change, s, service, asking))
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


def _service(change: Change) -> Service:
    found = change.estate.nuxt
    if found is None:
        raise ConfigurationError(
            f"estate '{change.estate.name}' does not say where its endpoints are",
            remedy="set nuxt (url, and token_env for the caller's token) in estate.yaml",
        )
    return found


def _answers(change: Change, s: Session, service: Service, asking: Asking) -> Iterator[Answer]:
    for ask in asking.requests:
        change.at(f"asking: {ask.name}")
        try:
            status, said = _sent(service, ask, asking.seconds + _LONGER)
        except Unanswered as error:
            yield ask.name, ask.version, [], error.message
            continue
        run = said.get(asking.trace.key)
        left = [] if run is None else [[LEFT, _left(s, asking.trace, str(run))]]
        known = kept(said, ask.keys, change.estate.redaction_key)
        yield ask.name, ask.version, [[ANSWERED, status], *known, *left], ""


def _sent(service: Service, ask: Ask, seconds: float) -> tuple[int, dict[str, Any]]:
    """The status, and the object of the answer; a page of HTML is none."""
    tokens = {TOKEN: service.token, ANOTHER: secrets.token_urlsafe(32)}
    headers = {name: _filled(value, tokens) for name, value in [ask.header or ("", "")] if name}
    with ExitStack() as stack:
        api = stack.enter_context(nuxt_facts.calling(service, headers, seconds))
        answer = api.ask(ask.method, ask.path, body=ask.body)
    try:
        said = answer.form.value
    except Unanswered:
        said = None
    return answer.status, said if isinstance(said, dict) else {}


def _filled(value: str, tokens: Mapping[str, str]) -> str:
    """What stands for a token, whichever it is, at the value's end."""
    mark = next((mark for mark in tokens if value.endswith(mark)), "")
    return value.removesuffix(mark) + tokens.get(mark, "")


def _left(s: Session, trace: Trace, run: str) -> int:
    """How many rows speak of it: by their whole content, since not every table has a column for it."""
    table = sql.Identifier(*split_name(trace.relation))
    conditions = [
        sql.SQL("t.{}::pg_catalog.text = {}").format(sql.Identifier(column), sql.Literal(value))
        for column, value in trace.where
    ]
    holds = sql.SQL("pg_catalog.strpos(pg_catalog.to_jsonb(t)::pg_catalog.text, {}) > 0").format(
        sql.Literal(run)
    )
    query = sql.SQL("select pg_catalog.count(*) from {} as t where {}")
    with s.transaction(keep=False):
        try:
            row = s.connection.execute(
                query.format(table, sql.SQL(" and ").join([*conditions, holds]))
            ).fetchone()
        except psycopg.Error as error:
            raise CouldNotLook(f"{trace.relation}: {error.sqlstate or 'the connection was lost'}") from None
    return int(row[0]) if row else 0

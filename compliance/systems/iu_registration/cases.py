"""S1 to S10 of the sandbox (document 002, section 7): what is called, and what has to come of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.sqltext import literal, name, relation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from compliance.systems.iu_registration.policy import Policy


class Case(NamedTuple):
    """`refusal`: by which of policy's refusals it has to end; else `wrong` says what is not as it has to be.

    `needs`: an earlier one without which it shows nothing: it has to have left what `ground` asks for.
    """

    calls: Callable[[Policy], tuple[str, ...]]
    keys: tuple[str, ...] = ()
    refusal: str = ""
    wrong: Callable[[Policy, Mapping[str, Any]], str] = lambda _policy, _said: ""
    writing: bool = True
    needs: str = ""
    ground: Callable[[Policy, Mapping[str, Any]], bool] = lambda _policy, _said: True


def _register(policy: Policy, **given: Any) -> str:
    box = policy.sandbox
    what = {"name": box.name, "dimension": box.dimension, "metric": box.metric, "actor": box.actor} | given
    # As texts without a type, so that each is of the type of its argument, whichever that is.
    values = ", ".join(literal(str(what[key])) for key in ("name", "dimension", "metric", "actor"))
    return f"select {relation(box.register)}({values});"


def _retire(policy: Policy, which: str) -> str:
    box = policy.sandbox
    return f"select {relation(box.retire)}({literal(which)}, {literal(box.actor)});"


def _row(policy: Policy, status: str = "status") -> str:
    """What the registry holds by now: a call may answer with anything."""
    box = policy.sandbox
    found = (
        f"'rows', pg_catalog.count(*), {literal(status)}, pg_catalog.min(t.{name(box.status)}::pg_catalog.text)"
    )
    where = f"t.{name(box.key)}::pg_catalog.text = {literal(box.name)}"
    return f"select pg_catalog.jsonb_build_object({found}) from {relation(box.relation)} as t where {where};"  # noqa: S608 - quoted


def _envelope(policy: Policy, key: str, column: str) -> str:
    found = f"{literal(key)}, pg_catalog.jsonb_agg(distinct e.{column})"
    return f"select pg_catalog.jsonb_build_object({found}) from {relation(policy.source.envelope)} as e;"  # noqa: S608 - quoted


def _became(status: str) -> Callable[[Policy, Mapping[str, Any]], str]:
    def wrong(policy: Policy, said: Mapping[str, Any]) -> str:
        return _otherwise(said, {"status": (getattr(policy.sandbox, status),)})

    return wrong


def _flipped(policy: Policy, said: Mapping[str, Any]) -> str:
    wanted = (policy.sandbox.registered,)
    return _otherwise(said, {"once": wanted, "status": wanted})


def _resurrected(policy: Policy, said: Mapping[str, Any]) -> str:
    return _otherwise(said, {"status": (policy.sandbox.planned, policy.sandbox.registered)})


def _there(_policy: Policy, said: Mapping[str, Any]) -> bool:
    return said.get("rows") == 1


def _gone(policy: Policy, said: Mapping[str, Any]) -> bool:
    return said.get("status") == policy.sandbox.retired


def _otherwise(said: Mapping[str, Any], wanted: Mapping[str, tuple[str, ...]]) -> str:
    if said.get("rows") != 1:
        return f"leaves {said.get('rows')} row(s) of its name, not one"
    wrong = [key for key, values in wanted.items() if said.get(key) not in values]
    return ", ".join(f"{key} is {said.get(key)!r}, not {' or '.join(wanted[key])}" for key in wrong)


def _lacking(
    key: str, declared: Callable[[Policy], Mapping[str, Any]]
) -> Callable[[Policy, Mapping[str, Any]], str]:
    def wrong(policy: Policy, said: Mapping[str, Any]) -> str:
        lacking = sorted(declared(policy).keys() - set(parsed(said.get(key)) or ()))
        return f"lacks {', '.join(lacking)}" if lacking else ""

    return wrong


_S1, _S6 = "S1 register new", "S6 retire, reversibly"
CASES: Mapping[str, Case] = {
    _S1: Case(lambda p: (_register(p), _row(p)), ("rows", "status"), wrong=_became("planned")),
    "S2 re-register flips the status, and again changes nothing": Case(
        lambda p: (_register(p), _row(p, "once"), _register(p), _row(p)), ("rows", "once", "status"), wrong=_flipped,
        needs=_S1, ground=_there,
    ),
    "S3 refuse re-dimension": Case(
        lambda p: (_register(p, dimension=p.sandbox.other_dimension),), refusal="dimension",
        needs=_S1, ground=_there,
    ),
    "S4 refuse an empty actor": Case(lambda p: (_register(p, name=p.sandbox.unknown, actor=""),), refusal="actor"),
    "S5 refuse the metric": Case(
        lambda p: (_register(p, name=p.sandbox.unknown, metric=p.sandbox.refused_metric),), refusal="metric"
    ),
    _S6: Case(
        lambda p: (_retire(p, p.sandbox.name), _row(p)), ("rows", "status"), wrong=_became("retired"),
        needs=_S1, ground=_there,
    ),
    "S7 re-register resurrects": Case(
        lambda p: (_register(p), _row(p)), ("rows", "status"), wrong=_resurrected, needs=_S6, ground=_gone
    ),
    "S8 the envelope has the fields": Case(
        lambda p: (_envelope(p, "fields", "field_name"),), ("fields",), writing=False,
        wrong=_lacking("fields", lambda p: p.source.fields),
    ),
    "S9 every axis group is covered": Case(
        lambda p: (_envelope(p, "groups", "axis_group"),), ("groups",), writing=False,
        wrong=_lacking("groups", lambda p: p.source.groups),
    ),
    "S10 refuse to retire an unknown one": Case(lambda p: (_retire(p, p.sandbox.unknown),), refusal="unknown"),
}  # fmt: skip


def parsed(value: Any) -> Any:
    """Objects and lists are kept as their text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value

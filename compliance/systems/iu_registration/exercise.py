"""S1 to S10 of the sandbox (document 002, section 7): the registry behind the registration, and the envelope view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical, sandboxing
from compliance.core.change import Exercise
from compliance.core.finding import Finding, Judgement, NotApplicable, Note, Unseen
from compliance.core.needs import split_name
from compliance.core.sandboxing import PROOF, Sandbox
from compliance.core.sqltext import literal, name, relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compliance.core import facts as seen
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_AGAIN = "`compliance exercise iu_registration`"
# Missing privilege and time-outs: nobody has seen what the function does.
_UNASKED = frozenset({"42501", "55P03", "57014"})


class _Case(NamedTuple):
    """`refusal`: by which of policy's refusals it has to end; else `wrong` says what is not as it has to be."""

    calls: Callable[[Policy], tuple[str, ...]]
    keys: tuple[str, ...] = ()
    refusal: str = ""
    wrong: Callable[[Policy, Mapping[str, Any]], str] = lambda _policy, _said: ""
    writing: bool = True


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
    return f"select pg_catalog.jsonb_build_object({found}) from {relation(box.relation)} as t where {where};"  # noqa: S608 - names and literals quoted


def _envelope(policy: Policy, key: str, column: str) -> str:
    found = f"{literal(key)}, pg_catalog.jsonb_agg(distinct e.{column})"
    return f"select pg_catalog.jsonb_build_object({found}) from {relation(policy.source.envelope)} as e;"  # noqa: S608 - likewise


def _became(status: str) -> Callable[[Policy, Mapping[str, Any]], str]:
    def wrong(policy: Policy, said: Mapping[str, Any]) -> str:
        return _otherwise(said, {"status": (getattr(policy.sandbox, status),)})

    return wrong


def _flipped(policy: Policy, said: Mapping[str, Any]) -> str:
    wanted = (policy.sandbox.registered,)
    return _otherwise(said, {"once": wanted, "status": wanted})


def _resurrected(policy: Policy, said: Mapping[str, Any]) -> str:
    return _otherwise(said, {"status": (policy.sandbox.planned, policy.sandbox.registered)})


def _otherwise(said: Mapping[str, Any], wanted: Mapping[str, tuple[str, ...]]) -> str:
    if said.get("rows") != 1:
        return f"leaves {said.get('rows')} row(s) of its name, not one"
    wrong = [key for key, values in wanted.items() if said.get(key) not in values]
    return ", ".join(f"{key} is {said.get(key)!r}, not {' or '.join(wanted[key])}" for key in wrong)


def _lacking(
    key: str, declared: Callable[[Policy], Mapping[str, Any]]
) -> Callable[[Policy, Mapping[str, Any]], str]:
    def wrong(policy: Policy, said: Mapping[str, Any]) -> str:
        lacking = sorted(declared(policy).keys() - set(_json(said.get(key)) or ()))
        return f"lacks {', '.join(lacking)}" if lacking else ""

    return wrong


_CASES: Mapping[str, _Case] = {
    "S1 register new": _Case(lambda p: (_register(p), _row(p)), ("rows", "status"), wrong=_became("planned")),
    "S2 re-register flips the status, and again changes nothing": _Case(
        lambda p: (_register(p), _row(p, "once"), _register(p), _row(p)), ("rows", "once", "status"), wrong=_flipped
    ),
    "S3 refuse re-dimension": _Case(
        lambda p: (_register(p, dimension=p.sandbox.other_dimension),), refusal="dimension"
    ),
    "S4 refuse an empty actor": _Case(lambda p: (_register(p, name=p.sandbox.unknown, actor=""),), refusal="actor"),
    "S5 refuse the metric": _Case(
        lambda p: (_register(p, name=p.sandbox.unknown, metric=p.sandbox.refused_metric),), refusal="metric"
    ),
    "S6 retire, reversibly": _Case(
        lambda p: (_retire(p, p.sandbox.name), _row(p)), ("rows", "status"), wrong=_became("retired")
    ),
    "S7 re-register resurrects": _Case(lambda p: (_register(p), _row(p)), ("rows", "status"), wrong=_resurrected),
    "S8 the envelope has the fields": _Case(
        lambda p: (_envelope(p, "fields", "field_name"),), ("fields",), writing=False,
        wrong=_lacking("fields", lambda p: p.source.fields),
    ),
    "S9 every axis group is covered": _Case(
        lambda p: (_envelope(p, "groups", "axis_group"),), ("groups",), writing=False,
        wrong=_lacking("groups", lambda p: p.source.groups),
    ),
    "S10 refuse to retire an unknown one": _Case(lambda p: (_retire(p, p.sandbox.unknown),), refusal="unknown"),
}  # fmt: skip
CASES = (*_CASES, PROOF)


def sandbox(facts: Facts) -> Sandbox:
    """What is called, bound to the functions and views as they are: what they were before says nothing of them."""
    policy: Policy = facts.policy
    version = _version(facts)
    refusals = policy.sandbox.refusals
    exercises = (
        Exercise(
            title,
            "\n".join(case.calls(policy)),
            case.keys,
            case.writing,
            refusals[case.refusal].sqlstate if case.refusal else "",
            version,
        )
        for title, case in _CASES.items()
    )
    box = policy.sandbox
    return Sandbox(tuple(exercises), box.relation, box.key, (box.name, box.unknown))


def _version(facts: Facts) -> str:
    """Of the two functions, of those that their texts name and those of triggers of the table, and of the two views."""
    policy: Policy = facts.policy
    box, source = policy.sandbox, policy.source
    called = {split_name(box.register), split_name(box.retire)}
    views = {split_name(source.view), split_name(source.envelope)}
    triggers = [t for t in facts.read("catalog.triggers") if (t.schema, t.relation) == split_name(box.relation)]
    functions, relations = facts.read("catalog.functions"), facts.read("catalog.relations")
    behind = {trigger.function for trigger in triggers}
    first = [f for f in functions if (f.schema, f.name) in called or f.signature in behind]
    sources = {body.signature: body.source for body in facts.read("catalog.bodies")}
    what = [
        sorted((f.signature, f.body_digest) for f in _named(first, functions, sources)),
        sorted((t.name, t.enabled, t.definition) for t in triggers),
        sorted((r.schema, r.name, r.definition) for r in relations if (r.schema, r.name) in views),
    ]  # fmt: skip
    return canonical.digest(canonical.dumps(what))


def _named(
    first: list[seen.Function], functions: tuple[seen.Function, ...], sources: Mapping[str, str]
) -> list[seen.Function]:
    """These, and whatever has a name that stands in their text: one too many is no harm."""
    found, signatures = list(first), {function.signature for function in first}
    for function in found:
        text = sources.get(function.signature, "")
        more = [f for f in functions if f.name in text and f.signature not in signatures]
        signatures |= {f.signature for f in more}
        found += more
    return found


def exercised_as_declared(facts: Facts) -> Iterator[Judgement]:
    """Each of the ten is as the document has it, and no row is durable."""
    policy: Policy = facts.policy
    made = {fact.name: fact for fact in facts.read("exercised:iu_registration")}
    box = sandbox(facts)
    calls = {item.name: item.call for item in box.exercises} | {PROOF: box.call}
    for title, call in calls.items():
        fact = made.get(title)
        if fact is None or fact.call != call:
            yield NotApplicable(
                title, f"nothing was seen of functions, views and policy as they are now: {_AGAIN}"
            )
        elif fact.error in _UNASKED:
            yield Unseen(title, f"nobody saw what it does: it ended with {fact.error}")
        elif title == PROOF:
            yield from _durable(policy, dict(fact.answer))
        elif why := _wrong(policy, _CASES[title], dict(fact.answer), fact.error):
            yield Finding(title, why)


def _wrong(policy: Policy, case: _Case, said: Mapping[str, Any], error: str) -> str:
    """A refusal is known by its SQLSTATE and its message: any error would do for a function that does not work."""
    if not case.refusal:
        return f"fails with {error}" if error else case.wrong(policy, said)
    refusal = policy.sandbox.refusals[case.refusal]
    message = str(said.get(sandboxing.MESSAGE, ""))
    if not error:
        return "is not refused"
    if not error.startswith(refusal.sqlstate):
        return f"fails with {error}, which is not the refusal that policy names: {refusal.sqlstate}"
    if refusal.message.lower() not in message.lower():
        return f"is refused for another reason: {message!r} does not speak of {refusal.message!r}"
    return ""


def _durable(policy: Policy, said: Mapping[str, Any]) -> Iterator[Judgement]:
    known = {key: _json(value) for key, value in said.items() if key != sandboxing.COMMIT}
    for key in (sandboxing.COMPARED, sandboxing.UNCOMPARED, sandboxing.SEQUENCES):
        yield Note(PROOF, key, known[key])
    findings = list(_left(policy, known, said[sandboxing.COMMIT]))
    yield from findings
    if not findings:
        for table in known[sandboxing.CHANGED]:
            why = f"{table} changed meanwhile, and nobody knows by whom: again when nobody writes it: {_AGAIN}"
            yield Unseen(PROOF, why)


def _left(policy: Policy, known: Mapping[str, Any], refused: str) -> Iterator[Finding]:
    """Rows that speak of it are its own. A function may write what policy says, as long as it does not stay."""
    for table, count in sorted(known[sandboxing.LEFT].items()):
        yield Finding(PROOF, f"{count} row(s) of {table} speak of the sandbox, and stayed", table)
    own = {".".join(split_name(table)) for table in (policy.sandbox.relation, *policy.sandbox.beside)}
    for table in known[sandboxing.WROTE]:
        if table not in own:
            yield Finding(PROOF, f"the functions write {table} too, which policy does not say", table)
    if refused:
        yield Finding(PROOF, f"COMMIT would have been refused with {refused}", sandboxing.COMMIT)


def _json(value: Any) -> Any:
    """Objects and lists are kept as their text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value

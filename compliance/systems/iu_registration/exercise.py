"""The sandbox of document 002, section 7, bound to what it calls, and judged by what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical, sandboxing
from compliance.core.change import Exercise
from compliance.core.finding import Finding, Judgement, NotApplicable, Note, Unseen
from compliance.core.needs import split_name
from compliance.core.sandboxing import PROOF, Sandbox
from compliance.systems.iu_registration.cases import CASES, Case, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core import facts as seen
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

_AGAIN = "`compliance exercise iu_registration`"
# Missing privilege and time-outs: nobody has seen what the function does.
_UNASKED = frozenset({"42501", "55P03", "57014"})

SUBJECTS = (*CASES, PROOF)


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
        for title, case in CASES.items()
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
    box = sandbox(facts)  # first: what is called has to be seen before anything is said of what it did
    made = {fact.name: fact for fact in facts.read("exercised:iu_registration")}
    calls = {item.name: item.call for item in box.exercises} | {PROOF: box.call}
    for title, call in calls.items():
        fact = made.get(title)
        if fact is None or fact.call != call:
            yield NotApplicable(
                title, f"nothing was seen of functions, views and policy as they are now: {_AGAIN}"
            )
        elif title == PROOF:
            yield from _durable(policy, dict(fact.answer))
        else:
            yield from _judged(policy, title, made)


def _judged(policy: Policy, title: str, made: Mapping[str, seen.Exercised]) -> Iterator[Judgement]:
    case, fact = CASES[title], made[title]
    earlier = made.get(case.needs)
    if fact.error in _UNASKED:
        yield Unseen(title, f"nobody saw what it does: it ended with {fact.error}")
    elif case.needs and (earlier is None or earlier.error or not case.ground(policy, dict(earlier.answer))):
        yield Unseen(title, f"it shows nothing, since it needs what {case.needs!r} did not leave")
    elif why := _wrong(policy, case, dict(fact.answer), fact.error):
        yield Finding(title, why)


def _wrong(policy: Policy, case: Case, said: Mapping[str, Any], error: str) -> str:
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
    known = {key: parsed(value) for key, value in said.items() if key != sandboxing.COMMIT}
    for key in (sandboxing.COMPARED, sandboxing.UNCOMPARED, sandboxing.SEQUENCES):
        yield Note(PROOF, key, known[key])
    findings = list(_left(policy, known, said[sandboxing.COMMIT]))
    yield from findings
    if not findings:
        yield from (Unseen(PROOF, why) for why in _unknown(known))


def _unknown(known: Mapping[str, Any]) -> Iterator[str]:
    if sandboxing.OBJECTS not in known:
        yield f"objects of the catalog and roles were not compared: {_AGAIN}"
    for table in known[sandboxing.CHANGED]:
        yield f"{table} changed meanwhile, and nobody knows by whom: again when nobody writes it: {_AGAIN}"
    for table in sorted(known[sandboxing.UNCOMPARED].keys() & set(known[sandboxing.WROTE])):
        yield f"{table} is written, and could not be compared: {known[sandboxing.UNCOMPARED][table]}"


def _left(policy: Policy, known: Mapping[str, Any], refused: str) -> Iterator[Finding]:
    """Rows that speak of it are its own. A function may write what policy says, as long as it does not stay."""
    for table, count in sorted(known[sandboxing.LEFT].items()):
        yield Finding(PROOF, f"{count} row(s) of {table} speak of the sandbox, and stayed", table)
    for name in known.get(sandboxing.OBJECTS, ()):
        yield Finding(PROOF, f"{name} changed while the calls were made, and stayed so", name)
    own = {".".join(split_name(table)) for table in (policy.sandbox.relation, *policy.sandbox.beside)}
    for table in known[sandboxing.WROTE]:
        if table not in own:
            yield Finding(PROOF, f"the functions write {table} too, which policy does not say", table)
    if refused:
        yield Finding(PROOF, f"COMMIT would have been refused with {refused}", sandboxing.COMMIT)

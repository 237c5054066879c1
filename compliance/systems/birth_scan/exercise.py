"""What the endpoint answers: document 001, 2.G, step 6. A call of it writes, so it has an approval of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.asking import ANOTHER, ANSWERED, LEFT, TOKEN, Ask, Asking, Trace
from compliance.core.finding import Finding, Judgement, NotApplicable
from compliance.systems.birth_scan.drift import switches
from compliance.systems.birth_scan.endpoint import mine
from compliance.systems.birth_scan.rows import BOOLEANS
from compliance.systems.birth_scan.shape import columns_of
from compliance.systems.birth_scan.vocabularies import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

GET, NOBODY, STRANGER, CALLER = (
    "a GET", "a call without a token", "a call with another token", "a call by who may",
)  # fmt: skip
_AGAIN = "`compliance exercise birth_scan`"
_REFUSED, _NO_SUCH_METHOD = 401, 405
# What a server of screens answers, and one that knows no such route: neither has scanned.
_NO_SCAN = (200, 404, _NO_SUCH_METHOD)
DISABLED = "disabled"


def asked(policy: Policy) -> list[str]:
    """The names of the requests: where nobody has to show who he is, nobody is refused."""
    required = policy.auth is not None and policy.auth.required
    return [GET, *([NOBODY, STRANGER] if required else []), CALLER]


def asking(facts: Facts) -> Asking:
    """What is sent, bound to what the file and the kill switch are now: what they were before says nothing of it."""
    policy: Policy = facts.policy
    requests = tuple(_ask(facts, name) for name in asked(policy))
    columns = mapped(policy.issues, columns_of(facts, policy.issues.relation))
    where = tuple(mine(policy, columns).items())
    return Asking(requests, Trace(policy.issues.relation, where, policy.result.run_id), policy.endpoint.seconds)


def _ask(facts: Facts, name: str) -> Ask:
    policy: Policy = facts.policy
    result, method = policy.result, "GET" if name == GET else "POST"
    keys = (result.status, result.run_id, *result.counts, result.by_kind, result.missing)
    body = None if name == GET else {"flow": policy.flow.id}
    ask = Ask(name, method, policy.endpoint.path, _header(policy, name), body, keys, name == CALLER, "")
    (file,) = facts.read(f"file:{policy.endpoint.file}")
    content = [*ask, file.text, _switch(facts), policy.issues.relation]
    return ask._replace(version=canonical.digest(canonical.dumps(content)))


def _header(policy: Policy, name: str) -> tuple[str, str] | None:
    auth = policy.auth
    if auth is None or not auth.required or name in (GET, NOBODY):
        return None
    scheme = "Bearer " if auth.header.lower() == "authorization" else ""
    return (auth.header, f"{scheme}{TOKEN}" if name == CALLER else f"{scheme}{ANOTHER}")


def _switch(facts: Facts) -> str:
    """`true`, `false`, or what is neither."""
    found = switches(facts)
    return found[0] if len(found) == 1 and found[0] in BOOLEANS else "neither"


def exercised_as_declared(facts: Facts) -> Iterator[Judgement]:
    """Who may is answered with a scan and leaves one summary; who may not is refused; a GET scans nothing.

    With the kill switch off nobody is scanned for, and is told so.
    """
    seen = {fact.name: fact for fact in facts.read("exercised:birth_scan")}
    switch = _switch(facts)
    for ask in asking(facts).requests:
        fact = seen.get(ask.name)
        if fact is None or fact.call != ask.version:
            why = f"nothing was seen of endpoint, policy and kill switch as they are now: {_AGAIN}"
            yield NotApplicable(ask.name, why)
        elif fact.error:
            yield Finding(ask.name, f"there was no answer: {fact.error}", "error")
        else:
            why = _wrong(facts.policy, ask.name, dict(fact.answer), switch)
            if why:
                yield Finding(ask.name, why)


def _wrong(policy: Policy, name: str, said: Mapping[str, Any], switch: str) -> str:
    """What is not as it has to be, or nothing."""
    status, result = said.get(ANSWERED), said.get(policy.result.status)
    if name == GET:
        scanned = policy.result.run_id in said or status not in _NO_SCAN
        return f"is answered with {_told(said, policy)}, where nothing may be scanned" if scanned else ""
    if switch == "false":
        off = status == 200 and result == DISABLED and policy.result.run_id not in said
        return "" if off else f"is answered with {_told(said, policy)} though the kill switch is off"
    if name != CALLER:
        return "" if status == _REFUSED else f"is answered with {_told(said, policy)}, not refused with 401"
    if status != 200 or result not in (policy.result.complete, policy.result.dependency_fail):
        return f"is answered with {_told(said, policy)}"
    return _invalid(policy, said) or _unrecorded(policy, said)


def _told(said: Mapping[str, Any], policy: Policy) -> str:
    result = said.get(policy.result.status)
    return f"{said.get(ANSWERED)}" + (f" {result}" if isinstance(result, str) else "")


def _invalid(policy: Policy, said: Mapping[str, Any]) -> str:
    """Is the result what policy says that one is?"""
    result = policy.result
    if not said.get(result.run_id):
        return f"is answered without {result.run_id}"
    if said[result.status] == result.dependency_fail:
        missing = _json(said.get(result.missing))
        return "" if isinstance(missing, list) else f"says {result.dependency_fail}, and not what is missing"
    wrong = [name for name in result.counts if type(said.get(name)) is not int or said[name] < 0]
    kinds = _json(said.get(result.by_kind))
    if not isinstance(kinds, dict) or any(type(count) is not int for count in kinds.values()):
        wrong.append(result.by_kind)
    return f"is answered without a count in {', '.join(wrong)}" if wrong else ""


def _unrecorded(policy: Policy, said: Mapping[str, Any]) -> str:
    left = said.get(LEFT)
    return "" if left == 1 else f"left {left} summary row(s) in {policy.issues.relation}, not one"


def _json(value: Any) -> Any:
    """Objects and lists are kept as their text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None

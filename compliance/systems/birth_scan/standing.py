"""Is it as declared? The rows, the kill switch, and the route that the flow calls (document 001, 2.B, 2.G and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.change import Differs, Missing, Undeclared
from compliance.core.finding import Finding, Judgement, NotApplicable, Note
from compliance.systems.birth_scan.drift import drift, switches
from compliance.systems.birth_scan.rows import BOOLEANS, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

_ANOTHER_METHOD, _NONE = 405, 404


def rows_equal_policy(facts: Facts) -> Iterator[Judgement]:
    """Drift, said aloud: what the compiler would repair, and what it would not remove."""
    for found in drift(facts):
        match found:
            case Missing(subject):
                yield Finding(subject, "is declared and not there", "missing")
            case Undeclared(subject):
                yield Finding(subject, "is there and not declared", "undeclared")
            case Differs(subject, facet, declared, observed):
                yield Finding(subject, f"{facet} is {_shown(observed)}, declared is {_shown(declared)}", facet)


def _shown(value: Any) -> str:
    text = spelled(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def kill_switch_is_boolean(facts: Facts) -> Iterator[Judgement]:
    """There once, and on or off: the endpoint takes anything else for an error. Off is a decision, and no finding."""
    policy: Policy = facts.policy
    key = policy.config.enabled
    found = switches(facts)
    if not found:
        yield Finding(key, f"{policy.config.relation} has no such key, so no call does anything", "missing")
    elif len(found) > 1:
        yield Finding(key, f"it stands {len(found)} times in {policy.config.relation}", "repeated")
    elif found[0] not in BOOLEANS:
        yield Finding(key, f"it is {_shown(found[0])}, which is neither true nor false", "value")
    else:
        yield Note(key, "kill switch", {"true": "on", "false": "off"}[found[0]])


def route_is_there(facts: Facts) -> Iterator[Judgement]:
    """A GET tells whether it has the route: 405 of Nitro; of a server of screens the same as of any path."""
    path = facts.policy.endpoint.path
    found = [route for route in facts.read("nuxt.route") if route.path == path]
    for route in found:
        if route.status == _NONE:
            yield Finding(path, "the running server answers 404: it was built without this route", "missing")
        elif route.status not in (_ANOTHER_METHOD, route.elsewhere):
            yield Finding(path, f"a GET is answered with {route.status}: something else stands there", "method")
        elif route.status == route.elsewhere:
            why = f"it answers {route.status} to a GET of anything; `compliance exercise birth_scan` calls the route"
            yield NotApplicable(path, why)

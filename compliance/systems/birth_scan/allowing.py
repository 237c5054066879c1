"""Question 4: which variables of the environment flows may use, as it is written down and as it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core import compose
from compliance.core.compose import ALLOW_LIST
from compliance.core.errors import CouldNotLook
from compliance.systems.birth_scan.answering import Answer, Evidence, Open, findings, unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.finding import Judgement
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts


class Allowed(NamedTuple):
    """The names, and what Directus is given: None where a value is left to whoever starts it."""

    names: frozenset[str]
    given: Mapping[str, str | None]


def allowing(facts: Facts) -> Answer[Allowed]:
    """Of the compose file, and of what runs where that is known; where both are and differ, neither is the answer."""
    policy: Policy = facts.policy
    place, url = policy.environment, policy.endpoint.url_env
    needed = f"the service of Directus in {place.file}, under environment.directus"
    try:
        given, live, both = directus(facts), running(facts), known(facts)
    except compose.Missing as missing:
        return unanswered(4, [Open("missing", missing.message, needed)])
    sides = [(f"file:{path}", names) for path, names in _lists(facts, given, live)]
    evidence = tuple(Evidence(section, _told(names)) for section, names in sides)
    names = sides[-1][1]
    reasons = list(_differing(sides))
    if url not in names and not reasons:
        reasons.append(
            Open(url, f"{ALLOW_LIST} holds {_told(names)}", f"{url}, the address of the server, in it")
        )
    elif both.get(url, "") == "":
        reasons.append(
            Open(f"{url}-value", f"{url} has no value", f"{url} in the environment of {place.directus}")
        )
    if reasons:
        return unanswered(4, reasons, evidence)
    return Answer(4, f"flows may use {_told(names)}", Allowed(names, both), evidence)


def directus(facts: Facts) -> Mapping[str, str | None]:
    """What the compose file gives to Directus."""
    place = facts.policy.environment
    (file,) = facts.read(f"file:{place.file}")
    return compose.variables(file.text, place.file, place.directus)


def known(facts: Facts) -> Mapping[str, str | None]:
    """Of both: what runs counts where the file leaves a value open; more may stand in a file that nobody looked at."""
    given = directus(facts)
    both = {**given, **running(facts)}
    return compose.Partly(both) if isinstance(given, compose.Partly) else both


def running(facts: Facts) -> Mapping[str, str]:
    """What Directus runs with, where somebody writes it down; nothing where policy names no such file."""
    path = facts.policy.environment.running
    if path is None:
        return {}
    (file,) = facts.read(f"file:{path}")
    return compose.running(file.text, path)


def _lists(
    facts: Facts, given: Mapping[str, str | None], live: Mapping[str, str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """The list of each side. One that a file leaves open is known only where it runs."""
    place = facts.policy.environment
    try:
        yield place.file, compose.allowed(given, place.file)
    except CouldNotLook:
        if ALLOW_LIST not in live:
            raise
    if place.running is not None:
        yield place.running, compose.allowed(live, place.running)


def _differing(sides: list[tuple[str, frozenset[str]]]) -> Iterator[Open]:
    if len({names for _, names in sides}) > 1:
        told = "; ".join(f"{section.partition(':')[2]} says {_told(names)}" for section, names in sides)
        yield Open(
            "differs", f"two lists: {told}", "a restart of Directus with what is written, or the file corrected"
        )


def _told(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"


def the_list_is_known(facts: Facts) -> Iterator[Judgement]:
    """Question 4 has an answer, and it holds the address that the flow will name."""
    yield from findings("directus", allowing(facts))

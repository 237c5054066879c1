"""Where flows send requests, and which variables of the environment they name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.addresses import denied, refusal
from compliance.core.compose import ALLOW_LIST, Missing
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.symbols import Symbol, flat
from compliance.systems.registry_sync import environment
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.addresses import Denied
    from compliance.core.contexts import Context
    from compliance.core.flows import Step
    from compliance.systems.protocol import Facts

_WITH_HOST = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]+[/?#]")
# What decides the host: a known one, or a variable of the environment that is followed by a path.
_HEAD = re.compile(r"https?://[^/?#{\\]+(?=/)|\{\{\$env\.\w+\}\}(?=/[^/])")


def names_are_allowed(facts: Facts) -> Iterator[Judgement]:
    """A name that FLOWS_ENV_ALLOW_LIST does not hold is rendered as `undefined`."""
    found = analysis(facts)
    named = found.environment()
    if not named:
        return
    try:
        listed, why = environment.allowed(facts), f"{ALLOW_LIST} does not hold it"
    except Missing as missing:
        listed, why = frozenset(), missing.message
    # The keys of JSON have another order where they were recorded.
    for flow, name in sorted(pair for pair in named if pair[1] not in listed):
        yield Finding(found.subject(flow), f"names {{{{$env.{name}}}}}: {why}", name)


def the_service_is_not_denied(facts: Facts) -> Iterator[Judgement]:
    """What the declared flows will send to, whether they are there already or not."""
    try:
        given = environment.variables(facts)
    except Missing as missing:
        raise CouldNotLook(missing.message, remedy=missing.remedy) from None
    name, place = facts.policy.service.url_env, _Place("directus", facts.policy.service.url_env)
    if name not in given:
        yield Finding("directus", f"{name} has no value in {facts.policy.environment.file}", name)
        return
    judged = _allowed(given[name] or "", _denied(facts, given), place) if given[name] is not None else None
    if judged is not None:
        yield judged
    elif given[name] is None:
        yield place.unseen("it is left to whoever starts Directus")


def addresses_are_not_denied(facts: Facts) -> Iterator[Judgement]:
    """Directus refuses to send to an address of its list; by default to every address of its own machine."""
    found = analysis(facts)
    requests = list(found.requests())
    if not requests:
        return
    judge, said = _Judge(facts), set[Judgement]()
    for context, step in requests:
        subject, key = found.subject(context.flow.id), step.operation.key or step.operation.id
        judged = judge(context, step, _Place(subject, key))
        if judged is not None and judged not in said:
            said.add(judged)
            yield judged


class _Place(NamedTuple):
    """The operation that a judgement is about, or the variable."""

    subject: str
    key: str

    def denied(self, why: str) -> Judgement:
        return Finding(self.subject, f"{self.key}: {why}", self.key)

    def unseen(self, why: str) -> Judgement:
        return Unseen(self.subject, f"{self.key}: {why}")

    def unknown(self, why: str) -> Judgement:
        return NotApplicable(self.subject, f"{self.key}: {why}")


class _Judge:
    """What is said of requests. Many go to one host, which is judged once where it may be sent to."""

    def __init__(self, facts: Facts) -> None:
        try:
            self.given = environment.variables(facts)
        except Missing as missing:
            raise CouldNotLook(missing.message, remedy=missing.remedy) from None
        self.denied = _denied(facts, self.given)
        self._right: set[str] = set()

    def __call__(self, context: Context, step: Step, place: _Place) -> Judgement | None:
        url = step.operation.option("url")
        head = _HEAD.match(url) if isinstance(url, str) else None
        if head is not None and head[0] in self._right:
            return None
        judged = self._judged(context, step, place)
        if judged is None and head is not None:
            self._right.add(head[0])
        return judged

    def _judged(self, context: Context, step: Step, place: _Place) -> Judgement | None:
        text, ends_at = _filled(context, step, self.given)
        if ends_at is not None and not _WITH_HOST.match(text):
            if ends_at.kind == "env" and ends_at.of in self.given:
                return place.unseen(f"the address is in {ends_at.of}, which is left to whoever starts Directus")
            return place.unknown(f"the address is known only when it runs: {ends_at}")
        return _allowed(text, self.denied, place)


def _allowed(text: str, denied: Denied, place: _Place) -> Judgement | None:
    """Of an address whose host is known."""
    found = refusal(text, denied)
    if found is None:
        return None
    return place.denied(found.why) if found.kind == "denied" else place.unseen(found.why)


def _denied(facts: Facts, given: Mapping[str, str | None]) -> Denied:
    return denied(given, facts.policy.environment.service)


def _filled(context: Context, step: Step, given: Mapping[str, str | None]) -> tuple[str, Symbol | None]:
    """The address as far as it is known, and what it ends at."""
    text = ""
    for part in flat(context.render(step, step.operation.option("url"))):
        known = part if isinstance(part, str) else given.get(part.of) if part.kind == "env" else None
        if known is None:
            return text, part if isinstance(part, Symbol) else None
        text += known
    return text, None

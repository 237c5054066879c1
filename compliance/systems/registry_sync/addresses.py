"""Where flows send requests, and which variables of the environment they name."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, NotApplicable, Unseen
from compliance.core.symbols import Symbol, flat
from compliance.systems.registry_sync import environment
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.contexts import Context
    from compliance.core.flows import Step
    from compliance.systems.protocol import Facts

DENY_LIST = "IMPORT_IP_DENY_LIST"
_DEFAULT = "0.0.0.0,169.254.169.254"
_EVERY_LOCAL = "0.0.0.0"  # noqa: S104
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_WITH_HOST = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]+[/?#]")
# What decides the host: a known one, or a variable of the environment that is followed by a path.
_HEAD = re.compile(r"https?://[^/?#{\\]+(?=/)|\{\{\$env\.\w+\}\}(?=/[^/])")
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Span: TypeAlias = tuple[_Address, _Address]


def names_are_allowed(facts: Facts) -> Iterator[Judgement]:
    """A name that FLOWS_ENV_ALLOW_LIST does not hold is rendered as `undefined`."""
    found = analysis(facts)
    named = found.environment()
    if not named:
        return
    try:
        listed, why = environment.allowed(facts), f"{environment.ALLOW_LIST} does not hold it"
    except environment.Missing as missing:
        listed, why = frozenset(), missing.message
    for flow, name in named:
        if name not in listed:
            yield Finding(found.subject(flow), f"names {{{{$env.{name}}}}}: {why}", name)


def the_service_is_not_denied(facts: Facts) -> Iterator[Judgement]:
    """What the declared flows will send to, whether they are there already or not."""
    try:
        given = environment.variables(facts)
    except environment.Missing as missing:
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


class Denied(NamedTuple):
    """What IMPORT_IP_DENY_LIST holds. `own`: names of the machine itself."""

    spans: tuple[_Span, ...]
    own: frozenset[str]
    invalid: str | None

    def address(self, found: _Address) -> bool:
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return any(
            low.version == one.version and low <= one <= high  # type: ignore[operator]
            for one in (found, mapped)
            if one is not None
            for low, high in self.spans
        )

    @property
    def private(self) -> bool:
        """Does it hold addresses that the containers beside it may have?"""
        return any(
            low.version == net.version and low <= net[-1] and high >= net[0]  # type: ignore[operator]
            for low, high in self.spans
            for net in _PRIVATE
        )


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
        except environment.Missing as missing:
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
    host = _host(text)
    if host is None:
        return place.denied(f"no address that a request can go to: {_shown(text)}")
    if denied.invalid is not None:
        return place.denied(
            f"{DENY_LIST} holds '{denied.invalid}', which cannot be read: every address is denied"
        )
    address = _numeric(host)
    if address is not None:
        wrong = denied.address(address)
        return place.denied(f"{host} is an address that {DENY_LIST} denies") if wrong else None
    if host in denied.own or host.endswith(".localhost"):
        wrong = any(denied.address(ipaddress.ip_address(local)) for local in ("127.0.0.1", "::1"))
        return place.denied(f"{host} is this machine itself, which {DENY_LIST} denies") if wrong else None
    if denied.private:
        return place.unseen(f"what address {host} has is not known here, and {DENY_LIST} holds private ones")
    return None


def _filled(context: Context, step: Step, given: Mapping[str, str | None]) -> tuple[str, Symbol | None]:
    """The address as far as it is known, and what it ends at."""
    text = ""
    for part in flat(context.render(step, step.operation.option("url"))):
        known = part if isinstance(part, str) else given.get(part.of) if part.kind == "env" else None
        if known is None:
            return text, part if isinstance(part, Symbol) else None
        text += known
    return text, None


def _host(text: str) -> str | None:
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname
    except ValueError:
        return None
    return host.rstrip(".").lower() if parts.scheme in ("http", "https") and host else None


def _shown(text: str) -> str:
    """Without what may be a secret: the beginning of the address, and not that where somebody's name is in it."""
    head = re.split(r"[?#]", text, maxsplit=1)[0]
    return "(an address with a user in it)" if "@" in text else head[:80] or "(nothing)"


def _numeric(host: str) -> _Address | None:
    """An address in any of the spellings that a browser knows: `127.1`, `0x7f000001`, `[::1]`."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    parts = host.split(".")
    if not 1 <= len(parts) <= 4 or not all(
        re.fullmatch(r"0[xX][0-9a-fA-F]{0,15}|[0-9]{1,15}", p) for p in parts
    ):
        return None
    try:
        *heads, last = [_number(part) for part in parts]
        value = last + sum(head << (8 * (3 - i)) for i, head in enumerate(heads))
        return (
            ipaddress.IPv4Address(value)
            if all(h < 256 for h in heads) and last < 256 ** (5 - len(parts))
            else None
        )
    except ValueError:
        return None


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if len(text) > 1 and text[0] == "0" else int(text)


def _denied(facts: Facts, given: Mapping[str, str | None]) -> Denied:
    listed = given.get(DENY_LIST, _DEFAULT)
    if listed is None:
        raise CouldNotLook(
            f"{DENY_LIST} is left to whoever starts Directus", remedy="write the list into the file"
        )
    spans: list[_Span] = []
    own = _LOCAL_NAMES | {facts.policy.environment.service.lower()}
    for entry in filter(None, listed.split(",")):
        try:
            spans += _spans(entry.strip())
        except (ValueError, TypeError):
            return Denied((), own, entry.strip()[:60])
    return Denied(tuple(spans), own, None)


def _spans(entry: str) -> list[_Span]:
    if entry == _EVERY_LOCAL:
        return [(net[0], net[-1]) for net in map(ipaddress.ip_network, _LOOPBACK)]
    if "-" in entry:
        low, high = map(ipaddress.ip_address, entry.split("-"))
        return [(low, high)]
    net = ipaddress.ip_network(entry, strict=False)
    return [(net[0], net[-1])]

"""Where Directus sends no request to: the addresses of IMPORT_IP_DENY_LIST, by default those of its own machine."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from compliance.core.errors import CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Mapping

DENY_LIST = "IMPORT_IP_DENY_LIST"
_DEFAULT = "0.0.0.0,169.254.169.254"
_EVERY_LOCAL = "0.0.0.0"  # noqa: S104
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Span: TypeAlias = tuple[_Address, _Address]


class Refusal(NamedTuple):
    """Why a request is not sent; `unseen`: why nobody here can tell."""

    kind: Literal["denied", "unseen"]
    why: str


class Denied(NamedTuple):
    """What IMPORT_IP_DENY_LIST holds. `own`: names of the machine itself."""

    spans: tuple[_Span, ...]
    own: frozenset[str]
    invalid: str | None

    def address(self, found: _Address) -> bool:
        """Is it in the list, or what it stands for in the other version?"""
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


def denied(given: Mapping[str, str | None], service: str) -> Denied:
    """Of the environment of Directus; `service`: its name among the containers, which is itself."""
    listed = given.get(DENY_LIST, _DEFAULT)
    if listed is None:
        raise CouldNotLook(
            f"{DENY_LIST} is left to whoever starts Directus", remedy="write the list into the file"
        )
    spans: list[_Span] = []
    own = _LOCAL_NAMES | {service.lower()}
    for entry in filter(None, listed.split(",")):
        try:
            spans += _spans(entry.strip())
        except (ValueError, TypeError):
            return Denied((), own, entry.strip()[:60])
    return Denied(tuple(spans), own, None)


def refusal(address: str, held: Denied) -> Refusal | None:
    """Of an address whose host is known; None where the request is sent."""
    host = host_of(address)
    if host is None:
        return Refusal("denied", f"no address that a request can go to: {shown(address)}")
    if held.invalid is not None:
        return Refusal(
            "denied", f"{DENY_LIST} holds '{held.invalid}', which cannot be read: every address is denied"
        )
    numbered = _numeric(host)
    if numbered is not None:
        wrong = held.address(numbered)
        return Refusal("denied", f"{host} is an address that {DENY_LIST} denies") if wrong else None
    if host in held.own or host.endswith(".localhost"):
        wrong = any(held.address(ipaddress.ip_address(local)) for local in ("127.0.0.1", "::1"))
        return Refusal("denied", f"{host} is this machine itself, which {DENY_LIST} denies") if wrong else None
    if held.private:
        return Refusal(
            "unseen", f"what address {host} has is not known here, and {DENY_LIST} holds private ones"
        )
    return None


def host_of(address: str) -> str | None:
    """The host of an address of the web; None where it is none."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname
    except ValueError:
        return None
    return host.rstrip(".").lower() if parts.scheme in ("http", "https") and host else None


def shown(address: str) -> str:
    """Without what may be a secret: the beginning of the address, and not that where somebody's name is in it."""
    head = re.split(r"[?#]", address, maxsplit=1)[0]
    return "(an address with a user in it)" if "@" in address else head[:80] or "(nothing)"


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


def _spans(entry: str) -> list[_Span]:
    if entry == _EVERY_LOCAL:
        return [(net[0], net[-1]) for net in map(ipaddress.ip_network, _LOOPBACK)]
    if "-" in entry:
        low, high = map(ipaddress.ip_address, entry.split("-"))
        return [(low, high)]
    net = ipaddress.ip_network(entry, strict=False)
    return [(net[0], net[-1])]

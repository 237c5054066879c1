"""Addresses of the other side: none with a password in it, none by which a token could leave."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from compliance.sync.connectors.protocol import Failed

_PORTS = {"http": 80, "https": 443}


def checked(address: str, *, secret: bool, plain: bool) -> str:
    """An address to begin from. Raises `Failed` where it cannot be one; `secret`: a token will go there."""
    parts = _split(address)
    if not secret or parts.scheme == "https" or plain or _here(parts.hostname or ""):
        return address
    raise Failed(
        f"{shown(address)}: by http anybody on the way could read the token: use https, or say `http: {{plain: true}}`"
    )


def joined(home: str, url: str, *, base: str | None = None) -> str:
    """A whole address on the host of `home`; raises `Failed` where it is on another one."""
    found = urljoin(
        base or home.rstrip("/") + "/", url.lstrip("/") if base is None and "://" not in url else url
    )
    ours, theirs = _split(home), _split(found)
    if _origin(ours) != _origin(theirs):
        raise Failed(
            f"{shown(home)} leads to another host, {_name(theirs)}: not followed, since the token would go there"
        )
    return found


def shown(url: str) -> str:
    """Without what may be a secret: user, password and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise Failed("an address does not begin with https:// and a host, or cannot be read")
    if parts.username is not None or parts.password is not None:
        raise Failed(
            f"{shown(url)}: the address holds a user or password: name the variable of a token instead"
        )
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS[parts.scheme]


def _name(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

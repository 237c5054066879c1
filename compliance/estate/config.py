"""`estate.yaml`: the name and kind of an estate, its systems in force, and where its parts are."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate import document

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = Path(__file__).with_name("estate.schema.json")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A source that this estate cannot open: its rules are not applicable until then (UTC date)."""

    reason: str
    owner: str
    until: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service over HTTP. A token is never shown; `writer_token` is for whoever applies, an audit never uses it.

    `since`: from when on Directus fires what is scheduled; empty where the estate does not say so. The token of the
    endpoints' server is their caller's, and empty where nobody is to call them from here.
    """

    url: str
    token: str = field(repr=False)
    writer_token: str | None = field(repr=False, default=None)
    since: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """The database in which the document service keeps what it holds; None: the estate's own."""

    dsn: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Estate:
    """Where to look, and for who applies a plan: as whom, and where the ledger is.

    A DSN may hold a password: it is never shown and never part of an observation.
    """

    name: str
    kind: Literal["reference", "staging", "production"]
    systems: tuple[str, ...]
    policy: Path
    dsn: str | None = field(repr=False)
    embedded: bool
    repository: Path | None
    redaction_key: bytes | None = field(repr=False)
    unavailable: Mapping[str, Unavailable]
    writer: str | None = field(repr=False, default=None)
    ledger: Path | None = None
    directus: Service | None = None
    agent_data: Service | None = None
    documents: Store | None = None
    nuxt: Service | None = None


class Declared(NamedTuple):
    """What `estate.yaml` says without the environment: which systems are in force, and where their policy is."""

    name: str
    systems: tuple[str, ...]
    policy: Path
    kind: str


def declared(path: Path) -> Declared:
    """Read `estate.yaml` where no address and no token are to be had, as on a machine that only checks it."""
    found = document.load(path, SCHEMA)
    folder = _folder(found, path.resolve().parent / found.value["policy"], "policy")
    return Declared(found.value["name"], tuple(found.value["systems"]), folder, found.value["kind"])


def load(path: Path) -> Estate:
    """Read `estate.yaml`; relative paths are relative to it. Errors name file, line and what is allowed."""
    found = document.load(path, SCHEMA)
    value, home = found.value, path.resolve().parent
    postgres = value["postgres"]
    return Estate(
        name=value["name"],
        kind=value["kind"],
        systems=tuple(value["systems"]),
        policy=_folder(found, home / value["policy"], "policy"),
        dsn=_dsn(found, "postgres"),
        embedded="embedded" in postgres,
        repository=home / value["repository"] if "repository" in value else None,
        redaction_key=_key(found),
        unavailable={name: _unavailable(found, name) for name in value.get("unavailable", {})},
        # Not an error where it is not set: whoever only looks does not need it, and should not have it.
        writer=_encoded(
            found, "postgres", os.environ.get(postgres.get("writer_dsn_env", "")) or postgres.get("writer_dsn")
        ),
        ledger=home / value["ledger"] if "ledger" in value else None,
        directus=_service(found, "directus"),
        agent_data=_service(found, "agent_data"),
        documents=Store(_dsn(found, "documents")) if "documents" in value else None,
        nuxt=_service(found, "nuxt"),
    )


def _folder(found: document.Document, path: Path, key: str) -> Path:
    if not path.is_dir():
        raise found.error(
            f"{key}: there is no folder {path}", key, remedy="`compliance init` writes a commented start"
        )
    return path


def _variable(found: document.Document, name: str, *pointer: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise found.error(f"the environment variable {name} is not set", *pointer, remedy=f"export {name}=…")
    return value


def _dsn(found: document.Document, part: str) -> str | None:
    value = found.value[part]
    named = "dsn_env" in value
    return _encoded(
        found, part, _variable(found, value["dsn_env"], part, "dsn_env") if named else value.get("dsn")
    )


def _encoded(found: document.Document, part: str, dsn: str | None) -> str | None:
    """A password with a bare @ or / is cut there, and what is behind it taken for a host, which errors repeat."""
    _, uri, rest = (dsn or "").partition("://")
    user, *hosts = rest.partition("?")[0].split("@")
    if uri and hosts and (len(hosts) > 1 or "/" in user):
        raise found.error(
            "the DSN has a @ or a / in its user or password",
            part,
            remedy="write them as %40 and %2F",
        )
    return dsn


def _service(found: document.Document, name: str) -> Service | None:
    value = found.value.get(name)
    if value is None:
        return None
    named = value.get("token_env")
    token = _variable(found, named, name, "token_env") if named else value.get("token", "")
    writer = os.environ.get(value.get("writer_token_env", "")) or value.get("writer_token")
    return Service(
        value["url"].rstrip("/"),
        _sent(found, name, token),
        _sent(found, name, writer) if writer else None,
        _since(found, name),
    )


def _since(found: document.Document, name: str) -> str:
    since = str(found.value[name].get("since", ""))
    try:
        return since and datetime.fromisoformat(since).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise found.error(f"{since} is no time of any calendar", name, "since") from None


def _sent(found: document.Document, name: str, token: str) -> str:
    """A line feed at its end, as files have it, would be told by the client's error, with the token before it."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise found.error(
            "a token has a space, a line feed or a letter beyond ASCII, which no header can carry",
            name,
            remedy="export it without what stands around it",
        )
    return token


def _unavailable(found: document.Document, name: str) -> Unavailable:
    entry = Unavailable(**found.value["unavailable"][name])
    try:
        date.fromisoformat(entry.until)
    except ValueError:
        raise found.error(f"{entry.until} is no day of any calendar", "unavailable", name, "until") from None
    return entry


def _key(found: document.Document) -> bytes | None:
    name = found.value.get("redaction_key_env")
    return _variable(found, name, "redaction_key_env").encode() if name else None


def unknown_systems(path: Path, systems: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Refuse a system that this program does not know, with its line."""
    for index, name in enumerate(systems):
        if name not in known:
            place = document.read(path)
            raise ConfigurationError.at(
                path,
                place.line("systems", index),
                f"unknown system '{name}'; allowed: {', '.join(sorted(known))}",
            )

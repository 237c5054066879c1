"""`estate.yaml`: the name and kind of an estate, its systems in force, and where its parts are."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

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
        dsn=_encoded(
            found,
            _variable(found, postgres["dsn_env"], "postgres", "dsn_env")
            if "dsn_env" in postgres
            else postgres.get("dsn"),
        ),
        embedded="embedded" in postgres,
        repository=home / value["repository"] if "repository" in value else None,
        redaction_key=_key(found),
        unavailable={name: _unavailable(found, name) for name in value.get("unavailable", {})},
        # Not an error where it is not set: whoever only looks does not need it, and should not have it.
        writer=_encoded(
            found, os.environ.get(postgres.get("writer_dsn_env", "")) or postgres.get("writer_dsn")
        ),
        ledger=home / value["ledger"] if "ledger" in value else None,
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


def _encoded(found: document.Document, dsn: str | None) -> str | None:
    """A password with a bare @ or / is cut there, and what is behind it taken for a host, which errors repeat."""
    _, uri, rest = (dsn or "").partition("://")
    user, *hosts = rest.partition("?")[0].split("@")
    if uri and hosts and (len(hosts) > 1 or "/" in user):
        raise found.error(
            "the DSN has a @ or a / in its user or password",
            "postgres",
            remedy="write them as %40 and %2F",
        )
    return dsn


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

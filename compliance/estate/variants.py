"""Variants of the reference estate: the same in which something is as other estates have it.

`fixtures/reference/variants/NAME/`: `change.sql` is run by a superuser on a fresh reference estate, and what is in
`repository/` and `policy/` is laid over copies of these. Its first comment says what is different; it may hold

    -- begins as: <another variant>     which is made first
    -- removes: <path>                  in the copy of the repository
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from ruamel.yaml import YAML

from compliance.core.errors import ConfigurationError
from compliance.estate import reference, reference_build
from compliance.estate.pgbin import locked
from compliance.estate.reference_build import DATABASE, OWNER, PROBE
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.estate.embedded import Server

_SAID = re.compile(r"^-- (begins as|removes): (\S+)$", re.MULTILINE)
_BEGIN = re.compile(r"^(?:-- (?!begins as:|removes:).*\n)+")
_STAMP = "made-from"  # written last


@dataclass(frozen=True, slots=True)
class Variant:
    """`title`: what is different; `base`: the variant that it begins as; `removed`: files of the repository."""

    name: str
    folder: Path
    title: str
    base: Variant | None
    removed: tuple[str, ...]

    def change(self, dsn: str) -> None:
        """Make it of a fresh reference estate, as the superuser that this address is of."""
        if self.base is not None:
            self.base.change(dsn)
        with psycopg.connect(dsn) as connection:
            connection.execute((self.folder / "change.sql").read_bytes())

    def repository(self, target: Path) -> Path:
        """A copy of the reference estate's, changed."""
        return self._overlaid("repository", target)

    def policy(self, target: Path) -> Path:
        """The same of its policy."""
        return self._overlaid("policy", target)

    def _overlaid(self, part: str, target: Path) -> Path:
        if self.base is None:
            shutil.copytree(resource(f"fixtures/reference/{part}"), target, symlinks=True)
        else:
            self.base._overlaid(part, target)
        if (self.folder / part).is_dir():
            shutil.copytree(self.folder / part, target, symlinks=True, dirs_exist_ok=True)
        for path in self.removed if part == "repository" else ():
            (target / path).unlink()
        return target

    @property
    def digest(self) -> str:
        """Of all that it is made from, but for the reference estate."""
        found = hashlib.sha256((self.base.digest if self.base else "").encode())
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            found.update(f"\0{path.relative_to(self.folder)}\0".encode() + path.read_bytes())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """One that runs: its database, and the `estate.yaml` that leads to it."""

    server: Server
    database: str
    estate_file: Path

    def dsn(self, role: str = PROBE) -> str:
        return self.server.dsn(self.database, role)


def names() -> tuple[str, ...]:
    """Of all variants."""
    return tuple(sorted(path.parent.name for path in _folder().glob("*/change.sql")))


def find(name: str) -> Variant:
    """By its name; there is nothing that such a name leads out of."""
    if name not in names():
        raise ConfigurationError(
            f"the reference estate has no variant '{name}'", remedy=f"one of: {', '.join(names())}"
        )
    text = (_folder() / name / "change.sql").read_text(encoding="utf-8")
    said = _SAID.findall(text)
    base = [find(value) for key, value in said if key == "begins as"]
    removed = tuple(value for key, value in said if key == "removes")
    begin = _BEGIN.match(text)
    title = " ".join(line.removeprefix("-- ") for line in begin[0].splitlines()) if begin else ""
    return Variant(name, _folder() / name, title, base[0] if base else None, removed)


def up(name: str) -> Standing:
    """Make it beside the reference estate, in the same server, where it is not there; it stays as that does."""
    variant = find(name)
    estate = reference.up()
    folder = estate.directory / "variants" / name
    found = Standing(estate.server, f"{DATABASE}_{name}", folder / "estate.yaml")
    folder.parent.mkdir(exist_ok=True)
    with locked(folder.with_suffix(".lock")):
        if not _is_made(found, variant):
            _make(found, variant, estate.estate_file)
    return found


def _folder() -> Path:
    return resource("fixtures/reference/variants")


def _is_made(found: Standing, variant: Variant) -> bool:
    stamp = found.estate_file.with_name(_STAMP)
    if not stamp.exists() or stamp.read_text() != variant.digest:
        return False
    with psycopg.connect(found.server.dsn("postgres"), autocommit=True) as connection:
        there = "select from pg_catalog.pg_database where datname = %s"
        return connection.execute(there, (found.database,)).fetchone() is not None


def _make(found: Standing, variant: Variant, like: Path) -> None:
    """Whatever was there under this name is made anew."""
    folder, database = found.estate_file.parent, sql.Identifier(found.database)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with psycopg.connect(found.server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {}").format(database))
    superuser = found.server.dsn(found.database)
    reference_build.load(superuser)
    variant.change(superuser)
    _write_estate(found, variant, like)
    (folder / _STAMP).write_text(variant.digest)


def _write_estate(found: Standing, variant: Variant, like: Path) -> None:
    """The one of the reference estate, that leads here."""
    yaml = YAML()
    yaml.width = 4096
    value, folder = yaml.load(like), found.estate_file.parent
    value["name"] = f"{value['name']}-{variant.name}"
    value["policy"] = str(variant.policy(folder / "policy"))
    value["repository"] = str(variant.repository(folder / "repository"))
    value["postgres"] = {"dsn": found.dsn(PROBE), "writer_dsn": found.dsn(OWNER)}
    value["ledger"] = str(folder / "ledger")
    with found.estate_file.open("w") as file:
        yaml.dump(value, file)

"""A document that declares servers, agents and skills, and the files outside that configure them (document 003, 'Claude
Config'): its sections validated, both sides compared by name, written back both ways, what differs told without values.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote

from compliance.sync.connectors import drifting, jsonedit, masking, places
from compliance.sync.connectors.described import Shelf
from compliance.sync.connectors.drift_schema import COMPARED, SCHEMA
from compliance.sync.connectors.markdown import Markdown
from compliance.sync.connectors.protocol import Failed
from compliance.sync.repository import GitFailed, git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.sync.connectors.markdown import Section
    from compliance.sync.connectors.protocol import Task

Sides = dict[str, dict[str, Any]]
_LISTS = ("agents", "skills")


class ConfigDrift:
    """Servers, agents and skills that a document declares, kept in step with the files that configure them."""

    schema: ClassVar[Mapping[str, Any]] = SCHEMA

    def read(self, task: Task, ours: Path, theirs: Path) -> None:
        """One file for each thing; no secret is in any. What differs is reported where anything does."""
        here = _Document(task)
        there = _Outside(task)
        mine, other = here.declared(), there.shown(here)
        _show(ours, mine, here.changed_at())
        _show(theirs, other, there.changed_at())
        if report := task.given.get("SYNC_REPORT"):
            drifting.write(task, Path(report), mine, other)

    def write(self, task: Task, merged: Path) -> None:
        """Both sides, each changed where it differs."""
        wanted: Sides = {kind: {} for kind in ("servers", *_LISTS)}
        for path in sorted(merged.glob("*/*.json")):
            wanted[path.parent.name][unquote(path.stem)] = json.loads(path.read_bytes())
        _Outside(task).put(wanted)
        _Document(task).put(wanted)


def _show(folder: Path, sides: Sides, changed_at: Mapping[tuple[str, str], int]) -> None:
    for kind, things in sides.items():
        for name, value in things.items():
            encoded = quote(name, safe=" @").replace(".", "%2E")
            if not name or len(encoded) > 200:
                raise Failed(f"{kind}: {name[:50]!r} can be no name of a file")
            place = folder / kind / f"{encoded}.json"
            place.parent.mkdir(exist_ok=True)
            place.write_text(
                json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
            )
            if (kind, name) in changed_at or (kind, "") in changed_at:
                at = changed_at.get((kind, name), changed_at.get((kind, ""), 0))
                os.utime(place, ns=(at, at))


class _Document:
    """What the file of the repository says."""

    def __init__(self, task: Task) -> None:
        self.task, config = task, task.config
        self.path = places.place(task, config["document"])
        self.markdown = Markdown(places.read(self.path), config["document"])
        wanted = config.get("sections", {})
        self.level = wanted.get("level", 2)
        if wanted:
            self.markdown.refuse_gaps(self.level, wanted["first"], wanted["last"])
        self.plain = set(config.get("plain_env", ()))
        self.compared = set(config.get("compare", COMPARED))

    def _section(self, kind: str) -> Section | None:
        wanted = self.task.config.get(f"{kind}_section")
        return None if wanted is None else self.markdown.section(self.level, wanted)

    def servers(self) -> dict[str, Any]:
        """As they stand there."""
        section = self._section("servers")
        text = "" if section is None else self._block(section)
        try:
            found = jsonedit.parsed(text) if text.strip() else {}
        except jsonedit.NotJson as error:
            raise Failed(f"{self.markdown.path}: its block of servers: {error}") from None
        inner = found.get(self._key) if isinstance(found, dict) and set(found) == {self._key} else found
        return _named(inner, f"{self.markdown.path}: its block of servers")

    @property
    def _key(self) -> str:
        return str(self.task.config.get("servers_key", "mcpServers"))

    def _block(self, section: Section) -> str:
        place = self.markdown.block(section)
        return "".join(self.markdown.lines[place[0] : place[1]]) if place else ""

    def declared(self) -> Sides:
        found: Sides = {}
        if self._section("servers") is not None:
            found["servers"] = {
                name: masking.declared(_only(server, self.compared), self.plain)
                for name, server in self.servers().items()
            }
        for kind in _LISTS:
            if (section := self._section(kind)) is not None:
                items = self.markdown.items(section)
                found[kind] = {item.name: {"description": " ".join(item.text.split())} for item in items}
        return found

    def changed_at(self) -> dict[tuple[str, str], int]:
        """When it was last committed: a file in a worktree is as old as the worktree."""
        with suppress(GitFailed, ValueError):
            said = git(self.task.folder, "log", "-1", "--format=%ct", "--", self.task.config["document"])
            return {(kind, ""): int(said) * 10**9 for kind in ("servers", *_LISTS)}
        return {}

    def put(self, wanted: Sides) -> None:
        for kind in _LISTS:
            if (section := self._section(kind)) is not None:
                texts = {name: value["description"] for name, value in wanted[kind].items()}
                self.markdown.put_items(section, texts)
        if (section := self._section("servers")) is not None:
            self._put_servers(section, wanted["servers"])
        places.write(self.task, self.path, self.markdown.text)

    def _put_servers(self, section: Section, wanted: Mapping[str, Any]) -> None:
        text, old = self._block(section), self.servers()
        told = {}
        for name, value in wanted.items():
            before = _only(old.get(name, {}), self.compared)
            told[name] = {**_rest(old.get(name, {}), self.compared), **masking.spelled(value, before)}
        if told == old:
            return
        held = jsonedit.parsed(text) if text.strip() else {}
        whole = {self._key: told} if set(held) == {self._key} else told
        new = jsonedit.changed(text if text.strip() else "{}\n", whole)
        self.markdown.put_block(section, new if new.endswith("\n") else new + self.markdown.newline)


class _Outside:
    """What stands in the files that the document is held against."""

    def __init__(self, task: Task) -> None:
        self.task, config = task, task.config
        self.plain = set(config.get("plain_env", ()))
        self.compared = set(config.get("compare", COMPARED))
        self.key = str(config.get("servers_key", "mcpServers"))
        self.file = places.place(task, config["servers_file"]) if "servers_file" in config else None
        folders = {kind: config[f"{kind}_dir"] for kind in _LISTS if f"{kind}_dir" in config}
        inner = {"agents": "", "skills": "SKILL.md"}
        self.shelves = {kind: Shelf(places.place(task, text), inner[kind]) for kind, text in folders.items()}

    def servers(self) -> dict[str, Any]:
        assert self.file is not None
        try:
            found = jsonedit.parsed(places.read(self.file))
        except jsonedit.NotJson as error:
            raise Failed(f"{self.file}: {error}") from None
        if not isinstance(found, dict):
            raise Failed(f"{self.file}: is no object of JSON")
        return _named(found.get(self.key, {}), f"{self.file}: {self.key}")

    def shown(self, beside: _Document) -> Sides:
        found: Sides = {}
        if self.file is not None:
            declared = beside.declared().get("servers", {})
            found["servers"] = {
                name: masking.masked(_only(server, self.compared), declared.get(name, {}), self.plain)
                for name, server in self.servers().items()
            }
        for kind, shelf in self.shelves.items():
            found[kind] = {name: {"description": text} for name, text in shelf.descriptions().items()}
        return found

    def changed_at(self) -> dict[tuple[str, str], int]:
        found = {("servers", ""): self.file.stat().st_mtime_ns} if self.file is not None else {}
        for kind, shelf in self.shelves.items():
            found |= {(kind, name): path.stat().st_mtime_ns for name, path in shelf.all().items()}
        return found

    def put(self, wanted: Sides) -> None:
        for kind, shelf in self.shelves.items():
            shelf.put(self.task, {name: value["description"] for name, value in wanted[kind].items()})
        if self.file is None:
            return
        old = self.servers()
        told = {name: self._server(name, value, old.get(name, {})) for name, value in wanted["servers"].items()}
        if told != old:
            text = places.read(self.file)
            new = jsonedit.changed(text, {self.key: told}, lambda name: name == self.key)
            places.write(self.task, self.file, new)

    def _server(self, name: str, wanted: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
        """With the secrets that stand there, and with what nobody compares."""
        told = masking.kept(wanted, _only(old, self.compared), self.plain)
        if masking.lost(told):
            raise Failed(f"server '{name}': a secret among its arguments would be lost; change it by hand")
        return {**_rest(old, self.compared), **told}


def _named(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise Failed(f"{where}: has to be an object of servers by name")
    return found


def _only(server: Mapping[str, Any], compared: set[str]) -> dict[str, Any]:
    return {key: value for key, value in server.items() if key in compared}


def _rest(server: Mapping[str, Any], compared: set[str]) -> dict[str, Any]:
    return {key: value for key, value in server.items() if key not in compared}

"""`notion_pages`: files become pages of a database, found again by key; its fields and pages become files (document
003: field docs, month-end, BIR).

A page is confirmed once it was read back and is what the file says. Whoever is killed between the two finds it by its
key the next time, and then there is nothing to write.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from compliance.sync import wellformed
from compliance.sync.connectors import schemas
from compliance.sync.connectors.notion_api import Notion
from compliance.sync.connectors.notion_mapping import Layout, key_of
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from compliance.sync.connectors.notion_api import Page
    from compliance.sync.connectors.notion_mapping import Wanted
    from compliance.sync.connectors.protocol import Change, Task

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_GONE = "gone"  # what stands for the id of a page that somebody else has removed


class NotionPages:
    """Files as pages of a Notion database, found again by key; its fields and pages as files."""

    schema: ClassVar[Mapping[str, Any]] = schemas.load("notion_pages")

    def push(self, task: Task, changes: Sequence[Change], confirm: Callable[[str, str], None]) -> None:
        """All files are read before anything is written: what is wrong with one of them is no half a push."""
        layout = Layout.of(task.config)
        wanted = {change.path: _wanted(task, layout, change) for change in changes}
        _refuse_same_name([change.path for change in changes])
        with Notion(task, layout) as notion:
            notion.check()
            there = notion.pages()
            for change in changes:
                _refuse_twice(change.path, there.get(key_of(change.path), ()))
            for change in changes:
                confirm(change.path, _one(notion, wanted[change.path], there.get(key_of(change.path), ())))
        task.say(f"{len(changes)} pages are as the files say, read back")

    def pull(self, task: Task) -> None:
        """Everything is read before anything is written."""
        config = task.config
        if not {"fields_output", "pages_output"} & config.keys():
            raise Failed("a pull names `fields_output`, `pages_output` or both")
        layout, files = Layout.of(config), dict[str, bytes]()
        with Notion(task, layout) as notion:
            if "fields_output" in config:
                files[config["fields_output"]] = _described(notion.properties())
            if folder := config.get("pages_output", "").rstrip("/"):
                notion.check()
                files |= {f"{folder}/{name}.json": data for name, data in _all(task, notion).items()}
                gone = _present(task, folder) - files.keys()
        for path, content in sorted(files.items()):
            task.write(path, content)
        for path in sorted(gone) if folder else ():
            task.remove(path)
        task.say(f"{len(files)} files")


def _wanted(task: Task, layout: Layout, change: Change) -> Wanted | None:
    return layout.wanted(change.path, (task.folder / change.path).read_bytes()) if change.sha256 else None


def _refuse_same_name(paths: Sequence[str]) -> None:
    keys = [key_of(path) for path in paths]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise Failed(f"two files are called {twice}.json: a page is found again by that name")


def _refuse_twice(path: str, there: Sequence[Page]) -> None:
    if len(there) > 1:
        ids = ", ".join(sorted(page.id for page in there))
        raise Failed(f"{path}: {len(there)} pages have the key '{key_of(path)}': {ids}; archive all but one")


def _one(notion: Notion, wanted: Wanted | None, there: Sequence[Page]) -> str:
    """The id of the page, which is what it has to be."""
    page = there[0] if there else None
    if wanted is None:
        if page is not None:
            notion.archive(page.id)
        return page.id if page is not None else _GONE
    changed = page is None
    if page is None:
        id_ = notion.create(notion.layout.properties(wanted))
    else:
        id_ = page.id
        differs = {name: value for name, value in wanted.values.items() if page.values[name] != value}
        if differs:
            notion.update(id_, notion.layout.properties(wanted, differs))
            changed = True
    if wanted.lines is not None:
        changed = notion.settle(id_, wanted.lines) or changed
    if changed:
        _verify(notion, id_, wanted)
    return id_


def _verify(notion: Notion, id_: str, wanted: Wanted) -> None:
    """What it has is what was sent, or nothing is confirmed."""
    found = notion.page(id_)
    wrong = [name for name, value in wanted.values.items() if found.values[name] != value]
    wrong += ["its key"] if found.key != wanted.key else []
    if wanted.lines is not None and (tuple(b.text for b in notion.blocks(id_)) or ("",)) != (
        wanted.lines or ("",)
    ):
        wrong.append(notion.layout.body or "")
    if wrong:
        raise Failed(
            f"{wanted.key}.json: page {id_} was written, and {', '.join(wrong)} came back as something else"
        )


def _described(properties: Mapping[str, Any]) -> bytes:
    """The fields of a database: name, type, and the words that each may hold."""
    fields = []
    for name, given in sorted(properties.items()):
        kind = given.get("type", "unknown")
        inner = given.get(kind)
        options = inner.get("options", ()) if isinstance(inner, dict) else ()
        fields.append({"name": name, "type": kind, "options": sorted(option["name"] for option in options)})
    return f"{json.dumps({'fields': fields}, indent=2, ensure_ascii=False)}\n".encode()


def _all(task: Task, notion: Notion) -> dict[str, bytes]:
    """By key each page as a file."""
    files, seen = dict[str, bytes](), dict[str, str]()
    for key, pages in sorted(notion.pages().items()):
        if len(pages) > 1:
            _refuse_twice(f"{key}.json", pages)
        if not _NAME.fullmatch(key):
            raise Failed(f"page {pages[0].id}: its key {key[:60]!r} can be no name of a file")
        if (other := seen.setdefault(key.casefold(), key)) != key:
            raise Failed(f"'{key}' and '{other}' are one name on some machines")
        files[key] = notion.layout.content(pages[0].values, _lines(notion, pages[0]))
    if not files and not task.config.get("allow_empty"):
        raise Failed("the database has no pages, and an outage looks like that (allow_empty: true takes it)")
    return files


def _lines(notion: Notion, page: Page) -> tuple[str, ...] | None:
    if notion.layout.body is None:
        return None
    found = notion.blocks(page.id)
    for block in found:
        if block.text is None:
            raise Failed(f"page {page.id} ('{page.key}') holds a {block.type}, which a text would lose")
    return tuple(block.text or "" for block in found)


def _present(task: Task, folder: str) -> set[str]:
    """Files that an earlier pull has written."""
    return {f"{folder}/{name}" for name in wellformed.files(task.folder / folder) if name.endswith(".json")}

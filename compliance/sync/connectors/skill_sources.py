"""Where skills come from: a catalog that answers by HTTP, or a git repository. What is fetched is held back whole."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.estate import document, validating
from compliance.sync.connectors import schemas, skills
from compliance.sync.connectors.addresses import joined, shown
from compliance.sync.connectors.exporting import Damaged, listed
from compliance.sync.connectors.http import Client
from compliance.sync.connectors.mirrors import Mirror
from compliance.sync.connectors.protocol import Failed
from compliance.sync.connectors.remotes import GitSaid, remote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.sync.connectors.exporting import Blob
    from compliance.sync.connectors.protocol import Task

_FILES, _BYTES, _SECONDS = 5000, 5 * 1024 * 1024, 300.0


class File(NamedTuple):
    """`executable`: as the other side says."""

    content: bytes
    executable: bool


class _Named(NamedTuple):
    url: str
    sha256: str
    executable: bool


def of_catalog(task: Task) -> dict[str, File]:
    """By path below the folder. All names are looked at before any file is asked for."""
    with Client(task, task.config["url"], token_env=task.config.get("token_env")) as client:
        named = dict[str, _Named]()
        for skill, url in _index(client):
            for each in skill["files"]:
                path = f"{skill['name']}/{each['path']}"
                if path in named:
                    raise Failed(f"{path} stands in the index twice")
                named[path] = _Named(
                    joined(url, each["url"], base=url), each["sha256"], each.get("executable", False)
                )
        _refuse_names(task, list(named))
        return {path: _fetched(task, client, path, each) for path, each in named.items()}


def _index(client: Client) -> Iterator[tuple[Any, str]]:
    """Each skill, and the page that names it."""
    validator = validating.validator(schemas.load("skill_index"))
    url: str | None = client.address
    seen, count, total = set[str](), 0, None
    names: set[str] = set()
    while url:
        if url in seen:
            raise Failed(f"the page {shown(url)} of the index leads back to one that was read")
        seen.add(url)
        page = client.json("GET", url)
        if wrong := document.wrong_by(validator, page):
            raise Failed(f"{shown(url)}: the index is not what it has to be: {wrong.message}")
        for skill in page["skills"]:
            if not skills.NAME.fullmatch(skill["name"]) or skill["name"] in names:
                raise Failed(
                    f"the index names {skill['name'][:80]!r}, which is no name of a skill or stands there twice"
                )
            names.add(skill["name"])
            count += 1
            yield skill, url
        total = page.get("total", total)
        url = joined(client.address, page["next"], base=url) if page.get("next") else None
    if total is not None and total != count:
        raise Failed(f"{count} skills came, and the index says {total}: a page is missing", passing=True)


def _fetched(task: Task, client: Client, path: str, named: _Named) -> File:
    """Only what is not here already: a digest is the same file."""
    place = task.folder / task.config["folder"] / path
    if place.is_file() and not place.is_symlink() and _sha256(here := place.read_bytes()) == named.sha256:
        return File(here, named.executable)
    content = client.data("GET", named.url, most=task.config.get("max_file_bytes", _BYTES))
    if (found := _sha256(content)) != named.sha256:
        raise Failed(f"{path}: what came has the sha256 {found[:12]}…, and the index says {named.sha256[:12]}…")
    return File(content, named.executable)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def of_repository(task: Task) -> dict[str, File]:
    """The files of a commit, by path below `path`; its hooks, filters and links have no effect."""
    config = task.config
    token = task.variable(config["token_env"]) if "token_env" in config else None
    try:
        found = remote(config["repository"], token)
        seconds = config.get("fetch_seconds", _SECONDS)
        mirror = Mirror(task.cache, found, config.get("branch"), depth=1, seconds=seconds, given=task.given)
        with mirror.locked():
            head = mirror.update()
            below = config.get("path", "").strip("/")
            blobs = {
                _below(blob.path, below): blob for blob in listed(mirror, head.commit) if _in(blob.path, below)
            }
            _refuse_names(task, list(blobs))
            return {path: _blob(task, mirror, path, blob) for path, blob in blobs.items()}
    except (GitSaid, Damaged) as error:
        passing = error.passing if isinstance(error, GitSaid) else True
        raise Failed(f"the repository of skills: {error}", passing=passing) from None


def _in(path: str, below: str) -> bool:
    """In a folder, which is a skill: what lies beside the skills is the repository's own."""
    inner = _below(path, below)
    return (not below or path.startswith(f"{below}/")) and "/" in inner and not inner.startswith(".")


def _below(path: str, below: str) -> str:
    return path[len(below) :].lstrip("/") if below else path


def _blob(task: Task, mirror: Mirror, path: str, blob: Blob) -> File:
    if blob.mode not in ("100644", "100755"):
        raise Failed(f"{path} is a link or another repository: a skill is made of files")
    if blob.size > task.config.get("max_file_bytes", _BYTES):
        raise Failed(f"{path} has {blob.size} bytes, which is more than max_file_bytes")
    return File(mirror.read("cat-file", "blob", blob.digest), blob.mode == "100755")


def _refuse_names(task: Task, paths: list[str]) -> None:
    if wrong := next(skills.names(paths), None):
        raise Failed(wrong)
    if len(paths) > (most := task.config.get("max_files", _FILES)):
        raise Failed(f"{len(paths)} files are more than max_files, {most}")


def present(task: Task) -> set[str]:
    """Files that are in the folder now, by path in the repository."""
    folder = task.folder / task.config["folder"]
    return {
        os.path.relpath(os.path.join(root, name), task.folder)  # noqa: PTH118 - names alone
        for root, _, names in os.walk(folder)
        for name in names
    }

"""Many git repositories as plain files (document 003, 'OCA Repos'): clone or update, leave out `.git`, count modules.

One that cannot be fetched stays as it was and is told; the others land. One that is no longer listed goes. Whether one
is gone on the other side, or only not to be seen today, nobody can tell from here: it stays until it is taken off the
list.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from compliance.sync import trees
from compliance.sync.connectors import exporting, mirrors
from compliance.sync.connectors.git_wanted import SCHEMA, wanted
from compliance.sync.connectors.mirrors import Head, Mirror
from compliance.sync.connectors.protocol import Failed
from compliance.sync.connectors.remotes import GitSaid, remote
from compliance.sync.repository import git
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.sync.connectors.git_wanted import Wanted
    from compliance.sync.connectors.protocol import Task


class Brought(NamedTuple):
    """`head`: None where it failed, and `why`; `staged`: its files, None where what stands here is the same."""

    name: str
    mirror: str
    head: Head | None = None
    staged: Path | None = None
    submodules: tuple[str, ...] = ()
    why: str = ""
    passing: bool = False


class GitRepositories:
    """Repositories of git at the head of a branch, as plain files without their history."""

    schema: ClassVar[Mapping[str, Any]] = SCHEMA

    def pull(self, task: Task) -> None:
        """All side by side; then those that came are put in place, one after the other."""
        listed, into = wanted(task.config), _into(task)
        here = _here(task, [f"{into}/{each.name}" for each in listed])
        source = _Source(task, into, _seen(task), here)
        with ThreadPoolExecutor(task.config.get("jobs", 8)) as pool:
            brought = list(pool.map(source.bring, range(len(listed)), listed))
        _remember(task, brought)
        failed = {each.name: each.why for each in brought if each.head is None}
        passing = any(each.passing for each in brought)
        if len(failed) == len(listed):
            told = "; ".join(f"{name}: {why}" for name, why in failed.items())
            raise Failed(f"none of {len(listed)} repositories could be fetched: {told}", passing=passing)
        for each in brought:
            if each.staged is not None:
                exporting.take(each.staged, task.folder / into / each.name)
        _remove_others(task, into, {each.name for each in listed})
        _unignore(task, into)
        mirrors.drop_others(task.cache, {each.mirror for each in brought})
        task.result.failed, task.result.passing = failed, passing
        task.result.tolerate = task.config.get("tolerate", 0)
        task.result.message = _counted(task, into, brought)


def _into(task: Task) -> str:
    into = globs.normal(str(task.config["into"]).rstrip("/"))
    inside = (task.folder / into).resolve().is_relative_to(task.folder.resolve())
    if globs.leads_out(into) or not into or "*" in into or not inside:
        raise Failed(f"into: {into!r} has to be a folder in the repository, below its root")
    return into


class _Source(NamedTuple):
    """`seen`: what the first run has seen; `here`: by path the digest of what stands in the commit."""

    task: Task
    into: str
    seen: Mapping[str, Any]
    here: Mapping[str, str]

    def bring(self, number: int, one: Wanted) -> Brought:
        """Whatever is wrong with it is told, and concerns the others not."""
        mirror = None
        try:
            mirror = self._mirror(one)
            return self._brought(number, one, mirror)
        except (GitSaid, Failed) as error:
            why, passing = str(error), error.passing
        except exporting.Damaged:
            why, passing = "what came of it is not whole", True
        return Brought(one.name, mirror.name if mirror else "", why=why, passing=passing)

    def _mirror(self, one: Wanted) -> Mirror:
        task = self.task
        found = remote(one.url, task.variable(one.token_env) if one.token_env else None)
        if found.transport == "file" and "://" not in found.url:
            if not found.url.startswith("/") and globs.leads_out(found.url):
                raise Failed(
                    f"{found.url} leads out of the copy of this repository that a target sees: name it from /"
                )
            found = found._replace(url=str(task.folder / found.url))
        depth, seconds = task.config.get("depth", 1), task.config.get("timeout", 300.0)
        return Mirror(task.cache, found, one.branch, depth=depth, seconds=seconds, given=task.given)

    def _brought(self, number: int, one: Wanted, mirror: Mirror) -> Brought:
        before = self.seen.get(one.name)
        if before and before["why"]:
            raise GitSaid(before["why"], passing=before["passing"])
        with mirror.locked():
            head = Head(before["commit"], before["tree"]) if before else mirror.update()
            try:
                return self._staged(number, one, mirror, head)
            except exporting.Damaged:
                return self._staged(number, one, mirror, mirror.renew())

    def _staged(self, number: int, one: Wanted, mirror: Mirror, head: Head) -> Brought:
        """A folder of the same digest has no submodule that would have to be told: it could not hold one."""
        at = f"{self.into}/{one.name}"
        if self.here.get(at) == head.tree:
            return Brought(one.name, mirror.name, head)
        blobs = exporting.listed(mirror, head.commit)
        folder = self.task.scratch / "staged" / str(number)
        exporting.clear(folder)
        exporting.export(mirror, blobs, folder, at)
        return Brought(one.name, mirror.name, head, folder, tuple(exporting.submodules(blobs)))


def _here(task: Task, paths: Sequence[str]) -> dict[str, str]:
    """By path the digest of the folder that the commit holds there: the same digest is the same content."""
    told = git(task.folder, "--literal-pathspecs", "ls-tree", "-z", "--full-tree", "HEAD", "--", *paths)
    return {line.partition("\t")[2]: line.split()[2] for line in told.split("\0") if " tree " in line}


def _seen(task: Task) -> Any:
    """What the first run of this attempt has seen: the second one is of that moment, whatever moves there."""
    place = task.scratch / "seen.json"
    return json.loads(place.read_bytes()) if place.exists() else {}


def _remember(task: Task, brought: Sequence[Brought]) -> None:
    told = {
        each.name: {"why": each.why, "passing": each.passing, **(each.head._asdict() if each.head else {})}
        for each in brought
    }
    trees.put(task.scratch / "seen.json", json.dumps(told).encode())


def _remove_others(task: Task, into: str, names: set[str]) -> None:
    for path in list(_files(task.folder, into)):
        inner = path.removeprefix(f"{into}/")
        listed = any(above in names for above in (inner, *exporting.posix_parents(inner)))
        if not listed and globs.matches(path, task.outputs):
            (task.folder / path).unlink()
    for folder, _, _ in os.walk(task.folder / into, topdown=False):
        if not os.listdir(folder):  # noqa: PTH208 - is there any
            Path(folder).rmdir()


def _files(tree: Path, into: str) -> Iterator[str]:
    """Links are files, also those that lead to a folder."""
    for folder, folders, names in os.walk(tree / into):
        at = Path(folder).relative_to(tree).as_posix()
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from (f"{at}/{name}" for name in (*names, *links))


def _unignore(task: Task, into: str) -> None:
    """Their `.gitignore` counts here too; what they keep in spite of it would never be committed."""
    words = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", into)
    if ignored := git(task.folder, "--literal-pathspecs", *words):
        adding = ("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
        git(task.folder, "--literal-pathspecs", *adding, given=os.fsencode(ignored))


def _counted(task: Task, into: str, brought: Sequence[Brought]) -> str:
    came = sum(each.head is not None for each in brought)
    told = f"{came} repositories" if came == len(brought) else f"{came} of {len(brought)} repositories"
    if wanted := task.config.get("module_file"):
        modules = sum(path.rpartition("/")[2] == wanted for path in _files(task.folder, into))
        told += f", {modules} modules"
    left_out = [f"{each.name}/{path}" for each in brought for path in each.submodules]
    if left_out:
        task.say(f"submodules, which are left out: {', '.join(left_out)}")
        told += (
            f", {len(left_out)} submodules left out ({', '.join(left_out[:3])}{' …' if left_out[3:] else ''})"
        )
    return told

"""`skill_catalog`: skills of a catalog or of a git repository, as they are there (document 003, 'Skillsmith Catalog').

All of them are fetched, held against their digests and looked through before the first file is written: no half of a
skill, and none that does not say what it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from compliance.sync.connectors import schemas, skill_sources, skills
from compliance.sync.connectors.protocol import Failed
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.sync.connectors.protocol import Task
    from compliance.sync.connectors.skill_sources import File

_TOLD = 10


class SkillCatalog:
    """Skills of a catalog or of a git repository, judged before the first is written."""

    schema: ClassVar[Mapping[str, Any]] = schemas.load("skill_catalog")

    def pull(self, task: Task) -> None:
        """The folder holds what the other side offers, and nothing else."""
        config = task.config
        found = skill_sources.of_catalog(task) if "url" in config else skill_sources.of_repository(task)
        _check(task, found)
        folder = config["folder"].strip("/")
        wanted = {f"{folder}/{path}": file for path, file in found.items()}
        gone = skill_sources.present(task) - wanted.keys()
        for path in sorted(gone):  # first, since a file may become a folder
            task.remove(path)
            _drop_empty(task, path, folder)
        for path, file in sorted(wanted.items()):
            task.write(path, file.content)
            (task.folder / path).chmod(0o755 if file.executable and _may(config, path, folder) else 0o644)
        count = len({path.split("/")[0] for path in found})
        task.say(f"{count} skills, {len(found)} files")


def _check(task: Task, found: Mapping[str, File]) -> None:
    if not found and not task.config.get("allow_empty"):
        raise Failed("there is no skill at all, and an outage looks like that (allow_empty: true takes it)")
    told = list(
        skills.problems({path: file.content for path, file in found.items()}, task.config["folder"].strip("/"))
    )
    for problem in told:
        if problem.harmless:
            task.say(str(problem))
    wrong = [str(problem) for problem in told if not problem.harmless]
    if wrong:
        more = [f"… and {len(wrong) - _TOLD} more"] if len(wrong) > _TOLD else []
        raise Failed("\n".join([*wrong[:_TOLD], *more]))


def _may(config: Mapping[str, Any], path: str, folder: str) -> bool:
    return globs.matches(path.removeprefix(f"{folder}/"), config.get("executable", ()))


def _drop_empty(task: Task, path: str, folder: str) -> None:
    place = (task.folder / path).parent
    while place != task.folder / folder and not any(place.iterdir()):
        place.rmdir()
        place = place.parent

"""What is looked at for the directional sync, and what the observation holds of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.needs import Needs
from compliance.estate import document
from compliance.systems.directional_sync import globs, syncfile, syncreading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.core.observation import File, Listed
    from compliance.systems.directional_sync.policy import Declared, Policy
    from compliance.systems.directional_sync.syncfile import SyncFile
    from compliance.systems.protocol import Facts

DATA = (".json", ".yaml", ".yml")
_TEXT = (*DATA, ".cfg", ".conf", ".csv", ".env", ".ini", ".md", ".toml", ".txt")  # what a secret can be read in


def needs(policy: Policy) -> Needs:
    """Texts of the configuration, of what starts it and of what it starts; of all else names and modes."""
    outputs = [glob for target in policy.here for glob in (*target.outputs, *target.inputs)]
    return Needs(
        files=frozenset({*_files(policy), *_plain_texts(policy)}),
        trees=frozenset({*policy.scripts, *_folders(policy)}),
        listed=frozenset(
            {
                policy.file, policy.workflow, policy.runner, *policy.scripts,
                *policy.entrypoints, *_places(outputs),
            }
        ),
    )  # fmt: skip


def _files(policy: Policy) -> Iterator[str]:
    yield from (policy.file, policy.workflow, policy.runner)
    yield from policy.entrypoints
    for target in policy.here:
        yield from (glob for glob in (*target.outputs, *target.inputs) if _is_data(glob) and globs.plain(glob))
        yield from (target.verification.schemas.values() if target.verification else ())


def _plain_texts(policy: Policy) -> Iterator[str]:
    """Outputs of text that are named one by one."""
    for target in policy.targets.values():
        yield from (glob for glob in target.outputs if glob.endswith(_TEXT) and globs.plain(glob))


def written(facts: Facts) -> dict[str, str]:
    """By path the outputs that were looked at, as text."""
    policy: Policy = facts.policy
    wanted = [*(f"file:{path}" for path in _plain_texts(policy)), *(f"tree:{f}" for f in _data_folders(policy))]
    named = [glob for target in policy.targets.values() for glob in target.outputs]
    found = [file for section in sorted(set(wanted)) for file in facts.read(section)]
    return {file.path: file.text for file in found if file.text is not None and globs.matches(file.path, named)}


def _folders(policy: Policy) -> Iterator[str]:
    yield from _data_folders(policy)
    yield policy.workflow.rpartition("/")[0] or "."


def _data_folders(policy: Policy) -> Iterator[str]:
    """Of globs that name data alone, as the others may name thousands of files."""
    for target in policy.here:
        for glob in (*target.outputs, *target.inputs):
            if _is_data(glob) and not globs.plain(glob):
                yield globs.base(glob) or "."


def data(policy: Policy) -> list[str]:
    """The sections that hold outputs of data, and the schemas that they have to keep."""
    own = {policy.file, policy.workflow, policy.runner, *policy.entrypoints}
    trees = [f"tree:{folder}" for folder in _data_folders(policy)]
    return sorted({*(f"file:{path}" for path in _files(policy) if path not in own), *trees})


def _is_data(glob: str) -> bool:
    return glob.endswith(DATA)


def _places(outputs: Iterable[str]) -> Iterator[str]:
    """What is there of each, and a name that a new file of it might have."""
    for glob in outputs:
        yield sample(glob)
        if not globs.plain(glob):
            yield globs.base(glob) or "."


def sample(glob: str) -> str:
    """A path that the glob names: of a plain one, itself."""
    return globs.sample(glob)


def configuration(facts: Facts) -> SyncFile:
    """`sync.yaml` as values, though something in it may be wrong (DS001); raises where it cannot be read at all."""
    policy: Policy = facts.policy
    text = text_of(facts, policy.file)
    if text is None:
        raise CouldNotLook(f"{policy.file} is not there")
    try:
        return read(text, policy.file)
    except ConfigurationError as error:
        raise CouldNotLook(error.message) from None


@lru_cache(maxsize=8)
def read(text: str, path: str) -> SyncFile:
    """Its values without what no schema can say; raises `ConfigurationError` with the line."""
    found = document.validated(document.parsed(text, Path(path)), syncfile.SCHEMA)
    return syncreading.build(found)


def text_of(facts: Facts, path: str) -> str | None:
    """Of a file that policy names."""
    found: tuple[File, ...] = facts.read(f"file:{path}")
    return found[0].text


def texts(facts: Facts) -> dict[str, str]:
    """All scripts that were looked at, by path: whole folders, and entrypoints that stand elsewhere."""
    policy: Policy = facts.policy
    found = [file for folder in policy.scripts for file in facts.read(f"tree:{folder}")]
    found += [file for path in sorted(policy.entrypoints) for file in facts.read(f"file:{path}")]
    return {file.path: file.text for file in found if file.text is not None}


def listed(facts: Facts) -> Mapping[str, Listed]:
    """By path what is there, and what would be left out of git."""
    return {entry.path: entry for entry in facts.read("listed")}


def there(entries: Mapping[str, Listed], patterns: Iterable[str]) -> list[Listed]:
    """Files that globs name, as they are now."""
    wanted = tuple(patterns)
    return [entry for entry in entries.values() if entry.mode is not None and globs.matches(entry.path, wanted)]


def both(facts: Facts) -> Iterator[tuple[Declared, syncfile.Target]]:
    """Targets that policy and `sync.yaml` both name."""
    policy: Policy = facts.policy
    found = configuration(facts)
    for name, declared in policy.targets.items():
        if (target := found.targets.get(name)) is not None:
            yield declared, target


def here(facts: Facts) -> Iterator[tuple[Declared, syncfile.Target]]:
    """Those whose files are in the repository that was looked at: another one is another estate's."""
    return (pair for pair in both(facts) if pair[1].repository is None)

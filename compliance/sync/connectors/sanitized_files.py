"""`sanitized_files`: what an instance runs with, as files in which each secret is a placeholder (document 003, 'Live to
Docs'). All sources are read and all files made before one is written; where one might still hold a secret, none is."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from compliance.sync.connectors import instances, sanitizing, schemas
from compliance.sync.connectors.protocol import Failed
from compliance.sync.connectors.sanitizing import Entry, Names, Sanitizer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.sync.connectors.protocol import Task


class SanitizedFiles:
    """What an instance runs with, as files in which each secret is a placeholder."""

    schema: ClassVar[Mapping[str, Any]] = schemas.load("sanitized_files")

    def pull(self, task: Task) -> None:
        """A secret that one source gives is taken out of what every other one says."""
        config = task.config
        named = [source["xmlrpc"]["key_env"] for source in config["files"].values() if "xmlrpc" in source]
        names = Names(config.get("hide", ()), config.get("show", ()))
        sanitizer = Sanitizer(names, sanitizing.of_runner(task.given, named))
        read = {path: instances.entries(task, source) for path, source in config["files"].items()}
        for entries in read.values():
            sanitizer.learn(entries)
        made = {path: _made(path, source, read[path], sanitizer) for path, source in config["files"].items()}
        for path, text in sorted(made.items()):
            task.write(path, text.encode())
        count = sum(text.count("<secret: ") for text in made.values())
        task.say(f"{len(made)} files, {count} placeholders")


def _made(path: str, source: Mapping[str, Any], entries: Sequence[Entry], sanitizer: Sanitizer) -> str:
    taken = [entry for entry in entries if _wanted(entry.name, source)]
    if not taken and not source.get("allow_empty"):
        raise Failed(
            f"{path}: nothing was found of it, and an outage looks like that (allow_empty: true takes it)"
        )
    lines = sorted(_split(path, source, taken, sanitizer) if "split" in source else _lines(taken, sanitizer))
    for number, line in enumerate(lines, 1):
        if kind := next((kind for kind, _ in sanitizing.shaped(line)), None):
            raise Failed(
                f"{path}:{number}: may still hold a secret ({kind}); nothing was written: name it in `hide`"
            )
        if any(value in line for value in sanitizer.known):
            raise Failed(f"{path}:{number}: still holds a secret; nothing was written")
    return "".join(f"{line}\n" for line in lines)


def _wanted(name: str, source: Mapping[str, Any]) -> bool:
    return any(fnmatchcase(name, glob) for glob in source.get("names", ("*",)))


def _lines(entries: Sequence[Entry], sanitizer: Sanitizer) -> Iterator[str]:
    for entry in entries:
        name = sanitizer.text(entry.name, "a-name")
        yield f"{_flat(name)}={_flat(sanitizer.value(entry))}"


def _split(
    path: str, source: Mapping[str, Any], entries: Sequence[Entry], sanitizer: Sanitizer
) -> Iterator[str]:
    """The parts of one value, each on a line."""
    if len(entries) != 1:
        raise Failed(f"{path}: `split` takes one name, and `names` finds {len(entries)}")
    (entry,) = entries
    parts = [part.strip() for part in entry.value.split(source["split"])]
    yield from (_flat(sanitizer.value(Entry(entry.name, part))) for part in parts if part)


def _flat(text: str) -> str:
    """On one line: what stands below it would be taken for a name."""
    return text.strip().replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")

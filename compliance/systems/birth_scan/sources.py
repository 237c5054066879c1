"""The sources of the server: which file answers which path, and what each of them loads.

Paths follow from where files lie, and what lies in `utils` is there for all without an import (Nitro's conventions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.tsmodule import Module, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

ENDINGS = (".ts", ".js", ".mjs", ".mts", ".cjs", ".tsx", ".jsx", ".vue")
_METHOD = re.compile(r"\.(get|head|patch|post|put|delete|connect|options|trace)$")
_STAGE = re.compile(r"\.(dev|prod|prerender)$")
# What a screen takes besides sources: nothing of it is run.
_ASSET = re.compile(
    r"\.(?:css|scss|sass|less|styl|json|ya?ml|md|svg|png|jpe?g|gif|webp|avif|ico|woff2?)(?:\?.*)?"
)
_ROOTS = ("~~/", "@@/", "~/", "@/")


class Route(NamedTuple):
    """A file that answers a path; of any method, where none is named."""

    file: str
    path: str
    method: str | None

    def answers(self, path: str, method: str | None = None) -> bool:
        """`[id]` stands for one part of a path, `[...rest]` for all that is left."""
        pattern = re.sub(r"\\\[\\\.\\\.\\\.[^/]*\\\]", ".*", re.escape(self.path))
        pattern = re.sub(r"\\\[[^/]*?\\\]", "[^/]+", pattern)
        return bool(re.fullmatch(pattern, path)) and (None in (method, self.method) or method == self.method)


class Reached(NamedTuple):
    """What a file loads, and what that loads: files, packages by who imports them, and what is not known."""

    files: tuple[str, ...]
    packages: Mapping[str, str]
    unknown: tuple[str, ...]


@dataclass
class Sources:
    """Files by path, each read once. `shared`: the folder whose names are there for all."""

    texts: Mapping[str, str]
    shared: str
    _modules: dict[str, Module] = field(default_factory=dict)
    _names: dict[str, str] | None = None

    def module(self, path: str) -> Module:
        """A file of it."""
        found = self._modules.get(path)
        if found is None:
            found = self._modules[path] = read(path, self.texts[path])
        return found

    def reached(self, path: str) -> Reached:
        """From one file on, itself included."""
        files: dict[str, None] = {path: None}
        packages: dict[str, str] = {}
        unknown: dict[str, None] = {}
        for here in (waiting := [path]):
            module = self.module(here)
            if module.unknown:
                unknown[f"{here} loads what only running it would tell"] = None
            for source in (item.source for item in module.imports):
                found = self._resolved(source, here)
                if found is None and _ASSET.fullmatch(source, source.rfind(".") if "." in source else 0):
                    continue
                if found is None and source.startswith((".", *_ROOTS, "/")):
                    unknown[f"{here} imports {source}, which nobody looked at"] = None
                elif found is None and not source.startswith("#"):
                    packages.setdefault(package(source), here)
                elif found is not None and found not in files:
                    files[found] = None
                    waiting.append(found)
            for found in self._given(module, here):
                if found not in files:
                    files[found] = None
                    waiting.append(found)
        return Reached(tuple(files), packages, tuple(unknown))

    def _given(self, module: Module, here: str) -> Iterable[str]:
        """Files of the shared folder whose names it uses without an import."""
        if self._names is None:
            self._names = dict(self._shared())
        wanted = sorted(module.used & self._names.keys())
        taken = (
            n for item in module.imports if item.source == "#imports" for n in item.names if n in self._names
        )
        return dict.fromkeys(self._names[name] for name in (*wanted, *taken) if self._names[name] != here)

    def _shared(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self.texts):
            if path.startswith(self.shared + "/") and path.endswith(ENDINGS):
                for name in self._exported(path, frozenset()):
                    yield (_file_name(path) if name == "default" else name), path

    def _exported(self, path: str, seen: frozenset[str]) -> frozenset[str]:
        """With what it hands on of others."""
        module = self.module(path)
        names = set(module.exported)
        for item in module.imports:
            other = self._resolved(item.source, path) if item.star else None
            if other is not None and other not in seen:
                names |= self._exported(other, seen | {path}) - {"default"}
        return frozenset(names)

    def _resolved(self, source: str, here: str) -> str | None:
        """The file that an import leads to; None where it is no file that was looked at."""
        if source.startswith("."):
            base = PurePosixPath(here).parent
            candidates = [_normal(base / source)]
        elif source.startswith(_ROOTS):
            rest = source.partition("/")[2]
            candidates = [rest, f"app/{rest}"]
        else:
            return None
        for candidate in candidates:
            bare = re.sub(r"\.(js|mjs|cjs)$", "", candidate)
            for name in (
                candidate,
                *(f"{b}{e}" for b in (candidate, bare, f"{candidate}/index") for e in ENDINGS),
            ):
                if name in self.texts:
                    return name
        return None


def sources(facts: Facts) -> Sources:
    """Of the server, as it was looked at."""
    folder = looking.server(facts.policy)
    files = facts.read(f"tree:{folder}")
    texts = {file.path: file.text for file in files if file.path.endswith(ENDINGS)}
    return Sources(texts, f"{folder}/utils")


def routes(policy: Policy, texts: Iterable[str]) -> list[Route]:
    """Every file that answers a path, by name."""
    api = policy.endpoint.api
    folder, prefix = looking.server(policy), f"/{api.rpartition('/')[2]}"
    found = [_route(path, path.removeprefix(f"{api}/"), prefix) for path in texts if path.startswith(f"{api}/")]
    others = f"{folder}/routes/"
    found += [_route(path, path.removeprefix(others), "") for path in texts if path.startswith(others)]
    return sorted(route for route in found if not route.path.endswith(".d"))


def _route(file: str, place: str, prefix: str) -> Route:
    stem = _STAGE.sub("", re.sub(r"\.[a-z]+$", "", place))
    method = _METHOD.search(stem)
    stem = re.sub(r"\([^)/]*\)/", "", _METHOD.sub("", stem))
    path = re.sub(r"(^|/)index$", "", stem)
    return Route(file, f"{prefix}/{path}".rstrip("/") or "/", method[1].upper() if method else None)


def package(source: str) -> str:
    """`pg` of `pg/lib/x`, `@a/b` of `@a/b/c`, `fs` of `node:fs`."""
    parts = source.removeprefix("node:").split("/")
    return "/".join(parts[:2]) if source.startswith("@") else parts[0]


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _file_name(path: str) -> str:
    """A default export is known by its file's name, in camel case."""
    stem = PurePosixPath(path).name.partition(".")[0]
    head, *rest = re.split(r"[-_]", stem)
    return head + "".join(word[:1].upper() + word[1:] for word in rest)

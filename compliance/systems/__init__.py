"""The governed systems. Adding one is a folder here, in `probes/` and in `fixtures/`, and a word in `SYSTEMS`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from compliance.core import canonical
from compliance.core.errors import ConfigurationError
from compliance.core.needs import Needs
from compliance.estate import config, controls, document, gatelock, waivers
from compliance.estate.controls import Controls
from compliance.estate.places import Named
from compliance.estate.waivers import Waivers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.estate.gatelock import Lock
    from compliance.estate.places import Place
    from compliance.systems.protocol import System

SYSTEMS = ("platform", "command_catalog", "registry_sync", "birth_scan", "iu_registration", "directional_sync")


def system(name: str) -> System:
    """The module of a system, imported when it is first asked for."""
    return cast("System", import_module(f"{__name__}.{name}"))


class Policies(dict[str, Any]):
    """The parsed policy of each system in force, and the digests of the values they were parsed from.

    `waivers` and `controls`: of all systems; `lock`: what was accepted of the profiles. Where there are any they are
    part of the one digest, and of no plan's.
    """

    digest: str
    digests: dict[str, str]
    waivers: Waivers = Waivers()
    documents: dict[str, Named]
    controls: Controls = Controls()
    lock: Lock | None = None

    @classmethod
    def load(cls, estate: config.Estate | config.Declared) -> Policies:
        """Read `<policy folder>/<system>.yaml` of every system in force; `platform` always is."""
        found, problems = cls.read(estate)
        if problems:
            raise problems[0]
        return found

    @classmethod
    def read(cls, estate: config.Estate | config.Declared) -> tuple[Policies, list[ConfigurationError]]:
        """The same with what bars it: of a system that is malformed there is no policy, and its file's first error."""
        found, values, problems = cls(), {}, []
        found.documents = {}
        for name in _in_force(estate):
            try:
                values[name] = found._read(estate.policy, name)
            except ConfigurationError as error:
                problems.append(error)
        found.digests = {name: canonical.digest(canonical.dumps(value)) for name, value in values.items()}
        try:
            found._beside(estate.policy, values)
        except ConfigurationError as error:
            problems.append(error)
        found.digest = canonical.digest(canonical.dumps(values))
        return found, problems

    def _read(self, folder: Path, name: str) -> Any:
        source = document.load(folder / f"{name}.yaml", Path(__file__).parent / name / "policy.schema.json")
        self[name] = system(name).parse(source)
        self.documents[name] = Named(source)
        return source.value

    def _beside(self, folder: Path, values: dict[str, Any]) -> None:
        """What the folder holds that is of no system."""
        self.waivers, self.controls = waivers.load(folder), controls.load(folder)
        self.lock = gatelock.load(folder)
        beside = {
            "waivers": self.waivers.value, "controls": self.controls.value,
            gatelock.NAME: self.lock.digest if self.lock else None,
        }  # fmt: skip
        values.update({name: value for name, value in beside.items() if value is not None})
        for name in (waivers.NAME, controls.NAME):
            if (path := folder / name).exists():
                self.documents[path.stem] = Named(document.read(path))

    def where(self, system: str, subject: str) -> Place:
        """The line of policy that a person has to look at. Platform also judges what is declared beside the systems,
        and each system's policy as a whole."""
        if system == "platform" and subject in self:
            return self.documents[subject].place("")
        beside = sorted(self.documents.keys() - self.keys()) if system == "platform" else []
        held = (name for name in (system, *beside) if subject in self.documents[name])
        return self.documents[next(held, system)].place(subject)

    def named(self, population: str) -> list[str] | None:
        """The subjects of a population that is of no system; None where it is not such a one."""
        found: dict[str, Iterable[str]] = {
            "policies": self,
            "waivers": (waiver.id for waiver in self.waivers.entries),
            "controls": (control.id for control in self.controls.entries),
        }
        return list(found[population]) if population in found else None

    def needs(self) -> Needs:
        """What all systems together want looked at."""
        return sum((system(name).needs(policy) for name, policy in self.items()), Needs())


def _in_force(estate: config.Estate | config.Declared) -> tuple[str, ...]:
    return ("platform", *(name for name in estate.systems if name != "platform"))


# Parts of a system that its plans come from; no system has all of them.
_RENDERING = (
    "policy", "drift", "compile", "desired", "ids", "naming", "moves", "rows", "prepare", "access", "found", "endpoint",
    "endpoint_text", "review", "package", "parts", "introspect", "types",
    "objects", "views", "shadowing", "projecting", "granting", "sources", "rights", "reach",
)  # fmt: skip


def templates(name: str) -> str:
    """Digest of the code that renders the plans of a system."""
    core = Path(canonical.__file__).parent
    own = [Path(__file__).parent / name / f"{part}.py" for part in _RENDERING]
    shared = [core / f"{part}.py" for part in ("change", "sqltext", "flowdiff", "flowsql", "obstacles")]
    files = [*shared, *filter(Path.is_file, own)]
    return canonical.digest(b"\0".join(file.read_bytes() for file in files))

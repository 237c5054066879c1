"""One look at an estate: sections by source, each seen or blind, with provenance and a digest over content alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from compliance.core import canonical, facts
from compliance.core.errors import ConfigurationError, CouldNotLook

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
T = TypeVar("T")


class SourceUnavailable(CouldNotLook):
    """A source that the estate declares it cannot open: not applicable, with the declared reason."""


class File(NamedTuple):
    """A file of the governed repository; `text` is None where there is none."""

    path: str
    text: str | None


class Listed(NamedTuple):
    """A path of the governed repository. `mode`, as git writes it: 100644, 100755, 120000 of a link; None where nothing
    is. `staged`: the one in git's index; None where it holds none, or the repository is no checkout of its own.
    `ignored`: a new file there would be left out by a .gitignore."""

    path: str
    mode: str | None
    staged: str | None
    ignored: bool


class Row(NamedTuple):
    """A row of a governed table: the values of the columns that policy names, in that order."""

    values: tuple[Any, ...]


_FACTS: dict[str, type[tuple[Any, ...]]] = {
    "catalog.server": facts.Server,
    "catalog.databases": facts.Database,
    "catalog.schemas": facts.Schema,
    "catalog.relations": facts.Relation,
    "catalog.columns": facts.Column,
    "catalog.constraints": facts.Constraint,
    "catalog.indexes": facts.Index,
    "catalog.functions": facts.Function,
    "catalog.triggers": facts.Trigger,
    "catalog.roles": facts.Role,
    "catalog.grants": facts.Grant,
    "catalog.executables": facts.Executable,
    "catalog.bodies": facts.Body,
    "directus.server": facts.DirectusServer,
    "directus.since": facts.Since,
    "directus.flows": facts.ServedFlow,
    "directus.revisions": facts.Revision,
    "directus.items": facts.Served,
    "nuxt.route": facts.Route,
    "agent_data.info": facts.ServiceInfo,
    "agent_data.webhooks": facts.Webhook,
    "documents": facts.Document,
    "listed": Listed,
}

_BY_SOURCE: dict[str, type[tuple[Any, ...]]] = {
    "file": File,
    "tree": File,
    "exercised": facts.Exercised,
    "compared": facts.Compared,
}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where facts came from. `query`: the statement or path as it was used; `seconds` and `at` stay out of digests."""

    source: str
    query: str
    at: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """Facts that were looked at; an empty tuple is an absence that was seen."""

    facts: tuple[T, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Blind:
    """A look that failed. There are no facts to fall back on.

    `unavailable`: the estate declares that this source cannot be opened, so its rules are not applicable.
    """

    reason: str
    provenance: Provenance
    unavailable: bool = False


@dataclass(frozen=True)
class Observation:
    """All sections of one look at `estate`, at `observed_at` (UTC, ISO 8601)."""

    estate: str
    observed_at: str
    sections: Mapping[str, Seen[Any] | Blind] = field(repr=False)

    def read(self, section: str) -> tuple[Any, ...]:
        """The facts of a section; raises `CouldNotLook` where it is blind or was never looked at."""
        found = self.sections.get(section)
        if found is None:
            raise CouldNotLook(
                f"{section}: this observation does not hold it", remedy="observe again with this policy"
            )
        if isinstance(found, Blind):
            raise (SourceUnavailable if found.unavailable else CouldNotLook)(f"{section}: {found.reason}")
        return found.facts

    @cached_property
    def digest(self) -> str:
        """Of content alone: no time, no duration, no order of looking."""
        return canonical.digest(canonical.dumps(self._content()))

    @property
    def blind(self) -> dict[str, str]:
        """Why each section that was not seen was not."""
        return {name: found.reason for name, found in self.sections.items() if isinstance(found, Blind)}

    @property
    def failed(self) -> dict[str, str]:
        """Of these, the looks that were meant to succeed: not what is declared unavailable, or was never called."""
        found = self.sections.items()
        return {name: s.reason for name, s in found if isinstance(s, Blind) and not s.unavailable}

    @property
    def unavailable(self) -> dict[str, str]:
        """By source: why the estate declares that it cannot be opened. Nothing behind it was judged."""
        found: dict[str, dict[str, None]] = {}
        for section in self.sections.values():
            if isinstance(section, Blind) and section.unavailable:
                found.setdefault(section.provenance.source, {})[section.reason] = None
        return {source: "; ".join(reasons) for source, reasons in found.items()}

    def _content(self) -> dict[str, Any]:
        content = {
            name: {"blind": found.reason, "unavailable": found.unavailable}
            if isinstance(found, Blind)
            else {"seen": found.facts}
            for name, found in self.sections.items()
        }
        return {"format": FORMAT, "estate": self.estate, "sections": content}

    def to_json(self) -> bytes:
        """The whole observation, one line of canonical JSON."""
        provenance = {
            name: [s.provenance.source, s.provenance.query, s.provenance.at, s.provenance.seconds]
            for name, s in self.sections.items()
        }
        whole = {"content": self._content(), "observed_at": self.observed_at, "provenance": provenance}
        return canonical.dumps(whole | {"digest": self.digest}) + b"\n"

    @classmethod
    def from_json(cls, data: bytes, name: str = "observation") -> Observation:
        """Read a recorded observation; its digest must be the one of its content."""
        try:
            whole = json.loads(data)
            content, provenance = whole["content"], whole["provenance"]
            sections = {
                key: _section(key, value, provenance[key]) for key, value in content["sections"].items()
            }
            found = cls(content["estate"], whole["observed_at"], sections)
            stated = (content["format"], whole["digest"]) == (FORMAT, found.digest)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ConfigurationError(f"{name}: not an observation ({type(error).__name__}: {error})") from None
        if not stated:
            raise ConfigurationError(
                f"{name}: the content does not have the digest it states",
                remedy="use the file as it was written",
            )
        return found


def _section(name: str, content: dict[str, Any], provenance: list[Any]) -> Seen[Any] | Blind:
    origin = Provenance(*provenance)
    if "blind" in content:
        return Blind(content["blind"], origin, content["unavailable"])
    kind = _FACTS.get(name) or _BY_SOURCE.get(name.partition(":")[0], Row)
    return Seen(tuple(kind(*(_tuples(v) for v in fact)) for fact in content["seen"]), origin)


def _tuples(value: Any) -> Any:
    """JSON knows lists only; facts hold tuples, so that they can be compared and hashed."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value

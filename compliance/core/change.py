"""Drift, and what is compiled to repair it: values that hold no connection and have no effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from compliance.core import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.footprint import FactKey

Hazard: TypeAlias = Literal[
    "inserts",
    "updates",
    "deletes",
    "drops-table",
    "creates-object",
    "drops-object",
    "grants",
    "calls-writing-function",
    "overwrites-secret",
    "reloads-runtime",
    "calls-service",
]


@dataclass(frozen=True, slots=True)
class Missing:
    """Declared, and not there."""

    subject: str


@dataclass(frozen=True, slots=True)
class Undeclared:
    """There, and not declared: reported, and removed only where policy says `prune: true`."""

    subject: str


@dataclass(frozen=True, slots=True)
class Differs:
    """Declared and there, with another value in one column."""

    subject: str
    facet: str
    declared: Any
    observed: Any


Drift: TypeAlias = Missing | Undeclared | Differs


@dataclass(frozen=True, slots=True)
class Step:
    """One repair: how to do it, how to see that it is done, how to undo it. No transaction control.

    `verify` raises where it is not true: printing `f` is not enough. `reads` and `writes` bind a plan to the estate:
    where one of these facts moved, the plan is stale; what is not in `writes`, no plan may change. `guarded`: of these,
    the rows of which `revert` itself says what may have become of them since, so that they need not be to the letter
    what was written; of all others, nothing of the whole row may. A table that is made or removed is guarded where its
    rows follow from others, so that they may go with it and be made again.
    """

    title: str
    deploy: str
    verify: str
    revert: str
    hazards: frozenset[Hazard]
    reads: frozenset[FactKey]
    writes: frozenset[FactKey]
    guarded: frozenset[FactKey] = frozenset()


class Undo(NamedTuple):
    """The request that takes a call back."""

    method: str
    path: str
    body: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a service after COMMIT, how to see that it is done, and how to undo it.

    Done: a GET of `present` answers 200 and one of `absent` does not; where it is, it is not made again. Of Directus
    both may be lists with a query (`/permissions?filter[policy][_eq]=…`), of which an empty one is as if it were not
    there. Of the repository `path` is a file, PUT writes `body` into it and DELETE removes it; `present` is
    `path@sha256`, of the content that it has then, and `absent` of the one that is written over; None: there is no file
    yet. `reads`: the facts that it rests on; where one of these moved, the plan is stale.
    """

    title: str
    service: Literal["directus", "agent_data", "repository"]
    method: str
    path: str
    body: Any
    undo: tuple[str, str, Any]
    present: str | None
    absent: str | None
    reads: frozenset[FactKey] = frozenset()

    @property
    def back(self) -> Undo:
        return Undo(*self.undo)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A call that has to be made to see what it answers: one SELECT, and the keys of its JSON answer that are kept.

    In a sandbox it may be several, of which the answers are one. `refused`: the SQLSTATE, or its class, with which it
    has to be refused. `version`: digest of what is called, where that is known.
    """

    name: str
    sql: str
    keys: tuple[str, ...]
    writing: bool
    refused: str = ""
    version: str = ""

    @property
    def call(self) -> str:
        """Digest of the call, by which an answer to another call is told."""
        return canonical.digest(f"{self.sql}\0{self.version}".encode() if self.version else self.sql.encode())


@dataclass(frozen=True, slots=True)
class Compiled:
    """A seed (the whole desired state), a migration (exactly the drift, possibly no step), a preparation (what has to
    be done before that can be compiled), or calls that are made to see what they answer, and of which nothing stays.

    `calls` follow the steps, once these are committed. `payloads`: the same change in another form, for a reviewer.
    `proposal`: why nobody can approve it yet, or empty. `notes`: what has to be known wherever it is told of.
    """

    system: str
    kind: Literal["seed", "migration", "preparation", "exercise"]
    title: str
    steps: tuple[Step, ...]
    calls: tuple[Call, ...] = ()
    payloads: Mapping[str, str] = field(default_factory=dict)
    proposal: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Is there nothing to do?"""
        return not (self.steps or self.calls)

    def files(self) -> dict[str, str]:
        """Renderings for psql, by file name; nothing to do gives no file."""
        if not self.steps:
            return {}
        deploy = [text for step in self.steps for text in (step.deploy, step.verify)]
        return {
            "deploy.sql": self._transaction("deploy", deploy),
            "verify.sql": self._transaction("verify", [step.verify for step in self.steps]),
            "revert.sql": self._transaction("revert", [step.revert for step in reversed(self.steps)]),
        }

    @property
    def digest(self) -> str:
        """Over the bytes of all files."""
        return canonical.digest(canonical.dumps(self.files()))

    def _transaction(self, name: str, parts: list[str]) -> str:
        # Without ON_ERROR_STOP psql goes on after an error and exits 0. Without \encoding the server would take the
        # bytes of this file for whatever the caller's locale or PGCLIENTENCODING says. With a search_path of its own
        # no function or operator of somebody else's schema stands in for one of PostgreSQL's.
        title = f"-- {self.system}: {self.title} ({self.kind}, {name})"
        told = "\\set ON_ERROR_STOP on\n\\encoding UTF8\n"
        end = "rollback" if self.kind == "exercise" else "commit"
        head = f"{title}\n{told}begin;\nset local search_path = pg_catalog, pg_temp;\n"
        return head + "\n" + "\n\n".join(parts) + f"\n\n{end};\n"

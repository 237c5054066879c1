"""Policy of the IU registration: document 002. Every name of the estate stands here, and none in the code."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.document import Document

Mode: TypeAlias = Literal["view", "shadow", "projection"]
State: TypeAlias = Literal["registered", "disabled"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column that the view has to have, of which PostgreSQL type, and on which axis (section 2)."""

    name: str
    type: str
    group: str


@dataclass(frozen=True, slots=True)
class Source:
    """The view that is registered, and the one that introspects it, which is the single source of the fields.

    `definition`: the SELECT of the view, compiled where it is missing (the document's migration 021). `groups`: axis
    groups, each with patterns of names, the first that matches counts. `key`: the field that is primary.
    """

    view: str
    envelope: str
    key: str
    owner: str
    definition: str
    groups: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, Field]

    def group(self, field: str) -> str | None:
        """The axis group of a field, as the envelope that is compiled gives it."""
        found = (
            group
            for group, patterns in self.groups.items()
            if any(fnmatchcase(field, pattern) for pattern in patterns)
        )
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Collection:
    """What Directus knows of it: document 002, section 3. `sort` counts where the view has such a column."""

    name: str
    icon: str
    accountability: Literal["all", "activity"] | None
    sort: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Serving:
    """How Directus comes to serve a view, which by itself it never does.

    `view`: as the document has it. `shadow`: an empty keyed table of the view's name in `schema`, which stands behind
    that of the view in the search path. `projection`: the keyed table `table`, kept equal by triggers on what the view
    reads; `sources`: tables of these that nothing shows, as a function reads them that nobody can see into.
    """

    mode: Mode
    schema: str = ""
    table: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may read: the document's hint, and the name of the role in Directus. `access`: id of the row that grants."""

    hint: str
    role: str
    access: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The access policy of Directus that holds the one permission. `readers`: roles that the operator chose."""

    id: str
    name: str
    readers: tuple[Reader, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the settings of Directus are declared: the file, its service and the variable of the search path."""

    file: str
    service: str
    variable: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a function refuses: the SQLSTATE, or its class, and a text that the message holds."""

    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The registry of vector collections that S1 to S7 and S10 exercise (section 7), by the names it has here.

    `key`, `status`: columns of `relation`. `unknown`: a name that nobody registers. `beside`: tables that the functions
    write too.
    """

    relation: str
    register: str
    retire: str
    key: str
    status: str
    name: str
    unknown: str
    actor: str
    dimension: int
    other_dimension: int
    metric: str
    refused_metric: str
    planned: str
    registered: str
    retired: str
    refusals: Mapping[str, Refusal]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. `former`: names under which it was registered before. `directus`: schema of its own tables;
    `database_role`: what it connects as. `prune`: what nobody declared is removed, else only reported."""

    reviewed: bool
    source: Source
    collection: Collection
    state: State
    serving: Serving
    reading: Reading
    environment: Environment
    sandbox: Sandbox
    directus: str
    database_role: str
    former: tuple[str, ...]
    prune: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of a collection that is governed here."""
        return (self.collection.name, *self.former)

    @property
    def served(self) -> str:
        """`schema.name` of the relation that holds what Directus reads."""
        return self.serving.table if self.serving.mode == "projection" else self.source.view

    @property
    def keyed(self) -> str:
        """`schema.name` of the table by which Directus knows the key; empty where the mode has none."""
        if self.serving.mode == "shadow":
            return f"{self.serving.schema}.{split_name(self.source.view)[1]}"
        return self.serving.table


def parse(document: Document) -> Policy:
    """Frozen values of a validated document; what a schema cannot say is checked here."""
    value = document.value
    policy = Policy(
        reviewed=bool(value["reviewed"]),
        source=_source(value["source"]),
        collection=Collection(**{"note": None, **value["collection"]}),
        state=value["state"],
        serving=_serving(value["serving"]),
        reading=_reading(value["reading"]),
        environment=Environment(**value["environment"]),
        sandbox=_sandbox(value["sandbox"]),
        directus=value["directus"]["schema"],
        database_role=value["directus"]["role"],
        former=tuple(value.get("former", ())),
        prune=value.get("prune", False),
    )
    _check(document, policy)
    return policy


def _source(value: Mapping[str, Any]) -> Source:
    fields = {name: Field(name, each["type"], each["group"]) for name, each in value["fields"].items()}
    groups = {group: tuple(patterns) for group, patterns in value["groups"].items()}
    return Source(**{**value, "fields": fields, "groups": groups})


def _serving(value: Mapping[str, Any]) -> Serving:
    return Serving(**{**value, "sources": tuple(value.get("sources", ()))})


def _reading(value: Mapping[str, Any]) -> Reading:
    chosen = {hint: Reader(hint, **each) for hint, each in value["roles"].items()}
    return Reading(value["id"], value["name"], tuple(chosen[hint] for hint in value["grant"] if hint in chosen))


def _sandbox(value: Mapping[str, Any]) -> Sandbox:
    refusals = {name: Refusal(**each) for name, each in value["refusals"].items()}
    return Sandbox(**{**value, "refusals": refusals, "beside": tuple(value.get("beside", ()))})


def _check(document: Document, policy: Policy) -> None:
    source = policy.source
    if source.key not in source.fields:
        raise document.error(
            f"source.key: '{source.key}' is none of the fields", "source", "key",
            remedy=f"one of {', '.join(source.fields)}",
        )  # fmt: skip
    for name, field in source.fields.items():
        if source.group(name) != field.group:
            raise document.error(
                f"source.fields.{name}: groups puts it into {source.group(name)}, not into {field.group}",
                "source", "fields", name, remedy="correct one of both",
            )  # fmt: skip
    roles = document.value["reading"]["roles"]
    for number, hint in enumerate(document.value["reading"]["grant"]):
        if hint not in roles:
            raise document.error(
                f"reading.grant: '{hint}' is none of the roles", "reading", "grant", number,
                remedy=f"one of {', '.join(roles)}",
            )  # fmt: skip
    _check_names(document, policy)
    _check_sandbox(document)


def _check_names(document: Document, policy: Policy) -> None:
    """Directus takes the name of the relation for that of the collection: no other can be served."""
    _, served = split_name(policy.served)
    if policy.collection.name != served:
        raise document.error(
            f"collection.name: Directus would serve '{served}'", "collection", "name",
            remedy=f"name it {served}, or serve another relation",
        )  # fmt: skip
    if policy.serving.mode == "shadow" and policy.serving.schema == split_name(policy.source.view)[0]:
        raise document.error(
            "serving.schema: the view is in it already", "serving", "schema",
            remedy="a schema of its own, which stands behind it in the search path",
        )  # fmt: skip


def _check_sandbox(document: Document) -> None:
    """A case in which both are the same would show nothing."""
    sandbox = document.value["sandbox"]
    for one, other in (
        ("name", "unknown"), ("dimension", "other_dimension"), ("metric", "refused_metric"),
        ("planned", "registered"), ("registered", "retired"),
    ):  # fmt: skip
        if sandbox[one] == sandbox[other]:
            raise document.error(
                f"sandbox.{other}: is the same as {one}", "sandbox", other, remedy="name another one"
            )

"""What is seen in a PostgreSQL catalog, and of the services: one tuple a fact; of a query, fields as its columns.

Tuples, because the JSON encoder writes them without a detour and thousands are made in each look. A fact holds
names and settings, never an oid, a ctid or a time, so that the same state gives the same bytes anywhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Database(NamedTuple):
    """The one that was looked at."""

    name: str
    owner: str


class Schema(NamedTuple):
    name: str
    owner: str


class Relation(NamedTuple):
    """`kind`: table, partitioned table, view, materialized view, foreign table, sequence.

    `definition` of views, and their `options`, such as security_invoker=true. `parents`: what it is a partition of, or
    inherits from, as `schema.name`.
    """

    schema: str
    name: str
    kind: str
    owner: str
    row_security: bool
    definition: str | None
    parents: tuple[str, ...]
    options: tuple[str, ...] = ()


class Column(NamedTuple):
    """`position` counts from 1 over the columns that are left, so that a dropped one leaves no gap.

    `default` of a generated column is what generates it. `identity`: always, by default or empty; `generated`:
    stored, virtual or empty.
    """

    schema: str
    relation: str
    name: str
    position: int
    type: str
    nullable: bool
    default: str | None
    identity: str
    generated: str


class Constraint(NamedTuple):
    """`kind`: primary key, unique, check, exclusion, foreign key. `delete_rule` of foreign keys, else empty."""

    schema: str
    relation: str
    name: str
    kind: str
    columns: tuple[str, ...]
    target: str | None
    delete_rule: str
    definition: str


class Index(NamedTuple):
    schema: str
    relation: str
    name: str
    unique: bool
    valid: bool
    definition: str


class Function(NamedTuple):
    """`arguments`: type names of the input arguments; `search_path`: as pinned by SET, or None."""

    schema: str
    name: str
    arguments: tuple[str, ...]
    returns: str
    kind: str
    language: str
    volatility: str
    owner: str
    security_definer: bool
    search_path: str | None
    body_digest: str

    @property
    def signature(self) -> str:
        return f"{self.schema}.{self.name}({','.join(self.arguments)})"


class Trigger(NamedTuple):
    """`function`: as `Function.signature` writes it; empty for a rewrite rule, which acts on a write like a trigger."""

    schema: str
    relation: str
    name: str
    enabled: bool
    function: str
    definition: str


class Role(NamedTuple):
    """`member_of`: direct memberships, PostgreSQL's own roles (pg_…) included."""

    name: str
    superuser: bool
    create_role: bool
    create_db: bool
    bypass_rls: bool
    replication: bool
    login: bool
    member_of: tuple[str, ...]


class Grant(NamedTuple):
    """`kind`: database, schema, relation, sequence, column, function, foreign server.

    `object`: its qualified name, of a function its signature.

    `grantee` is `public` for PUBLIC. What an owner may do with its own object is not listed: ownership says it.
    """

    kind: str
    object: str
    grantee: str
    privilege: str
    grantable: bool


class Executable(NamedTuple):
    """A role that policy names may execute a function, as PostgreSQL decides it (PUBLIC, memberships)."""

    role: str
    function: str


class Exercised(NamedTuple):
    """What was seen of what was done to be seen: of a call, or of rows that were made. `call`: digest of what that was.

    `answer`: what policy asks for of it. `error`: why there is none (of a call PostgreSQL's state), or empty.
    """

    name: str
    call: str
    answer: tuple[tuple[str, Any], ...]
    error: str


class Server(NamedTuple):
    """Who looked, where. `version`: 180006 for 18.6; `system`: the identifier that initdb gave the cluster."""

    version: int
    database: str
    role: str
    superuser: bool
    encoding: str
    system: str


class Body(NamedTuple):
    """The source text of a function that is not compiled; `arguments` as `Function` has them."""

    schema: str
    name: str
    arguments: tuple[str, ...]
    language: str
    source: str

    @property
    def signature(self) -> str:
        return f"{self.schema}.{self.name}({','.join(self.arguments)})"


class DirectusServer(NamedTuple):
    version: str


class Since(NamedTuple):
    """Since when this Directus fires what is scheduled, as its estate declares it: before that nothing is missing."""

    at: str


class Route(NamedTuple):
    """Statuses that a GET is answered with: of a path, and of one beside it that is surely not there.

    405: there is a route, for another method. 404: there is none. A server of screens answers 200 to both.
    """

    path: str
    status: int
    elsewhere: int


class Served(NamedTuple):
    """The status that a GET of one item of a collection is answered with, asked with the token that looks."""

    collection: str
    status: int


class Compared(NamedTuple):
    """A view and a table, row by row. `missing`: rows of the view that the table lacks, by their key; `extra`: the
    other way round; `differing`: under the same key, another value of some column.

    A key that stands twice in the view shows in how many rows there are; one that is NULL is missing.
    """

    name: str
    view_rows: int
    table_rows: int
    missing: int
    extra: int
    differing: int


class ServedFlow(NamedTuple):
    """A flow as the API lists it. A Directus that lists others than the database holds serves another one."""

    id: str
    name: str
    status: str


class Revision(NamedTuple):
    """The newest content of a flow or an operation that an API write has left. `collection`: directus_flows, or of
    operations."""

    item: str
    collection: str
    data: Any


class ServiceInfo(NamedTuple):
    """What the running document service says of itself: ids that begin so are written back to Directus."""

    version: str
    sync_prefixes: tuple[str, ...]


class Webhook(NamedTuple):
    id: str
    url: str
    events: tuple[str, ...]
    active: bool


class Document(NamedTuple):
    """A document that was not deleted. `whole`: all of it was seen; else its id alone, and the rest is None."""

    id: str
    parent: str | None
    title: str | None
    mime_type: str | None
    body: str | None
    metadata: Any
    whole: bool

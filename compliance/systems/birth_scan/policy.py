"""Policy of the birth scan: document 001. A candidate there is a list here, of which a probe finds one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from compliance.core.needs import split_name
from compliance.systems.birth_scan.checks import check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.flows import Flow
    from compliance.estate.document import Document


@dataclass(frozen=True, slots=True)
class Function:
    """The scan, which is there already; `caller`: the role behind the endpoint."""

    schema: str
    name: str
    returns: str
    volatility: str
    owner: str
    security_definer: bool
    caller: str

    @property
    def signature(self) -> str:
        """As the catalog writes it. It takes nothing (document 001, section 1)."""
        return f"{self.schema}.{self.name}()"


@dataclass(frozen=True, slots=True)
class Result:
    """What the function answers: names of its keys, and the two statuses that have a summary (section 1, step 4)."""

    status: str
    run_id: str
    complete: str
    dependency_fail: str
    counts: tuple[str, ...]
    by_kind: str
    missing: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is copied from: a flow that works, and the code of its tool (section 2, questions A and C)."""

    flow: str
    tool: str


@dataclass(frozen=True, slots=True)
class Failures:
    """The collection that records a failed call, its column for the title, and values of further columns."""

    collection: str
    title: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ScanFlow:
    """The flow that is scheduled. Its id is policy: one of this name with another id is another flow."""

    id: str
    name: str
    accountability: Literal["all", "activity"] | None
    failures: Failures


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The route that is compiled. `seconds`: how long a scan may take; `lock`: what keeps a second one out."""

    api: str
    file: str
    path: str
    url_env: str
    database_env: str
    seconds: int
    lock: int
    compare: bool


@dataclass(frozen=True, slots=True)
class Auth:
    """How a caller is known: a header, `env` in the flow, `server_env` in the server; or nothing, and `reason` why."""

    header: str
    env: str
    server_env: str
    reason: str = ""

    @property
    def required(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Cadence:
    """When, in the time zone of the server that fires. `reviewed`: False makes of a plan a proposal; `at`: the day."""

    cron: str
    timezone: str
    reviewed: bool
    at: date = date.min

    def reviewed_by(self, instant: str) -> bool:
        """Was it, at a time of an observation? A day may have begun elsewhere already."""
        return self.reviewed and self.at <= datetime.fromisoformat(instant).date() + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Firing:
    """Of the last `window_hours` each fire has left a run, at most `late_seconds` after it."""

    window_hours: int
    late_seconds: int


@dataclass(frozen=True, slots=True)
class Config:
    """The table of policy keys, its columns, and the two keys of the scan (section 3).

    `siblings`: keys of other policy beside them, which no plan may write (section 2.F, 'DO NOT REMOVE').
    """

    relation: str
    key: str
    value: str
    description: str | None
    enabled: str
    cadence: str
    siblings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tool:
    """The row that makes it a governed tool. `columns`: candidates by field; `vocabulary`: fields of values in use."""

    relation: str
    identity: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, str | int | bool]
    vocabulary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Issues:
    """Where a scan leaves its summary. `severity`: by `complete` and `dependency_fail`."""

    relation: str
    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, str]
    severity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the environment of the services is written down, and what these are called there.

    `running`: a file of the repository with what Directus runs with, a line a variable; None where nobody writes it.
    `hosts`: names by which Directus reaches the server that are none of a service in that file.
    """

    file: str
    directus: str
    web: str
    running: str | None = None
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reverse:
    """The name that holds the prefixes of what the document service writes back, and the source that binds it."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`auth`: None where nobody decided yet. `directus`: the schema of Directus' own tables, None where it is not said;
    `reverse`: None where only the running service can say what it writes back."""

    reviewed: bool
    function: Function
    result: Result
    pattern: Pattern
    flow: ScanFlow
    endpoint: Endpoint
    auth: Auth | None
    cadence: Cadence
    firing: Firing
    config: Config
    tool: Tool
    issues: Issues
    environment: Environment
    knowledge: str
    screens: tuple[str, ...]
    directus: str | None
    reverse: Reverse | None

    def owns(self, flow: Flow) -> bool:
        """Is it the scan's flow?"""
        return flow.id == self.flow.id


def parse(document: Document) -> Policy:
    """Frozen values of a validated document; what a schema cannot say is checked here."""
    value = document.value
    endpoint, flow = value["endpoint"], value["flow"]
    check(document)
    return Policy(
        reviewed=bool(value["reviewed"]),
        function=_function(value["function"]),
        result=Result(**{**value["result"], "counts": tuple(value["result"]["counts"])}),
        pattern=Pattern(**value["pattern"]),
        flow=ScanFlow(**{**flow, "failures": Failures(**flow["failures"])}),
        endpoint=Endpoint(**endpoint),
        auth=_auth(value.get("auth")),
        cadence=_cadence(value["cadence"]),
        firing=Firing(**value["firing"]),
        config=Config(
            **{
                "description": None,
                **value["config"],
                "siblings": frozenset(value["config"].get("siblings", ())),
            }
        ),
        tool=_tool(value["tool"]),
        issues=Issues(**{**value["issues"], "columns": _candidates(value["issues"]["columns"])}),
        environment=_environment(value["environment"]),
        knowledge=value["knowledge"],
        screens=tuple(value["screens"]),
        directus=value["directus"]["schema"] if "directus" in value else None,
        reverse=Reverse(**value["reverse"]) if "reverse" in value else None,
    )


def _function(value: Mapping[str, Any]) -> Function:
    schema, name = split_name(value["name"])
    return Function(
        schema, name, value["returns"], value["volatility"], value["owner"], value["security_definer"],
        value["caller"],
    )  # fmt: skip


def _cadence(value: Mapping[str, Any]) -> Cadence:
    review = value.get("reviewed")
    at = date.fromisoformat(review["at"]) if review else date.min
    return Cadence(value["cron"], value["timezone"], bool(review), at)


def _environment(value: Mapping[str, Any]) -> Environment:
    return Environment(**{**value, "hosts": frozenset(name.lower() for name in value.get("hosts", ()))})


def _auth(value: Mapping[str, Any] | None) -> Auth | None:
    if value is None:
        return None
    return Auth("", "", "", value["none"]["reason"]) if "none" in value else Auth(**value)


def _tool(value: Mapping[str, Any]) -> Tool:
    return Tool(
        value["relation"], tuple(value["identity"]), _candidates(value["columns"]), value["values"],
        tuple(value["vocabulary"]),
    )  # fmt: skip


def _candidates(value: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {field: tuple(columns) for field, columns in value.items()}

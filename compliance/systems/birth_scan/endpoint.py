"""The endpoint, as TypeScript (document 001, section 1): the policy's values, in the way of access that was found.

Its answers are described beside its text (`endpoint_text.py`). Names and values come from a policy, and some from the
estate: none of them can end the string, the comment or the SQL that it stands in.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import Refused
from compliance.core.sqltext import literal, name, relation
from compliance.systems.birth_scan import endpoint_text as text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.birth_scan.policy import Auth, Policy

_MARK = re.compile(r"@@([A-Z_]+)@@")
_VARIABLE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_LONGEST = 1_000_000  # of a column without a limit: no summary comes near
# What is different in each row, in the order of its parameters; `structured` is one more.
_VARYING = ("title", "description", "severity", "run_id")


class Found(NamedTuple):
    """What the live estate shows of what the policy calls candidates.

    `style`: the package by which endpoints reach PostgreSQL, `pg` or `postgres`. `columns`: of fields of
    `policy.issues.columns` but `structured`, the column that is there. `structured`: the column of JSON, None where
    there is none. `lengths`: how many characters a column holds, where that is limited. `newest`: a column by which
    rows can be ordered, the newest last; None where there is none.
    """

    style: str
    columns: Mapping[str, str]
    structured: str | None = None
    lengths: Mapping[str, int] = {}
    newest: str | None = None

    def room(self, field: str) -> int:
        """How many characters this field may have."""
        return self.lengths.get(self.columns.get(field, ""), _LONGEST)


def rendered(policy: Policy, found: Found) -> str:
    """The route file. Raises `Refused` with all that is needed before there can be one."""
    if reasons := list(_obstacles(policy, found)):
        raise Refused(
            f"{policy.endpoint.file} cannot be compiled",
            reasons=reasons,
            remedy="decide it in the policy, or change the estate, and look again",
        )
    values = _values(policy, found)

    def replaced(written: str) -> str:
        """In one pass: what a value holds is never taken for a mark."""
        return _MARK.sub(lambda mark: values[mark[1]], written)

    for part in ("DATABASE", "CALLER", "UNCHANGED"):
        values[part] = replaced(values[part])
    return replaced(text.TEXT)


def _obstacles(policy: Policy, found: Found) -> Iterator[str]:
    if found.style not in text.DATABASE:
        yield (
            f"endpoints reach the database by {found.style}, which cannot call a function: it needs the package pg"
            f" or postgres in the server, and the address of the database in {policy.endpoint.database_env}"
        )
    if policy.auth is None:
        yield "auth_decision: the policy says neither how a caller is known nor that none has to be"
    if "title" not in found.columns and "run_id" not in found.columns:
        yield f"{policy.issues.relation} has no column for run_id or title, so that no summary can be told by its run"
    if "description" not in found.columns and found.structured is None:
        yield f"{policy.issues.relation} has a column neither for a text nor for JSON"
    if policy.endpoint.compare and found.newest is None:
        yield (
            f"the key of {policy.issues.relation} does not count up, so nothing says which summary is the last one"
            " and none can be compared with it: set endpoint.compare to false"
        )
    for field, value in {**_fixed(policy, found.columns), **_severities(policy, found)}.items():
        if len(value) > found.room(field.partition(" ")[0]):
            yield f"{policy.issues.relation}: '{value}' is longer than the column of {field} holds"


def _fixed(policy: Policy, columns: Mapping[str, str]) -> dict[str, str]:
    """What every summary has in common, by field."""
    varying = {*_VARYING, "structured"}
    return {f: v for f, v in policy.issues.values.items() if f in columns and f not in varying}


def _severities(policy: Policy, found: Found) -> dict[str, str]:
    if "severity" not in found.columns:
        return {}
    return {f"severity of {status}": value for status, value in policy.issues.severity.items()}


def _values(policy: Policy, found: Found) -> dict[str, str]:
    """What each mark stands for."""
    result, endpoint, key = policy.result, policy.endpoint, policy.config.enabled
    return {
        "FUNCTION": _comment(policy.function.signature),
        "FLOW": _comment(policy.flow.name),
        "RELATION": _comment(policy.issues.relation),
        "SECONDS": str(endpoint.seconds),
        "PATH": _ts(endpoint.path),
        "ADDRESS": _environment(endpoint.database_env),
        "OFF": _ts(f"{key} is false"),
        "UNKNOWN": _ts(f"{key} is not there once, as true or false"),
        "COUNTS": ", ".join(map(_ts, result.counts)),
        "STATUS": _result(result.status),
        "COMPLETE": _ts(result.complete),
        "DEPENDENCY_FAIL": _ts(result.dependency_fail),
        "RUN_ID": _result(result.run_id),
        "BY_KIND": _result(result.by_kind),
        "MISSING": _result(result.missing),
        "NO_RUN_ID": _ts(f"no {result.run_id}"),
        "NO_MISSING": _ts(f"no list {result.missing}"),
        "NO_KINDS": _ts(f"no counts in {result.by_kind}"),
        **_access(policy.auth, found),
        **_statements(policy, found),
        **_summary(policy, found),
    }


def _access(auth: Auth | None, found: Found) -> dict[str, str]:
    """How it reaches the database, and how it knows who calls."""
    driver, database = text.DATABASE[found.style]
    values = {"IMPORT": driver, "DATABASE": database}
    if auth is None or not auth.required:
        reason = _comment(auth.reason if auth else "")
        return {**values, "CALLER": text.NOBODY, "REASON": reason, "TIMING": "", "CREDENTIALS": "''"}
    scheme = "Bearer " if auth.header.lower() == "authorization" else ""
    return {
        **values,
        "CALLER": text.CALLER,
        "TIMING": ", timingSafeEqual",
        "CREDENTIALS": f"getRequestHeader(event, {_ts(auth.header.lower())}) ?? ''",
        "TOKEN": _environment(auth.server_env),
        "WANTED": f"`{scheme}${{token}}`" if scheme else "token",
    }


def _statements(policy: Policy, found: Found) -> dict[str, str]:
    """The SQL, in which nothing but parameters varies."""
    config, function = policy.config, policy.function
    table, mine = relation(policy.issues.relation), _mine(policy, found)
    key = name(found.columns.get("run_id") or found.columns["title"])
    switch = (
        f"select {name(config.value)}::text as value from {relation(config.relation)}"
        f" where {name(config.key)} = {literal(config.enabled)}"
    )
    return {
        "SWITCH": _ts(switch),
        "LOCK": _ts(f"select pg_catalog.pg_try_advisory_xact_lock({policy.endpoint.lock}) as taken"),
        "SCAN": _ts(f"select {name(function.schema)}.{name(function.name)}() as result"),
        "LAST": _last(policy, found),
        "KNOWN": _ts(f"select 1 as known from {table} where {key} = $1 and {mine} limit 1"),
        "RECORD": _record(policy, found),
    }


def _last(policy: Policy, found: Found) -> str:
    """The content of the newest summary, where a scan is compared with it."""
    if not policy.endpoint.compare:
        return ""
    content = name(found.structured or found.columns["description"])
    query = (
        f"select {content}::text as last from {relation(policy.issues.relation)}"
        f" where {_mine(policy, found)} order by {name(found.newest or '')} desc limit 1"
    )
    return f"const LAST =\n  {_ts(query)}\n"


def _record(policy: Policy, found: Found) -> str:
    """Constants as they are, then what varies. A structured value goes as text: a driver would spell it twice."""
    fixed = _fixed(policy, found.columns)
    varying = [found.columns[field] for field in _VARYING if field in found.columns]
    columns = [*(found.columns[field] for field in fixed), *varying]
    values = [*map(literal, fixed.values()), *(f"${place + 1}" for place in range(len(varying)))]
    if found.structured is not None:
        columns, values = [*columns, found.structured], [*values, f"${len(varying) + 1}::text::json"]
    into = f"insert into {relation(policy.issues.relation)} ({', '.join(map(name, columns))})"
    of = f" values ({', '.join(values)})"
    return f"{_ts(into)} +\n  {_ts(of)}"


def _mine(policy: Policy, found: Found) -> str:
    told = mine(policy, found.columns)
    return " and ".join(f"{name(column)} = {literal(v)}" for column, v in told.items()) or "true"


def mine(policy: Policy, columns: Mapping[str, str]) -> dict[str, str]:
    """What tells a summary from other issues, by column: gaps have the same run. `columns`: that of each field."""
    fixed = _fixed(policy, columns)
    told = {"issue_type": fixed["issue_type"]} if "issue_type" in fixed else fixed
    return {columns[field]: value for field, value in told.items()}


def _summary(policy: Policy, found: Found) -> dict[str, str]:
    """What a row says. A text is never called structured: it says of itself that it is part of what there is."""
    severity, whole = policy.issues.severity, found.structured is not None
    begin = _ts(f"{policy.issues.values.get('title', policy.function.name)}:")
    words = f"[{begin}, {_result(policy.result.status)}, run].join(' ')"
    by_run = "run_id" in found.columns
    written = {
        "title": _fitted(words, found.room("title")),
        "description": _fitted("text", found.room("description")),
        "severity": "severity",
        "run_id": "key",
    }
    values = [written[field] for field in _VARYING if field in found.columns]
    return {
        "KEY": _fitted("run", found.room("run_id")) if by_run else written["title"],
        "SEVERITY_COMPLETE": _ts(severity["complete"]),
        "SEVERITY_FAIL": _ts(severity["dependency_fail"]),
        "PARTIAL": "" if whole else "observability_status=PARTIAL\\n",
        "VALUES": ",\n    ".join([*values, *(["JSON.stringify({ ...result, ...said })"] if whole else [])]),
        "LINE": _line(found),
        "COMPARED": f"const said: Values = {{ {_said(policy, found)} }}".replace("{  }", "{}"),
        "UNCHANGED": text.UNCHANGED["structured" if whole else "text"] if policy.endpoint.compare else "",
    }


def _fitted(expression: str, room: int) -> str:
    return expression if room == _LONGEST else f"fitted({expression}, {room})"


def _line(found: Found) -> str:
    """The first line of a text, by which two are compared: what comes after it needs room as well."""
    room = found.room("description")
    return _fitted("told(result)", room if room == _LONGEST else max(room - 100, 16))


def _said(policy: Policy, found: Found) -> str:
    """What is added to what the function answered."""
    compared = "unchanged: await isUnchanged(query, result)" if policy.endpoint.compare else ""
    partial = "" if found.structured is not None else "observability: 'PARTIAL'"
    return ", ".join(filter(None, (compared, partial)))


def _ts(value: str) -> str:
    """A string of TypeScript, in ASCII: nothing in it ends it, or the line."""
    quoted = json.dumps(value)
    return quoted if "'" in value or '"' in value else f"'{quoted[1:-1]}'"


def _result(key: str) -> str:
    return f"result.{key}" if _VARIABLE.fullmatch(key) else f"result[{_ts(key)}]"


def _comment(value: str) -> str:
    """Part of a line of comment; what would end the line is written as in a string."""
    return json.dumps(value)


def _environment(variable: str) -> str:
    return f"process.env.{variable}" if _VARIABLE.fullmatch(variable) else f"process.env[{_ts(variable)}]"

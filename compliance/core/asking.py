"""Requests that are made to see what they answer: what is sent, what is kept of the answer, what it has to leave."""

from __future__ import annotations

from typing import Any, NamedTuple

TOKEN = "{token}"  # noqa: S105 - stands where the token of the estate will
ANOTHER = "{another token}"  # stands where a token stands that nobody has: a new one for each request
ANSWERED, LEFT = "answered", "left"


class Ask(NamedTuple):
    """One request. `header`: its name and value, in which `{token}` stands for the token of the estate, and
    `{another token}` for one that is made up; or None.

    `keys`: of a JSON answer, what is kept. `writes`: it is meant to change something. `version`: digest of what it is
    that is asked, by which an answer of something else is told.
    """

    name: str
    method: str
    path: str
    header: tuple[str, str] | None
    body: Any
    keys: tuple[str, ...]
    writes: bool
    version: str


class Trace(NamedTuple):
    """Rows that a request leaves: those with these values that hold what the answer says under `key`."""

    relation: str
    where: tuple[tuple[str, str], ...]
    key: str


class Asking(NamedTuple):
    """Of one server, in this order. `seconds`: how long an answer may take."""

    requests: tuple[Ask, ...]
    trace: Trace
    seconds: float

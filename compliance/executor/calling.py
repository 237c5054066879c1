"""Calls of services: made after COMMIT one after another, none that is made already, and taken back last one first.

A service knows no transaction of ours. So before it begins, every call must be one that can be made; after a crash the
service itself says which of them were.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from compliance.core.change import Undo
from compliance.core.errors import CouldNotLook
from compliance.estate import agent_data_facts, directus_facts
from compliance.executor.files import SERVICE, Files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from compliance.core.change import Call
    from compliance.estate.config import Estate
    from compliance.estate.web import Web
    from compliance.executor.session import Report

State: TypeAlias = Literal["done", "open", "neither"]
Api: TypeAlias = "Web | Files"
EACH = 2.0  # seconds for a call
# Directus says 403 of what is not there too, so that nobody can tell; at the other one that is a wrong key.
_GONE = {"directus": (403, 404), "agent_data": (404,)}


class Made(NamedTuple):
    """A call as the ledger holds it: no body, which may hold anything. `status` 0: it was done already."""

    title: str
    service: str
    request: str
    status: int


def make(
    estate: Estate, calls: Iterable[Call], at: Report, *, back: bool, folders: Collection[str] = ()
) -> Iterator[Made]:
    """Make what is not made; with `back`, take back what is, last one first. Raises at the first that fails.

    `folders`: those that were made for files, which go with them.
    """
    ordered = tuple(reversed(tuple(calls))) if back else tuple(calls)
    wanted: State = "open" if back else "done"
    with _opened(estate, ordered, folders) as services:
        for call in ordered:
            request = call.back if back else Undo(call.method, call.path, call.body)
            api, status = services[call.service], 0
            if not _is(api, call, wanted):
                at(f"calling: {call.title}")
                status = _asked(api, call, request, back=back)
                _check_made(api, call, wanted)
            if isinstance(api, Files):
                api.tidy(call)
            yield Made(call.title, call.service, f"{request.method} {request.path}", status)


def states(estate: Estate, calls: Iterable[Call]) -> dict[str, State]:
    """How each call stands, by its title."""
    listed = tuple(calls)
    with _opened(estate, listed) as services:
        return {call.title: state(services[call.service], call) for call in listed}


def still_open(estate: Estate, calls: Iterable[Call]) -> tuple[int, ...]:
    """Which calls are not made, by number. What is made before a plan begins is somebody else's work."""
    listed = tuple(calls)
    with _opened(estate, listed) as services:
        return tuple(n for n, call in enumerate(listed) if not _is(services[call.service], call, "done"))


def _asked(api: Api, call: Call, request: Undo, *, back: bool) -> int:
    if isinstance(api, Files):
        return api.ask(request, call.present if back else call.absent)
    return api.ask(request.method, request.path, body=request.body).expected(200, 201, 202, 204).status


def state(api: Api, call: Call) -> State:
    """Done, still to be made, or neither: then it can be neither made nor taken back."""
    if isinstance(api, Files):
        done = api.has(call.present, call.path)
        return "done" if done else "open" if api.has(call.absent, call.path) else "neither"
    if call.present is None and call.absent is None:
        return "open"
    present = None if call.present is None else _there(api, call, call.present)
    absent = None if call.absent is None else not _there(api, call, call.absent)
    if False not in (present, absent):
        return "done"
    return "open" if True not in (present, absent) else "neither"


def _is(api: Api, call: Call, wanted: State) -> bool:
    """One that nothing tells of is always made, and always taken back."""
    return not (call.present is None and call.absent is None) and state(api, call) == wanted


def _there(api: Web, call: Call, path: str) -> bool:
    """Directus may be asked for a list, by a filter: an empty one means that it is not there."""
    params = dict[str, str]()
    if call.service == "directus":
        path, _, query = path.partition("?")
        params = dict(parse_qsl(query, keep_blank_values=True))
    answer = api.ask("GET", path, params=params).expected(200, *_GONE[call.service])
    return answer.status == 200 and not (call.service == "directus" and answer.form.at("data").value == [])


def _check_made(api: Api, call: Call, wanted: State) -> None:
    """What a service answers is not yet what it did."""
    if not (call.present is None and call.absent is None) and state(api, call) != wanted:
        raise CouldNotLook(f"{call.service}: {call.title}: it answered well, but that is not how it is now")


@contextmanager
def _opened(
    estate: Estate, calls: tuple[Call, ...], folders: Collection[str] = ()
) -> Iterator[Mapping[str, Api]]:
    seconds, found = 30 + EACH * len(calls), dict[str, Any]()
    with ExitStack() as stack:
        for name in sorted({call.service for call in calls}):
            if name == "directus" and estate.directus:
                client = directus_facts.opened(estate.directus, estate.directus.writer_token, seconds)
                found[name] = stack.enter_context(client)
            elif name == "agent_data" and estate.agent_data:
                found[name] = stack.enter_context(agent_data_facts.opened(estate.agent_data, seconds))
            elif name == SERVICE and estate.repository:
                found[name] = Files(estate.repository, folders)
        yield found

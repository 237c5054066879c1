"""Rows of ours in Directus and their documents at the document service: made, changed, taken away, and waited for."""

from __future__ import annotations

import time
from collections import deque
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from compliance.core.errors import ConfigurationError
from compliance.estate import agent_data_facts, directus_facts
from compliance.estate.web import Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compliance.core.marking import Marked, Marking
    from compliance.estate.config import Estate
    from compliance.estate.web import Answer, Web
    from compliance.executor.session import Report

    Found = Mapping[str, Any] | None

T = TypeVar("T")
PAUSE = 0.1  # seconds between two looks at what has not come yet
MISSES = 5  # of which the others wait: what was written first comes first
BUSY, TIMES, LATER = 503, 60, 0.5
LONGEST = 3600.0  # seconds for all requests of a run


class Services(NamedTuple):
    """Both ends: where rows are made, and where their documents have to arrive."""

    directus: Web
    documents: Web


class Seen:
    """What became of the rows of one collection. `rows`: by the id of their document, as Directus last told them.

    `number`: which of the collections it is; it stands in each marker.
    """

    def __init__(self, marked: Marked, mark: str, number: int) -> None:
        self.marked, self.mark, self.number = marked, mark, number
        self.rows: dict[str, Mapping[str, Any]] = {}
        self.known: set[str] = set()
        self.arrived, self.changed, self.error = 0, 0, ""

    @property
    def path(self) -> str:
        return f"/items/{self.marked.collection}"

    def marker(self, row: object) -> str:
        return f"{self.mark}-{self.number}-{row}"

    def keys(self) -> list[Any]:
        return [row[self.marked.key] for row in self.rows.values()]


@contextmanager
def opened(estate: Estate) -> Iterator[Services]:
    """Clients for both, or why there cannot be one."""
    directus, documents = estate.directus, estate.agent_data
    if directus is None or directus.writer_token is None or documents is None:
        raise ConfigurationError(
            f"estate '{estate.name}' does not say where rows are made, and where their documents have to arrive",
            remedy="set directus (with writer_token_env) and agent_data in estate.yaml",
        )
    with ExitStack() as stack:
        rows = stack.enter_context(directus_facts.opened(directus, directus.writer_token, LONGEST))
        yield Services(rows, stack.enter_context(agent_data_facts.opened(documents, LONGEST)))


def act(services: Services, marking: Marking, mark: str, at: Report) -> list[Seen]:
    """Make rows, change them and delete them, all collections together; each time the documents have to follow."""
    seen = [Seen(marked, mark, number) for number, marked in enumerate(marking.collections)]
    for what, step, follows in (
        ("make rows", _make, _arrived),
        ("change rows", _change, _says),
        ("delete rows", _delete, _gone),
    ):
        for one in seen:
            at(f"{what}: {one.marked.collection}")
            _tried(one, what, services.directus, step, marking.many)
        missing = _waited(services.documents, seen, follows, marking.seconds, partial(_tell, at, what))
        for one in seen:
            _counted(one, what, missing)
    return seen


def _tried(seen: Seen, what: str, api: Web, step: Callable[[Web, Seen, int], None], many: int) -> None:
    """What Directus refuses in one collection says nothing of the others."""
    if seen.error:
        return
    try:
        step(api, seen, many)
    except Unanswered as error:
        if error.status is None:
            raise
        seen.error = f"{what}: {error.message}"


def _make(api: Web, seen: Seen, many: int) -> None:
    row = seen.marked.filled
    _told(seen, api, "POST", seen.path, row(seen.marker(0)))
    _told(seen, api, "POST", seen.path, [row(seen.marker(number)) for number in range(1, many + 1)])


def _change(api: Web, seen: Seen, _many: int) -> None:
    """Of the single one all that may stand in a former id too; of the others the title, which may be the same."""
    first, *others = seen.keys()
    one = seen.marked.filled(seen.marker("changed"), seen.marked.changed)
    _told(seen, api, "PATCH", f"{seen.path}/{first}", one)
    all_ = seen.marked.filled(seen.marker("all"), (seen.marked.title,))
    _told(seen, api, "PATCH", seen.path, {"keys": others, "data": all_})


def _delete(api: Web, seen: Seen, _many: int) -> None:
    first, *others = seen.keys()
    deleted(api, f"{seen.path}/{first}")
    deleted(api, seen.path, others)


def deleted(api: Web, path: str, keys: list[Any] | None = None) -> Answer:
    """A row, or those that have these keys."""
    return patiently(lambda: api.ask("DELETE", path, body=keys).expected(204))


def patiently(ask: Callable[[], T]) -> T:
    """Who has too much to do says so before doing anything: what was refused for that is asked for again."""
    for _ in range(TIMES):
        try:
            return ask()
        except Unanswered as error:
            if error.status == BUSY:
                time.sleep(LATER)
                continue
            raise
    return ask()


def _told(seen: Seen, api: Web, method: str, path: str, body: Any) -> None:
    """Remember the rows as Directus tells them after the write."""
    said = patiently(lambda: api.ask(method, path, body=body).expected(200)).form.at("data")
    for row in said.parts if isinstance(said.value, list) else [said]:
        row.at(seen.marked.key)
        seen.rows[seen.marked.document_of(row.value)] = row.value


def _arrived(_seen: Seen, _document: str, found: Found) -> bool:
    return found is not None


def _says(seen: Seen, document: str, found: Found) -> bool:
    """Does it say what its row says?"""
    row, metadata = seen.rows[document], (found or {}).get("metadata")
    told = metadata if isinstance(metadata, dict) else {}
    names = {"title": seen.marked.title, **{name: name for name in seen.marked.sent}}
    return found is not None and all(told.get(name) == row[column] for name, column in names.items())


def _gone(_seen: Seen, _document: str, found: Found) -> bool:
    return found is None


def _waited(
    api: Web,
    seen: list[Seen],
    follows: Callable[[Seen, str, Found], bool],
    seconds: float,
    tell: Callable[[int, int], None],
) -> set[str]:
    """The documents that did not follow: nothing more came for so many seconds."""
    waiting = deque((document, one) for one in seen for document in one.rows)
    total, since = len(waiting), time.monotonic()
    while waiting:
        over = time.monotonic() - since >= seconds
        if _came(api, waiting, follows, len(waiting) if over else MISSES):
            since = time.monotonic()
        elif over:
            break
        else:
            time.sleep(PAUSE)
        tell(total - len(waiting), total)
    return {document for document, _ in waiting}


def _came(
    api: Web, waiting: deque[tuple[str, Seen]], follows: Callable[[Seen, str, Found], bool], misses: int
) -> bool:
    """Take out what has come; whoever has not is asked for again when the others were."""
    count, missed = len(waiting), deque[tuple[str, Seen]]()
    while waiting and len(missed) < misses:
        document, one = waiting.popleft()
        followed = follows(one, document, _document(api, document))
        missed.extend([] if followed else [(document, one)])
    waiting.extend(missed)
    return len(waiting) < count


def _tell(at: Report, what: str, count: int, total: int) -> None:
    at(f"{what}: {count} of {total} document(s) followed")


def _document(api: Web, name: str) -> Found:
    answer = patiently(lambda: api.ask("GET", f"/documents/{name}", params={"full": "true"}).expected(200, 404))
    return answer.form.value if answer.status == 200 else None


def _counted(seen: Seen, what: str, missing: set[str]) -> None:
    followed = len(seen.rows.keys() - missing)
    if what == "make rows":
        seen.arrived = followed
    elif what == "change rows":
        seen.changed = followed

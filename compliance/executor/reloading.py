"""Directus goes on running the flows that it has read. After a change by SQL each row is written once more by its API.

That write holds the row's own content. It makes the process read all flows again, and leaves a revision, by which
anybody can tell later that this row is what was activated. What it keeps besides, `clearing` is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import canonical, redact
from compliance.core.errors import CouldNotLook
from compliance.core.needs import split_name
from compliance.estate import directus_facts
from compliance.estate.reading import plain
from compliance.executor import clearing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.needs import Needs, RowsNeed
    from compliance.core.observation import Observation
    from compliance.estate.config import Service
    from compliance.estate.web import Form, Web
    from compliance.executor.running import Effect

Values = tuple[Any, ...]
AT_ONCE = 20  # rows in one write: each makes Directus read everything again before it answers
EACH = 2.0  # seconds for a row
# Operations first: when a flow is activated, what it leads to is.
PATHS = {"directus_operations": "/operations", "directus_flows": "/flows"}
# It changes no row and leaves no revision, and all is read again.
_NOTHING: dict[str, Any] = {"keys": [], "data": {"status": "active"}}


class Rows(NamedTuple):
    """Rows of one of Directus' tables that a change has written."""

    path: str
    need: RowsNeed
    ids: tuple[str, ...]


class Touched(NamedTuple):
    """What a change did to flows and operations; `removed`: how many it has taken away. `cached`: how much it did to
    what Directus keeps in its cache."""

    written: tuple[Rows, ...]
    removed: int
    cached: int

    @property
    def runs(self) -> bool:
        """Does it bear on flows?"""
        return bool(self.removed or any(rows.ids for rows in self.written))

    def __bool__(self) -> bool:
        return self.runs or bool(self.cached)


def touched(needs: Needs, effect: Effect) -> Touched:
    """Of a change that was made, as the ledger holds it."""
    found = [_rows(path, need, (*effect.created, *effect.changed)) for path, need in governed(needs)]
    gone = [_rows(path, need, effect.removed) for path, need in governed(needs)]
    return Touched(tuple(found), sum(len(rows.ids) for rows in gone), clearing.touched(needs, effect))


def governed(needs: Needs) -> Iterator[tuple[str, RowsNeed]]:
    """By the names of the tables, which are Directus' own, in whatever schema policy finds them."""
    for table, path in PATHS.items():
        yield from ((path, need) for need in needs.rows if split_name(need.relation)[1] == table)


def _rows(path: str, need: RowsNeed, subjects: Iterable[str]) -> Rows:
    """`section#subject`, as an effect spells them."""
    split = (subject.partition("#") for subject in subjects)
    return Rows(path, need, tuple(sorted(row for section, _, row in split if section == need.section)))


def reload(service: Service, changed: Touched, now: Observation, key: bytes | None) -> dict[str, int]:
    """Write each changed row with its own content, and prove it: the newest revision is the row. Returns counts."""
    there = [(rows, _there(rows, now)) for rows in changed.written]
    count = sum(len(expected) for _, expected in there)
    with directus_facts.opened(service, service.writer_token, 30 + EACH * count) as api:
        for rows, expected in there:
            _write(api, rows, expected, key)
        if not count:
            api.ask("PATCH", "/flows", body=_NOTHING).expected(200)
    with directus_facts.opened(service, seconds=30 + EACH * count) as api:
        for rows, expected in there:
            _prove(api, rows, expected, key)
    counts = {rows.path.removeprefix("/"): len(expected) for rows, expected in there}
    return counts | {"removed": changed.removed}


def _there(rows: Rows, now: Observation) -> dict[str, Values]:
    """The rows as they are. What somebody has removed since, any write makes Directus forget."""
    wanted = frozenset(rows.ids)
    return {row.values[0]: row.values for row in now.read(rows.need.section) if row.values[0] in wanted}


def _write(api: Web, rows: Rows, expected: dict[str, Values], key: bytes | None) -> None:
    """Only what it holds as the database does: another Directus', or an old one from a cache, would be written back."""
    for ids in _portions(expected):
        wanted = {"fields": list(rows.need.columns), "filter": {"id": {"_in": ids}}, "sort": ["id"]}
        served = {row.at("id").text: row for row in directus_facts.rows(api, rows.path, wanted)}
        wrong = [name for name in ids if not _same(served.get(name), rows, expected[name], key)]
        if wrong:
            raise CouldNotLook(
                f"directus: {rows.path}/{wrong[0]} is not there as the database holds it: "
                "does this Directus serve this database?"
            )
        body = [served[name].value for name in ids]
        api.ask("PATCH", rows.path, body=body).expected(200)


def _same(found: Form | None, rows: Rows, expected: Values, key: bytes | None) -> bool:
    if found is None:
        return False
    values = tuple(plain(found.at(name).value) for name in rows.need.columns)
    return _spelled(redact.value(values, key)) == _spelled(expected)


def _prove(api: Web, rows: Rows, expected: dict[str, Values], key: bytes | None) -> None:
    """What a revision does not tell of a row, the row that was written back has told."""
    for ids in _portions(expected):
        left = {found.item: found.data for found in directus_facts.revisions(api, ids)}
        for name in ids:
            row = dict(zip(rows.need.columns, expected[name], strict=True))
            data = left.get(name)
            said = {k: redact.value(plain(v), key) for k, v in data.items() if k in row} if data else {}
            if not said or any(_spelled(row[column]) != _spelled(value) for column, value in said.items()):
                raise CouldNotLook(
                    f"directus: the newest revision of {rows.path}/{name} is not the row: not activated"
                )


def _spelled(value: Any) -> bytes:
    """To Python 1 is True, and a tuple is no list."""
    return canonical.dumps(value)


def _portions(expected: dict[str, Values]) -> Iterator[list[str]]:
    ids = sorted(expected)
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]

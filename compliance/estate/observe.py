"""The one look: everything that the systems need, each section seen or blind, secrets taken out at this edge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from compliance.core import chain, redact
from compliance.core.collecting import uncollected
from compliance.core.errors import CouldNotLook
from compliance.core.facts import Exercised
from compliance.core.needs import split_name
from compliance.core.observation import Blind, Observation, Provenance, Row, Seen
from compliance.estate import catalog, comparing, documents, repository, services
from compliance.estate.connection import Look, read_only
from compliance.estate.reading import settled
from compliance.estate.rows import read_rows
from compliance.estate.seeing import Section, unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.needs import Needs, RowsNeed
    from compliance.estate.config import Estate

Report = Callable[[str], None]


def observe(estate: Estate, needs: Needs, *, report: Report = lambda _: None) -> Observation:
    """Look once. A source that cannot be opened leaves its sections blind; it never ends the look.

    `report` is told what is looked at, for progress.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    found = {**dict(_postgres(estate, needs, at, report)), **dict(repository.look(estate, needs, at, report))}
    found |= dict(services.look(estate, needs, at, report))
    return Observation(estate.name, at, found | dict(_exercised(estate, needs, found["catalog.server"])))


def _postgres(estate: Estate, needs: Needs, at: str, report: Report) -> Iterator[tuple[str, Section]]:
    names = [f"catalog.{name}" for name in catalog.sections(bodies=needs.bodies)]
    names += [*(need.section for need in needs.rows), *(need.section for need in needs.compared)]
    kept = documents.kept_here(estate, needs)
    names += ["documents"] if kept else []
    if excluded := unavailable(estate, "postgres", at, names):
        yield from excluded
        return
    report("PostgreSQL")
    try:
        with _open(estate) as look, uncollected():
            yield from sections(look, needs, at, estate.redaction_key)
            if kept:  # in the same snapshot as the rows that they are compared with
                yield "documents", documents.section(look, kept, at, estate.redaction_key)
    except CouldNotLook as error:
        for name in names:
            yield name, Blind(error.message, Provenance("postgres", "", at, 0.0))


def sections(look: Look, needs: Needs, at: str, key: bytes | None) -> Iterator[tuple[str, Section]]:
    """The catalog and the governed rows, through a look that is open."""
    columns: Section | None = None
    for name, found in _catalog(look, needs, at, key):
        columns = found if name == "catalog.columns" else columns
        yield name, found
    for need in needs.rows:
        yield need.section, _rows(look, need, at, key, columns)
    for compared in needs.compared:
        yield compared.section, comparing.section(look, compared, at, columns)


def _open(estate: Estate) -> AbstractContextManager[Look]:
    if estate.dsn is None:
        raise CouldNotLook(f"estate '{estate.name}' has no DSN", remedy="set postgres.dsn_env in estate.yaml")
    return read_only(estate.dsn)


def _catalog(look: Look, needs: Needs, at: str, key: bytes | None) -> Iterator[tuple[str, Section]]:
    started = time.perf_counter()
    for name, query, found in catalog.read_catalog(look, sorted(needs.roles), bodies=needs.bodies):
        seconds, started = time.perf_counter() - started, time.perf_counter()
        origin = Provenance("postgres", query, at, round(seconds, 6))
        if isinstance(found, CouldNotLook):
            yield name, Blind(found.message, origin)
        else:
            yield (
                name,
                Seen(
                    tuple(_clean(fact, key) for fact in found) if name in _WITH_TEXT else tuple(found), origin
                ),
            )


# Only these hold text that a person wrote: a default, a definition, the expression of a check.
_WITH_TEXT = {
    "catalog.relations",
    "catalog.columns",
    "catalog.constraints",
    "catalog.indexes",
    "catalog.triggers",
    "catalog.bodies",
}


def _clean(fact: Any, key: bytes | None) -> Any:
    changed = {
        name: cleaned
        for name in ("default", "definition", "source")
        if (text := getattr(fact, name, None)) and (cleaned := redact.text(settled(text), key)) is not text
    }
    return fact._replace(**changed) if changed else fact


def _rows(look: Look, need: RowsNeed, at: str, key: bytes | None, columns: Section | None) -> Section:
    started = time.perf_counter()
    there = _there(need, columns)
    read = [name for name in need.all_columns if name in need.columns or name in there]
    once = "distinct " if need.distinct else ""
    origin = f"select {once}{', '.join(read)} from {need.relation}"  # noqa: S608 - what the report shows, not what is run
    if need.candidates and isinstance(columns, Blind):
        return Blind(f"its columns are not known: {columns.reason}", Provenance("postgres", origin, at, 0.0))
    try:
        found = read_rows(look, need, key, there)
    except CouldNotLook as error:
        return Blind(error.message, Provenance("postgres", origin, at, round(time.perf_counter() - started, 6)))
    seconds = round(time.perf_counter() - started, 6)
    return Seen(tuple(map(Row, found)), Provenance("postgres", origin, at, seconds))


def _there(need: RowsNeed, columns: Section | None) -> frozenset[str]:
    """Of the candidates those that the catalog shows; of what has none nothing is asked."""
    if not need.candidates or not isinstance(columns, Seen):
        return frozenset()
    where = split_name(need.relation)
    return frozenset(c.name for c in columns.facts if (c.schema, c.relation) == where)


def _exercised(estate: Estate, needs: Needs, server: Section) -> Iterator[tuple[str, Section]]:
    """What calls answered when they were last made here, as the ledger holds it; nobody calls in order to look."""
    if not needs.exercised:
        return
    blind = replace(server, provenance=Provenance("ledger", "", "", 0.0)) if isinstance(server, Blind) else None
    entries: list[chain.Entry] = []
    try:
        entries = _ledger(estate.ledger)
    except OSError as error:
        blind = Blind(str(error), Provenance("ledger", "", "", 0.0))
    except CouldNotLook as error:
        blind = Blind(error.message, Provenance("ledger", "", "", 0.0))
    for system in sorted(needs.exercised):
        yield f"exercised:{system}", blind or _answers(system, entries, server)


def _answers(system: str, entries: list[chain.Entry], server: Section) -> Section:
    """Of the last time; what another database answered says nothing of this one."""
    ((_, database, _, _, _, cluster),) = server.facts if isinstance(server, Seen) else ()
    here = {"system": cluster, "database": database}
    made = [
        e for e in entries if e.kind == "exercise" and (e.body["system"], e.body["target"]) == (system, here)
    ]
    origin = Provenance("ledger", "exercise", made[-1].at if made else "", 0.0)
    if not made:
        return Blind(f"nothing was called yet: `compliance exercise {system}`", origin, unavailable=True)
    return Seen(
        tuple(
            Exercised(name, call, tuple(map(tuple, said)), error)
            for name, call, said, error in made[-1].body["answers"]
        ),
        origin,
    )


def _ledger(folder: Path | None) -> list[chain.Entry]:
    path = folder / chain.FILE if folder else None
    if path is None or not path.exists():
        return []
    lines = list(chain.examine(path.read_bytes()))
    wrong = [f"line {line.number} of the ledger: {why}" for line in lines for why in line.wrong]
    if wrong:
        raise CouldNotLook(wrong[0], remedy="`compliance ledger verify` lists everything that is wrong")
    return [line.entry for line in lines if line.entry is not None]


def embedded_or_nothing(estate: Estate) -> AbstractContextManager[Estate]:
    """The estate with its embedded server running, or as it is."""
    if not estate.embedded:
        return nullcontext(estate)
    from compliance.estate.reference import running

    return running(estate)

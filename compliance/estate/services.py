"""The sections that come from services: one look a source, over HTTP, or into the store of the documents by SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from compliance.core.errors import CouldNotLook
from compliance.core.facts import Since
from compliance.core.observation import Blind, Provenance, Seen
from compliance.estate import agent_data_facts, directus_facts, documents, nuxt_facts
from compliance.estate.connection import read_only
from compliance.estate.seeing import Section, section, unavailable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from compliance.core.needs import DocumentsNeed, Needs
    from compliance.estate.config import Estate, Service
    from compliance.estate.web import Web

Sections = Iterator[tuple[str, Section]]
DIRECTUS = ("directus.server", "directus.flows", "directus.revisions")
AGENT_DATA = ("agent_data.info", "agent_data.webhooks")
_QUERIES = {
    "directus.server": ("GET /server/info", directus_facts.server),
    "directus.flows": ("SEARCH /flows", directus_facts.served),
    "directus.revisions": ("SEARCH /revisions", directus_facts.revisions),
    "agent_data.info": ("GET /info", agent_data_facts.info),
    "agent_data.webhooks": ("GET /api/webhooks", agent_data_facts.webhooks),
    "documents": ("GET /kb/list", agent_data_facts.listed),
}
_OPEN: dict[str, Callable[[Service], AbstractContextManager[Web]]] = {
    "directus": directus_facts.opened,
    "agent_data": agent_data_facts.opened,
}
_ITEMS = "GET /items of each collection"
_ROUTES = "GET of each path, and of one beside it"
_ABSENT = "{} is not configured: set {} in estate.yaml, or declare {} unavailable"


def query_of(name: str) -> str:
    """What is asked for a section."""
    return _QUERIES[name][0]


def look(estate: Estate, needs: Needs, at: str, report: Callable[[str], None]) -> Sections:
    """What is needed of services, and of them nothing else."""
    if needs.directus:
        yield from _source(estate, "directus", DIRECTUS, at, report)
        yield from _since(estate, at)
    if needs.agent_data:
        yield from _source(estate, "agent_data", AGENT_DATA, at, report)
    if needs.collections:
        yield _items(estate, needs, at, report)
    if needs.routes:
        yield _routes(estate, needs, at, report)
    if needs.documents and documents.kept_here(estate, needs) is None:
        yield from _documents(estate, needs.documents, at, report)


def _since(estate: Estate, at: str) -> Sections:
    """What the estate says itself: nobody is asked."""
    name, origin = "directus.since", Provenance("estate.yaml", "directus.since", at, 0.0)
    if excluded := unavailable(estate, "directus", at, (name,)):
        yield from excluded
    elif estate.directus is None:
        yield name, Blind(_ABSENT.format("directus", "directus", "directus"), origin)
    else:
        since = estate.directus.since
        yield name, Seen((Since(since),) if since else (), origin)


def _items(estate: Estate, needs: Needs, at: str, report: Callable[[str], None]) -> tuple[str, Section]:
    """What Directus serves of collections to the user that looks."""
    if excluded := unavailable(estate, "directus", at, ("directus.items",)):
        return excluded[0]
    origin = Provenance("directus", _ITEMS, at, 0.0)
    if estate.directus is None:
        return "directus.items", Blind(_ABSENT.format("directus", "directus", "directus"), origin)
    report("collections")
    try:
        with directus_facts.opened(estate.directus) as api:
            return "directus.items", section(
                partial(directus_facts.items, api, needs.collections), origin, None
            )
    except CouldNotLook as error:
        return "directus.items", Blind(error.message, origin)


def _routes(estate: Estate, needs: Needs, at: str, report: Callable[[str], None]) -> tuple[str, Section]:
    """What the server of the endpoints answers."""
    if excluded := unavailable(estate, "nuxt", at, ("nuxt.route",)):
        return excluded[0]
    origin = Provenance("nuxt", _ROUTES, at, 0.0)
    if estate.nuxt is None:
        return "nuxt.route", Blind(_ABSENT.format("nuxt", "nuxt", "nuxt"), origin)
    report("endpoints")
    try:
        with nuxt_facts.opened(estate.nuxt) as api:
            return "nuxt.route", section(partial(nuxt_facts.routes, api, needs.routes), origin, None)
    except CouldNotLook as error:
        return "nuxt.route", Blind(error.message, origin)


def _documents(estate: Estate, need: DocumentsNeed, at: str, report: Callable[[str], None]) -> Sections:
    """From the store, or else what the service lists of it."""
    if excluded := unavailable(estate, "documents", at, ("documents",)):
        yield from excluded
    elif estate.documents is not None and estate.documents.dsn is not None:
        report("documents")
        try:
            with read_only(estate.documents.dsn) as opened:
                yield "documents", documents.section(opened, need, at, estate.redaction_key)
        except CouldNotLook as error:
            yield "documents", Blind(f"documents: {error.message}", Provenance("documents", "", at, 0.0))
    elif estate.agent_data is None and "agent_data" not in estate.unavailable:
        why = _ABSENT.format("documents", "documents or agent_data", "documents")
        yield "documents", Blind(why, Provenance("documents", "", at, 0.0))
    else:
        yield from _source(estate, "agent_data", ("documents",), at, report)


def _source(
    estate: Estate, source: str, names: tuple[str, ...], at: str, report: Callable[[str], None]
) -> Sections:
    """These sections of one service, through one client."""
    service = estate.directus if source == "directus" else estate.agent_data
    if excluded := unavailable(estate, source, at, names):
        yield from excluded
        return
    if service is None:
        why = _ABSENT.format(source, source, source)
        yield from ((name, Blind(why, Provenance(source, "", at, 0.0))) for name in names)
        return
    report({"directus": "Directus", "agent_data": "Agent Data"}[source])
    try:
        with _OPEN[source](service) as api:
            for name in names:
                query, make = _QUERIES[name]
                origin = Provenance(source, query, at, 0.0)
                yield name, section(partial(make, api), origin, estate.redaction_key)
    except CouldNotLook as error:
        yield from ((name, Blind(error.message, Provenance(source, "", at, 0.0))) for name in names)

"""Documents in their store, and the text of functions, as the role that looks sees them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from compliance.core.needs import DocumentsNeed, Needs
from compliance.core.observation import Blind, Observation, Seen
from compliance.estate.config import Store
from compliance.estate.observe import observe
from tests.judging import look_estate

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

NEED = DocumentsNeed('odd."kb %s"', "the key", "da ta")
TABLE = '''
    create schema odd;
    create table odd."""kb %s""" ("the key" text primary key, "da ta" jsonb);
    grant usage on schema odd to compliance_probe;
    grant select on odd."""kb %s""" to compliance_probe;
'''
ROWS = """[
    ["b__2", {"document_id": "b/2", "parent_id": "b", "deleted_at": null, "revision": 7,
      "content": {"mime_type": "text/plain", "body": "password = hunter2hunter2"},
      "metadata": {"title": "T", "n": [1]}}],
    ["a__1", {"document_id": "a/1", "deleted_at": "2026-01-01"}],
    ["c__3", {"document_id": 3, "content": "x", "metadata": ["x"]}],
    ["d__4", [1, 2]],
    ["e__5", null],
    ["f__6", "text"]
]"""


def looked(dsn: str, needs: Needs, store: Store | None) -> Observation:
    estate = dataclasses.replace(look_estate(), dsn=dsn, documents=store, unavailable={})
    return observe(estate, needs)


@pytest.mark.parametrize("own", [True, False])
def test_documents_are_whole_without_those_that_were_deleted(
    own: bool, estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    estate_db.execute(TABLE.encode())
    estate_db.execute(
        'insert into odd."""kb %%s""" select r ->> 0, r -> 1 from pg_catalog.jsonb_array_elements(%s::jsonb) r',
        [ROWS],
    )
    estate_db.commit()
    dsn = estate_dsn("compliance_probe")
    found = looked(dsn, Needs(documents=NEED), Store(None if own else dsn))
    section = found.sections["documents"]
    assert isinstance(section, Seen), section
    assert [document.id for document in section.facts] == ["b/2", "c__3", "d__4", "e__5", "f__6"]
    whole = section.facts[0]
    assert (whole.parent, whole.title, whole.mime_type, whole.whole) == ("b", "T", "text/plain", True)
    assert whole.metadata == {"title": "T", "n": (1,)}
    assert "hunter2" not in str(section.facts)
    assert section.facts[1][1:] == (None, None, None, None, ("x",), True)
    assert Observation.from_json(found.to_json()).digest == found.digest


def test_a_store_that_is_not_there_or_closed_is_blind(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    estate_db.execute(TABLE.replace("grant select", "-- ").encode())
    estate_db.commit()
    dsn = estate_dsn("compliance_probe")
    for need, expected in ((NEED, "missing privilege"), (NEED._replace(relation="odd.none"), "does not exist")):
        for store in (Store(None), Store(dsn)):
            found = looked(dsn, Needs(documents=need), store)
            section = found.sections["documents"]
            assert isinstance(section, Blind)
            assert expected in section.reason
            assert list(found.failed) == ["documents"]


def test_a_superuser_does_not_read_documents_either(estate_dsn: Callable[[str], str]) -> None:
    found = looked(estate_dsn("compliance_probe"), Needs(documents=NEED), Store(estate_dsn("postgres")))
    assert "is a superuser" in found.failed["documents"]


def test_the_text_of_functions_is_read_where_it_is_asked_for(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]
) -> None:
    estate_db.execute(b"""
        create function public.writes(a integer, b text) returns void language plpgsql as
            $$begin perform 'token = abcdef123456'; end$$;
        create function public.standard(a integer) returns integer language sql begin atomic select a + 1; end;
    """)
    estate_db.commit()
    dsn = estate_dsn("compliance_probe")
    assert "catalog.bodies" not in looked(dsn, Needs(), None).sections
    found = {body.signature: body for body in looked(dsn, Needs(bodies=True), None).read("catalog.bodies")}
    written = found["public.writes(integer,text)"]
    assert written.language == "plpgsql"
    assert "<secret assignment length=12" in written.source
    assert "(a + 1)" in found["public.standard(integer)"].source
    assert not [name for name in found if name.startswith(("pg_", "information_schema."))]

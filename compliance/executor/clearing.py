"""What Directus has read of collections, fields, rights and of the schema it keeps; told to, it reads all of it again.

Rows of these tables that were written by SQL are in force only then, and so is a table or a view that was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.estate import directus_facts
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.footprint import FactKey
    from compliance.core.needs import Needs
    from compliance.estate.config import Service
    from compliance.estate.web import Web
    from compliance.executor.running import Effect
    from compliance.executor.session import Session

_OWN = "directus_"
TABLES = frozenset(
    f"{_OWN}{kind}" for kind in ("collections", "fields", "permissions", "policies", "access", "roles")
)


def concerns(needs: Needs, writes: Iterable[FactKey]) -> bool:
    """Does it bear on what Directus keeps, if a change writes these?"""
    relations = needs.relations
    return any(key.of_object or _kept(relations.get(key.section, "")) for key in writes)


def touched(needs: Needs, effect: Effect) -> int:
    """How much a change has written of that: rows, and facts of the catalog."""
    relations = needs.relations
    rows = [name.partition("#")[0] for names in effect.rows.values() for name in names]
    kept = sum(_kept(relations.get(section, "")) for section in rows)
    return kept + sum(len(names) for names in effect.objects.values())


def _kept(relation: str) -> bool:
    """By the names of the tables, which are Directus' own, in whatever schema policy finds them."""
    return split_name(relation)[1] in TABLES


def clear(service: Service) -> None:
    """`system`: without it only answers are forgotten, and the schema and who may do what are not."""
    with directus_facts.opened(service, service.writer_token) as api:
        api.ask("POST", "/utils/cache/clear", params={"system": "true"}).expected(200)


def check_writer(api: Web) -> None:
    """Only an administrator may; a refusal after COMMIT would leave rows that are not in force."""
    answer = api.ask("GET", "/policies/me/globals").expected(200, 403, 404)
    if answer.status == 200:
        may = answer.form.at("data").at("admin_access").value
    else:  # before 11 it is the role that says so
        may = api.get("/users/me", fields="role.admin_access").at("data").at("role").at("admin_access").value
    if may is not True:
        raise Refused(
            "what follows COMMIT could not be done",
            reasons=["directus.writer_token is not an administrator's, who alone may clear the cache"],
            remedy="set it to the token of an administrator; nothing was changed",
        )


def check_serves(api: Web, s: Session, needs: Needs) -> None:
    """By the collections that it lists it is told from the Directus of another estate."""
    served = {
        part.at("collection").text
        for part in api.get("/collections").at("data").parts
        if isinstance(part.at("meta").value, dict)
    }
    table = sql.Identifier(_schema(s, needs), "directus_collections")
    there = {name for (name,) in s.ask(sql.SQL("select collection from {}").format(table))}
    other = {name for name in served ^ there if not name.startswith(_OWN)}
    if other:
        raise Refused(
            "the Directus in estate.yaml does not serve this database",
            reasons=[f"{len(other)} collection(s) are in one of both alone"],
            remedy="set directus.url to the one that does; nothing was changed",
        )


def _schema(s: Session, needs: Needs) -> str:
    """Where its tables are: as policy says, or where there are such."""
    named = {
        split_name(table)[0] for table in needs.relations.values() if split_name(table)[1].startswith(_OWN)
    }
    found = named or {schema for (schema,) in s.ask(resource("sql/executor/directus.sql").read_bytes())}
    if len(found) != 1:
        raise Refused(
            f"{len(found)} schemas of this database hold the tables of a Directus",
            reasons=sorted(found),
            remedy="name the one in policy, or take 'reloads-runtime' from what concerns no Directus",
        )
    return found.pop()

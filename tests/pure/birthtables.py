"""Tables, words and tools as a test of the birth scan wants them, by the reference policy."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from compliance.core import facts
from compliance.core.observation import File, Observation, Provenance, Row, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import birth_scan
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.desired import candidates
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from compliance.systems.birth_scan.policy import Policy

ORIGIN = Provenance("test", "", "2026-11-21T00:00:00+00:00", 0.0)
COMPOSE = """\
services:
  directus:
    environment:
      FLOWS_ENV_ALLOW_LIST: WEB_URL,BIRTH_SCAN_TOKEN
      WEB_URL: http://web:3000
      BIRTH_SCAN_TOKEN: ${BIRTH_SCAN_TOKEN:?}
  web:
    environment:
      NUXT_DATABASE_URL: ${DATABASE_URL:?}
      NUXT_BIRTH_SCAN_TOKEN: ${BIRTH_SCAN_TOKEN:?}
"""
_CATALOG = (
    "columns", "constraints", "triggers", "bodies", "relations", "roles", "grants", "functions", "schemas",
    "executables", "indexes",
)  # fmt: skip
_SECTIONS = {
    **{f"catalog_{name}": f"catalog.{name}" for name in _CATALOG},
    "flows": "rows:flows",
    "operations": "rows:operations",
    "tools": looking.TOOLS,
    "words": looking.VOCABULARY,
    "choices": looking.CHOICES,
    "summaries": looking.SUMMARIES,
    "config": looking.CONFIG,
    "server": "tree:server",
}


@cache
def policy() -> Policy:
    """The reference estate's."""
    file = resource("fixtures/reference/policy/birth_scan.yaml")
    return birth_scan.parse(document.load(file, resource("systems/birth_scan/policy.schema.json")))


def with_issues(**changes: Any) -> Policy:
    """The same with other issues."""
    return replace(policy(), issues=replace(policy().issues, **changes))


def facts_of(changed: Policy | None = None, *, compose: str | None = COMPOSE, **sections: Any) -> Facts:
    """What is given was seen; of the rest it was seen that there is none."""
    assert sections.keys() <= _SECTIONS.keys()
    seen = {section: Seen(tuple(sections.get(name, ())), ORIGIN) for name, section in _SECTIONS.items()}
    place = policy().environment.file
    seen[f"file:{place}"] = Seen((File(place, compose),), ORIGIN)
    return Facts("birth_scan", {"birth_scan": changed or policy()}, Observation("test", ORIGIN.at, seen))


def column(
    relation: str, name: str, type_: str = "text", *, null: bool = True, default: str | None = None
) -> Any:
    """A column of schema public."""
    return facts.Column("public", relation, name, 1, type_, null, default, "", "")


def check(relation: str, definition: str, *columns: str) -> Any:
    """A CHECK of a table of schema public."""
    return facts.Constraint("public", relation, f"{relation}_check", "check", columns, None, "", definition)


def tool(**values: Any) -> Row:
    """A row of tools, by column; what names it stands before all others."""
    names = candidates(policy().tool)
    assert values.keys() <= set(names)
    return Row((values.get("code"), *(values.get(name) for name in names)))

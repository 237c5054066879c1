"""PL002 over facts alone: what may be confused is told apart."""

from __future__ import annotations

from compliance.core import facts
from compliance.core.finding import Finding
from compliance.core.observation import Observation, Seen
from compliance.systems.platform import rules
from compliance.systems.protocol import Facts
from tests.pure.catalogs import ORIGIN

ROLE = facts.Role("probe", False, False, False, False, False, True, ())


def findings(*grants: facts.Grant, owner: str = "somebody") -> list[Finding]:
    """What the rule says of a database and a schema that have the same name."""
    seen = {
        "server": facts.Server(180006, "same", "probe", False, "UTF8", "1"),
        "roles": ROLE, "databases": facts.Database("same", owner), "schemas": facts.Schema("same", owner),
    }  # fmt: skip
    sections = {f"catalog.{name}": Seen((fact,), ORIGIN) for name, fact in seen.items()}
    sections |= {f"catalog.{name}": Seen((), ORIGIN) for name in ("relations", "functions")}
    sections["catalog.grants"] = Seen(grants, ORIGIN)
    looked = Facts("platform", {}, Observation("test", ORIGIN.at, sections))
    return [found for found in rules.probe_role_may_only_read(looked) if isinstance(found, Finding)]


def test_what_is_found_of_a_database_and_of_a_schema_of_that_name_has_a_key_of_its_own() -> None:
    owned = findings(owner="probe")
    granted = findings(
        *(facts.Grant(kind, "same", "probe", "CREATE", False) for kind in ("database", "schema"))
    )
    for found in (owned, granted):
        assert len({finding.facet for finding in found}) == len(found) == 2


def test_temporary_tables_are_a_finding_only_where_somebody_granted_them() -> None:
    assert findings(facts.Grant("database", "same", "public", "TEMPORARY", False)) == []
    assert len(findings(facts.Grant("database", "same", "probe", "TEMPORARY", False))) == 1
    assert findings(facts.Grant("database", "same", "somebody", "TEMPORARY", False)) == []

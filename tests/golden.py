"""Write `sql/compiled` again: what is compiled for the reference estate, and for what once was less of it.

Kept beside the tests that hold the files to their bytes; `make golden` runs it, and git shows what changed.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from compliance import probing
from compliance.core.observation import Observation, Row, Seen
from compliance.estate.resources import resource
from compliance.probing import Run
from tests.judging import MIGRATION_034, REFERENCE, compiled, write_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

GONE, OFF, SENT = "WCR Create -> AD", "WCR Delete -> AD", "WCR Update -> AD (one document)"


def _with(observation: Observation, section: str, rows: Iterable[tuple[Any, ...]]) -> Observation:
    seen = observation.sections[section]
    assert isinstance(seen, Seen)
    sections = {**observation.sections, section: Seen(tuple(map(Row, rows)), seen.provenance)}
    return dataclasses.replace(observation, sections=sections)


def without_034(observation: Observation) -> Observation:
    """The same look at an estate that 034 has not reached."""
    section = "rows:command_catalog"
    rows = (row.values for row in observation.read(section))
    return _with(observation, section, (row for row in rows if row[0] not in MIGRATION_034))


def with_damaged_flows(observation: Observation) -> Observation:
    """The same look at an estate in which one flow is gone, one is switched off, and one sends with another method."""
    flows = [row.values for row in observation.read("rows:flows")]
    named = {str(row[1]).removeprefix("[DOT-REG] "): row[0] for row in flows}
    kept = ((*r[:2], "inactive", *r[3:]) if r[0] == named[OFF] else r for r in flows if r[0] != named[GONE])
    operations = [row.values for row in observation.read("rows:operations")]
    changed = (
        (*r[:7], {**r[7], "method": "PUT"}, *r[8:]) if (r[4], r[2]) == (named[SENT], "send") else r
        for r in operations
        if r[4] != named[GONE]
    )
    return _with(_with(observation, "rows:flows", kept), "rows:operations", changed)


def main() -> None:
    """All golden folders."""
    place = resource("sql") / "compiled"
    run = probing.look(REFERENCE, None, lambda _: None)
    for system in ("command_catalog", "registry_sync"):
        write_sql(compiled(run, system)["seed"], place)
    shorter = Run(run.estate, run.policies, without_034(run.observation))
    for item in compiled(shorter).values():
        write_sql(item, place / "24_rows")
    damaged = Run(run.estate, run.policies, with_damaged_flows(run.observation))
    write_sql(compiled(damaged, "registry_sync")["migration"], place / "damaged_flows")


if __name__ == "__main__":
    main()

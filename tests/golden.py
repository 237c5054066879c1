"""Write `sql/compiled` again: what is compiled for the reference estate, and for it without the two rows of 034.

Kept beside the tests that hold the files to their bytes; `make golden` runs it, and git shows what changed.
"""

from __future__ import annotations

import dataclasses

from compliance import probing
from compliance.core.observation import Observation, Row, Seen
from compliance.estate.resources import resource
from compliance.probing import Run
from tests.judging import MIGRATION_034, REFERENCE, compiled, write_sql


def without_034(observation: Observation) -> Observation:
    """The same look at an estate that 034 has not reached."""
    section = observation.sections["rows:command_catalog"]
    assert isinstance(section, Seen)
    rows: tuple[Row, ...] = tuple(row for row in section.facts if row.values[0] not in MIGRATION_034)
    sections = {**observation.sections, "rows:command_catalog": Seen(rows, section.provenance)}
    return dataclasses.replace(observation, sections=sections)


def main() -> None:
    """Both golden folders."""
    place = resource("sql") / "compiled"
    run = probing.look(REFERENCE, None, lambda _: None)
    write_sql(compiled(run)["seed"], place)
    shorter = Run(run.estate, run.policies, without_034(run.observation))
    for item in compiled(shorter).values():
        write_sql(item, place / "24_rows")


if __name__ == "__main__":
    main()

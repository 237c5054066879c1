"""Write `sql/compiled` again: what is compiled for the reference estate, for what once was less of it, and for one that
was never registered with Directus; the endpoint of the birth scan in the repositories of both estates; and the workflow
of the directional sync.

Kept beside the tests that hold the files to their bytes; `make golden` runs it, and git shows what changed.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from compliance import probing
from compliance.core.observation import Observation, Row, Seen
from compliance.estate import document
from compliance.estate.embedded import throwaway
from compliance.estate.observe import observe
from compliance.estate.reference_build import load
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from compliance.systems.birth_scan.prepare import endpoint_of
from compliance.systems.directional_sync import syncfile, syncreading, workflow_rendering
from compliance.systems.protocol import Facts
from tests.judging import MIGRATION_034, REFERENCE, compiled, write_sql
from tests.live.foreign import PROBE, foreign_estate, load_foreign
from tests.live.registering import UNREGISTERED, Registration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.change import Compiled

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
    for system in ("command_catalog", "registry_sync", "birth_scan", "iu_registration"):
        write_sql(compiled(run, system)["seed"], place)
    shorter = Run(run.estate, run.policies, without_034(run.observation))
    for item in compiled(shorter).values():
        write_sql(item, place / "24_rows")
    damaged = Run(run.estate, run.policies, with_damaged_flows(run.observation))
    write_sql(compiled(damaged, "registry_sync")["migration"], place / "damaged_flows")
    for item in unregistered():
        write_sql(item, place / "unregistered")
    for here in (run, *foreign()):
        policy = here.policies["birth_scan"]
        folder = resource(f"fixtures/{'foreign' if here is not run else 'reference'}/repository")
        text = endpoint_of(Facts("birth_scan", here.policies, here.observation))
        (folder / policy.endpoint.file).write_text(text, encoding="utf-8")
    workflow()


def workflow() -> None:
    """Of the directional sync, in the repository of the reference estate."""
    folder, config = resource("fixtures/reference/repository"), ".insightpulse/sync.yaml"
    found = syncreading.parse(document.load(folder / config, syncfile.SCHEMA))
    (folder / workflow_rendering.FILE).write_text(workflow_rendering.render(found, config), encoding="utf-8")


def unregistered() -> Iterator[Compiled]:
    """What comes before the registration, and the registration itself."""
    with throwaway() as server, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("create database unregistered")
        load(server.dsn("unregistered"))
        here = Registration(server.dsn("unregistered"), Path(folder))
        here.do(UNREGISTERED)
        preparation = here.prepared()
        assert preparation is not None
        yield preparation
        here.applied(preparation)
        yield here.compiled()["migration"]


def foreign() -> Iterator[Run]:
    """A look at the foreign estate."""
    with throwaway() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("create database foreign_estate")
        load_foreign(
            host=str(server.socket_dir),
            port=server.port,
            user="postgres",
            dbname="foreign_estate",
            password=None,
        )
        estate = foreign_estate(server.dsn("foreign_estate", PROBE))
        policies = Policies.load(estate)
        yield Run(estate, policies, observe(estate, policies.needs()))


if __name__ == "__main__":
    main()

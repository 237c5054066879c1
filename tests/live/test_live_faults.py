"""Faults that only running services show: each breaks exactly the rules that it names, each near miss none.

They stand in the same files as all others, and `test_sensitivity.py` counts them.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.observation import Blind
from compliance.estate import agent_data, nitro
from compliance.estate.config import Service
from compliance.estate.directus import APPLICATION
from compliance.estate.services import AGENT_DATA, DIRECTUS
from compliance.probing import Run
from compliance.systems import Policies
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from tests.live.directus_live import Live

BLOCKS = [block for block in faults.blocks() if block.needs]


@dataclass(frozen=True)
class Running:
    """A database, and the services that run on it: how an audit opens them, and who may ask for a change."""

    database: str = field(repr=False)  # as the superuser
    services: dict[str, Service]
    keys: dict[str, dict[str, str]] = field(repr=False)

    def dsn(self, role: str) -> str:
        return make_conninfo(self.database, user=role)

    def ask(self, request: faults.Request) -> None:
        url = self.services[request.service].url + request.path
        answer = httpx.request(
            request.method,
            url,
            json=request.body,
            headers=self.keys[request.service],
            timeout=30,
            trust_env=False,
        )
        assert answer.is_success, answer.text

    def do(self, script: str) -> None:
        with psycopg.connect(self.database) as connection:
            connection.execute(script.encode())


@contextmanager
def documents_on(running: Running, block: faults.Block | None, folder: Path) -> Iterator[Running]:
    """With the document service beside it, from a repository of its own where the block changes that."""
    repository = faults.reference().repository
    assert repository is not None
    if block is not None and block.served:
        repository = faults.copied(repository, folder / "served", block.served)
    with agent_data.serving(running.dsn(agent_data.ROLE), repository=repository) as found:
        service = Service(found.url, found.api_key)
        yield Running(
            running.database,
            {**running.services, "agent_data": service},
            {**running.keys, "agent_data": {"X-API-Key": found.api_key}},
        )


@contextmanager
def endpoints_on(running: Running, block: faults.Block, folder: Path) -> Iterator[Running]:
    """With the server of the endpoints beside it, built from a repository of its own where the block changes that."""
    served = faults.copied(faults.reference().repository, folder / "served", block.served)
    for path in block.unserved:
        (served / path).unlink()
    auth = Policies.load(faults.reference())["birth_scan"].auth
    dsn = running.dsn(APPLICATION)
    with nitro.serving(served / nitro.ROUTES, dsn, token_env=auth.server_env) as found:
        service = Service(found.url, found.token)
        yield Running(running.database, {**running.services, "nuxt": service}, running.keys)


def served_by(live: Live) -> Running:
    token = live.directus.people.writer_token
    return Running(
        live.database, {"directus": live.service()}, {"directus": {"Authorization": f"Bearer {token}"}}
    )


def judged(block: faults.Block, running: Running, template: NoopExecutor, folder: Path) -> None:
    """Do what the block says, look, and hold what the probes say against it."""
    for request in block.calls:
        running.ask(request)
    with ExitStack() as stack:
        place = running
        if block.elsewhere:
            place = Running(stack.enter_context(clone(template, "elsewhere")), {}, {})
        if block.sql:
            place.do(block.sql)
        estate = faults.estate_at(place.dsn("compliance_probe"), block, folder, **running.services)
        run = faults.looked_at(estate)
    faults.check(block, run)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.needs == {"agent_data"}], ids=str)
def test_beside_a_running_document_service(
    block: faults.Block, reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with (
        clone(reference_template, "documents") as dsn,
        documents_on(Running(dsn, {}, {}), block, tmp_path) as running,
    ):
        judged(block, running, reference_template, tmp_path)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.needs == {"nuxt"}], ids=str)
def test_beside_running_endpoints(
    block: faults.Block, reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with (
        clone(reference_template, "endpoints") as dsn,
        endpoints_on(Running(dsn, {}, {}), block, tmp_path) as running,
    ):
        judged(block, running, reference_template, tmp_path)


@pytest.mark.parametrize("block", [b for b in BLOCKS if "directus" in b.needs], ids=str)
def test_beside_a_running_directus(
    block: faults.Block, directus: Live, reference_template: NoopExecutor, tmp_path: Path
) -> None:
    running = served_by(directus)
    with ExitStack() as stack:
        if "agent_data" in block.needs:
            running = stack.enter_context(beside(directus, block, tmp_path))
        if block.since:
            known = replace(running.services["directus"], since=block.since)
            running = replace(running, services={**running.services, "directus": known})
        judged(block, running, reference_template, tmp_path)


@contextmanager
def beside(live: Live, block: faults.Block, folder: Path) -> Iterator[Running]:
    """With the document service that the flows of this Directus feed."""
    running, documents = served_by(live), live.documents
    with ExitStack() as stack:
        if block.served:
            source = faults.reference().repository
            stack.enter_context(live.agent_data_of(faults.copied(source, folder / "served", block.served)))
        yield Running(
            running.database,
            {**running.services, "agent_data": Service(documents.url, documents.key)},
            {**running.keys, "agent_data": {"X-API-Key": documents.key}},
        )


def test_with_both_services_every_rule_is_judged_and_kept(directus: Live, tmp_path: Path) -> None:
    """The control: nothing is left out for want of a source, but what the server of endpoints alone would answer."""
    with documents_on(served_by(directus), None, tmp_path) as running:
        run = faults.looked_at(faults.estate_at(running.dsn("compliance_probe"), **running.services))
    verdict = audit.probe(run)
    assert verdict.conclusion == "kept", faults.told(verdict)
    left_out: list[Any] = [
        (case.rule.id, case.reason)
        for case in verdict.cases
        if case.outcome == "not_applicable" and "unavailable" in case.reason and "nuxt" not in case.reason
    ]
    assert left_out == []


SERVED = sorted({*DIRECTUS, *AGENT_DATA, "directus.items"})


def test_a_section_of_a_service_that_is_blind_keeps_no_rule_that_needs_it(
    directus: Live, tmp_path: Path
) -> None:
    """What `test_evidence_loss.py` shows of the database and of files."""
    with documents_on(served_by(directus), None, tmp_path) as running:
        run = faults.looked_at(faults.estate_at(running.dsn("compliance_probe"), **running.services))
    asked = {probe.said.id: run.judged(probe.rule, probe.said.system).sections for probe in quick.probes()}
    for section in SERVED:
        seen = dict(run.observation.sections)
        seen[section] = Blind("taken away", seen[section].provenance)
        verdict = quick.verdict(Run(run.estate, run.policies, replace(run.observation, sections=seen)))
        needing = {rule for rule, sections in asked.items() if section in sections}
        assert needing, f"{section} is looked at and judged by nobody"
        assert faults.rules_with(verdict, "could_not_look") == needing
        assert not faults.rules_with(verdict, "broken")

"""A policy of the registry sync that is drafted from what is there: reviewed, it audits the same estate green."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance import audit
from compliance.core.errors import ConfigurationError
from compliance.systems import registry_sync
from compliance.systems.registry_sync.labels import split
from tests import faults, quick

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from compliance.probing import Run

REVIEWED = "reviewed: {by: a, at: 2026-11-21, reason: read}"


def drafted(dsn: str, folder: Path) -> Run:
    """The estate at this address, looked at again under a draft of what it holds, which somebody has reviewed."""
    estate = faults.estate_at(dsn)
    run = faults.looked_at(estate)
    text = registry_sync.draft(run.policies["registry_sync"], run.observation)
    shutil.copytree(estate.policy, folder)
    (folder / "registry_sync.yaml").write_text(text.replace("reviewed: false", REVIEWED), encoding="utf-8")
    return faults.looked_at(replace(estate, policy=folder))


def do(db: psycopg.Connection, statement: str) -> None:
    db.execute(statement.encode())
    db.commit()


def test_a_draft_of_the_reference_estate_is_its_policy(
    estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    run = drafted(estate_dsn("compliance_probe"), tmp_path / "policy")
    verdict = audit.probe(run)
    assert verdict.conclusion == "kept", faults.told(verdict)
    before = faults.looked_at(faults.estate_at(None)).policies["registry_sync"]
    after = run.policies["registry_sync"]
    for name in (
        "flows",
        "excluded",
        "service",
        "environment",
        "failures",
        "accountability",
        "known_operations",
    ):
        assert getattr(after, name) == getattr(before, name), name
    for name, collection in before.collections.items():
        found = after.collections[name]
        assert replace(found, marker=None) == replace(collection, marker=None)


def test_until_somebody_reviewed_it_no_audit_is_green(estate_dsn: Callable[[str], str], tmp_path: Path) -> None:
    run = drafted(estate_dsn("compliance_probe"), tmp_path / "policy")
    file = tmp_path / "policy" / "registry_sync.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(REVIEWED, "reviewed: false"), encoding="utf-8")
    verdict = quick.verdict(faults.looked_at(run.estate))
    assert faults.rules_with(verdict, "broken") == {"PL003"}, faults.told(verdict)
    assert verdict.conclusion == "broken"


def test_a_draft_declares_what_is_there_and_not_what_was_declared(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    """Other names, other fields, another header; and as document 000 has it: created under another id than deleted."""
    do(estate_db, "update public.directus_flows set name = replace(name, '[DOT-REG] ', 'sync: ')")
    do(estate_db, "update public.directus_flows set name = replace(name, 'Create -> AD', 'new -> AD')")
    do(
        estate_db,
        "update public.directus_operations set options = replace(replace(replace(options::text, 'X-API-Key', 'X-Key'),"
        " 'registries/workflows/wf-{{$trigger.key}}', 'registries/workflows/{{$trigger.payload.code}}'),"
        " 'REGISTRY_SYNC', 'SYNC')::json",
    )
    policy = drafted(estate_dsn("compliance_probe"), tmp_path / "policy").policies["registry_sync"]
    assert "sync: WCR new -> AD" in policy.flows
    assert "sync: WCR Delete -> AD (one document)" in policy.flows
    assert policy.service.header == "X-Key"
    assert policy.failures.values["issue_type"] == "SYNC"
    workflows = policy.collections["workflows"]
    assert (workflows.document, workflows.former) == (
        "registries/workflows/wf-{id}",
        ("registries/workflows/{code}",),
    )
    text = (tmp_path / "policy" / "registry_sync.yaml").read_text(encoding="utf-8")
    assert "documents of it are named in more than one way: workflows" in text


def test_a_collection_of_which_not_every_change_is_sent_is_left_out_and_noted(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    do(estate_db, "delete from public.directus_flows where name = '[DOT-REG] WCR Delete -> AD'")
    policy = drafted(estate_dsn("compliance_probe"), tmp_path / "policy").policies["registry_sync"]
    assert "workflow_change_requests" not in policy.collections
    text = (tmp_path / "policy" / "registry_sync.yaml").read_text(encoding="utf-8")
    assert "left out, as not every change of it is sent: workflow_change_requests (create, update)" in text


def test_without_such_flows_there_is_nothing_to_draft(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    do(estate_db, "delete from public.directus_flows")
    with pytest.raises(ConfigurationError, match="no collection has flows"):
        drafted(estate_dsn("compliance_probe"), tmp_path / "policy")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["A Create x", "A Update x", "A Delete x"], ("A ", ("Create", "Update", "Delete"), " x")),
        (["[R] A: neu", "[R] A: geändert", "[R] A: weg"], ("[R] A: ", ("neu", "geändert", "weg"), "")),
        (["created", "updated", "deleted"], ("", ("created", "updated", "deleted"), "")),
        (["a", "a", "a"], ("", ("a", "a", "a"), "")),
    ],
)
def test_names_are_cut_between_words(names: list[str], expected: tuple[str, tuple[str, ...], str]) -> None:
    assert split(names) == expected


def test_of_one_collection_alone_the_names_are_told_too(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    do(estate_db, "delete from public.directus_flows where name not like '[DOT-REG] WCR%'")
    policy = drafted(estate_dsn("compliance_probe"), tmp_path / "policy").policies["registry_sync"]
    assert list(policy.collections) == ["workflow_change_requests"]
    assert policy.flow("workflow_change_requests", "update") == "[DOT-REG] WCR Update -> AD"

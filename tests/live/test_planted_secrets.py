"""Secrets that stand wherever an estate can hold one are in no byte of anything that the program says or writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.estate.resources import resource
from compliance.reporting.exports import FORMATS
from compliance.starting import ungated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

CHECKOUT = Path(__file__).resolve().parents[2]
REFERENCE = resource("fixtures/reference")
# Each in a place of its own; made of parts, so that no file here looks as if it held one.
PLANTED = {
    "dsn": "Tr0ub4dor" + "-and-3-dsn",
    "row": "ghp_" + "R0wOfAtab1e" * 3,
    "header": "Q9" + "vT3xHeader77" * 2,
    "option": "sk_live_" + "0ption0fAfl0w4242",
    "url": "Url-p4ss" + "word-77",
    "file": "AKIA" + "IOSFODNN7SYNCED1",
    "name": "ghp_" + "N4meOfAfi1e" * 3,
    "environment": "Env1r0nment" + "-redaction-key",
}
ROWS = """
    update public.dot_iu_command_catalog set category = 'token={row}' where command_name = 'dot_iu_place';
    update public.directus_operations set options = jsonb_build_object('method', 'POST',
           'url', 'https://me:{url}@docs.example/x', 'headers', jsonb_build_array(jsonb_build_object('header',
           'Authorization', 'value', 'Bearer {header}')), 'body', '{{"api_key": "{option}"}}')::json
     where id = (select id from public.directus_operations where type = 'request' order by id limit 1)"""


class Estate:
    """In a folder of its own, with something to hide everywhere."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        self.environment = dict(os.environ, ESTATE_DSN=f"{dsn} password={PLANTED['dsn']}", PYTHONPATH=str(CHECKOUT),
                                REDACTION_KEY=PLANTED["environment"])  # fmt: skip
        shutil.copytree(REFERENCE / "policy", folder / "policy")
        ungated(folder / "policy")
        shutil.copytree(REFERENCE / "repository", folder / "repository")
        (folder / "repository/scripts" / f"{PLANTED['name']}.sh").write_text("#!/bin/sh\nset -e\n")
        (folder / "repository/scripts/leaks.sh").write_text(f"#!/bin/sh\nset -e\necho {PLANTED['file']}\n")
        (folder / "estate.yaml").write_text(
            "name: planted\nkind: staging\npolicy: policy\nrepository: repository\nledger: ledger\n"
            "systems: [command_catalog, registry_sync, birth_scan, directional_sync]\n"
            "postgres: {dsn_env: ESTATE_DSN}\nredaction_key_env: REDACTION_KEY\n"
        )
        self.said = ""

    def run(self, *words: str) -> int:
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=self.folder, env=self.environment, capture_output=True, check=False,
            timeout=240,
        )  # fmt: skip
        self.said += (done.stdout + done.stderr).decode()
        return done.returncode

    def compliance(self, *words: str) -> int:
        return self.run("compliance.cli", *words)

    def written(self) -> Iterator[Path]:
        """All that the program has written."""
        own = {self.folder / "repository", self.folder / "policy", self.folder / "key.pem"}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not own.intersection((path, *path.parents)):
                yield path


@pytest.fixture
def estate(tmp_path: Path, estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Estate:
    for statement in ROWS.format(**PLANTED).split(";"):
        estate_db.execute(statement.encode())
    estate_db.commit()
    return Estate(tmp_path, estate_dsn("compliance_probe"))


def test_no_byte_of_any_output_holds_one(estate: Estate) -> None:
    at = ("--estate", "estate.yaml")
    assert estate.compliance("audit", *at, "--out", "reports") in (1, 3), estate.said
    exports = [word for name in FORMATS for word in ("--export", f"{name}=exports/{name}")]
    assert estate.compliance("audit", *at, "--no-page", "--json", "--out", "again", *exports) in (1, 3)
    assert {path.name for path in (estate.folder / "exports").iterdir()} == set(FORMATS)
    assert estate.compliance("observe", *at, "-o", "seen.json") in (0, 3)
    estate.compliance("compile", "command_catalog", *at, "--out", "compiled")
    estate.compliance("waivers", *at)
    estate.compliance("history", "--history", "again/history.jsonl")
    assert estate.compliance("keys", "new", "key.pem") == 0
    assert estate.compliance("evidence", "seal", *at, "--key", "key.pem", "-o", "audit.tar") == 0, estate.said
    estate.compliance("replay", "audit.tar")
    for name in ("sarif", "csv"):
        assert estate.compliance("export", name, "--from", "audit.tar", "-o", f"sealed/{name}") == 0, (
            estate.said
        )
    assert estate.compliance("export", "markdown", "--from", "again", *at) == 0
    probes = str(resource("probes"))
    pytest_ = ("pytest", "-c", os.devnull, "-p", "no:cacheprovider", "--import-mode=importlib", *at, probes)
    assert estate.run(*pytest_, "-q", "--junitxml=junit.xml", "--alluredir=results") in (1, 3)
    estate.run(*pytest_, "--collect-only", "-q")

    found = [name for name, secret in PLANTED.items() if secret in estate.said]
    assert found == [], "said"
    for path in estate.written():
        data = path.read_bytes()
        for name, secret in PLANTED.items():
            assert secret.encode() not in data, (name, path.relative_to(estate.folder))
    assert not [p for p in estate.written() for s in PLANTED.values() if s in str(p.relative_to(estate.folder))]


def test_they_were_there_to_be_seen(estate: Estate) -> None:
    """Each was looked at and replaced: what nobody reads can leak nowhere."""
    assert estate.compliance("observe", "--estate", "estate.yaml", "-o", "seen.json") in (0, 3)
    seen = (estate.folder / "seen.json").read_text()
    kinds = set(re.findall(r"<secret ([a-z-]+) length=\d+ hash=", seen))
    assert {"github-token", "entry", "provider-key", "url-password", "aws-key"} <= kinds, kinds
    assert re.search(r"scripts/<secret github-token [^>]*>\.sh", seen)

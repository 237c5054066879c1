"""What is sealed of an estate that was changed: plans, rehearsals, approvals and receipts, and no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from compliance.core import canonical
from compliance.evidence import recorded, verify
from compliance.executor.ledger import Ledger
from tests.evidence.bundles import files
from tests.live.staging import PEOPLE, assert_no_secret_was_written, lay_out, name_people, standing

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor


def test_a_change_of_an_estate_is_sealed_with_all_that_let_it_happen(
    reference_template: NoopExecutor, tmp_path: Path
) -> None:
    lay_out(tmp_path / "estate")
    with standing(reference_template, tmp_path / "estate") as staging:
        sh, plan = staging.shell, "compiled/command_catalog/migration"
        lines = [sh("keys", "new", f"{name}.pem").out.splitlines()[-1] for name in PEOPLE]
        name_people(staging, lines)
        assert sh("compile", "command_catalog", "--out", "compiled").code == 0
        assert sh("rehearse", plan, "--key", "author.pem").code == 0
        assert staging.approve("alice").code == 0
        assert sh("apply", plan).code == 0
        digest = staging.plan().digest

        sealed = sh("evidence", "seal", "--key", "author.pem", "-o", "bundle.tar", "--json")
        assert sealed.code == 0, sealed.err
        data = (staging.folder / "bundle.tar").read_bytes()
        public = next(line for line in lines if "author:" in line).partition("public: ")[2][:64]
        ledger = staging.ledger.read_bytes()
        assert verify.check(data, bytes.fromhex(public), ledger) == []

        held = files(data)
        assert json.loads(held["versions.json"])["sources"]["postgres"]
        kinds = [name.split("/")[1] for name in held if name.startswith("ledger/") and name.count("/") == 2]
        assert kinds == ["approvals", "receipts", "receipts", "rehearsals"]
        (approval,) = (json.loads(data) for name, data in held.items() if name.startswith("ledger/approvals/"))
        assert approval["signed"]["predicate"]["reason"] == "test"
        applied = f"ledger/plans/{digest[:12]}"
        for name in ("plan.json", "deploy.sql", "revert.sql", "verify.sql"):
            assert held[f"{applied}/{name}"] == (staging.folder / plan / name).read_bytes(), name
        for secret in staging.secrets():
            assert secret.encode() not in data
        assert_no_secret_was_written(staging)

        entries = Ledger(staging.ledger.parent).entries()
        assert entries[-1].kind == "sealed"
        assert entries[-1].body["manifest"] == canonical.digest(held["manifest.json"])
        assert list(recorded.files(entries, "another estate")) == [verify.LEDGER]
        # The chain goes on behind it: later work neither breaks the bundle nor the ledger.
        assert staging.approve("bob", "rollback").code == 0
        assert verify.check(data, bytes.fromhex(public), staging.ledger.read_bytes()) == []
        assert staging.run("ledger", "verify").code == 0
        assert "sealed" in staging.run("ledger", "show").out

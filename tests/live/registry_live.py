"""An estate.yaml that leads to the one real Directus and its Agent Data, and commands over it."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from compliance import audit
from compliance.cli import main
from compliance.estate import config, document
from compliance.executor.ledger import Ledger
from compliance.starting import ungated
from tests import faults
from tests.live.crashing import FORKS, Done, Running
from tests.live.directus_live import REPOSITORY
from tests.live.staging import REFERENCE, Said, read_once
from tests.live.striking import run as struck

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compliance.core.verdict import Verdict
    from compliance.estate.config import Estate
    from compliance.executor.ledger import Entry
    from tests.live.directus_live import Live

SYSTEM = "registry_sync"
COLLECTIONS = (
    "table_registry",
    "workflows",
    "workflow_steps",
    "workflow_change_requests",
    "workflow_categories",
    "workflow_step_relations",
)


class Answer(NamedTuple):
    """What an exercise saw of one collection."""

    rows: int
    arrived: int
    changed: int
    left: int
    returned: int
    control: bool | None


class Sync:
    """A folder with all that a person has; `live`: what runs."""

    def __init__(self, live: Live, folder: Path, *, many: int, seconds: float, repository: Path) -> None:
        self.live, self.folder = live, folder
        shutil.copytree(REFERENCE / "policy", folder / "policy")
        ungated(folder / "policy")
        faults.Edit(f"{SYSTEM}.yaml", "{many: 5, seconds: 10}", f"{{many: {many}, seconds: {seconds}}}").apply(
            folder / "policy"
        )
        people = live.directus.people
        self._file({
            "name": "live", "kind": "reference", "systems": [SYSTEM], "policy": "policy", "ledger": "ledger",
            "repository": str(repository), "documents": {"estate": True},
            "postgres": {"dsn": live.dsn("compliance_probe"), "writer_dsn": live.dsn("estate_owner")},
            "directus": {"url": live.url, "token": people.probe_token, "writer_token": people.writer_token},
            "agent_data": {"url": live.documents.url, "token": live.documents.key},
        })  # fmt: skip

    def _file(self, value: dict[str, Any]) -> None:
        with (self.folder / "estate.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(value, file)

    @property
    def estate(self) -> Estate:
        return config.load(self.folder / "estate.yaml")

    @property
    def entries(self) -> tuple[Entry, ...]:
        return Ledger(self.folder / "ledger").entries()

    def run(self, *words: str) -> Said:
        """A command over the estate, in this process."""
        return self.main(*words, "--estate", str(self.folder / "estate.yaml"))

    def main(self, *words: str) -> Said:
        """Any command; never does it say what opens a service."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*words])
        said = Said(code, out.getvalue(), err.getvalue())
        for secret in (*self.live.directus.people.secrets, self.live.documents.key):
            assert secret not in said.out + said.err
        return said

    def exercise(self) -> dict[str, Answer | str]:
        """Make the rows; what was seen by collection, or the error."""
        said = self.run("exercise", SYSTEM, "--json", "--out", str(self.folder / "compiled"))
        assert said.code == 0, said.err
        return {
            item["name"]: item["error"] or Answer(**item["answer"]) for item in json.loads(said.out)["answers"]
        }

    def starts(self, **order: object) -> Running:
        """The same in a process of its own, which is struck `at` a point."""
        place = self.folder / "struck"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        words = ["exercise", SYSTEM, "--out", str(place), "--estate", str(self.folder / "estate.yaml")]
        process = FORKS.Process(target=struck, args=({**order, "place": str(place)}, words))
        process.start()
        return Running(process, place)

    def struck(self, **order: object) -> Done:
        return self.starts(**order).end()

    def kinds(self) -> list[str]:
        """What the ledger has seen, oldest first."""
        return [entry.kind for entry in self.entries if entry.kind != "opened"]

    def judged(self) -> Verdict:
        """What an audit says now."""
        return faults.judged(self.estate)

    def says(self, rule: str) -> set[str]:
        """What comes of this rule alone, which is quick, of the collections."""
        cases = audit.probe(faults.looked_at(self.estate), only={rule}).cases
        return {case.outcome for case in cases if case.subject in COLLECTIONS}

    def markers(self) -> dict[str, int]:
        """What is left of any exercise: rows, documents, and rows that came back, by where they lie."""
        found = {
            name: self.count(f"select count(*) from public.{name} where name like 'dotc-%%'")
            for name in COLLECTIONS
        }
        found["documents"] = self.count(
            "select count(*) from agent_data.kb_documents"
            " where data->>'deleted_at' is null and data->'metadata'->>'title' like 'dotc-%%'"
        )
        found["returned"] = self.count(
            "select count(*) from public.knowledge_documents where source_id like '%%dotc-%%'"
        )
        return {name: number for name, number in found.items() if number}

    def count(self, query: str) -> int:
        return int(self.live.rows(query.replace("%%", "%"))[0][0])


@contextmanager
def sync_of(
    live: Live, folder: Path, *, many: int = 2, seconds: float = 10, repository: Path = REPOSITORY
) -> Iterator[Sync]:
    """With policy parsed once, which is most of the time of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "read", read_once)
        yield Sync(live, folder, many=many, seconds=seconds, repository=repository)

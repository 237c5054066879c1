"""Document 000 from end to end: its flows as it describes them, what is wrong with them, and how they are set right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults import rules_with, told
from tests.live import document_000
from tests.live.registry_live import COLLECTIONS, SYSTEM, Answer, Sync, sync_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.directus_live import Live

# What the probes say of the flows before anybody runs them, and of the documents that they have left.
DEFECTS = {
    "RS010": "table_registry: a document under a name that a delete cannot know",
    "RS014": "flows that are not those of policy, and helpers that are missing",
    "RS028": "a body that is text, which a quote in a title breaks",
    "RS029": "requests whose failure nobody hears of",
    "RS032": "table_registry: created and updated under one id, deleted under another",
    "RS034": "keys[0]: of many rows that are changed at once, all but one are lost",
}

RULE = "RS040"


def ids_of(live: Live) -> dict[str, str]:
    """The flows from the registries, by name."""
    return dict(
        live.rows("select name, id::text from public.directus_flows where name like '[DOT-REG]% -> AD%'")
    )


def applied(sync: Sync, kind: str) -> str:
    """Compile, rehearse and apply, by the commands that a person gives. Returns what applying said."""
    out = sync.folder / "compiled"
    compiled = sync.run("compile", SYSTEM, "--out", str(out))
    assert compiled.code == 0, compiled.err
    assert kind in compiled.out, compiled.out
    plan = str(out / SYSTEM / kind)
    for words in (("rehearse", plan), ("apply", plan)):
        said = sync.run(*words)
        assert said.code == 0, said.err
    return said.out


def test_its_flows_lose_rows_and_leave_documents_until_they_are_compiled(
    directus: Live, tmp_path: Path
) -> None:
    by_hand = document_000.install(directus)
    assert len(by_hand) == 18
    with sync_of(directus, tmp_path, many=5, seconds=3) as sync:
        # The probes name each defect; nothing has run yet.
        verdict = sync.judged()
        assert rules_with(verdict, "broken") == DEFECTS.keys(), told(verdict)

        # And so it comes: of 1 + 5 rows the single one and the first of the five are changed and deleted. Where
        # documents are named by `table_id`, none is where a delete looks, and the one that got another is there twice.
        seen = sync.exercise()
        assert seen.pop("table_registry") == Answer(6, arrived=0, changed=0, left=7, returned=0, control=True)
        lost = Answer(6, arrived=6, changed=2, left=4, returned=0, control=True)
        assert seen == dict.fromkeys(COLLECTIONS[1:], lost)
        assert sync.markers() == {}
        assert sync.says(RULE) == {"broken"}

        # First the documents are moved to where a delete finds them, then the flows are set right: by the same ids.
        applied(sync, "preparation")
        assert moved(directus) == {"registries/table_registry/tbl-1", "registries/table_registry/tbl-2"}
        applied(sync, "migration")
        ours = ids_of(directus)
        assert by_hand.items() <= ours.items()
        assert len(ours) == 18 + 12
        assert sync.says(RULE) == {"not_applicable"}  # what was seen were other flows

        # The same rows once more, by the same running Directus.
        assert sync.exercise() == dict.fromkeys(COLLECTIONS, Answer(6, 6, 6, 0, 0, control=True))
        assert sync.markers() == {}
        verdict = sync.judged()
        assert verdict.conclusion == "kept", told(verdict)
        assert RULE in rules_with(verdict, "kept")


def moved(live: Live) -> set[str]:
    """Where the documents of the first collection lie."""
    query = "select data->>'document_id' from agent_data.kb_documents where key like 'registries\\_\\_table%'"
    living = f"{query} and data->>'deleted_at' is null"
    return {name for (name,) in live.rows(living)}

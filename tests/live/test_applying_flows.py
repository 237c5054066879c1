"""The command line from drift to rollback, on a real Directus: what was set up by SQL runs, and then is verified."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import CouldNotLook
from compliance.executor import reloading
from tests.live.registry_live import SYSTEM, Sync, sync_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.directus_live import Live

FLOW = "[DOT-REG] Workflow Categories Create -> AD"


@pytest.fixture
def sync(directus: Live, tmp_path: Path) -> Iterator[Sync]:
    """An estate in which somebody has removed a declared flow, by the API: the running process knows."""
    with sync_of(directus, tmp_path) as found:
        assert directus.ask("DELETE", f"/flows/{flow_of(directus)}").status_code == 204
        yield found


def flow_of(live: Live) -> str:
    ((found,),) = live.rows("select id::text from public.directus_flows where name = %s", FLOW)
    return str(found)


def arrives(sync: Sync, code: str) -> bool:
    """Is a new row followed by its document?"""
    sync.live.data("POST", "/items/workflow_categories", {"code": code, "name": code})
    sync.live.settle()
    wanted = f"select count(*) from agent_data.kb_documents where data::text like '%{code}%'"
    return bool(sync.live.rows(wanted)[0][0])


def planned(sync: Sync) -> str:
    """Compiled and rehearsed."""
    compiled = sync.folder / "compiled"
    done = sync.run("compile", SYSTEM, "--out", str(compiled))
    assert done.code == 0, done.err
    rehearsed = sync.run("rehearse", str(compiled / SYSTEM / "migration"))
    assert rehearsed.code == 0, rehearsed.err
    assert "not rehearsed: Directus answers" in rehearsed.out
    return str(compiled / SYSTEM / "migration")


def test_a_flow_that_was_removed_is_set_up_runs_is_verified_and_taken_back(sync: Sync) -> None:
    plan = planned(sync)
    applied = sync.run("apply", plan)
    assert applied.code == 0, applied.err
    assert "activated: Directus has loaded again what was written: 1 flow(s)" in applied.out
    assert [entry.kind for entry in sync.entries][-4:] == ["intent", "receipt", "called", "verified"]
    assert arrives(sync, "after")
    receipt = next(entry.hash for entry in sync.entries if entry.kind == "receipt")
    back = sync.run("rollback", receipt[:12], "--json")
    assert back.code == 0, back.err
    assert json.loads(back.out)["called"]["reload"]["removed"] > 0
    assert not arrives(sync, "again")


def test_where_it_is_not_kept_the_running_process_forgets_it_too(sync: Sync) -> None:
    """A row that came while there was no flow has no document, which no flow brings back."""
    assert not arrives(sync, "before")
    applied = sync.run("apply", planned(sync))
    assert applied.code == 6
    assert "so it was taken back" in applied.err
    assert [entry.kind for entry in sync.entries][-4:] == ["called", "intent", "rolled-back", "called"]
    assert not arrives(sync, "again")


def test_a_setup_that_was_cut_off_after_commit_is_finished_by_the_next_one(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are there, so that nothing is left to compile; the running process knows nothing of them yet."""
    setup = ("registry-sync", "setup", "--out", str(sync.folder / "compiled"))

    def cut(*_: object) -> dict[str, int]:
        raise CouldNotLook("directus: cut off")

    with monkeypatch.context() as patched:
        patched.setattr(reloading, "reload", cut)
        first = sync.run(*setup)
    assert (first.code, "but not finished" in first.err) == (3, True)
    shutil.rmtree(sync.folder / "compiled")  # an audit removes a plan of which the rows are there
    dry = sync.run(*setup, "--dry-run")
    assert "is applied, but not finished" in dry.out
    again = sync.run(*setup, "--json")
    assert again.code == 0, again.err
    (finished,) = json.loads(again.out)["changes"]
    assert (finished["recovered"], finished["called"]["reload"]["flows"]) == (True, 1)
    assert arrives(sync, "after")
    third = sync.run(*setup)
    assert (third.code, "nothing to do" in third.out) == (0, True)

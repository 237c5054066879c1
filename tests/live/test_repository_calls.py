"""Files that a plan writes into the governed repository: once, back again, and never over what was not seen."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance.core.change import Call
from compliance.core.errors import Refused
from compliance.executor.finishing import Unfinished
from tests.conftest import clone
from tests.live.calling_estate import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

FILE, TEXT = "server/api/birth/new folder/scan.post.ts", "export default 1 // ü\n"


def stated(text: str, path: str = FILE) -> str:
    return f"{path}@{sha256(text.encode()).hexdigest()}"


def write(text: str = TEXT, over: str | None = None, path: str = FILE) -> Call:
    undo = ("DELETE", path, None) if over is None else ("PUT", path, over)
    seen = None if over is None else stated(over, path)
    return Call(f"write {path}", "repository", "PUT", path, text, undo, stated(text, path), seen)


@pytest.fixture(scope="module")
def database(reference_template: NoopExecutor) -> Iterator[str]:
    with clone(reference_template, "files") as dsn:
        yield dsn


@pytest.fixture
def site(database: str, tmp_path: Path) -> Site:
    found = Site(lambda role: psycopg.conninfo.make_conninfo(database, user=role), tmp_path)
    root = tmp_path / "repository"
    (root / "server" / "api").mkdir(parents=True)
    (root / "server" / "api" / "other.ts").write_text("other")
    found.with_(repository=root)
    return found


def content(site: Site) -> dict[str, str]:
    """Everything that lies in the repository, folders too."""
    root = site.estate.repository
    assert root is not None
    return {
        path.relative_to(root).as_posix(): path.read_text() if path.is_file() else "(folder)"
        for path in sorted(root.rglob("*"))
    }


def test_a_file_is_written_with_its_folders_and_taken_back_with_them(site: Site) -> None:
    before = content(site)
    plan = site.plan(calls=(write(),))
    assert site.rehearsed(plan).after == ("1 call(s): looked at, each can be made; none was made",)
    assert content(site) == before
    applied = site.apply(plan)
    assert content(site)[FILE] == TEXT
    assert site.called()["calls"] == [
        {"request": f"PUT {FILE}", "service": "repository", "status": 201, "title": f"write {FILE}"}
    ]
    site.rollback(applied.receipt)
    assert content(site) == before


def test_a_file_that_was_seen_is_written_over_and_given_back(site: Site) -> None:
    path = "server/api/other.ts"
    before = content(site)
    plan = site.plan(calls=(write("mine", "other", path),))
    site.rehearsed(plan)
    applied = site.apply(plan)
    assert content(site) == before | {path: "mine"}
    site.rollback(applied.receipt)
    assert content(site) == before


@pytest.mark.parametrize(
    "call", [write(path="server/api/other.ts"), write("mine", "seen", "server/api/other.ts")]
)
def test_what_somebody_else_has_written_is_not_written_over(site: Site, call: Call) -> None:
    before = content(site)
    with pytest.raises(Refused, match="neither as before nor as after"):
        site.rehearsed(site.plan(calls=(call,)))
    assert content(site) == before


def test_what_somebody_has_changed_since_is_not_taken_back(site: Site) -> None:
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    receipt = site.apply(plan).receipt
    (site.estate.repository / FILE).write_text("theirs")  # type: ignore[operator]
    with pytest.raises(Refused, match="neither as before nor as after"):
        site.rollback(receipt)
    assert content(site)[FILE] == "theirs"


def test_a_folder_that_somebody_else_uses_by_now_stays(site: Site) -> None:
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    receipt = site.apply(plan).receipt
    more = site.estate.repository / "server/api/birth/more.ts"  # type: ignore[operator]
    more.write_text("more")
    site.rollback(receipt)
    assert {"server/api/birth", "server/api/birth/more.ts"} <= content(site).keys()
    assert "server/api/birth/new folder" not in content(site)


def test_an_empty_folder_that_was_there_before_stays(site: Site) -> None:
    (site.estate.repository / "server/api/birth").mkdir()  # type: ignore[operator]
    before = content(site)
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    site.rollback(site.apply(plan).receipt)
    assert content(site) == before


@pytest.mark.parametrize("moment", ["after COMMIT", f"calling: write {FILE}"])
def test_killed_before_it_is_written_the_same_command_finishes_and_takes_everything_back(
    site: Site, moment: str
) -> None:
    before = content(site)
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    site.killed(moment, lambda at: site.apply(plan, at))
    assert content(site) == before
    applied = site.apply(plan)
    assert (applied.recovered, content(site)[FILE]) == (True, TEXT)
    site.rollback(applied.receipt)
    assert content(site) == before


def test_what_a_run_has_left_that_was_killed_while_it_wrote_is_removed(site: Site) -> None:
    """Written beside its place, and not yet put there; or put there, and nothing said of it yet."""
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    site.killed(f"calling: write {FILE}", lambda at: site.apply(plan, at))
    folder = (site.estate.repository / FILE).parent  # type: ignore[operator]
    folder.mkdir(parents=True)
    digest = sha256(TEXT.encode()).hexdigest()
    (folder / f".scan.post.ts.{digest[:12]}.part").write_text("half")
    (folder / "scan.post.ts").write_text(TEXT)
    applied = site.apply(plan)
    assert [call["status"] for call in applied.called["calls"]] == [0]
    assert [path.name for path in folder.iterdir()] == ["scan.post.ts"]


def test_a_file_that_somebody_else_has_put_there_first_is_theirs_and_is_not_taken_back(site: Site) -> None:
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    place = site.estate.repository / FILE  # type: ignore[operator]
    place.parent.mkdir(parents=True)
    place.write_text(TEXT)
    applied = site.apply(plan)
    assert [call["status"] for call in applied.called["calls"]] == [0]
    with pytest.raises(Refused, match="nothing to roll back") as refused:
        site.rollback(applied.receipt)
    assert "what its calls are about was so before it" in refused.value.reasons
    assert place.read_text() == TEXT


def test_of_two_files_the_one_that_the_plan_wrote_is_taken_back_and_the_other_one_may_change(
    site: Site,
) -> None:
    path = "server/api/mine.ts"
    plan = site.plan(calls=(write(), write(path=path)))
    site.rehearsed(plan)
    place = site.estate.repository / FILE  # type: ignore[operator]
    place.parent.mkdir(parents=True)
    place.write_text(TEXT)
    before = content(site)
    receipt = site.apply(plan).receipt
    assert content(site) == before | {path: TEXT}
    place.write_text("theirs, and another one by now")
    site.rollback(receipt)
    assert content(site) == before | {FILE: "theirs, and another one by now"}


def test_what_a_killed_run_has_written_is_its_own_and_goes(site: Site) -> None:
    before, path = content(site), "server/api/mine.ts"
    plan = site.plan(calls=(write(), write(path=path)))
    site.rehearsed(plan)
    site.killed(f"calling: write {path}", lambda at: site.apply(plan, at))
    assert (FILE in content(site), path in content(site)) == (True, False)
    applied = site.apply(plan)
    assert [call["status"] for call in applied.called["calls"]] == [0, 201]
    site.rollback(applied.receipt)
    assert content(site) == before


@pytest.mark.parametrize(
    "path", ["../out.ts", "/etc/out.ts", "server/../../out.ts", ".git/hooks/pre-commit", "link/x"]
)
def test_nothing_is_written_outside_of_it_through_a_link_or_into_git(site: Site, path: str) -> None:
    root = site.estate.repository
    assert root is not None
    (root.parent / "elsewhere").mkdir()
    (root / "link").symlink_to(root.parent / "elsewhere")
    with pytest.raises(Refused, match="is no file of the repository"):
        site.rehearsed(site.plan(calls=(write(path=path),)))
    assert not (root.parent / "elsewhere" / "x").exists()


def test_without_a_repository_the_plan_is_refused(site: Site) -> None:
    site.estate = replace(site.estate, repository=None)
    with pytest.raises(Refused, match="repository is not configured, and the plan calls it"):
        site.rehearsed(site.plan(calls=(write(),)))


def test_a_folder_in_its_place_is_told_and_nothing_is_changed(site: Site) -> None:
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    site.killed("after COMMIT", lambda at: site.apply(plan, at))
    (site.estate.repository / FILE).mkdir(parents=True)  # type: ignore[operator]
    with pytest.raises(Unfinished, match="Is a directory"):
        site.apply(plan)


def test_what_was_written_there_between_commit_and_call_is_not_written_over(site: Site) -> None:
    plan = site.plan(calls=(write(),))
    site.rehearsed(plan)
    site.killed("after COMMIT", lambda at: site.apply(plan, at))
    place = site.estate.repository / FILE  # type: ignore[operator]
    place.parent.mkdir(parents=True)
    place.write_text("theirs")
    with pytest.raises(Unfinished, match="was changed since it was seen"):
        site.apply(plan)
    assert place.read_text() == "theirs"

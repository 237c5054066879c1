"""Two sides: read, merged three-way, written back, read again; what is outside survives whatever goes wrong."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import Refused
from compliance.sync import backups, state
from compliance.sync.model import TargetFailed

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

# Ours is a folder of the repository, theirs one outside of it. `fault` is where a test breaks the write.
SCRIPT = """
theirs="$HOME/theirs"; mkdir -p ours "$theirs"
echo "$SYNC_PHASE" >> "$HOME/phases"
if [ "$SYNC_PHASE" = read ]; then
  cp -rp ours/. "$SYNC_OURS/"; cp -rp "$theirs/." "$SYNC_THEIRS/"
else
  find ours "$theirs" -mindepth 1 -delete
  cp -rp "$SYNC_MERGED/." "$theirs/"
  # fault
  cp -rp "$SYNC_MERGED/." ours/
fi
"""


@pytest.fixture
def pair(sandbox: Sandbox) -> Sandbox:
    """Both sides hold `one` and `two`, and have agreed on that."""
    declare(sandbox)
    for name in ("one", "two"):
        sandbox.file(f"ours/{name}", f"{name}\n")
        put(sandbox, name, f"{name}\n")
    sandbox.commit()
    assert sandbox.run().code == 0
    (sandbox.root.parent / "phases").unlink()
    return sandbox


def declare(sandbox: Sandbox, fault: str = "# fault", **keys: Any) -> None:
    sandbox.target(
        "pair", SCRIPT.replace("# fault", fault), direction="bidirectional", outputs=["ours/**", "docs/drift.md"],
        outside=["$HOME/theirs/**"], **keys,
    )  # fmt: skip


def put(sandbox: Sandbox, name: str, text: str, at: int | None = None) -> None:
    path = sandbox.root.parent / "theirs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if at is not None:
        os.utime(path, (at, at))


def sides(sandbox: Sandbox) -> tuple[dict[str, str], dict[str, str]]:
    return contents(sandbox.root / "ours"), contents(sandbox.root.parent / "theirs")


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def phases(sandbox: Sandbox) -> list[str]:
    path = sandbox.root.parent / "phases"
    return path.read_text().split() if path.exists() else []


def edit(sandbox: Sandbox, **names: str) -> None:
    for name, text in names.items():
        sandbox.file(f"ours/{name}", text)
    sandbox.commit()


def test_changes_of_both_sides_come_together(pair: Sandbox) -> None:
    put(pair, "two", "theirs\n")
    put(pair, "deep/new", "new\n")
    edit(pair, one="ours\n")
    ran = pair.run("--json")
    assert (ran.code, ran.result["message"], ran.result["idempotent"]) == (0, "3 differences settled", True)
    wanted = {"deep/new": "new\n", "one": "ours\n", "two": "theirs\n"}
    assert sides(pair) == (wanted, wanted)
    assert pair.status == ""
    assert pair.committed() == ["docs/drift.md", "ours/deep/new", "ours/two"]
    assert phases(pair) == ["read", "write", "read"]


def test_a_second_run_changes_nothing_and_writes_nothing(pair: Sandbox) -> None:
    put(pair, "two", "theirs\n")
    pair.run()
    before = pair.head
    ran = pair.run("--json")
    assert (ran.result["message"], pair.head) == ("both sides are equal", before)
    assert phases(pair) == ["read", "write", "read", "read"]


def test_a_deletion_on_one_side_is_one_on_the_other(pair: Sandbox) -> None:
    (pair.root.parent / "theirs/two").unlink()
    assert pair.run("--json").result["drift"] == ["two: changed there: theirs taken, deleted from ours"]
    assert sides(pair) == ({"one": "one\n"}, {"one": "one\n"})


def test_the_drift_report_tells_what_was_done_and_no_value(pair: Sandbox) -> None:
    assert (pair.root / "docs/drift.md").read_text() == "# Drift of pair\n\nNothing differs.\n"
    put(pair, "two", "a value that nobody should read\n")
    pair.run()
    assert (
        pair.root / "docs/drift.md"
    ).read_text() == "# Drift of pair\n\n- two: changed there: theirs taken\n"


def test_a_report_that_the_entrypoint_writes_is_left_alone(sandbox: Sandbox) -> None:
    declare(sandbox)
    script = sandbox.root / "scripts/pair.sh"
    script.write_text(script.read_text() + '\nmkdir -p docs; echo "own words" > "$SYNC_REPORT"\n')
    edit(sandbox, one="1")
    put(sandbox, "one", "1")
    assert sandbox.run().code == 0
    assert (sandbox.root / "docs/drift.md").read_text() == "own words\n"


# Conflicts.


def conflict(sandbox: Sandbox, policy: str, ours_at: int | None = None, theirs_at: int | None = None) -> Any:
    script = sandbox.root / "scripts/pair.sh"
    touch = f'touch -d @{ours_at} "$SYNC_OURS/one"' if ours_at else "true"
    script.write_text(script.read_text().replace('cp -rp "$theirs/."', f'{touch}; cp -rp "$theirs/."'))
    sandbox.targets["pair"]["conflict"] = policy
    edit(sandbox, one="ours\n")
    put(sandbox, "one", "theirs\n", theirs_at)
    return sandbox.run("--json")


def test_a_conflict_fails_where_the_policy_says_so_and_nothing_is_written(pair: Sandbox) -> None:
    ran = conflict(pair, "fail")
    assert (ran.code, ran.result["message"]) == (1, "1 conflicts: one")
    assert "one: changed on both sides: a conflict" in ran.result["output"]
    assert phases(pair) == ["read"]
    assert [side["one"] for side in sides(pair)] == ["ours\n", "theirs\n"]


@pytest.mark.parametrize("policy", ["ours", "theirs"])
def test_a_conflict_is_settled_by_the_policy(pair: Sandbox, policy: str) -> None:
    assert conflict(pair, policy).code == 0
    assert [side["one"] for side in sides(pair)] == [f"{policy}\n", f"{policy}\n"]


@pytest.mark.parametrize(("ours_at", "theirs_at", "taken"), [(1000, 2000, "theirs"), (2000, 1000, "ours")])
def test_the_newer_is_taken_by_the_times_that_the_entrypoint_sets(
    pair: Sandbox, ours_at: int, theirs_at: int, taken: str
) -> None:
    assert conflict(pair, "newer", ours_at, theirs_at).code == 0
    assert [side["one"] for side in sides(pair)] == [f"{taken}\n", f"{taken}\n"]


def test_a_time_that_nobody_set_is_none(sandbox: Sandbox) -> None:
    """A plain copy is as new as the look itself, on both sides: that tells nothing."""
    declare(sandbox, conflict="newer")
    script = sandbox.root / "scripts/pair.sh"
    script.write_text(script.read_text().replace("cp -rp", "cp -r"))
    edit(sandbox, one="ours\n")
    put(sandbox, "one", "theirs\n", 1000)
    ran = sandbox.run()
    assert ran.code == 1
    assert "which is newer cannot be told" in ran.told


def test_without_a_recorded_state_a_difference_is_a_conflict(sandbox: Sandbox) -> None:
    declare(sandbox)
    edit(sandbox, one="1\n", two="2\n")
    put(sandbox, "one", "1\n")
    assert "1 conflicts: two" in sandbox.run().told


# What is refused.


def test_a_dry_run_reads_and_plans_and_writes_nothing(pair: Sandbox) -> None:
    put(pair, "two", "theirs\n")
    before = pair.head
    ran = pair.run("--dry-run", "--json")
    assert (ran.code, ran.result["message"]) == (0, "would settle 1 difference")
    assert ran.result["diff"] == "two: changed there: theirs taken\n"
    assert phases(pair) == ["read"]
    assert pair.untouched(before)


def test_fail_on_diff_writes_nothing(pair: Sandbox) -> None:
    put(pair, "two", "theirs\n")
    assert pair.run("--fail-on-diff").code == 1
    assert phases(pair) == ["read"]


def test_an_empty_side_is_refused(pair: Sandbox) -> None:
    for path in (pair.root.parent / "theirs").iterdir():
        path.unlink()
    ran = pair.run()
    assert ran.code == 1
    assert "theirs is empty: refused" in ran.told
    assert phases(pair) == ["read"]


def test_more_deletions_than_allowed_are_refused(pair: Sandbox) -> None:
    pair.targets["pair"]["max_deletes"] = 0
    pair.commit()
    (pair.root.parent / "theirs/two").unlink()
    assert "1 files would be deleted, max_deletes is 0" in pair.run().told
    assert phases(pair) == ["read"]


def test_a_secret_of_the_other_side_is_not_written_to_ours(pair: Sandbox) -> None:
    put(pair, "two", "PASSWORD=" + "qT7vXz91" + "Lm0p\n")
    before = pair.head
    ran = pair.run()
    assert ran.code == 1
    assert "two:1: a value for PASSWORD" in ran.told
    assert phases(pair) == ["read"]
    assert pair.untouched(before)


def test_a_link_among_what_is_compared_is_refused(pair: Sandbox) -> None:
    (pair.root.parent / "theirs/link").symlink_to("/etc/hostname")
    assert "link is no plain file" in pair.run().told


def test_a_file_here_that_is_a_folder_there_is_told(pair: Sandbox) -> None:
    edit(pair, new="a file\n")
    put(pair, "new/inner", "a folder\n")
    assert "new is a file on one side and a folder on the other" in pair.run().told
    assert phases(pair) == ["read"]


@pytest.mark.parametrize("glob", ["theirs/**", "/**", "$HOME/repository/ours/**", "$HOME/../x/**"])
def test_what_is_outside_is_absolute_bounded_and_outside(pair: Sandbox, glob: str) -> None:
    pair.targets["pair"]["outside"] = [glob]
    pair.commit()
    put(pair, "two", "theirs\n")
    ran = pair.run()
    assert ran.code == 1
    assert "outside: '" in ran.told
    assert "write" not in phases(pair)


def test_an_unset_variable_in_outside_is_told_with_its_line(pair: Sandbox) -> None:
    pair.targets["pair"]["outside"] = ["$NO_SUCH_VARIABLE/x"]
    pair.commit()
    assert "$NO_SUCH_VARIABLE is not set" in pair.run().told


# Back as it was.


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("exit 7", "write: its entrypoint ended with 7"),
        ('echo wrong > "$theirs/one"', "after the write theirs is not what was merged: one; all of it was taken back"),
        ('rm "$theirs/one"; echo x > "$theirs/other"; mkdir -p "$theirs/deep/er"; echo x > "$theirs/deep/er/x"',
         "deep/er/x, one, other"),
        ("sleep 60", "write: did not end in its time"),
    ],
)  # fmt: skip
def test_what_is_outside_is_restored_where_the_write_fails(pair: Sandbox, fault: str, told: str) -> None:
    declare(pair, fault, timeout=2 if "sleep" in fault else 60)
    edit(pair, one="ours\n")
    (pair.root.parent / "theirs/two").chmod(0o640)
    before, was, theirs = pair.head, sides(pair), pair.root.parent / "theirs"
    time = (theirs / "two").stat().st_mtime_ns
    ran = pair.run()
    assert ran.code == 1
    assert told in ran.told
    assert sides(pair) == was
    assert stat.S_IMODE((theirs / "two").stat().st_mode) == 0o640
    assert (theirs / "two").stat().st_mtime_ns == time
    assert not (theirs / "deep").exists()
    assert pair.untouched(before)
    assert list((pair.root / ".git/directional-sync/backups").iterdir()) == []


def test_what_is_outside_is_restored_where_a_check_fails_after_the_write(pair: Sandbox) -> None:
    pair.rest = {"safety": {"post_sync_checks": [{"name": "no", "command": "false"}]}}
    edit(pair, one="ours\n")
    was = sides(pair)
    assert pair.run().code == 1
    assert "write" in phases(pair)
    assert sides(pair) == was


def test_backups_survive_a_kill_and_the_next_run_restores_them(pair: Sandbox) -> None:
    """The entrypoint kills the runner in the middle of its write."""
    declare(pair, 'kill -9 $PPID; sleep 0.1; echo half > "$theirs/one"; rm -f "$theirs/two"')
    edit(pair, one="ours\n")
    process = pair.start()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    kept = pair.root / ".git/directional-sync/backups/pair"
    assert (kept / "manifest.json").is_file()
    assert {stat.S_IMODE(path.stat().st_mode) for path in (kept, *kept.iterdir())} == {0o700, 0o600}
    ran = pair.run("--dry-run")
    assert "outside of the repository were put back" in ran.told
    assert sides(pair)[1] == {"one": "one\n", "two": "two\n"}
    declare(pair)
    edit(pair, one="ours\n")
    assert pair.run().code == 0
    assert sides(pair) == ({"one": "ours\n", "two": "two\n"},) * 2


def test_what_stood_there_instead_is_kept_beside(tmp_path: Path) -> None:
    """After a crash nobody can tell a half-written file from one that somebody has edited since."""
    store, outside = ground(tmp_path)
    (outside / "file").write_text("edited by somebody")
    assert backups.restore(store, "t") == (str(outside / "file"),)
    (aside,) = (store / "overwritten/t").iterdir()
    assert (aside.read_text(), (outside / "file").read_text()) == ("edited by somebody", "before")


def ground(tmp_path: Path, *more: str) -> tuple[Path, Path]:
    outside, store = tmp_path / "outside", tmp_path / "store"
    outside.mkdir()
    (outside / "file").write_text("before")
    backups.keep(store, "t", [f"{outside}/**", *more], tmp_path / "repository")
    return store, outside


def test_a_link_outside_is_restored_with_what_is_at_its_end(tmp_path: Path) -> None:
    """Settings are often links into a folder of somebody's own; to write through one changes what is there."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "real").write_text("before")
    (tmp_path / "outside/link").symlink_to("../real")
    backups.keep(tmp_path / "store", "t", [f"{tmp_path}/outside/*"], tmp_path / "repository")
    (tmp_path / "real").write_text("after")
    (tmp_path / "outside/link").unlink()
    (tmp_path / "outside/link").write_text("a file now")
    backups.restore(tmp_path / "store", "t")
    assert (tmp_path / "outside/link").readlink() == Path("../real")
    assert (tmp_path / "real").read_text() == "before"


def test_a_backup_that_is_being_made_or_dropped_is_none(tmp_path: Path) -> None:
    """Moved away first, then deleted: whoever is killed between the two leaves nothing that would be restored."""
    store, outside = ground(tmp_path)
    (store / "backups/t").rename(store / "unfinished/t")
    (outside / "file").write_text("after")
    assert backups.restore_all(store) == {}
    assert (outside / "file").read_text() == "after"


def test_a_backup_that_cannot_be_made_fails_before_anything_is_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("before")
    (tmp_path / "store").write_text("a file where a folder has to be")
    with pytest.raises(TargetFailed, match="cannot be backed up"):
        backups.keep(tmp_path / "store", "t", [f"{outside}/**"], tmp_path / "repository")


def test_a_backup_that_cannot_be_restored_is_told_and_kept(tmp_path: Path) -> None:
    store, outside = ground(tmp_path)
    (outside / "file").unlink()
    outside.rmdir()
    outside.write_text("a file where a folder has to be")
    with pytest.raises(Refused, match="cannot be restored"):
        backups.restore(store, "t")
    assert (store / "backups/t/manifest.json").is_file()


def test_the_state_holds_digests_and_no_content(pair: Sandbox) -> None:
    found = pair.git("cat-file", "blob", f"{state.REF}:pair.json")
    assert sorted(json.loads(found)["entries"]) == ["one", "two"]
    assert "one\\n" not in found

"""Push: what the other side has not confirmed is sent, what it confirms is kept, and nothing else is started."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.errors import Refused
from compliance.sync import state
from compliance.sync.state import REF, State
from tests.sync.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# The other side: a folder with what it was sent, and a log of what was asked of it.
SEND = """#!/usr/bin/env python3
import json, os, shutil, sys
from pathlib import Path
side = Path(os.environ["HOME"]) / "side"
side.mkdir(exist_ok=True)
todo = json.loads(Path(os.environ["SYNC_INPUTS"]).read_text())
with open(side / ".log", "a") as log:
    log.write(json.dumps([[each["path"], each["change"]] for each in todo]) + "\\n")
refused = json.loads((side / ".refuse").read_text()) if (side / ".refuse").exists() else []
confirmed = {}
for each in todo:
    if each["path"] in refused:
        continue
    place = side / each["path"].replace("/", "__")
    if each["change"] == "deleted":
        place.unlink()
    else:
        shutil.copy(each["path"], place)
    confirmed[each["path"]] = "id-" + each["path"]
    Path(os.environ["SYNC_CONFIRMED"]).write_text(json.dumps({"confirmed": confirmed}))
sys.exit(3 if "exit" in refused else 0)
"""


@pytest.fixture
def pushing(sandbox: Sandbox) -> Sandbox:
    sandbox.target("notes", SEND, direction="push", inputs=["docs/**"])
    sandbox.file("docs/a.md", "a\n")
    sandbox.file("docs/b.md", "b\n")
    sandbox.commit()
    return sandbox


def side(sandbox: Sandbox) -> Path:
    return sandbox.root.parent / "side"


def log(sandbox: Sandbox) -> list[Any]:
    path = side(sandbox) / ".log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def refuse(sandbox: Sandbox, paths: Sequence[str]) -> None:
    side(sandbox).mkdir(exist_ok=True)
    (side(sandbox) / ".refuse").write_text(json.dumps(paths))


def recorded(sandbox: Sandbox, target: str = "notes") -> dict[str, Any]:
    return json.loads(sandbox.git("cat-file", "blob", f"{REF}:{target}.json"))["entries"]


def test_what_is_new_is_sent_and_what_is_confirmed_is_recorded(pushing: Sandbox) -> None:
    before = pushing.head
    ran = pushing.run("--json")
    assert (ran.code, ran.result["message"], ran.result["idempotent"]) == (0, "sent 2 added", True)
    assert [each["path"] for each in ran.result["changed"]] == ["docs/a.md", "docs/b.md"]
    assert {name: entry["id"] for name, entry in recorded(pushing).items()} == {
        "docs/a.md": "id-docs/a.md", "docs/b.md": "id-docs/b.md",
    }  # fmt: skip
    assert pushing.untouched(before)


def test_unchanged_inputs_start_nothing(pushing: Sandbox) -> None:
    pushing.run()
    ran = pushing.run("--json")
    assert (ran.code, ran.result["message"], len(log(pushing))) == (0, "nothing new to send", 1)


def test_only_what_changed_is_sent_deletions_too(pushing: Sandbox) -> None:
    pushing.run()
    pushing.file("docs/a.md", "other\n")
    pushing.file("docs/c.md", "c\n")
    (pushing.root / "docs/b.md").unlink()
    pushing.commit()
    assert pushing.run("--json").result["message"] == "sent 1 added, 1 changed, 1 deleted"
    assert log(pushing)[-1] == [["docs/a.md", "changed"], ["docs/b.md", "deleted"], ["docs/c.md", "added"]]
    assert sorted(recorded(pushing)) == ["docs/a.md", "docs/c.md"]
    assert pushing.run("--json").result["message"] == "nothing new to send"


def test_what_is_not_committed_is_not_sent(pushing: Sandbox) -> None:
    pushing.run()
    pushing.file("docs/a.md", "not committed\n")
    assert pushing.run("--json").result["message"] == "nothing new to send"


def test_an_unconfirmed_input_fails_the_target_and_the_rest_is_kept(pushing: Sandbox) -> None:
    refuse(pushing, ["docs/a.md"])
    ran = pushing.run("--json")
    assert ran.code == 1
    assert "did not confirm docs/a.md; 1 of 2 confirmed and recorded" in ran.result["message"]
    assert sorted(recorded(pushing)) == ["docs/b.md"]
    refuse(pushing, [])
    assert pushing.run().code == 0
    assert log(pushing)[-1] == [["docs/a.md", "added"]]


def test_what_a_failing_entrypoint_confirmed_is_kept(pushing: Sandbox) -> None:
    refuse(pushing, ["exit"])
    ran = pushing.run("--json")
    assert (ran.code, ran.result["message"]) == (
        1,
        "its entrypoint ended with 3; 2 of 2 confirmed and recorded",
    )
    refuse(pushing, [])
    assert pushing.run("--json").result["message"] == "nothing new to send"


def test_a_run_that_was_killed_does_not_send_again_what_was_confirmed(pushing: Sandbox) -> None:
    """The entrypoint kills the runner after it has confirmed; the next run records that and sends nothing."""
    script = pushing.root / "scripts/notes.sh"
    whole = script.read_text()
    script.write_text(whole.replace("sys.exit(", "os.kill(os.getppid(), 9); sys.exit("))
    pushing.commit()
    process = pushing.start()
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert len(log(pushing)) == 1
    script.write_text(whole)
    pushing.commit()
    ran = pushing.run("--json")
    assert (ran.code, ran.result["message"], len(log(pushing))) == (0, "nothing new to send", 1)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "is not JSON"),
        ("[]", "has to hold"),
        ('{"confirmed": ["docs/a.md"]}', "has to hold"),
        ('{"confirmed": {"docs/a.md": ""}}', "without an id, or unasked: docs/a.md"),
        ('{"confirmed": {"docs/a.md": 7}}', "without an id, or unasked: docs/a.md"),
        ('{"confirmed": {"other": "1"}}', "without an id, or unasked: other"),
        (None, "wrote nothing to SYNC_CONFIRMED"),
    ],
)
def test_a_confirmation_that_is_none_fails(sandbox: Sandbox, written: str | None, told: str) -> None:
    script = "true" if written is None else f"printf '%s' '{written}' > \"$SYNC_CONFIRMED\""
    sandbox.target("notes", script, direction="push", inputs=["docs/**"])
    sandbox.file("docs/a.md", "a\n")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 1
    assert told in ran.result["message"]
    assert "did not confirm docs/a.md" in ran.result["message"]


def test_a_dry_run_shows_what_would_be_sent_and_starts_nothing(pushing: Sandbox) -> None:
    ran = pushing.run("--dry-run", "--json")
    assert (ran.code, log(pushing)) == (0, [])
    assert ran.result["message"] == "would send 2 added"
    assert "added    docs/a.md" in ran.result["diff"]
    assert pushing.git("for-each-ref", REF) == ""


def test_fail_on_diff_sends_nothing(pushing: Sandbox) -> None:
    ran = pushing.run("--fail-on-diff", "--json")
    assert (ran.code, log(pushing)) == (1, [])
    assert pushing.run().code == 0
    assert pushing.run("--fail-on-diff").code == 0


def test_an_empty_source_is_refused(pushing: Sandbox) -> None:
    pushing.run()
    pushing.git("rm", "-rq", "docs")
    pushing.commit()
    ran = pushing.run("--json")
    assert ran.code == 1
    assert "an empty source is refused" in ran.result["message"]
    assert len(log(pushing)) == 1


def test_an_empty_source_is_refused_before_anything_was_ever_sent(pushing: Sandbox) -> None:
    pushing.git("rm", "-rq", "docs")
    pushing.commit()
    assert "an empty source is refused" in pushing.run().told


def test_an_empty_source_is_allowed_where_it_says_so(pushing: Sandbox) -> None:
    pushing.targets["notes"]["allow_empty"] = True
    pushing.run()
    pushing.git("rm", "-rq", "docs")
    pushing.commit()
    assert pushing.run("--json").result["message"] == "sent 2 deleted"
    assert recorded(pushing) == {}


def test_more_deletions_than_allowed_are_refused(pushing: Sandbox) -> None:
    pushing.targets["notes"]["max_deletes"] = 0
    pushing.run()
    (pushing.root / "docs/a.md").unlink()
    pushing.commit()
    ran = pushing.run()
    assert ran.code == 1
    assert "1 files would be deleted on the other side, max_deletes is 0: docs/a.md" in ran.told


def test_an_entrypoint_that_writes_to_what_it_sends_is_told(sandbox: Sandbox) -> None:
    sandbox.target("notes", SEND.replace("confirmed = {}", "confirmed = {}\nopen('docs/a.md', 'a').write('more')"),
                   direction="push", inputs=["docs/**"])  # fmt: skip
    sandbox.file("docs/a.md", "a\n")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "docs/a.md" in ran.told
    assert sandbox.untouched(before)


def test_a_link_out_of_the_repository_is_not_sent(pushing: Sandbox) -> None:
    (pushing.root / "docs/link").symlink_to("/etc/hostname")
    pushing.commit()
    ran = pushing.run()
    assert ran.code == 1
    assert "'docs/link' is a link that leads out of the repository" in ran.told
    assert log(pushing) == []


def test_links_that_lead_round_are_told(pushing: Sandbox) -> None:
    (pushing.root / "docs/one").symlink_to("other")
    (pushing.root / "docs/other").symlink_to("one")
    pushing.commit()
    ran = pushing.run()
    assert ran.code == 1
    assert "'docs/one' is a link that leads round to itself" in ran.told
    assert log(pushing) == []


def test_a_secret_at_the_end_of_a_link_is_not_sent(pushing: Sandbox) -> None:
    pushing.file("private.txt", "password = 'correct-horse-7-battery'\n")
    (pushing.root / "docs/link").symlink_to("../private.txt")
    pushing.commit()
    ran = pushing.run()
    assert ran.code == 1
    assert "private.txt:1" in ran.told
    assert log(pushing) == []


def test_a_link_to_a_folder_is_told_and_not_left_out(pushing: Sandbox) -> None:
    (pushing.root / "docs/link").symlink_to("../scripts")
    pushing.commit()
    assert "'docs/link' is no file" in pushing.run().told


def test_a_name_with_a_newline_and_one_that_is_not_text_are_sent(pushing: Sandbox) -> None:
    pushing.file("docs/new\nline", "x")
    pushing.file("docs/" + os.fsdecode(b"\xff"), "x")
    pushing.commit()
    ran = pushing.run("--json")
    assert ran.code == 0, ran.told
    assert pushing.run("--json").result["message"] == "nothing new to send"


# The state, kept in git.


def test_a_fresh_clone_knows_what_was_confirmed(pushing: Sandbox, tmp_path: Path) -> None:
    pushing.run()
    clone = Sandbox(tmp_path / "clone")
    clone.git("fetch", "-q", str(pushing.root), "main", f"{REF}:{REF}")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    assert clone.run("--json").result["message"] == "nothing new to send"
    assert len(log(pushing)) == 1


def test_states_of_many_at_once_are_all_kept(pushing: Sandbox) -> None:
    """Compare-and-swap: who moves the ref under somebody else makes that one look again."""

    def one(number: int) -> None:
        for round_ in range(3):
            state.record(pushing.root, f"t{number}", State({"a": f"{number}-{round_}"}))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert state.read(pushing.root, f"t{number}") == State({"a": f"{number}-2"})


def test_a_state_that_was_moved_meanwhile_is_not_overwritten(
    pushing: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program records between our look and our write."""
    seen = state._commit
    others = iter([True, False])

    def late(*words: Any) -> str:
        found = seen(*words)
        if next(others, False):
            state.record(pushing.root, "other", State({"b": "2"}))
        return found

    monkeypatch.setattr(state, "_commit", late)
    state.record(pushing.root, "mine", State({"a": "1"}))
    assert state.read(pushing.root, "mine") == State({"a": "1"})
    assert state.read(pushing.root, "other") == State({"b": "2"})


def test_a_state_that_says_the_same_makes_no_commit(pushing: Sandbox) -> None:
    state.record(pushing.root, "t", State({"a": "1"}))
    before = pushing.git("rev-parse", REF)
    state.record(pushing.root, "t", State({"a": "1"}))
    assert pushing.git("rev-parse", REF) == before


def test_a_state_that_cannot_be_read_is_an_error_and_not_none(pushing: Sandbox) -> None:
    """As none, everything would be sent again."""
    state.record(pushing.root, "notes", State({"a": "1"}))
    listing = pushing.git("ls-tree", REF)
    digest = listing.split()[2]
    (pushing.root / ".git/objects" / digest[:2] / digest[2:]).unlink()
    with pytest.raises(Refused, match="cannot be read"):
        state.read(pushing.root, "notes")
    ran = pushing.run()
    assert ran.code == 1
    assert log(pushing) == []


@settings(max_examples=20)
@given(
    st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda t: "\0" not in t), st.text("abc", min_size=1))
)
def test_a_state_reads_back_as_it_was_recorded(entries: dict[str, str]) -> None:
    written = State(entries, {name: f"id {name}" for name in list(entries)[::2]})
    found = json.loads(written.text("t"))["entries"]
    assert {name: entry["sha256"] for name, entry in found.items()} == entries
    assert {name: entry["id"] for name, entry in found.items() if "id" in entry} == written.ids

"""Each run is in the history, whatever it came to; and the history tells how long targets take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync import history, recording, summary
from compliance.sync.model import Change, Checked, Options, Outcome, Run
from compliance.sync.repository import Repository
from tests.sync.pastruns import record, well

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
STAMP = "2025-01-04T10:30:00Z"


def past(box: Sandbox) -> tuple[history.Past, ...]:
    return history.read(box.root)


def two(box: Sandbox) -> Sandbox:
    box.pull("news", "date +%s%N >out/now", idempotent=False)
    box.pull("bad", "echo because; exit 3", ["bad/**"])
    box.commit()
    return box


def repository_of(box: Sandbox) -> Repository:
    store = box.root / ".git/directional-sync"
    store.mkdir(exist_ok=True)
    return Repository(box.root, box.root / ".git", store)


def test_a_run_is_recorded_with_what_it_did_and_who_started_it(sandbox: Sandbox) -> None:
    before = two(sandbox).head
    sandbox.run()
    (run,) = past(sandbox)
    assert [(r["target"], r["success"]) for r in run.results] == [("news", True), ("bad", False)]
    assert run.results[0]["commit"] == run.head["after"] == sandbox.head
    assert (run.head["before"], run.kind, run.killed) == (before, "sync", False)
    assert set(run.by) == {"user", "host", "ci"}
    assert "because" in run.results[1]["output"]
    summary._validator().validate(run.summary)


def test_runs_are_told_newest_first_by_ids_in_the_order_of_time(sandbox: Sandbox) -> None:
    two(sandbox).run()
    time.sleep(1.1 - time.time() % 1)
    sandbox.run()
    newest, first = past(sandbox)
    assert newest.id > first.id
    lines = sandbox.run("history").out.splitlines()
    assert [line.split()[0] for line in lines] == ["run", newest.id, first.id]
    assert lines[1].split()[2:5] == ["1", "1", "1"]
    assert sandbox.run("history", "--limit", "1").out.splitlines()[1:] == lines[1:2]
    assert (
        sandbox.git("log", "--format=%s", recording.REF).splitlines() == ["sync: 1 of 2 targets succeeded"] * 2
    )


def test_what_only_looks_is_not_recorded(sandbox: Sandbox) -> None:
    two(sandbox)
    for words in (["--dry-run"], ["--list"], ["history"], ["--target", "nobody"]):
        sandbox.run(*words)
    assert past(sandbox) == ()
    assert sandbox.run("history").out == "no run is recorded yet\n"


def test_a_run_that_is_refused_is_recorded_with_the_reason(sandbox: Sandbox) -> None:
    two(sandbox)
    sandbox.git("checkout", "-q", "--detach")
    assert sandbox.run().code == 4
    (run,) = past(sandbox)
    assert "detached HEAD" in run.results[0]["message"]
    assert run.commits == 0


def test_a_target_shows_its_own_outcomes(sandbox: Sandbox) -> None:
    two(sandbox).run()
    out = sandbox.run("history", "--target", "b*").out
    assert "FAILED bad: its entrypoint ended with 3" in out
    assert "news" not in out
    (told,) = json.loads(sandbox.run("history", "--json", "--target", "news").out)
    assert [result["target"] for result in told["results"]] == ["news"]
    assert sandbox.run("history", "--target", "nobody").code == 2


def test_the_limit_counts_runs_of_the_target(sandbox: Sandbox) -> None:
    two(sandbox).run("--target", "news")
    sandbox.run("--target", "bad")
    assert len(json.loads(sandbox.run("history", "--json", "--target", "news", "--limit", "1").out)) == 1


def test_no_value_of_a_secret_comes_into_the_history(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTES_TOKEN", "tkn-abcdefghijklmnop")
    sandbox.pull("news", 'echo "sent $NOTES_TOKEN"; exit 3', env=["NOTES_TOKEN"])
    sandbox.commit()
    sandbox.run()
    kept = sandbox.git("cat-file", "-p", f"{recording.REF}:{recording.FILE}")
    assert "<secret NOTES_TOKEN>" in kept
    assert "abcdefghijklmnop" not in kept


def test_a_run_whose_journal_cannot_be_kept_is_recorded(sandbox: Sandbox) -> None:
    two(sandbox)
    (sandbox.root / ".git/directional-sync/running.jsonl").mkdir(parents=True)
    ran = sandbox.run("--target", "news")
    assert ran.code == 0
    assert "warning" not in ran.told
    assert len(past(sandbox)) == 1


def test_a_recording_that_fails_is_a_warning_and_the_run_stands(sandbox: Sandbox) -> None:
    two(sandbox)
    place = sandbox.root / ".git" / recording.REF
    place.parent.mkdir(parents=True)
    place.with_name("history.lock").touch()  # somebody, or a git that was ended, holds it
    ran = sandbox.run("--target", "news")
    assert ran.code == 0
    assert "warning: this run is not in the history: " in ran.told
    assert sandbox.committed() == ["out/now"]
    assert not list((sandbox.root / ".git").glob("fast_import_crash*"))
    assert past(sandbox) == ()


def kill(box: Sandbox, step: str, number: int = 1) -> None:
    words = [sys.executable, "-m", "tests.sync.killing", step, str(number), "--jobs", "1"]
    assert subprocess.run(words, cwd=box.root, env=env(), capture_output=True).returncode == -9


def env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(
    ("step", "landed"), [("after commit", False), ("after intent", False), ("after landing", True)]
)
def test_a_run_that_was_killed_is_recorded_by_the_next_as_far_as_it_is_known(
    sandbox: Sandbox, step: str, *, landed: bool
) -> None:
    two(sandbox)
    kill(sandbox, step)
    out = sandbox.head
    assert "an earlier run was cut off: what is known of it is in the history" in sandbox.run().told
    now, killed = past(sandbox)
    assert (killed.killed, now.killed) == (True, False)
    news, bad = killed.results
    assert news["success"] is landed
    assert news["commit"] == (out if landed else None)
    assert bad["message"] == "not known: the run was cut off"
    assert killed.summary["interrupted"]
    summary._validator().validate(killed.summary)
    assert "cut off" in sandbox.run("history").out


def test_what_had_ended_before_a_kill_keeps_its_outcome(sandbox: Sandbox) -> None:
    two(sandbox)
    kill(sandbox, "before record")
    sandbox.run("--target", "news")
    killed = past(sandbox)[1]
    assert killed.results[0]["message"] == "landed: 1 added"
    assert "because" in killed.results[1]["output"]
    assert killed.summary["total_duration"] > 0


def test_a_run_that_was_recorded_and_then_killed_is_recorded_once(sandbox: Sandbox) -> None:
    two(sandbox).run()
    (run,) = past(sandbox)
    head: dict[str, Any] = {"history": "", "head": run.head["before"], "timestamp": run.when, "targets": {}}
    (sandbox.root / ".git/directional-sync/running.jsonl").write_text(json.dumps(head) + "\n")
    sandbox.run()
    assert len(past(sandbox)) == 2


@pytest.mark.parametrize("text", ["", "{", '{"history": "x"', "[]\n", "{}\n"])
def test_a_journal_that_says_nothing_is_honestly_missing(sandbox: Sandbox, text: str) -> None:
    two(sandbox)
    repository_of(sandbox)
    place = sandbox.root / ".git/directional-sync/running.jsonl"
    place.write_text(text)
    ran = sandbox.run("--target", "news")
    assert ran.code == 0
    assert "an earlier run was cut off, and is not in the history" in ran.told
    assert len(past(sandbox)) == 1
    assert not place.exists()


def test_a_record_that_somebody_else_wrote_is_an_error(sandbox: Sandbox) -> None:
    two(sandbox)
    sandbox.git("update-ref", recording.REF, "HEAD")
    ran = sandbox.run("history")
    assert ran.code == 4
    assert "is not what this program writes" in ran.err


@pytest.mark.parametrize(
    ("count", "percent", "found"),
    [
        (0, 50, None), (1, 50, None), (2, 50, 1), (3, 50, 2), (4, 50, 2), (19, 95, None), (20, 95, 19), (99, 99, None),
        (100, 99, 99), (100, 95, 95), (101, 99, 100), (200, 99, 198),
    ],
)  # fmt: skip
def test_percentiles_are_the_nearest_rank_and_none_is_made_up(
    count: int, percent: int, found: int | None
) -> None:
    assert history.percentile([float(n) for n in range(count, 0, -1)], percent) == found


def test_the_nearest_rank_is_the_shortest_that_so_many_keep() -> None:
    for count in range(1, 250):
        samples = [float(n * n % 251) for n in range(count)]
        for percent in history.PERCENTILES:
            found = history.percentile(samples, percent)
            if found is not None:
                assert sum(s <= found for s in samples) * 100 >= percent * count
                assert sum(s < found for s in samples) * 100 < percent * count


def test_stats_count_failures_and_say_where_runs_are_too_few(sandbox: Sandbox) -> None:
    two(sandbox)
    for _ in range(2):
        sandbox.run()
    bad, news = (line.split() for line in sandbox.run("history", "--stats").out.splitlines()[1:3])
    assert bad[:3] == ["bad", "2", "2"]
    assert news[:3] == ["news", "2", "0"]
    assert float(news[3]) > 0
    assert news[4:] == ["2", "of", "20", "runs", "2", "of", "100", "runs"]
    told = json.loads(sandbox.run("history", "--stats", "--json", "--target", "bad").out)
    assert "nearest rank" in told["percentiles"]
    assert told["targets"] == [
        {"target": "bad", "runs": 2, "failures": 2, "samples": 0, "p50": None, "p95": None, "p99": None}
    ]


def outcome(number: int, **keys: Any) -> Outcome:
    check = Checked("secrets", "no secrets", passed=True)
    return Outcome(
        f"t{number}", "pull", True, "landed: 1 added", 0.1, (f"out/{number}",), commit="a" * 40,
        changed=(Change(f"out/{number}", "added"),), checks=(check,), **keys,
    )  # fmt: skip


def filled(box: Sandbox, runs: int) -> None:
    """As many as that, by one git."""
    given, parent = [], b""
    for number in range(runs):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + 3600 * number))
        told = summary.built(Run(stamp, 1.0, Options(), tuple(outcome(n) for n in range(8))))
        head: dict[str, Any] = {
            "kind": "sync",
            "rolls_back": None,
            "killed": False,
            "by": {},
            "head": {"before": "", "after": ""},
            "state": {"before": "", "after": ""},
        }
        commands = recording._commands({**head, "targets": {}, "summary": told}, "")
        given.append(
            commands.replace(b":1\n", b":%d\n" % (number + 1), 1).replace(b" :1 ", b" :%d " % (number + 1))
        )
        given[-1] = given[-1].replace(b"\ndone\n", b"\n").replace(b"deleteall", parent + b"deleteall")
    subprocess.run(
        ["git", "fast-import", "--quiet", "--date-format=raw"], cwd=box.root, input=b"".join(given), check=True
    )


def test_a_thousand_runs_are_read_in_well_under_a_second(sandbox: Sandbox) -> None:
    """0.2 s on a quiet machine. Where others are at work, the best of three."""
    filled(sandbox, 1000)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        runs = history.read(sandbox.root)
        took.append(time.perf_counter() - began)
        assert len(runs) == 1000
        assert runs[0].when > runs[999].when
    assert min(took) < 3


def test_recording_a_run_of_a_thousand_targets_costs_it_next_to_nothing(sandbox: Sandbox) -> None:
    two(sandbox)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "_facts", lambda *_: {"direction": "pull"})
        targets: Any = [type("T", (), {"name": f"t{n}"}) for n in range(1000)]
        outcomes = tuple(outcome(n) for n in range(1000))
        took = []
        for _ in range(3):
            began = time.perf_counter()
            journal = recording.Journal(repository_of(sandbox), None, targets, stamp=STAMP, ci=False)  # type: ignore[arg-type]
            for each in outcomes:
                journal.outcome(each)
            assert journal.end(Run(STAMP, 1.0, Options(), outcomes)) is None
            took.append(time.perf_counter() - began)
    assert min(took) < 1
    assert len(past(sandbox)[0].results) == 1000


@pytest.mark.prove
def test_a_run_that_is_killed_at_any_step_is_in_the_history_once_and_the_next_too(tmp_path: Path) -> None:
    from tests.sync.test_kills import QUICK, made

    for number, step in enumerate(QUICK):
        box = made(tmp_path / str(number))
        before = len(past(box))
        kill(box, step)
        assert box.run("--jobs", "1").code == 0
        assert len(past(box)) == before + 2, step


@pytest.mark.parametrize("what", ["HEAD", "HEAD^{tree}", "a tag"])
def test_no_run_is_recorded_on_what_somebody_else_has_put_there(sandbox: Sandbox, what: str) -> None:
    """On top of it our records would be out of reach, and lost with it."""
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.git("tag", "-a", "-m", "x", "theirs")
    sandbox.git("update-ref", recording.REF, "theirs" if what == "a tag" else what)
    before = sandbox.git("rev-parse", recording.REF)
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert f"`git update-ref -d {recording.REF}`" in ran.told
    assert sandbox.git("rev-parse", recording.REF) == before
    sandbox.git("update-ref", "-d", recording.REF)
    assert sandbox.run().code == 0
    assert len(history.read(sandbox.root)) == 1


def test_no_sign_of_a_record_reaches_the_terminal_as_it_is(sandbox: Sandbox) -> None:
    sandbox.commit()
    record(sandbox, "2026-01-02T03:04:05Z", well("\x1b[31mred\nline"), of="\x1b[2J")
    record(sandbox, "2026-01-02T03:04:06Z", well("\x1b[31mred\nline"))
    for words in (
        ("history",),
        ("history", "--stats"),
        ("history", "--target", "*"),
        ("rollback", "2026", "--target", "x"),
    ):
        told = sandbox.run(*words).told
        assert "\x1b" not in told, words
    assert "\\x1b[31mred\\nline" in sandbox.run("history", "--target", "*").out


@pytest.mark.parametrize("commit", ["--output=/tmp/x", "HEAD", "ab" * 20 + "\n", "AB" * 20])
def test_a_record_of_what_is_no_commit_is_an_error(sandbox: Sandbox, commit: str) -> None:
    sandbox.commit()
    record(sandbox, "2026-01-02T03:04:05Z", replace(well("news"), commit=commit))
    ran = sandbox.run("history")
    assert ran.code == 4
    assert "is not what this program writes" in ran.err

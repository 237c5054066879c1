"""Pull targets: what they change is found, checked and committed, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


def test_new_untracked_outputs_are_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "mkdir -p out/deep; echo one >out/deep/one.txt; echo two >out/two.txt")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0
    assert sandbox.committed() == ["out/deep/one.txt", "out/two.txt"]
    assert ran.result["outputs_created"] == ["out/deep/one.txt", "out/two.txt"]
    assert ran.result["commit"] == sandbox.head
    assert sandbox.status == ""
    assert (sandbox.root / "out/two.txt").read_text() == "two\n"


def test_the_commit_says_what_it_is_of_and_is_made_by_who_runs_it(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    assert (
        sandbox.git("log", "-1", "--format=%s|%an|%ae").strip() == "chore(sync): news|Tester|tester@example.org"
    )
    assert sandbox.git("symbolic-ref", "--short", "HEAD").strip() == "main"


def test_the_message_is_that_of_the_configuration(sandbox: Sandbox) -> None:
    sandbox.rest["git"] = {"message": "data: {target} of today"}
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    assert sandbox.git("log", "-1", "--format=%s").strip() == "data: news of today"


def test_a_second_run_changes_nothing_and_makes_no_commit(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    first = sandbox.head
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["message"], sandbox.head) == (0, "nothing changed", first)


def test_a_target_that_is_not_idempotent_fails_with_the_paths_that_differ(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo steady >out/steady; date +%s%N >out/when")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "not idempotent" in ran.out
    assert "out/when" in ran.out
    assert "out/steady" not in ran.out
    assert sandbox.untouched(before)


def test_a_target_that_need_not_be_idempotent_runs_once(sandbox: Sandbox) -> None:
    sandbox.pull("news", "date +%s%N >out/when", idempotent=False)
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/when"]


@pytest.mark.parametrize(
    "stray",
    [
        "echo x >elsewhere.txt",
        "echo x >>README",
        "rm README",
        "chmod +x README",
        "ln -s out link",
        "mkdir o; echo x >o/x",
    ],
)
def test_anything_else_that_it_changes_is_an_error_and_nothing_lands(sandbox: Sandbox, stray: str) -> None:
    sandbox.file("README", "read me\n")
    sandbox.pull("news", f"echo one >out/one; {stray}")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "none of its outputs" in ran.out
    assert sandbox.untouched(before)


def test_a_script_that_writes_to_the_main_tree_by_an_absolute_path_fails(sandbox: Sandbox) -> None:
    sandbox.pull("news", f"echo one >out/one; echo x >{sandbox.root}/stray.txt")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "by an absolute path" in ran.out
    assert "stray.txt" in ran.out
    assert sandbox.head == before


def test_a_script_that_commits_itself_fails(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; git add out; git commit -qm mine")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "a commit of its own" in ran.out
    assert sandbox.untouched(before)


def test_changed_and_deleted_files_modes_and_links_are_committed(sandbox: Sandbox) -> None:
    for name in ("kept", "gone", "mode"):
        sandbox.file(f"out/{name}", name)
    sandbox.pull("news", "echo new >out/kept; rm -f out/gone; chmod +x out/mode; ln -sfn kept out/link")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/gone", "out/kept", "out/link", "out/mode"]
    assert os.access(sandbox.root / "out/mode", os.X_OK)
    assert (sandbox.root / "out/link").readlink() == Path("kept")
    assert not (sandbox.root / "out/gone").exists()


def test_a_file_may_become_a_folder_and_a_folder_a_file(sandbox: Sandbox) -> None:
    sandbox.file("out/file", "file")
    sandbox.file("out/folder/inner", "inner")
    sandbox.pull(
        "news", "rm -rf out/file out/folder; mkdir out/file; echo x >out/file/inner; echo y >out/folder"
    )
    sandbox.commit()
    assert sandbox.run().code == 0
    assert (sandbox.root / "out/file/inner").read_text() == "x\n"
    assert (sandbox.root / "out/folder").read_text() == "y\n"
    assert sandbox.status == ""


@pytest.mark.parametrize(
    "name", ["new\nline", "quo'te\"", "-dash", "tab\there", "sp ace", "stern*", "ü", ":(top)x"]
)
def test_names_of_every_kind_land_as_they_are(sandbox: Sandbox, name: str) -> None:
    sandbox.file("name", name)
    sandbox.pull("news", 'echo one >"out/$(cat name)"')
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0, ran.told
    assert sandbox.committed() == [f"out/{name}"]
    assert ran.result["outputs_created"] == [f"out/{name}"]


def test_a_name_of_stray_bytes_lands_and_is_told(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >$'out/\\xff\\xfe'")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0
    assert ran.summary["successful"] == 1
    assert [os.fsencode(path.name) for path in (sandbox.root / "out").iterdir()] == [b"\xff\xfe"]


@pytest.mark.parametrize("led", ["/etc/passwd", "../../elsewhere", "../.git/config"])
def test_a_link_that_leads_out_of_the_repository_is_an_error(sandbox: Sandbox, led: str) -> None:
    sandbox.pull("news", f"ln -s {led} out/link")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "leads out of the repository" in ran.out
    assert sandbox.untouched(before)


def test_an_output_folder_that_is_a_link_out_of_the_repository_is_an_error(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (sandbox.root / "out").symlink_to(tmp_path / "elsewhere")
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    assert sandbox.run().code == 1
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert sandbox.untouched(before)


def test_an_output_that_git_ignores_is_an_error(sandbox: Sandbox) -> None:
    sandbox.file(".gitignore", "*.log\n/out/build/\n")
    sandbox.pull("news", "mkdir -p out/build; echo one >out/one; echo x >out/run.log; echo x >out/build/x")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/build/x, out/run.log" in ran.out
    assert "gitignore" in ran.out
    assert sandbox.untouched(before)


def test_caches_that_git_ignores_are_nobodys_business(sandbox: Sandbox) -> None:
    sandbox.file(".gitignore", "__pycache__/\n*.pyc\n.cache/\n")
    sandbox.pull(
        "news",
        "mkdir -p out/__pycache__ .cache; echo x >out/__pycache__/m.pyc; echo x >.cache/x; echo one >out/one",
    )
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/one"]


def test_a_repository_among_the_outputs_is_an_error_that_names_it(sandbox: Sandbox) -> None:
    script = "git init -q out/cloned; echo x >out/cloned/x; git -C out/cloned add x;"
    sandbox.pull("news", f"{script} git -C out/cloned -c user.name=a -c user.email=b commit -qm x")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "git repositories among its outputs: out/cloned" in ran.out
    assert sandbox.untouched(before)


def test_a_file_that_no_remote_takes_is_an_error(sandbox: Sandbox) -> None:
    sandbox.pull("news", "truncate -s 101M out/huge")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/huge has 101 MiB" in ran.out
    assert sandbox.untouched(before)


def test_a_pipe_among_the_outputs_is_no_file_and_nothing_hangs(sandbox: Sandbox) -> None:
    sandbox.pull("news", "rm -f out/pipe; mkfifo out/pipe; echo one >out/one")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/one"]


def test_folders_of_outputs_are_made(sandbox: Sandbox) -> None:
    sandbox.pull("news", "test -d docs/runtime; echo {} >docs/runtime/a.json", ["docs/runtime/*.json"])
    sandbox.commit()
    assert sandbox.run().code == 0


@pytest.mark.parametrize(
    ("script", "outputs"),
    [
        ("true", ["out/**"]),
        (": >out/state.json", ["out/state.json"]),
        ("rm -rf data; echo x >out/x", ["out/**", "data/**"]),
        (": >out/a; : >out/b", ["out/**"]),
    ],
)
def test_an_empty_source_is_refused(sandbox: Sandbox, script: str, outputs: list[str]) -> None:
    sandbox.file("data/old", "old")
    sandbox.pull("news", script, outputs)
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "an empty source is refused" in ran.out
    assert sandbox.untouched(before)


def test_an_empty_source_is_taken_where_that_is_said(sandbox: Sandbox) -> None:
    sandbox.file("out/old", "old")
    sandbox.pull("news", "rm -f out/*", allow_empty=True)
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/old"]


def test_more_deletions_than_are_allowed_are_refused(sandbox: Sandbox) -> None:
    for number in range(4):
        sandbox.file(f"out/{number}", "x")
    sandbox.pull("news", "rm -f out/1 out/2 out/3", max_deletes=2)
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "it deleted 3 files, and max_deletes is 2" in ran.out
    assert sandbox.untouched(before)
    sandbox.targets["news"]["max_deletes"] = 3
    sandbox.commit()
    assert sandbox.run().code == 0


def test_a_failing_script_lands_nothing_and_shows_the_end_of_what_it_said(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; echo 'no such host' >&2; exit 7")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "ended with 7" in ran.out
    assert "no such host" in ran.out
    assert sandbox.untouched(before)


def test_a_script_without_a_first_line_that_says_who_runs_it_is_told_so(sandbox: Sandbox) -> None:
    sandbox.pull("news", "#!")
    sandbox.file("scripts/news.sh", "echo one >out/one")
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "it needs a `#!` line" in ran.out


def test_what_one_target_leaves_behind_the_next_does_not_see(sandbox: Sandbox) -> None:
    sandbox.pull("first", "echo x >litter; exit 1", ["one/**"])
    sandbox.pull("second", "test ! -e litter; test ! -e one/x; echo x >two/x", ["two/**"])
    sandbox.commit()
    ran = sandbox.run("--jobs", "1", "--json")
    assert [r["success"] for r in ran.summary["results"]] == [False, True]


def test_a_target_starts_from_the_commit_of_what_it_depends_on(sandbox: Sandbox) -> None:
    sandbox.pull("late", "cp one/x two/x", ["two/**"], depends_on=["early"])
    sandbox.pull("early", "echo x >one/x", ["one/**"])
    sandbox.commit()
    assert sandbox.run().code == 0
    assert (sandbox.root / "two/x").read_text() == "x\n"
    assert sandbox.git("log", "-2", "--format=%s").split("\n")[:2] == [
        "chore(sync): late",
        "chore(sync): early",
    ]


def test_what_depends_on_a_failed_target_is_not_run_and_counts_as_failed(sandbox: Sandbox) -> None:
    sandbox.pull("early", "exit 1", ["one/**"])
    sandbox.pull("late", "echo x >two/x", ["two/**"], depends_on=["early"])
    sandbox.pull("other", "echo x >three/x", ["three/**"])
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 1
    assert (ran.summary["failed"], ran.summary["successful"]) == (2, 1)
    assert ran.summary["results"][1]["message"] == "not run: early failed"
    assert sandbox.committed() == ["three/x"]


def test_independent_targets_run_side_by_side_and_land_in_the_order_of_the_file(sandbox: Sandbox) -> None:
    # Each waits for the other: one after the other they would never end.
    flags = sandbox.root.parent
    for name, other, more in (("a", "b", "sleep 0.3"), ("b", "a", "true")):
        wait = (
            f"touch {flags}/{name}; for n in $(seq 200); do test -e {flags}/{other} && break; sleep 0.02; done"
        )
        sandbox.pull(
            name, f"{wait}; test -e {flags}/{other}; {more}; echo x >{name}/x", [f"{name}/**"], idempotent=False
        )
    sandbox.commit()
    assert sandbox.run("--jobs", "2").code == 0
    assert sandbox.git("log", "-2", "--format=%s").split("\n")[:2] == ["chore(sync): b", "chore(sync): a"]
    assert sandbox.status == ""


def test_files_that_are_not_to_be_committed_stand_in_the_main_tree(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", git_commit=False)
    before = sandbox.commit()
    assert sandbox.run().code == 0
    assert (sandbox.head, sandbox.status) == (before, "?? out/one\0")
    again = sandbox.run("--json")
    assert (again.code, again.result["message"]) == (0, "nothing changed")


def test_the_environment_of_a_command_is_what_is_declared(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDECLARED", "seen")
    monkeypatch.setenv("DECLARED", "told")
    own = "SYNC_RUN|SHLVL|_|PWD|OLDPWD"
    script = f"env | cut -d= -f1 | grep -Ev '^({own})$' | sort >out/names; echo $DECLARED >out/value"
    sandbox.pull("news", script, env=["DECLARED"], config={"depth": 1, "list": [1]})
    sandbox.commit()
    assert sandbox.run().code == 0
    names = (sandbox.root / "out/names").read_text().split()
    always = {"PATH", "HOME", "LANG", "USER"}
    assert set(names) - always == {
        "DECLARED", "SYNC_CONFIG", "SYNC_CONFIG_DEPTH", "SYNC_DIRECTION", "SYNC_DRY_RUN", "SYNC_TARGET",
    }  # fmt: skip
    assert (sandbox.root / "out/value").read_text() == "told\n"


def test_variables_of_config_are_expanded(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", 'it\'s "here" $(touch /tmp/never)')
    config = {"where": "$PLACE/x", "deep": {"list": ["${PLACE}", "$$PLACE"]}}
    sandbox.pull(
        "news", 'printf %s "$SYNC_CONFIG" >out/config; printf %s "$SYNC_CONFIG_WHERE" >out/where', config=config
    )
    sandbox.commit()
    assert sandbox.run().code == 0
    place = os.environ["PLACE"]
    assert json.loads((sandbox.root / "out/config").read_text()) == {
        "where": f"{place}/x", "deep": {"list": [place, "$PLACE"]},
    }  # fmt: skip
    assert (sandbox.root / "out/where").read_text() == f"{place}/x"


def test_an_unset_variable_of_config_is_an_error_with_its_line(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", config={"token": "$NOT_SET_ANYWHERE"})
    before = sandbox.commit()
    ran = sandbox.run()
    line = (sandbox.root / ".insightpulse/sync.yaml").read_text().split("NOT_SET")[0].count("\n") + 1
    assert ran.code == 2
    assert f"sync.yaml:{line}: $NOT_SET_ANYWHERE is not set" in ran.err
    assert sandbox.untouched(before)


def test_values_of_secret_variables_do_not_stand_in_what_is_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTION_API_TOKEN", "hunter2hunter2")
    sandbox.pull("news", 'echo "sent $NOTION_API_TOKEN"; exit 1', env=["NOTION_API_TOKEN"])
    sandbox.commit()
    ran = sandbox.run("--verbose")
    assert "sent <secret NOTION_API_TOKEN>" in ran.out
    assert "hunter2" not in ran.told


def test_what_a_check_leaves_behind_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {
        "post_sync_checks": [{"name": "compile", "command": "echo x >out/left; echo y >>out/one"}]
    }
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/one"]
    assert (sandbox.root / "out/one").read_text() == "one\n"


def test_a_failing_check_lands_nothing(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {"post_sync_checks": [{"name": "never", "command": "false"}]}
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "never: ended with 1, not 0" in ran.out
    assert sandbox.untouched(before)


def test_a_failing_pre_sync_check_lets_nothing_run(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {
        "pre_sync_checks": [{"name": "Git clean", "command": "git diff --quiet && git diff --staged --quiet"}]
    }
    sandbox.file("note", "one")
    sandbox.pull("news", f"touch {sandbox.root.parent}/ran; echo one >out/one")
    sandbox.commit()
    sandbox.file("note", "two")
    ran = sandbox.run("--dry-run", "--json")
    assert ran.code == 1
    assert ran.result["message"] == "not run: pre-sync check 'Git clean' failed"
    assert not (sandbox.root.parent / "ran").exists()
    sandbox.file("note", "one")
    assert sandbox.run().code == 0


def test_a_folder_that_somebody_closed_to_himself_goes_with_the_worktree(sandbox: Sandbox) -> None:
    sandbox.pull("news", "mkdir -p out/closed; echo x >out/closed/x; chmod 500 out/closed; exit 1")
    before = sandbox.commit()
    assert sandbox.run().code == 1
    assert list((sandbox.root / ".git/directional-sync/worktrees").iterdir()) == []
    assert sandbox.untouched(before)


def test_a_secret_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo 'aws_key = \"AKIA''IOSFODNN7EXAMPLQ\"' >out/config.ini")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/config.ini:1" in ran.out
    assert "IOSFODNN7" not in ran.told
    assert sandbox.untouched(before)


def test_the_drop_in_of_the_reference_repository_is_the_same_program(sandbox: Sandbox) -> None:
    import sys

    script = Path(__file__).parents[2] / "fixtures/reference/repository/scripts/sync_directional.py"
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    done = subprocess.run([sys.executable, script, "--list"], cwd=sandbox.root, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["news", "pull"])

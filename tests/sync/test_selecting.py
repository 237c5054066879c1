"""Which targets run: names, globs, directions; whoever names nothing that is there is told so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Ran, Sandbox


@pytest.fixture
def four(sandbox: Sandbox) -> Sandbox:
    for name in ("oca_repos", "oca_themes", "docs"):
        sandbox.pull(name, f"echo x >{name}/x", [f"{name}/**"])
    confirm = "jq '{confirmed: (map({(.path): \"1\"}) | add)}' $SYNC_INPUTS >$SYNC_CONFIRMED"
    sandbox.target("notion_bir", confirm, direction="push", inputs=["scripts/**"])
    sandbox.commit()
    return sandbox


def names(ran: Ran) -> list[str]:
    return [result["target"] for result in ran.summary["results"]]


def test_an_unknown_target_exits_with_2_and_lists_what_there_is(four: Sandbox) -> None:
    ran = four.run("--target", "oca_repo")
    assert ran.code == 2
    assert "unknown target" in ran.err
    assert "oca_repos (pull)" in ran.err


@pytest.mark.parametrize(
    "words", [["--target", "odoo_*"], ["--target", "docs", "zzz"], ["--target", "docs", "--target", "z*"]]
)
def test_a_glob_or_a_name_without_a_match_exits_with_2_and_runs_nothing(
    four: Sandbox, words: list[str]
) -> None:
    before = four.head
    assert four.run(*words).code == 2
    assert four.untouched(before)


def test_wildcards_match(four: Sandbox) -> None:
    assert names(four.run("--dry-run", "--json", "--target", "oca_*")) == ["oca_repos", "oca_themes"]
    assert names(four.run("--dry-run", "--json", "--target", "oca_r?pos", "d[no]cs")) == ["oca_repos", "docs"]


def test_a_direction_selects_targets_of_this_direction_only(four: Sandbox) -> None:
    assert names(four.run("--dry-run", "--json", "--direction", "pull")) == ["oca_repos", "oca_themes", "docs"]
    assert names(four.run("--dry-run", "--json", "--target", "notion_*", "--direction", "push")) == [
        "notion_bir"
    ]


def test_a_target_of_another_direction_is_no_match(four: Sandbox) -> None:
    ran = four.run("--target", "docs", "--direction", "push")
    assert ran.code == 2
    assert "no target of that name is a push" in ran.err
    assert four.run("--direction", "bidirectional").code == 2


def test_a_failing_target_makes_the_exit_non_zero(four: Sandbox) -> None:
    four.script("scripts/docs.sh", "exit 1")
    four.commit()
    assert four.run("--target", "docs").code == 1
    assert four.run("--direction", "pull").code == 1


def test_the_list_says_name_direction_schedule_and_description(four: Sandbox) -> None:
    four.targets["docs"] |= {"schedule": "0 2 * * *", "description": "the documents"}
    four.commit()
    ran = four.run("--list")
    assert ran.code == 0
    assert re.search(r"^docs +pull +0 2 \* \* \* +the documents$", ran.out, re.MULTILINE)
    assert [row["target"] for row in json.loads(four.run("--list", "--json").out)] == list(four.targets)


def test_the_list_needs_no_variable(four: Sandbox) -> None:
    four.targets["docs"]["config"] = {"token": "$NOT_SET_ANYWHERE"}
    four.commit()
    assert four.run("--list").code == 0
    assert four.run("--target", "oca_*", "--dry-run").code == 0
    assert four.run("--dry-run").code == 2


def test_an_entrypoint_that_is_not_there_is_an_error_with_its_line(four: Sandbox) -> None:
    four.git("rm", "-q", "--cached", "scripts/docs.sh")
    (four.root / "scripts/docs.sh").unlink()
    ran = four.run("--list")
    assert ran.code == 2
    line = (four.root / ".insightpulse/sync.yaml").read_text().split('"scripts/docs.sh"')[0].count("\n") + 1
    assert f"sync.yaml:{line}: docs: its entrypoint scripts/docs.sh is not there" in ran.err


def test_an_entrypoint_that_is_not_executable_is_an_error_with_its_remedy(four: Sandbox) -> None:
    (four.root / "scripts/docs.sh").chmod(0o644)
    ran = four.run("--list")
    assert ran.code == 2
    assert "git update-index --chmod=+x scripts/docs.sh" in ran.err


def test_an_entrypoint_that_is_a_link_out_of_the_repository_is_an_error(four: Sandbox) -> None:
    (four.root / "scripts/docs.sh").unlink()
    (four.root / "scripts/docs.sh").symlink_to("/bin/true")
    ran = four.run("--list")
    assert ran.code == 2
    assert "leads out of the repository" in ran.err


def test_another_file_can_be_named(four: Sandbox) -> None:
    (four.root / ".insightpulse/sync.yaml").rename(four.root / "other.yaml")
    assert four.run("--list").code == 2
    assert four.run("--list", "--config", "other.yaml").code == 0


def test_a_folder_that_is_no_repository_is_told(four: Sandbox, tmp_path: Path) -> None:
    four.root = tmp_path
    ran = four.run("--list")
    assert ran.code == 2
    assert "no work tree of a git repository" in ran.err

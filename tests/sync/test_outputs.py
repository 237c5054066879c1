"""Outputs of every kind: names, links, modes, folders; and those that are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


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


@pytest.mark.parametrize("hooks", [False, True], ids=["quick", "by git commit"])
@pytest.mark.parametrize("leads", ["real", "nowhere"])
def test_a_folder_may_become_a_link_and_a_link_a_folder(sandbox: Sandbox, hooks: bool, leads: str) -> None:
    """The file behind the link has the name of one that goes; what git ignores in the folder is nobody's business."""
    if hooks:
        sandbox.script(".git/hooks/pre-commit", "exit 0")
    sandbox.file(".gitignore", "__pycache__\n")
    sandbox.file("out/real/inner", "real")
    sandbox.file("out/folder/inner", "inner")
    sandbox.pull("news", f"rm -rf out/folder; ln -sfn {leads} out/folder")
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert (sandbox.root / "out/folder").readlink() == Path(leads)
    assert sandbox.committed() == ["out/folder", "out/folder/inner"]
    sandbox.script(
        "scripts/news.sh",
        "rm -rf out/folder; mkdir -p out/folder/__pycache__; echo y >out/folder/inner\n"
        "echo z >out/folder/__pycache__/a.pyc",
    )
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert sandbox.committed() == ["out/folder", "out/folder/inner"]
    assert not (sandbox.root / "out/folder").is_symlink()
    assert (sandbox.root / "out/folder/inner").read_text() == "y\n"
    assert (sandbox.root / "out/real/inner").read_text() == "real"
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


def test_a_secret_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo 'aws_key = \"AKIA''IOSFODNN7EXAMPLQ\"' >out/config.ini")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/config.ini:1" in ran.out
    assert "IOSFODNN7" not in ran.told
    assert sandbox.untouched(before)


def test_what_an_entrypoint_staged_and_removed_again_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo draft >out/draft; git add out/draft; rm out/draft; echo one >out/one")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["outputs_created"]) == (0, ["out/one"])
    assert sandbox.committed() == ["out/one"]


@pytest.mark.parametrize("end", ["d/../x", "d/.git/config"])
def test_a_link_that_leads_out_by_another_link_is_refused(sandbox: Sandbox, end: str) -> None:
    sandbox.pull("news", f"ln -sfn .. out/d; ln -sfn {end} out/a; echo 1 >out/f")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "the link out/a leads out of the repository" in ran.out
    assert sandbox.untouched(before)


@pytest.mark.parametrize("checks", [[], [{"name": "none", "command": "true"}]])
def test_lines_that_end_otherwise_than_git_checks_them_out_are_no_change(
    sandbox: Sandbox, checks: list[dict[str, str]]
) -> None:
    sandbox.rest["safety"] = {"post_sync_checks": checks}
    sandbox.file(".gitattributes", "out/* text eol=crlf\n")
    sandbox.pull("news", r"printf 'a\nb\n' >out/one; [[ ! -e more ]] || echo 2 >out/two")
    sandbox.commit()
    assert sandbox.run().code == 0
    first = sandbox.head
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["message"], sandbox.head) == (0, "nothing changed", first)
    sandbox.file("more", "")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["message"], sandbox.committed()) == (0, "landed: 1 added", ["out/two"])

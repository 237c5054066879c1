"""`skill_catalog` against a catalog by HTTP and a git repository, and what judges the result (document 003)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from compliance.cli import main
from compliance.sync.connectors import skills
from compliance.sync.connectors.skill_catalog import SkillCatalog
from fixtures.counterparts.skills import TOKEN, Skills, skill
from tests.sync.connecting import failing, task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

FOLDER = "docs/skills"
QUICK = {"read_seconds": 1, "total_seconds": 8}
FRONT = b"---\nname: %s\ndescription: What it is for.\n---\n\nSteps.\n"


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> Iterator[Skills]:
    monkeypatch.setenv("SKILLS_TOKEN", TOKEN)
    made = Skills({name: skill(name) for name in ("triage", "upgrade", "close-books")})
    made.skills["triage"]["scripts/run.sh"] = b"#!/bin/sh\necho ok\n"
    made.executable.add("triage/scripts/run.sh")
    with made.serving():
        yield made
    assert made.problems == []


def config(catalog: Skills, **more: Any) -> dict[str, Any]:
    return {
        "url": f"{catalog.address}/skills",
        "token_env": "SKILLS_TOKEN",
        "folder": FOLDER,
        "http": QUICK,
        **more,
    }


def target(sandbox: Sandbox, whole: dict[str, Any], **keys: Any) -> str:
    sandbox.connector(
        "skills", "skill_catalog", whole, direction="pull", outputs=[f"{FOLDER}/**"],
        verification={"command": [sys.executable, "-P", "-m", "compliance.cli", "sync", "skills", FOLDER]},
        **{"env": ["SKILLS_TOKEN"], **keys},
    )  # fmt: skip
    return sandbox.commit()


def there(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root / FOLDER).as_posix() for path in (root / FOLDER).rglob("*") if path.is_file()
    )


def test_all_skills_come_are_verified_and_go_with_those_upstream(sandbox: Sandbox, catalog: Skills) -> None:
    target(sandbox, config(catalog))
    ran = sandbox.run("--json", "--verify")
    assert ran.code == 0, ran.told
    assert ran.result["verification_passed"] is True
    expected = ["close-books/SKILL.md", "triage/SKILL.md", "triage/scripts/run.sh", "upgrade/SKILL.md"]
    assert there(sandbox.root) == expected
    assert not os.access(sandbox.root / FOLDER / "triage/scripts/run.sh", os.X_OK)  # nobody has allowed that
    asked = len(catalog.requests)
    assert sandbox.run("--json").result["changed"] == []
    assert {request.path for request in catalog.requests[asked:]} == {
        "/skills"
    }  # a digest that is here is not fetched
    del catalog.skills["triage"]
    assert sandbox.run("--json").code == 0
    assert there(sandbox.root) == ["close-books/SKILL.md", "upgrade/SKILL.md"]
    assert not (sandbox.root / FOLDER / "triage").exists()


def test_a_file_may_be_executable_where_config_says_so(sandbox: Sandbox, catalog: Skills) -> None:
    target(sandbox, config(catalog, executable=["*/scripts/*.sh"]))
    assert sandbox.run().code == 0
    assert sandbox.git("ls-tree", "HEAD", f"{FOLDER}/triage/scripts/").startswith("100755")
    assert sandbox.git("ls-tree", "HEAD", f"{FOLDER}/triage/SKILL.md").startswith("100644")


def test_what_passes_is_asked_again_and_what_needs_a_person_lands_nothing(
    sandbox: Sandbox, catalog: Skills
) -> None:
    before = target(sandbox, config(catalog))
    catalog.fail("401", times=9, after=3)
    ran = sandbox.run("--json", "--verbose")
    assert ran.code == 1
    assert "renew the token and set SKILLS_TOKEN" in ran.result["output"]
    assert TOKEN not in ran.told
    assert sandbox.untouched(before)
    catalog.faults.clear()
    catalog.fail("429", retry_after="1")
    catalog.fail("truncated", path="SKILL.md")
    assert sandbox.run("--json").code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_in_the_middle_lands_no_skill(
    sandbox: Sandbox, catalog: Skills, number: signal.Signals
) -> None:
    before = target(sandbox, config(catalog, http={"read_seconds": 60}))
    catalog.fail("stalled", path="upgrade", times=99)
    process = sandbox.start()
    while not any("upgrade" in request.path for request in catalog.requests):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=20)
    assert (sandbox.head, sandbox.status) == (before, "")
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert sandbox.untouched(before)
    catalog.faults.clear()
    assert sandbox.run().code == 0


def alone(folder: Path, catalog: Skills, *words: str, passing: bool = False, **more: Any) -> None:
    given = task(folder, config(catalog, **more), [f"{FOLDER}/**"], {"SKILLS_TOKEN": TOKEN})
    failing(SkillCatalog(), given, *words, passing=passing)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../../../etc/cron.d/x", "no name that a file may have"),
        ("/etc/passwd", "no name that a file may have"),
        ("a/./b", "no name that a file may have"),
        ("a\\..\\b", "no name that a file may have"),
        ("a\nb", "no name that a file may have"),
        (".git/hooks/pre-commit", "git's own"),
        ("skill.md", "one name on some machines"),
        ("SKILL.md/x", "is a file and a folder"),
        ("SKILL.md", "stands in the index twice"),
    ],
)
def test_no_name_of_a_file_leads_out_or_is_another_one(
    tmp_path: Path, catalog: Skills, path: str, words: str
) -> None:
    catalog.paths["triage/scripts/run.sh"] = path
    alone(tmp_path, catalog, words)
    assert {request.path for request in catalog.requests} == {"/skills"}  # no file was asked for


@pytest.mark.parametrize("name", ["../triage", "Triage", "a b", ".hidden", "-x", "a--b", ""])
def test_no_name_of_a_skill_is_anything_else(tmp_path: Path, catalog: Skills, name: str) -> None:
    catalog.skills[name] = skill("triage")
    alone(tmp_path, catalog, "no name of a skill")


def test_a_file_that_is_not_what_the_index_says_or_too_large_is_refused(
    tmp_path: Path, catalog: Skills
) -> None:
    catalog.digests["upgrade/SKILL.md"] = "0" * 64
    alone(tmp_path, catalog, "upgrade/SKILL.md: what came has the sha256")
    catalog.digests.clear()
    alone(tmp_path, catalog, "larger than 20 bytes", max_file_bytes=20)
    alone(tmp_path, catalog, "4 files are more than max_files, 3", max_files=3)


def test_an_index_that_is_empty_short_or_misshapen_is_refused(tmp_path: Path, catalog: Skills) -> None:
    catalog.skills.clear()
    alone(tmp_path, catalog, "there is no skill at all")
    catalog.fail("not_json")
    alone(tmp_path, catalog, "is no JSON")


def test_one_wrong_skill_stops_them_all_with_file_and_line(tmp_path: Path, catalog: Skills) -> None:
    catalog.skills["upgrade"]["SKILL.md"] = b"---\nname: other\ndescription: x\n---\n\nSteps.\n"
    alone(tmp_path, catalog, f"{FOLDER}/upgrade/SKILL.md:2: 'name' is another one than that of its folder")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"# no front matter\n", 1, "does not begin with front matter"),
        (b"---\nname: one\n---\n\nx\n", 1, "has no 'description'"),
        (b"---\nname: one\ndescription: ''\n---\n\nx\n", 3, "'description' has to be a text"),
        (b"---\nname: one\ndescription: " + b"x" * 1025 + b"\n---\n\nx\n", 3, "has 1025 characters"),
        (b"---\nname: one\ndescription: see <b>it</b>\n---\n\nx\n", 3, "a tag of XML"),
        (b"---\nname: one\ndescription: [\n---\n\nx\n", 4, "not YAML"),
        (b"---\nname: one\nname: one\ndescription: x\n---\n\nx\n", 3, "stands here twice"),
        (b"---\n- name\n---\n\nx\n", 2, "no list of keys"),
        (b"---\nname: one\ndescription: x\nmetadata: y\n---\n\nx\n", 4, "'metadata' has to hold keys"),
        (b"---\nname: one\ndescription: x\n---\n\n", 6, "says nothing behind"),
        (b"\xff\xfe", 1, "not UTF-8"),
        (None, 1, "is not there"),
    ],
)
def test_what_is_wrong_with_a_skill_is_told_with_its_line(text: bytes | None, line: int, words: str) -> None:
    (problem, *_) = skills.of_folder("one", text, "docs/one")
    assert words in problem.message
    assert (problem.path, problem.line, problem.harmless) == ("docs/one/SKILL.md", line, False)


def test_an_unknown_key_is_told_and_stops_nothing(tmp_path: Path, catalog: Skills) -> None:
    catalog.skills["upgrade"]["SKILL.md"] = b"---\nname: upgrade\ndescription: x\ntags: [a]\n---\n\nSteps.\n"
    given = task(tmp_path, config(catalog), [f"{FOLDER}/**"], {"SKILLS_TOKEN": TOKEN})
    SkillCatalog().pull(given)
    told: Any = given.say
    assert any("upgrade/SKILL.md:4: 'tags' is no key that is known" in line for line in told.__self__)


# A git repository as the catalog.


def repository(folder: Path, files: dict[str, bytes], executable: tuple[str, ...] = ()) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755 if name in executable else 0o644)
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "skills")
    return folder


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Upstream", "-c", "user.email=upstream@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def test_skills_of_a_git_repository_come_and_go_with_it(sandbox: Sandbox, tmp_path: Path) -> None:
    files = {
        "README.md": b"not a skill",
        "skills/one/SKILL.md": FRONT % b"one",
        "skills/one/run.sh": b"#!/bin/sh\n",
    }
    upstream = repository(tmp_path / "upstream", files, ("skills/one/run.sh",))
    target(sandbox, {"repository": str(upstream), "branch": "main", "path": "skills", "folder": FOLDER}, env=[])
    assert sandbox.run().code == 0
    assert there(sandbox.root) == ["one/SKILL.md", "one/run.sh"]
    assert not os.access(sandbox.root / FOLDER / "one/run.sh", os.X_OK)
    (upstream / "skills/one/run.sh").unlink()
    repository(upstream, {"skills/two/SKILL.md": FRONT % b"two"})
    assert sandbox.run().code == 0
    assert there(sandbox.root) == ["one/SKILL.md", "two/SKILL.md"]


def test_a_link_in_a_git_repository_of_skills_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    upstream = repository(tmp_path / "upstream", {"one/SKILL.md": FRONT % b"one"})
    (upstream / "one/notes.md").symlink_to("/etc/passwd")
    repository(upstream, {})
    before = target(sandbox, {"repository": str(upstream), "folder": FOLDER}, env=[])
    ran = sandbox.run("--json")
    assert ran.code == 1
    assert "one/notes.md is a link" in ran.result["output"]
    assert sandbox.untouched(before)


# What judges the result.


def test_the_check_tells_file_and_line_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SKILL.md").write_bytes(FRONT % b"one")
    assert main(["sync", "skills", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert f"{tmp_path}/two/SKILL.md:2: 'name' is another one" in told
    assert "2 skills, 1 problems" in told
    (tmp_path / "two/SKILL.md").write_bytes(FRONT % b"two")
    assert main(["sync", "skills", str(tmp_path)]) == 0


def test_the_check_of_no_skill_of_an_empty_folder_or_of_a_link_ends_with_1(tmp_path: Path) -> None:
    assert main(["sync", "skills", str(tmp_path)]) == 1
    assert main(["sync", "skills", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "one").mkdir()
    assert main(["sync", "skills", str(tmp_path)]) == 1
    (tmp_path / "one/SKILL.md").write_bytes(FRONT % b"one")
    assert main(["sync", "skills", str(tmp_path)]) == 0
    (tmp_path / "one/more.md").symlink_to("/etc/passwd")
    assert main(["sync", "skills", str(tmp_path)]) == 1

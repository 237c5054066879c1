"""Several repositories in one run: each gets its own commits, and everything comes after what it depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sync.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def other(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A second repository, `docs`, beside the one that holds the configuration."""
    found = Sandbox(tmp_path / "docs of others")
    found.file("README", "here before")
    found.git("add", ".")
    found.git("commit", "-q", "-m", "as it begins")
    sandbox.rest["repositories"] = {"docs": {"path": "../docs of others", "branch": "main"}}
    return found


def there(sandbox: Sandbox, other: Sandbox, name: str, script: str, **keys: object) -> None:
    """A pull target into the other repository, whose entrypoint stands there."""
    sandbox.pull(name, "true", repository="docs", **keys)
    (sandbox.root / f"scripts/{name}.sh").unlink()
    other.script(f"scripts/{name}.sh", script)
    other.git("add", ".")
    other.git("commit", "-q", "-m", f"a script for {name}")


def test_each_target_lands_in_its_own_repository(sandbox: Sandbox, other: Sandbox) -> None:
    sandbox.pull("here", "mkdir -p out; echo here > out/a")
    there(sandbox, other, "there", "mkdir -p out; echo there > out/a")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0, ran.err
    assert {r["target"]: r["repository"] for r in ran.summary["results"]} == {"here": None, "there": "docs"}
    assert (sandbox.committed(), other.committed()) == (["out/a"], ["out/a"])
    assert (other.root / "out/a").read_text() == "there\n"
    assert (sandbox.status, other.status) == ("", "")
    again = sandbox.run("--json")
    assert [result["commit"] for result in again.summary["results"]] == [None, None]


def test_what_depends_on_a_target_of_another_repository_runs_after_it(sandbox: Sandbox, other: Sandbox) -> None:
    """There and back: the first repository has two turns."""
    trace = sandbox.root.parent / "trace"
    sandbox.pull("first", f"mkdir -p out; date > out/1; echo first >> {trace}", ["out/1"], idempotent=False)
    there(sandbox, other, "second", f"mkdir -p out; date > out/2; echo second >> {trace}", outputs=["out/2"],
          idempotent=False, depends_on=["first"])  # fmt: skip
    sandbox.pull("third", f"mkdir -p out; date > out/3; echo third >> {trace}", ["out/3"], idempotent=False,
                 depends_on=["second"])  # fmt: skip
    sandbox.commit()
    assert sandbox.run().code == 0
    assert trace.read_text().split() == ["first", "second", "third"]


def test_a_failure_in_one_repository_bars_what_depends_on_it_in_another(
    sandbox: Sandbox, other: Sandbox
) -> None:
    sandbox.pull("broken", "exit 3", ["out/1"])
    there(sandbox, other, "after", "mkdir -p out; echo 2 > out/2", outputs=["out/2"], depends_on=["broken"])
    there(sandbox, other, "apart", "mkdir -p out; echo 3 > out/3", outputs=["out/3"])
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 1
    said = {result["target"]: result["message"] for result in ran.summary["results"]}
    assert said["after"] == "not run: broken failed"
    assert said["apart"].startswith("landed")
    assert other.committed() == ["out/3"]


def test_a_dry_run_changes_no_repository(sandbox: Sandbox, other: Sandbox) -> None:
    there(sandbox, other, "there", "mkdir -p out; echo there > out/a")
    sandbox.commit()
    before = other.head
    ran = sandbox.run("--dry-run")
    assert ran.code == 0
    assert "+there" in ran.told
    assert other.untouched(before)


def test_uncommitted_work_in_the_other_repository_is_not_run_over(sandbox: Sandbox, other: Sandbox) -> None:
    """Nothing runs in it; what had landed elsewhere before is told."""
    sandbox.pull("here", "mkdir -p out; echo here > out/a")
    there(sandbox, other, "there", "mkdir -p out; echo there > out/a")
    sandbox.commit()
    (other.root / "README").write_text("being written")
    ran = sandbox.run()
    assert ran.code == 4
    assert "README" in ran.told
    assert (other.root / "README").read_text() == "being written"
    assert "here" in ran.told


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("../nowhere", "is no git repository"),
        ("..", "is no git repository"),
        (".", "is not the root of another git repository"),
        ("../docs of others/scripts", "is not the root of another git repository"),
        ("$UNSET_FOLDER", "$UNSET_FOLDER is not set"),
    ],
)
def test_a_path_that_is_no_repository_is_named_with_its_line(
    sandbox: Sandbox, other: Sandbox, path: str, said: str
) -> None:
    there(sandbox, other, "there", "true")
    sandbox.rest["repositories"] = {"docs": {"path": path}}
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 2
    assert said in ran.err
    assert "sync.yaml:" in ran.err


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"repository": "elsewhere"}, "'elsewhere' is none of `repositories` (docs)"),
        ({"repository": "docs", "schedule": "0 2 * * *"}, "may have no schedule"),
    ],
)
def test_what_cannot_be_is_refused(sandbox: Sandbox, other: Sandbox, keys: dict[str, str], said: str) -> None:
    sandbox.pull("one", "true", **keys)
    sandbox.commit()
    ran = sandbox.run("--list")
    assert ran.code == 2
    assert said in ran.err


def test_one_output_in_two_repositories_is_two_outputs(sandbox: Sandbox, other: Sandbox) -> None:
    """And in one repository it is refused, as ever."""
    sandbox.pull("here", "true")
    there(sandbox, other, "there", "true")
    sandbox.commit()
    assert sandbox.run("--list").code == 0
    there(sandbox, other, "too", "true")
    sandbox.commit()
    assert "is an output of there too" in sandbox.run("--list").err


def test_an_entrypoint_is_looked_for_in_the_repository_of_its_target(sandbox: Sandbox, other: Sandbox) -> None:
    sandbox.pull("there", "true", repository="docs")
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 2
    assert "scripts/there.sh is not there" in ran.err


@pytest.mark.parametrize("path", ["../docs of others", "../docs of others/", "../a link"])
def test_one_repository_by_two_names_is_refused(sandbox: Sandbox, other: Sandbox, path: str) -> None:
    """Two targets with the same output would undo each other's work there."""
    (other.root.parent / "a link").symlink_to(other.root)
    there(sandbox, other, "one", "echo one >out/a")
    there(sandbox, other, "two", "echo two >out/a")
    sandbox.targets["two"]["repository"] = "again"
    sandbox.rest["repositories"]["again"] = {"path": path}
    sandbox.commit()
    before = other.head
    ran = sandbox.run()
    assert ran.code == 2, ran.told
    assert "is repository 'docs' already" in ran.err
    assert "sync.yaml:" in ran.err
    assert other.head == before

"""Connectors by name: those of packages too (document 003, 'Roadmap': custom sync plugins), and what is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from compliance.core.errors import ConfigurationError
from compliance.sync.connectors import BUILT_IN, finding
from compliance.sync.connectors_command import _keys

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "fixtures" / "connector_example"
GOOD = """\
class Good:
    '''Writes a line.'''
    text = {"type": "string", "pattern": "^[a-z]+$"}
    schema = {"type": "object", "additionalProperties": False, "properties": {"text": text}}
    def pull(self, task):
        task.write("out/x.txt", task.config["text"].encode())
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def package(folder: Path, name: str, value: str, text: str = "") -> None:
    """Installed, as far as Python can tell."""
    module = value.partition(":")[0]
    (folder / f"{module}.py").write_text(text)
    info = folder / f"{module}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[dot_compliance.connectors]\n{name} = {value}\n")


def target(sandbox: Sandbox, connector: str, config: dict[str, Any], **keys: Any) -> None:
    sandbox.targets["it"] = {
        "direction": "pull", "outputs": ["out/**"], "description": "it", "connector": connector, "config": config,
        **keys,
    }  # fmt: skip
    sandbox.commit()


def line(sandbox: Sandbox, text: str) -> int:
    """Where it stands in sync.yaml."""
    lines = (sandbox.root / ".insightpulse/sync.yaml").read_text().splitlines()
    (found,) = [number for number, each in enumerate(lines, 1) if text in each]
    return found


def test_an_unknown_name_is_told_with_its_line_and_those_that_there_are(sandbox: Sandbox) -> None:
    target(sandbox, "nobody", {})
    done = sandbox.run()
    assert done.code == 2
    at = line(sandbox, '"connector": "nobody"')
    assert f"sync.yaml:{at}: it: no connector is called 'nobody'" in done.err
    assert "git_repositories" in done.err


def test_two_of_one_name_are_refused_by_both_of_their_places(packages: Path) -> None:
    package(packages, "config_drift", "mine:Good", GOOD)
    with pytest.raises(ConfigurationError, match=r"config_drift': compliance\.sync.* and mine:Good"):
        finding.known()


def test_one_of_another_package_is_found(sandbox: Sandbox, packages: Path) -> None:
    package(packages, "mine", "mine_good:Good", GOOD)
    told = json.loads(sandbox.run("connectors", "mine", "--json").out)
    assert told == {
        "name": "mine", "directions": ["pull"], "about": "Writes a line.", "from": "mine_good 1.2",
        "config": [{"key": "text", "type": "string", "needed": False, "about": ""}],
    }  # fmt: skip


def test_one_that_cannot_be_imported_is_told_and_hides_no_other(sandbox: Sandbox, packages: Path) -> None:
    package(packages, "broken", "mine_broken:Broken", "raise ImportError('no such library')")
    done = sandbox.run("connectors")
    assert done.code == 0
    assert "cannot be loaded (mine_broken 1.2)" in done.out
    assert "no such library" in done.out
    assert "git_repositories" in done.out
    target(sandbox, "broken", {})
    done = sandbox.run()
    assert done.code == 2
    assert f"sync.yaml:{line(sandbox, 'broken')}: it: connector 'broken'" in done.err


@pytest.mark.parametrize(
    "text", ["class Odd:\n    schema = {}\n", "class Odd:\n    def pull(self, task): ...\n"]
)
def test_one_without_a_schema_or_a_direction_is_none(packages: Path, text: str) -> None:
    package(packages, "odd", "mine_odd:Odd", text)
    sys.modules.pop("mine_odd", None)
    with pytest.raises(ConfigurationError, match=r"has no `schema`, or neither"):
        finding.load("odd")


def test_a_direction_that_it_cannot_is_told(sandbox: Sandbox) -> None:
    config = {"repositories": ["a"], "into": "out", "base": "/"}
    target(sandbox, "git_repositories", config, direction="bidirectional")
    done = sandbox.run()
    assert done.code == 2
    at = line(sandbox, '"connector"')
    assert f"sync.yaml:{at}: it: git_repositories cannot bidirectional: it can pull" in done.err


def test_a_key_that_it_does_not_know_is_told_with_its_line(sandbox: Sandbox) -> None:
    target(sandbox, "git_repositories", {"repositories": ["a"], "into": "out", "bse": "/x"})
    done = sandbox.run()
    assert done.code == 2
    assert f"sync.yaml:{line(sandbox, 'bse')}: it: config: " in done.err
    assert "bse" in done.err


def test_what_has_a_variable_in_it_is_checked_when_that_is_filled_in(
    sandbox: Sandbox, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(packages, "mine", "mine_filled:Good", GOOD)
    target(sandbox, "mine", {"text": "$WORD"})
    monkeypatch.setenv("WORD", "NOT SO")
    assert sandbox.run("--list").code == 0
    done = sandbox.run()
    at = line(sandbox, "$WORD")
    assert done.code == 2
    assert f"sync.yaml:{at}: it: config: " in done.err
    assert "NOT SO" not in done.err
    monkeypatch.delenv("WORD")
    assert f"sync.yaml:{at}: $WORD is not set" in sandbox.run().err
    target(sandbox, "mine", {"text": "Not"})
    assert sandbox.run("--list").code == 2


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_key_of_a_connector_says_what_it_is_for(name: str) -> None:
    schema = finding.load(name).schema
    Draft202012Validator.check_schema(dict(schema))
    assert schema["additionalProperties"] is False
    found = _keys(schema)
    assert found
    assert [each["key"] for each in found if not each["about"]] == []


def test_all_are_listed_with_where_they_come_from_and_what_they_are_for(sandbox: Sandbox) -> None:
    rows = json.loads(sandbox.run("connectors", "--json").out)
    assert [row["name"] for row in rows] == sorted(BUILT_IN)
    assert all(row["about"] and row["directions"] and row["from"] == "built in" for row in rows)
    told = sandbox.run("connectors", "git_repositories").out
    assert "repositories[].url (string): where it is" in told
    assert sandbox.run("connectors", "nobody").code == 2


# --- the example -----------------------------------------------------------------------------------------------


def wheel(folder: Path) -> Path:
    """What its build backend makes, which is on no machine without a network: made from the same pyproject."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    name = f"{project['name'].replace('-', '_')}-{project['version']}"
    points = "".join(
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in each.items())
        for group, each in project["entry-points"].items()
    )
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    made = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as file:
        file.write(EXAMPLE / "notes_folder.py", "notes_folder.py")
        file.writestr(f"{name}.dist-info/METADATA", metadata)
        file.writestr(
            f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{name}.dist-info/entry_points.txt", points)
        file.writestr(f"{name}.dist-info/RECORD", "")
    return made


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment that is thrown away, into which pip has installed the example."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    found = folder / "bin" / "python"
    words = ["--python", str(found), "install", "--quiet", "--no-index", "--no-deps", str(wheel(folder))]
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, env=env)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "here.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return found


def test_the_example_is_installed_listed_and_runs_both_ways(
    sandbox: Sandbox, python: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in ("one", "two"):
        (notes / f"{name}.md").write_text(f"# {name}\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        code = "import sys; from compliance.cli import sync_directional; sys.exit(sync_directional())"
        return subprocess.run(
            [python, "-c", code, *words], cwd=sandbox.root, capture_output=True, text=True, check=False
        )

    assert (
        "notes_folder      pull, push (notes-folder-connector 1.0.0): Notes in a folder"
        in run("connectors").stdout
    )
    target(sandbox, "notes_folder", {"folder": "$HOME/notes", "into": "out"})
    done = run("--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["message"] == "landed: 2 added; 2 notes"
    assert sandbox.committed() == ["out/one.md", "out/two.md"]
    (notes / "two.md").unlink()
    assert run().returncode == 0
    assert sandbox.committed() == ["out/two.md"]
    sandbox.targets.clear()
    keys = {"description": "it", "direction": "push", "inputs": ["notes/*.md"], "connector": "notes_folder"}
    sandbox.targets["back"] = {**keys, "config": {"folder": str(notes), "into": "out"}}
    sandbox.file("notes/three.md", "# three\n")
    sandbox.commit()
    done = run()
    assert done.returncode == 0, done.stderr + done.stdout
    assert (notes / "three.md").read_text() == "# three\n"
    assert "nothing" in run().stdout

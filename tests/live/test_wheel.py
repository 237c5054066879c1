"""The wheel works by itself: nothing of it is looked for in a checkout."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PROBE = '''"""OWN001: the catalog names its commands.

Why: to be chosen they need a name.
Remedy: name them.
"""

import pytest

from compliance.core.finding import Finding


def {rule}(facts):
    return [Finding(name, "has no home") for name in facts.policy.commands if {broken}]


@pytest.mark.rule("OWN001", family="rows", severity="low", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_commands_have_names(look):
    """The catalog names its commands."""
    look.expect_none({rule})
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, ROOT],
        os.environ,
        out,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its bin folder. The dependencies are those installed here, by a path that runs no .pth: no editable install."""
    home = tmp_path_factory.mktemp("venv") / "venv"
    run([sys.executable, "-m", "venv", home], os.environ, home.parent)
    python = home / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], os.environ, home.parent)
    (own,) = home.glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    return home / "bin"


@pytest.fixture
def call(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}

    def called(program: str, *arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        return run([installed / "python", "-m", program, *arguments], environment, tmp_path, code)

    return called


def run(
    words: list[str | Path], environment: object, folder: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words, cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=300, check=False
    )  # type: ignore[call-overload]
    assert done.returncode == code, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def test_it_carries_one_package_and_all_that_it_reads(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"compliance"}
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]
    for folder in ("sql", "fixtures", "probes"):
        there = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and "node_modules" not in path.parts
        }
        assert {f"compliance/{name}" for name in there} <= set(names)


def test_it_is_the_wheel_that_runs(
    call: Callable[..., subprocess.CompletedProcess[str]], installed: Path
) -> None:
    place = call("compliance.cli", "--help") and run(
        [installed / "python", "-c", "import compliance.cli as c; print(c.__file__)"], os.environ, installed
    )
    assert place.stdout.startswith(str(installed.parent))


def test_it_audits_from_an_empty_folder(call: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    said = json.loads(call("compliance.cli", "audit", "--no-page", "--json").stdout)
    assert said["verdict"] == "kept"
    assert said["counts"]["kept"] > 200
    assert {item["kind"] for item in said["compiled"]} == {"seed", "migration"}


def test_it_starts_the_document_service_that_it_carries(installed: Path, tmp_path: Path) -> None:
    program = (
        "from compliance.estate import agent_data, reference\n"
        "with reference.reference() as estate:\n"
        "    dsn = estate.dsn(agent_data.ROLE)\n"
        "    with agent_data.serving(dsn, repository=estate.repository) as agent: print(agent.url)\n"
    )
    said = run([installed / "python", "-c", program], os.environ, tmp_path).stdout
    assert said.startswith("http://127.0.0.1:")


def test_its_probes_run_by_package_name(call: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert " kept" in call("pytest", "-q", "--pyargs", "compliance.probes").stdout


@pytest.mark.parametrize(("broken", "code"), [("False", 0), ("name == 'dot_iu_health'", 1)])
def test_a_folder_of_own_probes_is_judged(
    call: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, broken: str, code: int
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "test_own001.py").write_text(PROBE.format(rule="named", broken=broken), encoding="utf-8")
    said = call("pytest", "-q", "mine", code=code).stdout
    assert f"{27 - code} kept, {code} broken" in said

"""Completion as a shell has it: the script is sourced by a real one, which is then asked."""

from __future__ import annotations

import shutil
import subprocess
from shlex import quote
from typing import TYPE_CHECKING

import pytest

from compliance import cataloguing, cli
from compliance.systems import SYSTEMS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for shell in ("bash", "zsh", "fish", "tcsh"):
        with pytest.MonkeyPatch.context() as patch:
            said: list[str] = []
            patch.setattr("compliance.completing.write", said.append)
            assert cli.main(["completion", shell]) == 0
        (folder / shell).write_text(said[0], encoding="utf-8")
    return folder


def offered(scripts: Path, *words: str, folder: Path | None = None) -> set[str]:
    """What bash would show behind the last word, by the function that the script has registered for `compliance`."""
    line = " ".join(map(quote, ("compliance", *words)))
    program = (
        f"source {scripts}/bash\n"
        "[[ $(complete -p compliance) =~ -F\\ ([^ ]+) ]] || exit 9\n"
        f'COMP_WORDS=({line}); COMP_CWORD={len(words)}; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}\n'
        '"${BASH_REMATCH[1]}" compliance "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        cwd=folder or scripts,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return {word.strip() for word in done.stdout.splitlines() if word.strip()}


def test_bash_offers_every_command_its_actions_and_its_options(scripts: Path) -> None:
    assert offered(scripts, "") >= {"audit", "rules", "diff", "completion", "estate", "sync"}
    assert offered(scripts, "estate", "") >= {"up", "psql", "status", "reset", "down"}
    assert offered(scripts, "rules", "sh") == {"show"}
    assert offered(scripts, "audit", "--wa") == {"--watch"}


def test_bash_offers_rules_systems_and_choices_by_what_an_argument_stands_for(scripts: Path) -> None:
    ids = {probe.rule.id for probe in cataloguing.probes()}
    assert offered(scripts, "rules", "show", "") >= ids
    assert offered(scripts, "rules", "show", "PL") == {name for name in ids if name.startswith("PL")}
    assert offered(scripts, "compile", "") >= set(SYSTEMS)
    assert offered(scripts, "rules", "--system", "comm") == {"command_catalog"}
    assert offered(scripts, "export", "s") == {"sarif"}
    assert offered(scripts, "completion", "") >= {"bash", "zsh", "fish", "tcsh"}
    assert offered(scripts, "approve", "PLAN", "--capability", "") >= {"execute", "rollback"}


def test_bash_offers_files_where_a_file_is_meant(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").touch()
    assert offered(scripts, "audit", "--estate", "est", folder=tmp_path) == {"estate.yaml"}


@pytest.mark.parametrize("shell", ["zsh", "fish", "tcsh"])
def test_other_shells_have_a_script_too_which_parses_where_the_shell_is_installed(
    shell: str, scripts: Path
) -> None:
    text = (scripts / shell).read_text(encoding="utf-8")
    assert "PL006" in text
    assert "capability" in text
    if shutil.which(shell) and shell != "tcsh":  # which has no way to parse without running
        subprocess.run([shell, "-n", scripts / shell], check=True, timeout=20)

"""Completion as a shell has it: the script is sourced by a real one, which is then asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from shlex import quote
from typing import TYPE_CHECKING

import pytest

from compliance import cataloguing, cli
from compliance.systems import SYSTEMS
from tests.browser.chromium import not_run

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


def here(shell: str) -> str:
    return shutil.which(shell) or not_run(f"no {shell} to complete in")


def test_fish_offers_commands_options_and_rules(scripts: Path) -> None:
    def offered(line: str) -> set[str]:
        program = f"source {quote(str(scripts))}/fish; complete -C {quote(line)}"
        done = subprocess.run(
            [here("fish"), "--no-config", "-c", program], capture_output=True, text=True, timeout=30, check=True,
            env={"HOME": str(scripts), "PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert not done.stderr
        return {line.partition("\t")[0] for line in done.stdout.splitlines()}

    assert offered("compliance estate ") >= {"up", "psql", "status", "reset", "down"}
    assert offered("compliance audit --wa") == {"--watch"}
    assert offered("compliance rules show PL") == {f"PL00{n}" for n in range(1, 9)}


ZSH = r"""
zmodload zsh/zpty
zpty z 'PS1="%% " zsh -f -i'
zpty -n -w z $'fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print rea"dy"\n'
zpty -r z out '*ready*'
zpty -n -w z $'compliance rules show PL0\t\t'
zpty -r z out '*PL008*'
print -r -- "$out"
zpty -d z
"""


def test_zsh_offers_rules_where_its_script_lies_on_fpath(scripts: Path) -> None:
    """As somebody at a terminal sees it: completion of zsh works in its line editor alone."""
    shutil.copy(scripts / "zsh", scripts / "_compliance")
    done = subprocess.run(
        [here("zsh"), "-f", "-c", ZSH], cwd=scripts, capture_output=True, text=True, timeout=30, check=True,
        env={"HOME": str(scripts), "PATH": os.environ["PATH"], "TERM": "xterm"},
    )  # fmt: skip
    assert set(re.findall(r"PL\d{3}", done.stdout)) == {f"PL00{n}" for n in range(1, 9)}


def test_tcsh_has_a_script_too(scripts: Path) -> None:
    """It has no way to parse without running, and none to be asked; its words are those of bash."""
    text = (scripts / "tcsh").read_text(encoding="utf-8")
    assert "capability" in text
    assert "PL006" in text

"""What pages of README and documentation tell a person to type, and what they say comes of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"(?:<!-- (\w+)(?:: (\S+))? -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d+)$")
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "*cache*", "allure-results", "html", "compiled", "node_modules", "_build"
)


class Block(NamedTuple):
    """A fenced block; `mark` is the comment above it: `long` is not run here, `live` where a Directus runs
    (tests/live/test_estate_live.py), `script` in one shell, `yours` needs a reader's own estate, `file` is one of the
    name that follows, `system` in a checkout that has such files, `ci` is run by the workflow that it is a line of."""

    mark: str
    name: str
    language: str
    text: str


class Command(NamedTuple):
    """What is typed, how it ends, and the lines that it says; None where the page does not show them."""

    line: str
    code: int
    said: tuple[str, ...] | None


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))]


def lines(page: str, mark: str) -> list[str]:
    """Of `sh` blocks."""
    found = [block.text for block in blocks(page) if block.language == "sh" and block.mark == mark]
    return [line for text in found for line in text.splitlines()]


def commands(page: str, mark: str = "") -> Iterator[Command]:
    """Of `sh` and `console` blocks in their order; in the latter what stands behind `$ ` is typed."""
    for block in blocks(page):
        if block.mark != mark:
            continue
        if block.language == "sh":
            yield from (_command(line, None) for line in block.text.splitlines())
        elif block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                line, *said = part.rstrip("\n").split("\n")
                yield _command(line, tuple(said))


def _command(line: str, said: tuple[str, ...] | None) -> Command:
    code = _EXIT.search(line)
    return Command(line, int(code[1]) if code else 0, said)


def shows(said: tuple[str, ...], output: str) -> bool:
    """Is this what was said? `…` alone stands for any lines, within a line for any signs, and spaces for spaces."""
    parts = []
    for line in said:
        if line.strip() == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            words = (re.escape(word).replace("…", ".*") for word in re.sub(r"\s+", " ", line).split(" "))
            parts.append(r"[ \t]*".join(words) + r"[ \t]*\n")
    return re.fullmatch("".join(parts), re.sub(r"[ \t]+", " ", output)) is not None


def run(page: str, folder: Path, environment: dict[str, str], mark: str = "") -> int:
    """Each command of a page, which has to end and to say as it is written; how many there were."""
    told_of = list(commands(page, mark))
    for command in told_of:
        done = subprocess.run(
            ["sh", "-c", command.line],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        told = f"{command.line}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == command.code, told
        if command.said is not None:
            assert shows(command.said, done.stdout + done.stderr), "\n".join([told, "but:", *command.said])
    return len(told_of)


def run_script(page: str, folder: Path, environment: dict[str, str]) -> None:
    """All script blocks of a page in one shell."""
    checked = []
    for line in lines(page, "script"):
        said = _EXIT.search(line)
        wanted = said[1] if said else "0"
        checked += [line, f"test $? -eq {wanted} || {{ echo failed: {quote(line)}; exit 99; }}"]
    assert checked
    done = subprocess.run(
        ["sh", "-c", "\n".join(checked)], cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def environment_of(cache: Path) -> dict[str, str]:
    """With a cache of its own: a tour must not touch an estate that somebody left running."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return given | {
        "XDG_CACHE_HOME": str(cache),
        "PATH": path,
        "GITHUB_STEP_SUMMARY": str(cache / "summary.md"),
    }


def down(environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "compliance.cli", "estate", "down"], env=environment, check=False)


def checkout(place: Path) -> Path:
    """A copy, so that what commands write stays out of the tree."""
    shutil.copytree(ROOT, place, ignore=LEFT_OUT)
    return with_venv(place)


def with_venv(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return place

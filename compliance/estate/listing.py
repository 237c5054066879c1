"""Names, modes and what git leaves out: of paths of the governed repository of which nobody wants the text."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core import redact
from compliance.core.errors import CouldNotLook
from compliance.core.observation import Blind, Listed, Provenance, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.estate.config import Estate
    from compliance.estate.seeing import Section

MOST = 100_000
# What tools leave beside their work: ignored by git, and missed by nobody.
CACHES = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".DS_Store"})
_LINK, _RUNS, _PLAIN = "120000", "100755", "100644"


def section(estate: Estate, paths: Iterable[str], at: str) -> Section:
    """All of them in one section, by name."""
    wanted = sorted(paths)
    origin, started = Provenance("repository", " ".join(wanted), at, 0.0), time.perf_counter()
    root = estate.repository
    if root is None or not root.is_dir():
        return Blind("the repository is not there", origin)
    try:
        found = tuple(_listed(root, wanted, estate.redaction_key))
    except CouldNotLook as error:
        return Blind(error.message, origin)
    except OSError as error:
        return Blind(error.strerror or type(error).__name__, origin)
    return Seen(found, replace(origin, seconds=round(time.perf_counter() - started, 6)))


def _listed(root: Path, wanted: Iterable[str], key: bytes | None) -> Iterator[Listed]:
    modes: dict[str, str | None] = {}
    for path in wanted:
        modes |= _below(root, path)
        if len(modes) > MOST:
            raise CouldNotLook(f"{path} holds more than {MOST} files")
    staged, left_out = _staged(root, list(modes)), _ignored(root, list(modes))
    for path in sorted(modes):
        # What git has already, it goes on with, whatever a .gitignore says.
        yield Listed(
            redact.text(path, key), modes[path], staged.get(path), path in left_out and path not in staged
        )


def _below(root: Path, path: str) -> dict[str, str | None]:
    """A folder stands for its files; a link for itself, wherever it leads."""
    place = root / path
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise CouldNotLook(f"{path} leads out of the repository")
    if place.is_symlink() or not place.is_dir():
        return {path: _mode(place)}
    found: dict[str, str | None] = {}
    for here, folders, files in os.walk(place, onerror=_raise):
        folders[:] = [name for name in folders if name != ".git" and name not in CACHES]
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        for name in (*files, *links):
            if name in CACHES:
                continue
            found[(Path(here) / name).relative_to(root).as_posix()] = _mode(Path(here) / name)
    return found


def _raise(error: OSError) -> None:
    raise error


def _mode(place: Path) -> str | None:
    try:
        mode = place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return _LINK
    return _RUNS if mode & stat.S_IXUSR else _PLAIN


def _staged(root: Path, paths: list[str]) -> dict[str, str]:
    """By path the mode in the index, where the repository is a checkout of its own."""
    if not (root / ".git").exists():
        return {}
    listed = _git(root, ["ls-files", "--stage", "-z"], b"")
    wanted, found = set(paths), {}
    for entry in filter(None, listed.split("\0")):
        facts, _, path = entry.partition("\t")
        if path in wanted:
            found[path] = facts.partition(" ")[0]
    return found


def _ignored(root: Path, paths: list[str]) -> set[str]:
    """What the repository's own files leave out. Those of a person or of one clone, which others lack, do not count:
    git is asked with an empty folder of its own."""
    with tempfile.TemporaryDirectory(prefix="compliance-") as folder:
        for name in ("objects", "refs"):
            (Path(folder) / name).mkdir()
        (Path(folder) / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
        asked = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
        here = [f"--git-dir={folder}", f"--work-tree={root}"]
        said = _git(root, [*here, "check-ignore", "--no-index", "--stdin", "-z"], asked, none=1)
    return set(filter(None, said.split("\0")))


def _git(root: Path, arguments: list[str], given: bytes, *, none: int = 0) -> str:
    """What git answers; `none`: how it ends where there is nothing to answer."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/nonexistent"}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    try:
        done = subprocess.run(  # noqa: S603 - an argument list
            ["git", *arguments],  # noqa: S607 - whichever git the person has
            cwd=root, env=environment, input=given, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    except FileNotFoundError:
        raise CouldNotLook("git is not installed", remedy="install git") from None
    except subprocess.TimeoutExpired:
        raise CouldNotLook("git did not answer in 60 seconds") from None
    if done.returncode not in (0, none):
        raise CouldNotLook(f"git: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "surrogateescape")

"""Globs of `sync.yaml` mean what git means by them; whether two meet is held against all short paths."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAMES = ["".join(signs) for length in (1, 2, 3) for signs in product("ab", repeat=length)]
PATHS = [
    *_NAMES,
    *("/".join(p) for p in product(_NAMES[:6], repeat=2)),
    *("/".join(p) for p in product("ab", repeat=3)),
]
PATHS += ["/".join(p) for p in product("ab", repeat=4)] + [f"{x}/aab" for x in "ab"] + ["a/b/aba", "b/a/bab"]
SEGMENTS = st.sampled_from(["a", "b", "*", "?", "a*", "*b", "*a*", "[ab]", "[!a]", "??", "a?b", "**", "**"])
GIT = (
    "a", "*", "**", "b/*", "b/**", "**/a", "**/*.md", "d/*", "d/**/x.md", "?", "a?", "[ab]", "b/a*", "*/a", "d/?a",
    "b/[]]", "b/[!]]", "b/[z-a]", "b/[0-9]-[0-9]", "b/[!a]*",
)  # fmt: skip
GLOBS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("glob", "named", "others"),
    [
        ("docs/**", ["docs/a", "docs/a/b.md", "docs/.hidden"], ["docs", "doc/a", "xdocs/a"]),
        ("docs/", ["docs/a", "docs/a/b"], ["docs"]),
        ("docs/*.md", ["docs/a.md", "docs/.md"], ["docs/a/b.md", "docs/a.mdx"]),
        ("**/x.json", ["x.json", "a/x.json", "a/b/x.json"], ["a/yx.json", "x.json/y"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "b", "ab"]),
        ("a[0-9].txt", ["a1.txt"], ["a.txt", "ab.txt", "a/.txt"]),
        ("a[!0-9]", ["ab"], ["a1", "a/"]),
        ("a[]]", ["a]"], ["a"]),
        ("a[!]]", ["ab"], ["a]", "a/"]),
        ("[z-a]", [], ["z", "a", "-"]),
        ("[a&&b]", ["&", "a"], ["c"]),
        ("[--0]", ["-", "."], ["/", "1"]),
        ("a[", ["a["], ["a"]),
        ("./a//b", ["a/b"], ["a"]),
        ("a.b", ["a.b"], ["axb"]),
        ("?", ["x", "\n", "ä"], ["", "xy", "/"]),
    ],
)
def test_a_glob_names_these_and_not_those(glob: str, named: Iterable[str], others: Iterable[str]) -> None:
    assert [path for path in named if not globs.matches(path, [glob])] == []
    assert [path for path in others if globs.matches(path, [glob])] == []


@pytest.mark.parametrize("glob", ["/etc/x", "~/x", "../x", "a/../../x", ".git/config", ".git"])
def test_a_glob_that_leads_out_is_told(glob: str) -> None:
    assert globs.leads_out(glob)


@pytest.mark.parametrize("glob", [".github/x", ".gitignore", "a..b/c", "a/.git-keep", "docs/**"])
def test_one_that_only_looks_so_is_not(glob: str) -> None:
    assert not globs.leads_out(glob)


@given(GLOBS, GLOBS)
@settings(max_examples=400)
def test_two_meet_where_there_is_a_path_that_both_name(one: str, other: str) -> None:
    found = globs.overlap(one, other)
    assert found == globs.overlap(other, one)
    both = [path for path in PATHS if globs.matches(path, [one]) and globs.matches(path, [other])]
    if both:
        assert found, both[0]


@given(
    st.lists(st.sampled_from(["a", "*", "?", "a*", "[ab]", "**"]), min_size=1, max_size=3).map("/".join), GLOBS
)
@settings(max_examples=300)
def test_two_that_meet_have_such_a_path(one: str, other: str) -> None:
    """All words of these globs have one or two signs, so that a path of their meeting is among the short ones."""
    if not globs.overlap(one, other):
        return
    parts = [globs.sample(one), globs.sample(other)]
    long = max(len(one.split("/")), len(other.split("/"))) + 1
    tried = (
        "/".join(path)
        for length in range(1, long + 2)
        for path in product(("a", "b", "ab", "aab", "bb", "ba"), repeat=length)
    )
    assert any(globs.matches(path, [one]) and globs.matches(path, [other]) for path in (*parts, *PATHS, *tried))


@given(GLOBS)
def test_a_sample_is_named_by_its_glob_and_has_its_edges(glob: str) -> None:
    sample = globs.sample(glob)
    assert globs.matches(sample, [glob])
    begin, end = globs.edges(glob)
    assert sample.startswith(begin.rstrip("\0"))
    assert sample.endswith(end.lstrip("\0"))


@given(GLOBS, GLOBS)
def test_where_edges_do_not_go_together_nothing_meets(one: str, other: str) -> None:
    (a, x), (b, y) = globs.edges(one), globs.edges(other)
    if not ((a.startswith(b) or b.startswith(a)) and (x.endswith(y) or y.endswith(x))):
        assert not globs.overlap(one, other)


@given(GLOBS)
@settings(max_examples=60)
def test_a_path_in_the_base_of_a_glob_is_all_that_it_names(glob: str) -> None:
    base = globs.base(glob)
    assert all(path.startswith(base) for path in PATHS if globs.matches(path, [glob]))


def test_git_names_the_same_files(tmp_path: Path) -> None:
    """`:(glob)` is git's own word for these rules."""
    for path in ("a", "b/a", "b/c/a", "b/ab", "d/.a", "d/x.md", "d/e/x.md", "b/[x]", "b/]", "b/5-6"):
        place = tmp_path / path
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True)
        place.write_text("")
    git = shutil.which("git") or "git"
    subprocess.run([git, "-C", tmp_path, "init", "-q"], check=True)
    subprocess.run([git, "-C", tmp_path, "add", "."], check=True)
    every = _listed(git, tmp_path)
    for glob in GIT:
        assert _listed(git, tmp_path, f":(glob){glob}") == {p for p in every if globs.matches(p, [glob])}, glob


def _listed(git: str, root: Path, *patterns: str) -> set[str]:
    done = subprocess.run([git, "-C", root, "ls-files", "-z", *patterns], check=True, capture_output=True)
    return set(filter(None, done.stdout.decode().split("\0")))

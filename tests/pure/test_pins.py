"""Each locator finds the count that a file repeats, at its place, and says so where it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.core.observation import File, Observation, Seen
from compliance.estate.resources import resource
from compliance.systems.command_catalog import pins, rules
from compliance.systems.command_catalog.policy import Pin
from compliance.systems.protocol import Facts
from tests.pure.catalogs import ORIGIN, policy

REPOSITORY = resource("fixtures/reference/repository")


def counted(how: Any, locator: str, text: str) -> list[int]:
    return pins.counted(Pin("p", "file", how, locator, "governed", 1), text)


@pytest.mark.parametrize(
    ("how", "locator", "text", "found"),
    [
        ("pattern", r"expected_(\d+)", "count(*) = 26 as expected_26 -- expected_27", [26, 27]),
        ("pattern", r"^expected (\d+)$", "a\r\nexpected 26\r\nexpected 27\rb", [26, 27]),
        ("length_of", "R", "R = (1, 2, 3)", [3]),
        ("length_of", "R", "R: dict[str, int] = {'a': 1, 'b': 2}", [2]),
        ("length_of", "R", "R = frozenset({'a', 'b'})", [2]),
        ("length_of", "R", "Q = (1,)\nR = ()", [0]),
        ("asserted_in", "test_twenty", "def test_twenty():\n    assert len(x) == 26", [26]),
        (
            "asserted_in",
            "test_t",
            "class T:\n    def test_t(self):\n        self.assertEqual(len(x), 26)",
            [26],
        ),
        ("asserted_in", "test_t", "async def test_t():\n    assert x == 26", [26]),
        ("asserted_in", "test_t", "def test_t(self):\n    self.assertEqual(first=len(x), second=27)", [27]),
        ("length_of", "R", "R = {'a': 1, 'a': 2}", [1]),
        ("length_of", "R", "R = frozenset(['a', 'a'])", [1]),
        ("length_of", "R", "\ufeffR = tuple([1, 1])", [2]),
        ("insert_rows", "t", "begin; insert into t values (1); insert into t values (2);", [2]),
        ("insert_rows", "t", 'insert into T values (1); insert into "T" values (2);', [1]),
        ("insert_rows", "t", "/* insert into t values (0); */ insert into t values (1)", [1]),
        (
            "insert_rows",
            "t",
            "insert into t values (1);\ndo $$ begin perform 1 from t; end $$;\ngrant insert on t to x;",
            [1],
        ),
        (
            "insert_rows",
            "t",
            "insert into t values (1);\nselect count(*) from t for update;\nupdate t set a = 2;",
            [1],
        ),
        ("insert_rows", "t", "INSERT INTO s.t (a) VALUES ('x;y'), ('--'), ('it''s');", [3]),
        (
            "insert_rows",
            "t",
            "insert into t values (1);\ninsert into u values (1), (2);\ninsert into t values (2);",
            [2],
        ),
        (
            "insert_rows",
            "t",
            "\\set ON_ERROR_STOP on\nbegin;\ninsert into t values (1) on conflict do nothing;",
            [1],
        ),
    ],
)
def test_a_locator_finds_the_count(how: str, locator: str, text: str, found: list[int]) -> None:
    assert counted(how, locator, text) == found


@pytest.mark.parametrize(
    ("how", "locator", "text", "why"),
    [
        ("pattern", r"expected_(\d+)", "nothing", "finds nothing"),
        ("length_of", "R", "S = ()", "finds nothing"),
        ("length_of", "R", "R = make()", "not a literal collection"),
        ("length_of", "R", "R = (*others, 1)", "unpacks"),
        ("length_of", "R", "R = {**others}", "unpacks"),
        ("length_of", "R", "R = (", "not Python"),
        ("asserted_in", "test_t", "def test_u():\n    assert x == 26", "finds nothing"),
        ("insert_rows", "t", "insert into u values (1);", "finds nothing"),
        ("pattern", r"(\w+) commands", "many commands", "no number"),
        ("length_of", "R", "R = (1, 2)\nR += (3,)", "changed after"),
        ("length_of", "R", "R = [1, 2]\nR.append(3)", "changed after"),
        ("length_of", "R", "R = {1: 2}\nR[3] = 4", "changed after"),
        ("length_of", "R", "R = {1: 2}\ndel R[1]", "changed after"),
        ("length_of", "R", "R = without_doubles((1, 1))", "not a literal collection"),
        ("insert_rows", "t", "insert into t values (1);\ninsert into t select 2;", "more than VALUES"),
        ("insert_rows", "t", "with x as (select 1) insert into t select * from x;", "more than VALUES"),
        ("insert_rows", "t", "insert into t values (1); delete from t;", "more than VALUES"),
        ("insert_rows", "t", "insert into t values (1); copy t from stdin;", "more than VALUES"),
        ("insert_rows", "t", "insert into t values (1); truncate t;", "more than VALUES"),
        ("insert_rows", "t", "insert into t values (1);\n\\copy t from file", "copy over t"),
        ("insert_rows", "t", "do $$ begin insert into t values (3); end $$;", "a DO block"),
        ("insert_rows", "t", "insert into t values ('x", "not closed"),
    ],
)
def test_a_locator_that_finds_nothing_or_cannot_read_says_so(
    how: str, locator: str, text: str, why: str
) -> None:
    with pytest.raises(pins.Unlocated, match=why):
        counted(how, locator, text)


def text_of(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


def judged(texts: dict[str, str | None]) -> list[tuple[str, str]]:
    sections = {f"file:{path}": Seen((File(path, text),), ORIGIN) for path, text in texts.items()}
    facts = Facts("command_catalog", {"command_catalog": policy()}, Observation("t", ORIGIN.at, sections))
    return [(found.subject, getattr(found, "message", "")) for found in rules.pins_agree(facts)]


def whole() -> dict[str, str | None]:
    return {pin.path: text_of(pin.path) for pin in policy().pins.values()}


def test_every_pin_of_the_reference_repository_agrees() -> None:
    assert judged(whole()) == []


@pytest.mark.parametrize("name", policy().pins)
def test_a_pin_that_is_off_by_one_is_named_with_its_file_and_both_figures(name: str) -> None:
    """34, 26 and the surface are populations of their own, so another declared count makes exactly these pins wrong."""
    pin = policy().pins[name]
    (want,) = set(pins.counted(pin, text_of(pin.path)))
    assert want == policy().populations[pin.population]
    changed = _off_by_one(pin, text_of(pin.path), want)
    assert set(pins.counted(pin, changed)) != {want}
    found = dict(judged({**whole(), pin.path: changed}))
    assert name in found
    assert pin.path in found[name]
    assert f"{pin.population} is {want}" in found[name]


def _off_by_one(pin: Pin, text: str, want: int) -> str:
    """The file after the edit that somebody forgets to repeat elsewhere."""
    import re

    if pin.how == "pattern":
        match = re.search(pin.locator, text, re.MULTILINE)
        assert match is not None
        return text[: match.start(1)] + str(want + 1) + text[match.end(1) :]
    if pin.how == "asserted_in":
        start = text.index(f"def {pin.locator}")
        return text[:start] + re.sub(rf"\b{want}\b", str(want + 1), text[start:], count=1)
    if pin.how == "insert_rows":
        return re.sub(r"\n    \('[^\n]*\),(?=\n)", "", text, count=1)
    return _one_entry_less(pin.locator, text)


def _one_entry_less(name: str, text: str) -> str:
    import ast

    (value,) = (
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        and getattr(node.targets[0] if isinstance(node, ast.Assign) else node.target, "id", "") == name
    )
    while isinstance(value, ast.Call):
        value = value.args[0]
    assert isinstance(value, (ast.Tuple, ast.List, ast.Dict))
    entries = value.keys if isinstance(value, ast.Dict) else value.elts
    first, second = entries[0], entries[1]
    assert first is not None
    assert second is not None
    lines = text.splitlines(keepends=True)
    del lines[first.lineno - 1 : second.lineno - 1]
    return "".join(lines)


def test_a_pinned_file_that_is_not_there_is_a_finding_of_each_of_its_pins() -> None:
    path = next(iter(policy().pins.values())).path
    found = judged({**whole(), path: None})
    assert {name for name, _ in found} == {pin.name for pin in policy().pins.values() if pin.path == path}
    assert all("there is no such file" in message for _, message in found)

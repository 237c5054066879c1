"""What is drafted as YAML reads back the same, whatever an estate calls its objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core import yamltext
from compliance.estate import document

# What PostgreSQL can hold: neither a NUL nor half a character.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def read(value: dict[str, Any]) -> Any:
    return document.parsed("\n".join(yamltext.block(value)) + "\n", Path("draft.yaml")).value


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_back_the_same(value: dict[str, Any]) -> None:
    assert read(value) == value


@pytest.mark.parametrize("length", [1021, 1022, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("sign", ["x", " ", "é", '"', "\n"])
def test_a_name_may_be_longer_than_a_key_of_yaml(length: int, sign: str) -> None:
    name = sign * length
    assert read({name: 1, "after": 2}) == {name: 1, "after": 2}
    deep = {"a": {name: {name: {"b": [name]}, "c": {}}, "d": {name: {name: 1}, "e": name}}, "f": []}
    assert read(deep) == deep


def test_a_key_that_is_short_enough_stands_as_ever() -> None:
    short, long = "x" * 1024, "x" * 1025
    value = {short: 1, "a": {long: {"b": 1, long: 2}, "c": []}}
    assert [*yamltext.block(value)] == [
        f"{short}: 1", "a:", f"  ? {long}\n  : {{b: 1, ? {long} : 2}}", "  c: []",
    ]  # fmt: skip


@pytest.mark.parametrize("sign", ["\n", "\r", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\ufeff", "\uffff"])
def test_no_sign_ends_a_remark_or_is_one_that_yaml_forbids(sign: str) -> None:
    text = f"left out: {sign}a: 1"
    assert document.parsed(f"{yamltext.comment(text)}\nb: 2\n", Path("draft.yaml")).value == {"b": 2}
    assert read({sign: text}) == {sign: text}

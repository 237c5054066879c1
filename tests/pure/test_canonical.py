"""What is spelled once and told in several places reads as if it had been spelled in each."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from compliance.core import canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(VALUES, st.dictionaries(st.text(), VALUES))
def test_a_part_that_was_spelled_before_stands_as_deep_as_the_others(part: Any, others: dict[str, Any]) -> None:
    once = canonical.spelled(part)
    for whole, parted in (
        ({**others, "part": part}, {**others, "part": once}),
        ([{"in": {"it": part}}], [{"in": {"it": once}}]),
    ):
        assert canonical.pretty(parted) == canonical.pretty(whole)
        assert json.loads(canonical.pretty(parted)) == json.loads(json.dumps(whole))


def test_a_text_that_was_not_spelled_before_is_a_text() -> None:
    assert canonical.pretty({"a": "[\n1]"}) == '{\n  "a": "[\\n1]"\n}\n'
    assert canonical.pretty({"a": canonical.spelled("[\n1]")}) == '{\n  "a": "[\\n1]"\n}\n'
    assert canonical.pretty({"a": canonical.spelled([1])}) == '{\n  "a": [1]\n}\n'

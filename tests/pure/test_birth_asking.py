"""What a call that is made to be refused sends: nothing of the token of the estate."""

from __future__ import annotations

import pytest

from compliance.core.asking import ANOTHER, TOKEN
from compliance.executor.asking import _filled
from compliance.systems.birth_scan.exercise import CALLER, GET, NOBODY, STRANGER, _header
from tests.pure.birthtables import policy


@pytest.mark.parametrize(
    ("name", "value"),
    [(CALLER, f"Bearer {TOKEN}"), (STRANGER, f"Bearer {ANOTHER}"), (NOBODY, None), (GET, None)],
)
def test_only_who_may_call_sends_the_token_of_the_estate(name: str, value: str | None) -> None:
    header = _header(policy(), name)
    assert header == (None if value is None else ("Authorization", value))


def test_a_token_that_is_made_up_has_nothing_of_the_real_one() -> None:
    tokens = {TOKEN: "real-token", ANOTHER: "made-up"}
    assert _filled(f"Bearer {TOKEN}", tokens) == "Bearer real-token"
    assert _filled(f"Bearer {ANOTHER}", tokens) == "Bearer made-up"
    assert _filled("none", tokens) == "none"

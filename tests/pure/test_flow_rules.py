"""All rules over flows together: what conforms, and that none is without its cases."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.pure.flowcases import NEAR
from tests.pure.flowrows import RULES, World

MODULES = (
    "chains",
    "failing",
    "registering",
    "documents",
    "rows",
    "variables",
    "environment",
    "secrets",
    "unheard",
)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_policy_declares_breaks_no_rule(rule: str) -> None:
    assert World.conforming().says(RULES[rule]) == []


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"rows_equal_their_last_revision"}))
def test_each_rule_has_what_breaks_it_and_what_does_not(rule: str) -> None:
    cases = [case for name in MODULES for case in import_module(f"tests.pure.test_flow_{name}").CASES]
    kinds = {broken == NEAR for name, _, _, broken in cases if name == rule}
    assert kinds == {True, False}

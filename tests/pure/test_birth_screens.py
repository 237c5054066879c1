"""Paths that a screen may call, as its file says them, against routes."""

from __future__ import annotations

import pytest

from compliance.systems.birth_scan import screens
from compliance.systems.birth_scan.tsmodule import read


@pytest.mark.parametrize(
    ("call", "route", "may"),
    [
        ("'/api/db/1?all=1'", "/api/db/[id]", True),
        ("`/api/db/${id}`", "/api/db/[id]", True),
        ("`/api/db/${id}?all=${all}`", "/api/db/[id]", True),
        ("`/api/db/${id}`", "/api/db/tasks", True),
        ("`/api/db/task-${id}`", "/api/db/[id]", True),
        ("`/api/${kind}/rows`", "/api/[kind]/rows", True),
        ("`/api/db/${rows.map((r) => `${r.id}`)}`", "/api/db/[id]", True),
        ("`/api/${kind}`", "/api/[...rest]", True),
        ("'/api/db/' + id", "/api/db/[id]", True),
        ("'/api/db/t' + id", "/api/db/tasks", True),
        ("`${base}/api/db/${id}`", "/api/db/[id]", True),
        ("`/api/db/${id}`", "/api/db", False),
        ("`/api/db/${id}/notes`", "/api/db/[id]", False),
        ("`/api/db/note-${id}`", "/api/db/tasks", False),
        ("'/api/db/n' + id", "/api/db/tasks", False),
        ("'/'", "/api/db", False),
        ("`/tasks/${id}`", "/api/db/[id]", False),
        ("// `/api/db/${id}`", "/api/db/[id]", False),
    ],
)
def test_a_path_of_which_a_part_is_filled_in_may_be_that_of_a_route(call: str, route: str, may: bool) -> None:
    text = f"const found = await $fetch({call}\n)"
    asked = screens._asked(text, read("a.ts", text).texts)
    assert any(screens._may_be(route, path) for path in asked) is may

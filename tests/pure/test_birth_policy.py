"""What a schema cannot say of the policy of the birth scan is an error with its file and its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.core import compose
from compliance.core.errors import ConfigurationError
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import birth_scan

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.systems.birth_scan.policy import Policy

TEXT = resource("fixtures/reference/policy/birth_scan.yaml").read_text(encoding="utf-8")
EXECUTOR = "executor: server/api/birth/onboarding/full-scan.post.ts"
REVIEWED = "reviewed: {by: platform governance, at: 2026-11-21"
NAME = 'name: "[Birth] Onboarding Full Scan"'
VALUES = "values: {issue_type: BIRTH_SCAN, source: birth}"


def parsed(folder: Path, old: str, new: str) -> Policy:
    """The reference's policy, with one text of it changed."""
    assert TEXT.count(old) == 1
    file = folder / "birth_scan.yaml"
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    return birth_scan.parse(document.load(file, resource("systems/birth_scan/policy.schema.json")))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (NAME, 'name: "x {{$env.AGENT_DATA_API_KEY}}"', "flow.name: '{{' begins a template"),
        (VALUES, 'values: {issue_type: "{{$env.KEY}}"}', "flow.failures: '{{' begins a template"),
        (VALUES, 'values: {issue_type: [{a: "b {{ c }}"}]}', "flow.failures: '{{' begins a template"),
        (VALUES, 'values: {"{{$env.KEY}}": x}', "flow.failures: '{{' begins a template"),
        ("title: title\n", 'title: "{{title}}"\n', "flow.failures: '{{' begins a template"),
        (EXECUTOR, "executor: server/api/other.post.ts", "which is not the endpoint"),
        (EXECUTOR, "executor: /api/birth", "or /api/birth/onboarding/full-scan"),
        (REVIEWED, REVIEWED.replace("2026-11-21", "9999-99-99"), "there is no day '9999-99-99'"),
        (REVIEWED, REVIEWED.replace("2026-11-21", "2026-02-29"), "there is no day '2026-02-29'"),
        ("  at: 2026-11-21", "  at: 2026-13-01", "there is no day '2026-13-01'"),
        (
            "enabled: policy.birth_full_scan.enabled",
            "enabled: policy.birth_onboarding.siblings",
            "key of another",
        ),
        (
            "enabled: policy.birth_full_scan.enabled",
            "enabled: policy.birth_full_scan.cadence_cron",
            "have one key",
        ),
    ],
)
def test_it_is_refused_by_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parsed(tmp_path, old, new)
    assert expected in str(error.value)
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    within = range(line, line + 2)  # of two keys that are one the second is named
    assert any(f"birth_scan.yaml:{number}: " in str(error.value) for number in within)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NAME, 'name: "{Birth} $env.WEB_URL }} scan {"'),
        (VALUES, 'values: {issue_type: "{x} }}", tags: [1, null, {a: true}]}'),
        (EXECUTOR, "executor: /api/birth/onboarding/full-scan"),
        (REVIEWED, REVIEWED.replace("2026-11-21", "2024-02-29")),
    ],
)
def test_what_only_looks_like_it_is_taken(tmp_path: Path, old: str, new: str) -> None:
    assert parsed(tmp_path, old, new).flow.failures.collection == "system_issues"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://app:${P:?}@h:5432/d", ("app", "d")),
        ("postgresql://a%40b@h/d%2Fe?sslmode=require", ("a@b", "d/e")),
        ("postgres://app:$P@$H/$D", ("app", None)),
        ("postgres://${U}:x@h/d", (None, "d")),
        ("postgres://app${U}@h/d", (None, "d")),
        ("postgres://h:5432/d", (None, "d")),
        ("postgres://app@h/d?user=other&dbname=e", ("other", "e")),
        ("postgres://a$$b@h", ("a$b", None)),
        ("postgres:///d?host=/run&user=app", ("app", "d")),
        ("${URL:?}", (None, None)),
        ("$URL", (None, None)),
    ],
)
def test_whom_an_address_of_the_database_names_is_read_or_left_open(
    text: str, expected: tuple[str | None, str | None]
) -> None:
    assert compose.database(text) == expected


@pytest.mark.parametrize(
    "text", ["", "http://app@h/d", "postgres:app@h", "$$URL", "host=h user=app", "postgres://a@b@h/d#x"]
)
def test_what_is_no_address_of_a_database_names_nobody(text: str) -> None:
    assert compose.database(text) is None


def test_names_of_containers_are_those_of_services_and_what_else_they_are_called() -> None:
    text = """
services:
  Web: {container_name: nuxt, networks: {inner: {aliases: [front]}, outer: null}}
  db:
    networks: [inner]
  nothing:
"""
    assert compose.hosts(text, "f") == {"web", "nuxt", "front", "db", "nothing"}
    with pytest.raises(compose.Missing):
        compose.hosts(None, "f")


def test_a_variable_without_a_value_is_left_to_whoever_starts_the_service() -> None:
    text = "services: {web: {environment: {TOKEN: null, OTHER: x}}}"
    assert compose.written(text, "f", "web") == {"TOKEN": "${TOKEN}", "OTHER": "x"}
    assert compose.variables(text, "f", "web") == {"TOKEN": None, "OTHER": "x"}

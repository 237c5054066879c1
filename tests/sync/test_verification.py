"""Verification: what was written is counted, asked, and held against a schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

SCHEMA = {"type": "object", "required": ["apps"], "properties": {"apps": {"type": "array", "minItems": 1}}}
JSON = "mkdir -p out; printf '%s' '{text}' > out/apps.json"


def ready(sandbox: Sandbox, script: str, verification: dict[str, Any]) -> Sandbox:
    sandbox.pull("pull", script, verification=verification)
    sandbox.file("schemas/apps.json", json.dumps(SCHEMA))
    sandbox.commit()
    return sandbox


def counted(number: int) -> str:
    return f"mkdir -p out; for n in $(seq {number}); do echo $n > out/$n; done"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"expected_min": 3}, 0), ({"expected_min": 4}, 1), ({"expected_max": 3}, 0), ({"expected_max": 2}, 1),
        ({"expected_min": 3, "expected_max": 3}, 0),
    ],
)  # fmt: skip
def test_a_count_is_held_against_its_bounds(sandbox: Sandbox, keys: dict[str, int], code: int) -> None:
    before = ready(sandbox, counted(3), {"command": "find out -type f | wc -l", **keys}).head
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["verification_passed"]) == (code, code == 0)
    assert code == 0 or sandbox.untouched(before)


def test_a_count_that_is_no_number_fails(sandbox: Sandbox) -> None:
    ready(sandbox, counted(3), {"command": "find out -type f", "expected_min": 0})
    ran = sandbox.run()
    assert ran.code == 1
    assert "printed no number" in ran.told


def test_a_count_whose_command_fails_is_none(sandbox: Sandbox) -> None:
    """The document's own command: a folder that is not there counts 0, and find says why."""
    ready(sandbox, counted(3), {"command": "find nowhere -name x | wc -l", "expected_min": 0})
    assert sandbox.run().code == 1


@pytest.mark.parametrize(("command", "wanted", "code"), [("exit 3", 3, 0), ("exit 3", 0, 1), ("true", 3, 1)])
def test_the_exit_code_is_the_expected_one(sandbox: Sandbox, command: str, wanted: int, code: int) -> None:
    ready(sandbox, counted(1), {"command": command, "expected_exit_code": wanted})
    assert sandbox.run().code == code


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"apps": [1]}', ""),
        ('{"apps": []}', "out/apps.json: apps does not keep properties/apps/minItems"),
        ("{}", "out/apps.json: the whole does not keep required"),
        ('{"apps": [1,}', "out/apps.json: line 1: not JSON"),
    ],
)
def test_a_schema_can_fail(sandbox: Sandbox, text: str, told: str) -> None:
    ready(sandbox, JSON.replace("{text}", text), {"schemas": {"out/*.json": "schemas/apps.json"}})
    ran = sandbox.run()
    assert ran.code == (1 if told else 0)
    assert told in ran.told


def test_a_schema_whose_glob_names_no_file_fails(sandbox: Sandbox) -> None:
    ready(sandbox, counted(1), {"schemas": {"out/*.json": "schemas/apps.json"}})
    ran = sandbox.run()
    assert ran.code == 1
    assert "no file is named by 'out/*.json'" in ran.told


def test_a_schema_judges_yaml_too(sandbox: Sandbox) -> None:
    script = "mkdir -p out; printf 'apps:\\n- 1\\n' > out/a.yaml; printf 'apps: no\\n' > out/b.yaml"
    ready(sandbox, script, {"schemas": {"out/*.yaml": "schemas/apps.json"}})
    told = sandbox.run().told
    assert "out/b.yaml: apps does not keep properties/apps/type" in told
    assert "out/a.yaml" not in told.replace("2 files", "")


@pytest.mark.parametrize("schema", ['{"type": "no-such-type"}', "{", None])
def test_a_schema_that_is_none_fails(sandbox: Sandbox, schema: str | None) -> None:
    sandbox.pull("pull", counted(1), verification={"schemas": {"out/*": "schemas/other.json"}})
    if schema is not None:
        sandbox.file("schemas/other.json", schema)
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "schemas/other.json" in ran.told


def test_what_stands_in_a_file_is_not_told(sandbox: Sandbox) -> None:
    ready(
        sandbox, JSON.replace("{text}", '{"apps": "hidden-words"}'), {"schemas": {"out/*": "schemas/apps.json"}}
    )
    assert "hidden-words" not in sandbox.run("--json").told.replace(JSON, "")


def test_verification_runs_where_something_lands_and_else_when_it_is_asked_for(sandbox: Sandbox) -> None:
    ready(sandbox, counted(1), {"command": "test ! -e /nowhere", "expected_exit_code": 0})
    assert sandbox.run("--json").result["verification_passed"] is True
    assert sandbox.run("--json").result["verification_passed"] is None
    assert sandbox.run("--json", "--verify").result["verification_passed"] is True


@pytest.mark.parametrize("reference", ["#/nowhere", "#", "http://127.0.0.1:9/schema.json", "other.json"])
def test_a_reference_of_a_schema_that_leads_nowhere_fails(sandbox: Sandbox, reference: str) -> None:
    sandbox.pull(
        "pull", JSON.replace("{text}", "{}"), verification={"schemas": {"out/*": "schemas/other.json"}}
    )
    sandbox.file("schemas/other.json", json.dumps({"$ref": reference}))
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "schemas/other.json: one of its `$ref` leads" in ran.told
    assert sandbox.untouched(before)


def test_a_pipe_among_the_outputs_is_told_and_not_waited_for(sandbox: Sandbox) -> None:
    script = "echo '{\"apps\": [1]}' >out/b.json; test -e out/a.json || mkfifo out/a.json"
    ready(sandbox, script, {"schemas": {"out/*.json": "schemas/apps.json"}})
    ran = sandbox.run()
    assert ran.code == 1
    assert "out/a.json: is no file" in ran.out

"""What is wrong in a file of policy is said with its file, its line and what is allowed there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import config, document
from compliance.systems.command_catalog.explain import explained, listed
from tests.pure.catalogs import POLICY, parse, policy

if TYPE_CHECKING:
    from pathlib import Path


def error_of(folder: Path, old: str, new: str) -> tuple[str, int]:
    """What parsing says after one change, and the line of that change."""
    text = POLICY.read_text(encoding="utf-8")
    assert old in text
    file = folder / "command_catalog.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        parse(file)
    return str(error.value), text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "  prune: false",
            "  prunes: false",
            "unknown key 'prunes' in catalog; allowed: columns, prune, relation",
        ),
        ("  prune: false", "  prune: no", "catalog.prune: is not of type boolean"),
        ("  prune: false", "  relation: again", "the key 'relation' stands here twice"),
        ("targets: [fn_iu_unplace]", "targets: [fn_gone]", "'fn_gone' is not declared in functions.targets"),
        (
            "population: registry}",
            "population: reg}",
            "unknown population 'reg'; allowed: distinct_targets, governed",
        ),
        ("'expected_(\\d+)'", "'(expected_(\\d+)'", "not a pattern"),
        ("'expected_(\\d+)'", "'(expected)_(\\d+)'", "the pattern needs one group"),
        ("  total: 181", "  total: 182", "the parts add up to 181, total says 182"),
        (
            "kind: table, schema",
            "kind: tables, schema",
            "'tables' is not one of table, view, function, trigger, rows",
        ),
    ],
)
def test_an_error_names_the_line_and_what_is_allowed(tmp_path: Path, old: str, new: str, expected: str) -> None:
    said, line = error_of(tmp_path, old, new)
    assert expected in said
    assert f"command_catalog.yaml:{line}: " in said


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("category: read", r'category: "re\0ad"', "a NUL"),
        ("category: read", r'category: "\ud800"', "half a character"),
        ("  prune: false", "  prune: &p [*p]", "nested too deeply"),
        ("  total: 181", "  total: 1" + "0" * 5000, "is not of type integer"),
        ("  total: 181", "  total: 1.0e999", "is not of type integer"),
        ("  prune: false", "  ? [a, b]\n  : 1", "a key has to be plain text"),
    ],
)
def test_what_yaml_can_say_and_nothing_here_can_hold_is_an_error(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert expected in error_of(tmp_path, old, new)[0]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "  prune: false",
            "  prune: no",
            "catalog.prune: is not of type boolean; it is whether a migration removes",
        ),
        (
            "count: 29}",
            "count: -1}",
            "surface.parts.table.count: does not keep minimum: 0; it is how many there are",
        ),
        ("  at: ", "  at: once # ", "reviewed.at: is the day of the review, as 2026-01-31"),
        ("  by: ", "  by: ' ' # ", "reviewed.by: is empty; it is who reviewed it"),
        ("  value: value\n", "", "gates: 'value' is a required property"),
        (
            "targets: [fn_iu_unplace]",
            "targets: []",
            "dot_iu_unplace.targets: does not keep minItems: 1; it is names",
        ),
    ],
)
def test_an_error_says_what_the_key_is_for_beside_what_is_wrong(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """In words instead of a pattern; which keys are lacking is all that there is to say of a mapping."""
    said, _ = error_of(tmp_path, old, new)
    assert expected in said
    assert "is the table of settings" not in said


def test_what_a_key_refers_to_is_told_with_the_words_of_the_key(tmp_path: Path) -> None:
    """A name of an environment variable has one form, and a description at each key that takes one."""
    said = {"$ref": "#/$defs/name", "description": "the name of a tool"}
    own = {"$ref": "#/$defs/described", "description": "the name of a tool"}
    schema = tmp_path / "schema.json"
    schema.write_text(
        json.dumps({
            "type": "object", "description": "tools",
            "properties": {
                "tool": said, "own": own, "other": {"$ref": "#other"},
                "list": {"type": "array", "items": {"$ref": "#/$defs/name"}},
            },
            "$defs": {
                "anchored": {"$anchor": "other", "type": "integer"},
                "name": {"type": "string", "pattern": "^[a-z]+$"},
                "described": {"type": "string", "pattern": "^[a-z]+$", "description": "small letters"},
            },
        })
    )  # fmt: skip
    for text, expected in (
        ("tool: 5B", "tool: is the name of a tool"),
        ("own: 5B", "own: is small letters"),
        ("other: a", "other: is not of type integer"),
        ("list: [5B]", "list.0: does not match ^[a-z]+$"),
    ):
        with pytest.raises(ConfigurationError) as error:
            document.validated(document.parsed(text, tmp_path / "x.yaml"), schema)
        assert str(error.value).endswith(expected)
    assert document.validated(document.parsed("tool: b", tmp_path / "x.yaml"), schema).value == {"tool": "b"}


@pytest.mark.parametrize(("old", "new"), [("  by: ", "  by: ' ' # "), ("  at: ", "  at: once # ")])
def test_a_review_by_nobody_or_at_no_time_is_none(tmp_path: Path, old: str, new: str) -> None:
    """What no audit is green without could be filled in with nothing."""
    assert "reviewed" in error_of(tmp_path, old, new)[0]


@pytest.mark.parametrize(
    "postgres",
    [
        "postgresql://u:hunter2secret@h/db",
        "{dsn: 'postgresql://u:hunter2secret@h/db', dsn_env: X}",
        "{dsn_env: 'postgresql://u:hunter2secret@h/db'}",
        "{dsn: ['postgresql://u:hunter2secret@h/db']}",
        "{embedded: hunter2secret}",
        "{dsn: *hunter2secret}",
        "{dsn: 'postgresql://u:a@hunter2secret@h/db'}",
        "{dsn: 'postgresql://u/hunter2secret:a@h/db'}",
    ],
)
def test_an_error_in_an_estate_file_repeats_no_secret(tmp_path: Path, postgres: str) -> None:
    """Each of these was once a message with the password in it, on a terminal or in a log of CI."""
    (tmp_path / "policy").mkdir()
    file = tmp_path / "estate.yaml"
    file.write_text(f"name: e\nkind: staging\nsystems: [platform]\npolicy: policy\npostgres: {postgres}\n")
    with pytest.raises(ConfigurationError) as error:
        config.load(file)
    assert f"{file}:5: " in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_password_whose_signs_are_encoded_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    file = tmp_path / "estate.yaml"
    file.write_text(
        "name: e\nkind: staging\nsystems: [platform]\npolicy: policy\n"
        "postgres: {dsn: 'postgresql://u:a%40%2Fb@h/db?options=-c%20a=b@c'}\n"
    )
    assert config.load(file).dsn == "postgresql://u:a%40%2Fb@h/db?options=-c%20a=b@c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "is empty"), ("a: [", "not YAML"), ("a: \xff", None), ("- 1", "not of type object")],
)
def test_a_file_that_is_no_policy_at_all_is_an_error_of_configuration(
    tmp_path: Path, text: str, expected: str | None
) -> None:
    file = tmp_path / "command_catalog.yaml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=expected or "not UTF-8"):
        parse(file)


def test_yaml_words_of_older_versions_stay_text(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: on\nb: yes\nc: true\nd: '1'\ne: 010\nf: 1\ng: ~\n")
    assert document.read(file).value == {
        "a": "on", "b": "yes", "c": True, "d": "1", "e": "010", "f": 1, "g": None,
    }  # fmt: skip


# --- explain ---------------------------------------------------------------------------------------------------

UUID = "11111111-2222-4333-8444-555555555555"


def test_a_command_is_explained_as_sql_with_its_gates_and_its_rollback() -> None:
    found = explained(policy(), "dot_iu_auto_instantiate_rollback_by_actor", ["actor=o'hara\\", "dry_run=true"])
    assert found.governed
    assert found.statements == (
        "select public.fn_iu_auto_instantiate_rollback_by_actor("
        "p_actor => E'o''hara\\\\'::text, p_dry_run => 'true'::boolean);",
    )
    assert "iu_core.composer_enabled" in found.gates
    assert found.gates.items() <= policy().gates.declared.items()


def test_every_command_of_the_registry_is_listed_and_can_be_explained() -> None:
    values = {"uuid": UUID, "integer": "7", "boolean": "true", "jsonb": "{}", "text": "x"}
    assert len(listed(policy())) == policy().populations["registry"] == 34
    for command in policy().commands.values():
        arguments = {a.name: a for t in command.targets for a in policy().targets[t].arguments}
        given = [f"{a.name}={values[a.type]}" for a in arguments.values() if a.name not in command.fixed]
        assert explained(policy(), command.name, given).statements
    for other in policy().ungoverned.values():
        found = explained(policy(), other.name, [f"{a.name}={values[a.type]}" for a in other.arguments])
        assert (found.statements, found.governed, "it runs no SQL" in found.text()) == ((), False, True)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("dot_iu_plaze", [], "did you mean dot_iu_place"),
        ("dot_iu_health", ["x=1"], "no argument 'x'"),
        ("dot_iu_unit_show", [], "needs unit_id:uuid"),
        ("dot_iu_unit_show", ["unit_id=7"], "'7' is not of type uuid"),
        ("dot_iu_unit_show", ["unit_id"], "is not key=value"),
        ("dot_iu_unit_show", [f"unit_id={UUID}", f"unit_id={UUID}"], "given twice"),
        ("dot_iu_event_pending", ["limit=1.5"], "'1.5' is not of type integer"),
        ("dot_iu_event_pending", ["limit=--1"], "'--1' is not of type integer"),
        ("dot_iu_event_pending", ["limit=٣"], "is not of type integer"),
        ("dot_iu_auto_instantiate_rollback_by_actor", ["actor=a", "dry_run=yes"], "is not of type boolean"),
        ("dot_iu_vector_register_plan", ["name=a"], "needs dimension:integer"),
    ],
)
def test_a_wrong_key_or_value_is_an_error_that_says_what_is_right(
    name: str, given: list[str], expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        explained(policy(), name, given)

"""`iu-registration register-plan` and `disable-plan`: JSON and nothing else, from a look that writes nothing."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from compliance import cli, registering
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems.iu_registration.package import (
    DirectusRegistrationPackage,
    build_registration_package,
)
from tests.live.test_cli import CHECKOUT, PASSWORD, Shell
from tests.pure import registrations as made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

VIEW = "v_ui_iu_three_axis_envelope"


@pytest.fixture
def shell(tmp_path: Path, estate_dsn: Callable[[str], str]) -> Shell:
    found = Shell(tmp_path, f"{estate_dsn('compliance_probe')} password={PASSWORD}")
    found.estate(systems="[iu_registration]")
    return found


def planned(shell: Shell, action: str, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = shell.compliance("iu-registration", action, "--estate", "estate.yaml", *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_the_package_of_the_reference_estate_is_printed(shell: Shell) -> None:
    text, said = planned(shell, "register-plan")
    found = DirectusRegistrationPackage.from_json(text)
    assert said == ""
    assert (found.collection, found.mode, found.version, found.sort) == (
        VIEW,
        "shadow",
        11,
        "axis_a_sort_order",
    )
    assert len(found.fields) == 16
    assert {field.group for field in found.fields} == {"primary", "axis_a", "axis_b", "axis_c", "meta"}
    assert [field.name for field in found.fields if field.primary] == ["unit_id"]
    assert {field.name for field in found.fields if field.required} == {
        "unit_id", "canonical_address", "unit_kind", "section_type", "lifecycle_status", "created_at", "updated_at",
    }  # fmt: skip


def test_a_connection_and_an_observation_give_one_package(shell: Shell, estate_db: psycopg.Connection) -> None:
    text, _ = planned(shell, "register-plan")
    assert build_registration_package(estate_db, policy=made.reference()).as_json() == text
    estate_db.execute("set local search_path = ''")
    assert build_registration_package(estate_db, policy=made.reference()).as_json() == text


def test_a_column_that_the_view_gains_arrives_with_no_other_edit(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    estate_db.execute(
        "set local search_path = '';"
        f"do $$ begin execute 'create or replace view public.{VIEW} as select e.*, 1::bigint as axis_a_weight from ('"
        f" || rtrim(pg_get_viewdef('public.{VIEW}'::regclass), ';') || ') e'; end $$"
    )
    estate_db.commit()
    text, _ = planned(shell, "register-plan")
    *_, last = DirectusRegistrationPackage.from_json(text).fields
    assert (last.name, last.type, last.group, last.position, last.required) == (
        "axis_a_weight", "integer", "axis_a", 17, False,
    )  # fmt: skip


def test_a_role_that_may_see_only_the_outer_view_gets_no_empty_package(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    """The envelope answers with no row and no error (FACTS, 'Views as collections')."""
    estate_db.execute(f"revoke select on public.{VIEW} from compliance_probe")
    estate_db.commit()
    out, said = planned(shell, "register-plan", code=3)
    assert out == ""
    assert "gives 0 of the 16 columns" in said
    assert f"To go on: grant select on public.{VIEW} to the role that looks" in said


def test_a_table_is_refused_and_a_view_that_is_not_registered_has_nothing_to_delete(shell: Shell) -> None:
    out, _ = planned(shell, "disable-plan")
    assert [each["path"] for each in json.loads(out)["requests"]] == ["/permissions", "/access", "/policies"]
    assert f"served by the table directus_shadow.{VIEW}" in json.loads(out)["kept"]
    _, said = planned(shell, "disable-plan", "--collection", "iu_unit", code=4)
    assert "public.iu_unit is a table" in said
    out, _ = planned(shell, "disable-plan", "--collection", "v_iu_axis_a")
    assert json.loads(out)["requests"] == []
    assert "is not registered" in json.loads(out)["kept"]


def test_without_the_shadow_the_documents_request_is_given_with_all_that_it_would_leave(
    shell: Shell, estate_db: psycopg.Connection
) -> None:
    estate_db.execute(f"drop table directus_shadow.{VIEW}")
    estate_db.commit()
    out, _ = planned(shell, "disable-plan")
    found = json.loads(out)
    assert found["requests"][-1] == {"method": "DELETE", "path": f"/collections/{VIEW}", "body": None}
    assert len(found["rows"]["directus_fields"]) == 16
    assert build_plan(estate_db) == out


def build_plan(connection: psycopg.Connection) -> str:
    from compliance.systems.iu_registration.disable import build_disable_package

    return build_disable_package(connection, policy=made.reference()).as_json()


def test_looking_writes_nothing(shell: Shell, estate_db: psycopg.Connection) -> None:
    written = (
        "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables"
        " where schemaname in ('public', 'directus_shadow')"
    )
    before = estate_db.execute(written).fetchone()
    estate_db.commit()
    planned(shell, "register-plan")
    assert estate_db.execute(written).fetchone() == before


def test_a_system_that_is_not_in_force_is_an_error_with_a_remedy(shell: Shell) -> None:
    shell.estate(systems="[command_catalog]")
    _, said = planned(shell, "register-plan", code=2)
    assert "iu_registration is not in force" in said
    assert "To go on: add iu_registration to its systems" in said


@pytest.mark.parametrize(
    ("action", "name", "code", "reason"),
    [
        ("register-plan", "", 2, "--collection: no name"),
        ("disable-plan", "", 2, "--collection: no name"),
        ("register-plan", f"public.{VIEW}", 2, f"To go on: --collection {VIEW}"),
        ("disable-plan", f"public.{VIEW}", 2, f"To go on: --collection {VIEW}"),
        ("register-plan", "iu_unit", 3, "To go on: name a view over it"),
        ("register-plan", "nope", 3, "To go on: make the view first"),
    ],
)
def test_a_name_of_no_view_is_told_with_what_helps(
    action: str, name: str, code: int, reason: str, shell: Shell
) -> None:
    out, said = planned(shell, action, "--collection", name, code=code)
    assert out == ""
    assert reason in said


def test_of_a_name_of_which_nothing_is_there_the_plan_is_empty_and_says_so(shell: Shell) -> None:
    out, _ = planned(shell, "disable-plan", "--collection", "nope")
    found = json.loads(out)
    assert (found["requests"], found["rows"]) == ([], {})
    assert found["kept"].startswith("nothing of nope is there")


def test_another_view_has_ids_of_its_own_and_is_said_to_have_no_shadow(shell: Shell) -> None:
    mine = DirectusRegistrationPackage.from_json(planned(shell, "register-plan")[0])
    text, said = planned(shell, "register-plan", "--collection", "v_iu_axis_a")
    found = DirectusRegistrationPackage.from_json(text)
    assert "v_iu_axis_a: no shadow is there of it" in said
    assert found.mode == "view"
    assert found.policy != mine.policy
    assert not {each.access for each in found.readers} & {each.access for each in mine.readers}
    assert found.requests()[0]["path"] == "/collections"


@pytest.mark.parametrize("action", ["register-plan", "disable-plan"])
def test_the_help_teaches(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["iu-registration", action, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "JSON" in said
    assert "example:" in said


def test_both_are_installed_under_the_names_that_the_command_catalog_has() -> None:
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["scripts"]
    mine = {name for name, target in scripts.items() if target in registering._ENTRIES}
    catalog = document.read(resource("fixtures/reference/policy/command_catalog.yaml")).value["ungoverned"]
    assert len(mine) == 2
    assert mine <= set(catalog)
    assert all([each["name"] for each in catalog[name]["arguments"]] == ["collection"] for name in mine)
    assert set(registering.directus_registration_commands()) <= mine
    for entry in ("register_plan", "disable_plan"):
        assert callable(getattr(cli, entry))

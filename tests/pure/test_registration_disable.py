"""The disable package: of a registered view alone, with all that it leaves; of a table never."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from compliance.core.errors import Refused
from compliance.systems.iu_registration.disable import DirectusDisablePackage, build_disable_package
from compliance.systems.iu_registration.parts import reading_of
from tests.pure import registrations as made

OURS = made.reference().reading.id
HELD: dict[str, list[dict[str, Any]]] = {
    "collections": [{"collection": "v"}, {"collection": "other"}],
    "fields": [{"id": n, "collection": "v"} for n in (10, 9)],
    "permissions": [
        {"id": 7, "collection": "v", "policy": OURS}, {"id": 8, "collection": "other", "policy": "p"},
        {"id": 12, "collection": "v", "policy": "somebody else's"},
    ],
    "policies": [{"id": OURS}, {"id": "p"}],
    "access": [{"id": "a-2", "policy": OURS}, {"id": "a-1", "policy": OURS}, {"id": "a-3", "policy": "p"}],
}  # fmt: skip
ALL = [
    ("/permissions", [7, 12]), ("/access", ["a-1", "a-2"]), ("/policies", [OURS]), ("/collections/v", None),
]  # fmt: skip


def package(name: str | None = None, *, mode: str = "view", **how: Any) -> DirectusDisablePackage:
    policy = made.policy(mode)
    return build_disable_package(
        made.observation([("id", "uuid")], policy, **{"held": HELD, **how}), name, policy=policy
    )


def sent(found: DirectusDisablePackage) -> list[tuple[Any, Any]]:
    assert {request["method"] for request in found.requests} <= {"DELETE"}
    return [(request["path"], request["body"]) for request in found.requests]


def test_of_a_registered_view_everything_that_the_registration_has_left_is_named() -> None:
    found = package()
    assert sent(found) == ALL
    assert {each.table: each.ids for each in found.rows}["directus_fields"] == ("9", "10")
    assert found.kept == ""
    assert json.loads(found.as_json())["rows"]["directus_collections"] == ["v"]


@pytest.mark.parametrize(
    ("schema", "kind"), [("public", "table"), ("elsewhere", "table"), ("public", "partitioned table")]
)
def test_a_table_of_this_name_refuses_it_whereever_it_is(schema: str, kind: str) -> None:
    with pytest.raises(Refused, match="of a table it drops the table") as refused:
        package("t", more=[made.relation("t", kind, schema=schema)])
    assert refused.value.reasons == (f"{schema}.t is a {kind}",)


def test_by_a_shadow_all_but_the_delete_is_given_where_policy_says_that_it_serves() -> None:
    beside = [made.relation("v", "table", schema="directus_shadow")]
    with pytest.raises(Refused, match="of a table it drops the table"):
        package(more=beside)
    found = package(more=beside, mode="shadow")
    assert sent(found) == ALL[:-1]
    assert "state: disabled" in found.kept


def test_a_table_of_another_name_changes_nothing() -> None:
    assert sent(package(more=[made.relation("v2", "table"), made.relation("v", "sequence", schema="x")])) == ALL


def test_a_view_that_is_not_registered_has_no_collection_to_delete() -> None:
    found = package(held={**HELD, "collections": []})
    assert sent(found) == ALL[:-1]
    assert found.kept == "v is not registered, so there is no collection to delete"


@pytest.mark.parametrize(
    ("kind", "said"), [("materialized view", "a materialized view"), (None, "there is none")]
)
def test_what_is_no_view_any_more_leaves_rows_and_no_delete(kind: str | None, said: str) -> None:
    more = [made.relation("gone", kind)] if kind else []
    held = {**HELD, "collections": [{"collection": "gone"}], "fields": [{"id": 1, "collection": "gone"}]}
    found = package("gone", more=more, held=held)
    assert sent(found) == []
    assert said in found.kept
    assert {each.table for each in found.rows} == {"directus_collections", "directus_fields"}


def test_the_access_policy_goes_with_the_collection_that_policy_names_and_with_no_other() -> None:
    found = package("other", more=[made.relation("other", "view", " SELECT 1;")])
    assert sent(found) == [("/permissions", [8]), ("/collections/other", None)]


def test_another_collection_loses_the_access_policy_that_its_own_package_gave_it() -> None:
    own = reading_of(made.policy("view"), "other").id
    held = {
        **HELD, "policies": [*HELD["policies"], {"id": own}],
        "access": [*HELD["access"], {"id": "a-9", "policy": own}],
    }  # fmt: skip
    found = package("other", more=[made.relation("other", "view", " SELECT 1;")], held=held)
    assert sent(found)[1:3] == [("/access", ["a-9"]), ("/policies", [own])]


def test_a_name_is_quoted_in_the_path() -> None:
    policy = made.policy("view", 'a/b "c"')
    policy = replace(policy, former=("x",))
    seen = made.observation([("id", "uuid")], policy, held={"collections": [{"collection": 'a/b "c"'}]})
    assert sent(build_disable_package(seen, policy=policy)) == [("/collections/a%2Fb%20%22c%22", None)]
